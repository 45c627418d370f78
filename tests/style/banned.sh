#!/bin/sh
# Functions that this project does without, and statements built by printing.
set -eu
cd "$(dirname "$0")/../../fcgi-app"
failed=0

ban() { # pattern why [the file or directory that may]
	# Comments may name them.
	if grep -rnE "(^|[^A-Za-z0-9_])($1)\\(" --include='*.[ch]' . | grep -vE '^[^:]+:[0-9]+:[[:space:]]*(\*|/\*|//)' | grep -v "^\\./${3:-none:}"; then
		echo "$2"
		failed=1
	fi
}

ban 'sprintf|vsprintf|strcpy|strcat|gets|stpcpy' 'no bound: use lib/buf.h or snprintf'
ban 'strtok|asctime|ctime|gmtime|localtime|tmpnam|mktemp' 'static storage or races: use the _r form, or mkstemp'
ban 'atoi|atol|atoll|atof' 'cannot tell an error: use lib/text.h'
ban 'system|popen' 'a shell between: use fork and exec'
ban 'setlocale' 'would change how numbers are written'
ban 'malloc|calloc|realloc|strdup|strndup|asprintf|vasprintf' 'memory that nobody checks: use lib/mem.h or lib/buf.h' lib/mem.c
ban 'sqlite3_exec' 'statements are prepared once, from store/sql.c' store/
ban 'sqlite3_mprintf|sqlite3_vmprintf|sqlite3_snprintf' 'statements are never built by printing'
if grep -rnE '"[^"]*(SELECT|INSERT|UPDATE|DELETE) [^"]*%[a-z]' --include='*.[ch]' .; then
	echo 'statements are never built by printing'
	failed=1
fi
exit $failed
