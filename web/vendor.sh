#!/bin/sh
# Copy what the page takes from elsewhere into web/vendor/: sh web/vendor.sh NODE_MODULES. What is copied is served as it is.
set -eu
[ $# = 1 ] || { echo "usage: vendor.sh NODE_MODULES" >&2; exit 2; }
web=$(cd "$(dirname "$0")" && pwd)
to=$web/vendor
rm -rf "$to.new"
mkdir -p "$to.new/flopy-net-client"
cp "$1/htm/preact/standalone.module.js" "$to.new/htm-preact.js"
# The small build is a script that sets a variable; with an export after it, it is a module of half the weight of the one in the package.
{ cat "$1/uplot/dist/uPlot.iife.min.js" && echo 'export default uPlot;'; } >"$to.new/uplot.js"
cp "$1/uplot/dist/uPlot.min.css" "$to.new/uplot.css"
cp "$web"/../sdk/js/src/*.js "$to.new/flopy-net-client/"
# Redoc is for web/docs/ alone. The one picture that it would fetch from elsewhere is taken out.
if [ -f "$1/redoc/bundles/redoc.standalone.js" ]; then
	sed 's|,src:"https://cdn[^"]*"||; s|//# sourceMappingURL=[A-Za-z0-9.]*||' "$1/redoc/bundles/redoc.standalone.js" >"$to.new/redoc.js"
	! grep -oE '(src|href): *"https?://(cdn|fonts)[^"]*"' "$to.new/redoc.js" || { echo "vendor.sh: redoc.js would fetch the above" >&2; exit 1; }
	cp "$1/redoc/LICENSE" "$to.new/redoc.LICENSE.txt"
	cp "$1/redoc/bundles/redoc.standalone.js.LICENSE.txt" "$to.new/redoc.parts.LICENSE.txt"
fi
rm -rf "$to"
mv "$to.new" "$to"
