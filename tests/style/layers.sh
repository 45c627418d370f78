#!/bin/sh
# Arrows point down only: which directories of fcgi-app a directory may include from, and who alone may include a library's header.
set -eu
cd "$(dirname "$0")/../../fcgi-app"
failed=0

may() { # directory allowed-directory...
	from=$1
	shift
	[ -d "$from" ] || return 0
	allowed=$(printf '%s|' "$from" "$@")
	if grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[a-z]+/' "$from"/*.[ch] 2>/dev/null | grep -vE "\"(${allowed%|})/"; then
		echo "$from may include only from: $from $*"
		failed=1
	fi
}

alone() { # pattern-of-header directory...
	header=$1
	shift
	allowed=$(printf '%s|' "$@")
	if grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($header)[>\"]" --include='*.[ch]' . | grep -vE "^\./(${allowed%|})/"; then
		echo "$header is for $* alone"
		failed=1
	fi
}

may lib
may experiment lib
may platform lib experiment
may auth lib experiment
may store lib experiment platform auth
may api lib experiment platform auth store
may stream lib experiment platform auth store
may monitor lib experiment platform auth store
may ctl lib experiment platform auth store
may engine lib
may flserver lib platform engine
# A directory that is not named above has no layer.
for dir in */; do
	case ${dir%/} in
	lib | experiment | platform | auth | store | api | stream | monitor | ctl | engine | flserver) ;;
	*) echo "fcgi-app/$dir has no place in tests/style/layers.sh" && failed=1 ;;
	esac
done

alone 'sqlite3\.h' store
alone 'fcgiapp\.h' api
alone 'fcgi_stdio\.h' nobody
alone 'libwebsockets\.h' stream
alone 'curl/[a-z]+\.h' monitor flserver
alone 'hiredis/[a-z]+\.h|hiredis\.h' monitor
alone 'mongoc(/mongoc)?\.h' monitor
alone 'jwt\.h' auth
alone 'crypt\.h' auth
alone 'ini\.h' lib
exit $failed
