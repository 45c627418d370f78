#!/bin/sh
# Every source and header is named in its directory's local.mk: one that is not builds here and is missing in the tarball.
set -eu
cd "$(dirname "$0")/../.."
failed=0
for file in fcgi-app/*/*.[ch] fcgi-app/*/*.def tests/unit/*.[ch] tests/fuzz/*.[ch]; do
	[ -e "$file" ] || continue
	if ! grep -q "[/ ]${file##*/}\\( \\|\$\\)" "$(dirname "$file")/local.mk"; then
		echo "${file%/*}/local.mk does not name ${file##*/}"
		failed=1
	fi
done
exit $failed
