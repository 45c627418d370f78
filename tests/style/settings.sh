#!/bin/sh
# Every setting that lib/conf.c knows stands in conf/flopynet.conf.in, with its default, and no other does.
set -eu
cd "$(dirname "$0")/../.."
known=$(mktemp) shown=$(mktemp)
trap 'rm -f "$known" "$shown"' EXIT
sed -n 's/^	{"\([a-z]*\)", "\([a-z_]*\)", [A-Z]*, AT([a-z_]*), \(.*\), [0-9]*, [0-9]*},$/\1 \2 \3/p' fcgi-app/lib/conf.c | sort >"$known"
awk '/^\[/ {section = substr($0, 2, length($0) - 2)}
	/^;?[a-z_]+ *=/ {line = $0; fixed = sub(/^;/, "", line); name = line; sub(/ *=.*/, "", name); sub(/^[^=]*= */, "", line); print section, name, (line ~ /@/ ? "@" : line)}' \
	conf/flopynet.conf.in | sort >"$shown"
[ -s "$known" ] || { echo "no settings found in fcgi-app/lib/conf.c" && exit 1; }
failed=0
while read -r section name default; do
	got=$(sed -n "s/^$section $name \\{0,1\\}//p" "$shown" | head -n 1)
	want=$(printf '%s' "$default" | tr -d '"')
	if ! grep -q "^$section $name\\( \\|\$\\)" "$shown"; then
		echo "conf/flopynet.conf.in lacks [$section] $name"
		failed=1
	elif [ "$got" != '@' ] && [ "$got" != "$want" ]; then
		echo "conf/flopynet.conf.in: [$section] $name: '$got' is not the default '$want'"
		failed=1
	fi
done <"$known"
while read -r section name _; do
	grep -q "^$section $name " "$known" || { echo "conf/flopynet.conf.in: [$section] $name is not in fcgi-app/lib/conf.c" && failed=1; }
done <"$shown"
exit $failed
