#!/bin/sh
# fill.sh FILE NAME=VALUE ...: FILE with every @NAME@ replaced, to standard output. A name that stays is an error, so that no
# half-filled file is ever used. make install, ./dev up and the tests all fill the templates with this.
set -eu
file=$1
shift
script=
for pair; do
	value=$(printf '%s' "${pair#*=}" | sed 's/[\\&|]/\\&/g')
	script="$script;s|@${pair%%=*}@|$value|g"
done
filled=$(sed "${script#;}" "$file")
if printf '%s\n' "$filled" | grep -n '@[a-z_][a-z_]*@' >&2; then
	echo "fill.sh: $file: the names above have no value" >&2
	exit 1
fi
printf '%s\n' "$filled"
