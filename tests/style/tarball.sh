#!/bin/sh
# The tarball of a release holds every file of the tree.
set -eu
cd "$(dirname "$0")/../.."
[ -e .git ] || exit 0 # this is one
build=${FLOPYNET_BUILD:-build/test}
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
make -C "$build" -s --no-print-directory distdir distdir="$work/tarball" >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
(cd "$work/tarball" && find . -type f | sed 's|^\./||' | sort) >"$work/there"
git -c safe.directory='*' ls-files --cached | grep -v '^\.gitignore$' | sort >"$work/wanted"
missing=$(comm -23 "$work/wanted" "$work/there")
[ -z "$missing" ] || { echo "not in the tarball (EXTRA_DIST, or a local.mk): $missing" && exit 1; }
