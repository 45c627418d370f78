"""Compare the routes of fcgi-app/api/routes.c with docs/api.md and schema/openapi.yaml; print what one has and another lacks."""
import re
import sys
from pathlib import Path

import yaml

# Served by flopynet-stream, so not in the route table of the API.
ELSEWHERE = {("GET", "/events/stream")}


def table():
    text = Path("fcgi-app/api/routes.c").read_text()
    found = re.findall(r'\{\s*(?:HTTP|METHOD)_([A-Z]+)\s*,\s*"([^"]+)"', text)
    return {(method, re.sub(r":([a-z_]+)", r"{\1}", path)) for method, path in found} | ELSEWHERE


def plain(route):
    """The names of parameters may differ: what counts is where they stand."""
    return route[0], re.sub(r"\{[^}]*\}", "{}", route[1])


def documented():
    """In docs/api.md a route is its method and path with a space between, in a heading or a table: GET /experiments/{id}."""
    text = Path("docs/api.md").read_text()
    return {plain(r) for r in re.findall(r"\b(GET|POST|PUT|PATCH|DELETE) (?:/api/v1)?(/[A-Za-z0-9_/{}.-]*)", text)}


def specified():
    paths = yaml.safe_load(Path("schema/openapi.yaml").read_text())["paths"]
    return {plain((method.upper(), path.removeprefix("/api/v1")))
            for path, item in paths.items() for method in item if method in ("get", "post", "put", "patch", "delete")}


def main():
    routes = {plain(r) for r in table()}
    if len(routes) < 10:
        print("fewer than ten routes found in fcgi-app/api/routes.c: has the form of the table changed?")
        return 1
    wrong = [f"docs/api.md lacks {m} {p}" for m, p in sorted(routes - documented())]
    wrong += [f"schema/openapi.yaml lacks {m} {p}" for m, p in sorted(routes - specified())]
    wrong += [f"schema/openapi.yaml has {m} {p}, which is no route" for m, p in sorted(specified() - routes)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


sys.exit(main())
