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
rm -rf "$to"
mv "$to.new" "$to"
