#!/bin/sh
# Turn schema/NNN_name.sql into one C file: schema/embed.sh FILE… > schema_sql.c
# Migrations are numbered from 001 without gaps; the array's index + 1 is the number.
set -eu
n=0
cat <<'END'
/* Made by schema/embed.sh. */
#include "config.h"

#include "store/migrate.h"

const struct migration migrations[] = {
END
for f in "$@"; do
	n=$((n + 1))
	base=$(basename "$f" .sql)
	case $base in
	"$(printf '%03d' $n)"_*) ;;
	*) echo "schema/embed.sh: $f is not number $n" >&2; exit 1 ;;
	esac
	printf '\t{"%s",\n' "$base"
	# Comments stay: sqlite_schema keeps them, so that .schema in sqlite3 is the documentation.
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/	/\\t/g' -e 's/^/\t "/' -e 's/$/\\n"/' "$f"
	printf '\t},\n'
done
cat <<END
};
const int migrations_n = $n;
END
