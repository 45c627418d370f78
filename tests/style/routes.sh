#!/bin/sh
# The route table, docs/api.md and schema/openapi.yaml name the same routes.
set -eu
cd "$(dirname "$0")/../.."
[ -e fcgi-app/api/routes.c ] || { echo "there is no fcgi-app/api/routes.c" && exit 1; }
exec /usr/bin/python3 tests/style/routes.py
