"""The documents themselves: that they are sound, that their examples are as they say, and that no operation goes untested."""
import re

import jsonschema
import pytest
from harness import contract

BOTH = pytest.mark.parametrize("document", [contract.document, contract.live], ids=["openapi", "asyncapi"])


def walk(value, path=()):
    """Every object in a document with where it is."""
    if isinstance(value, dict):
        yield path, value
    for key, child in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if key not in ("example", "examples", "default", "x-shared"):
            yield from walk(child, (*path, key))


def schemas(document):
    """Every schema of a document, the outermost ones: what stands under `schema`, `schemas` or `payload`."""
    for path, value in walk(document.root):
        if path[-1:] in (("schema",), ("payload",)) or path[:-1] == ("components", "schemas"):
            yield path, value


def nothing(found):
    assert not found, "\n".join(found)


@BOTH
def test_every_reference_leads_somewhere(document):
    found, used = [], set()
    for path, value in walk(document.root):
        if "$ref" in value:
            used.add(value["$ref"])
            try:
                document.resolver.resolve(value["$ref"])
            except jsonschema.RefResolutionError as e:
                found.append(f"{path}: {e}")
    if document is contract.document:
        live = {value["$ref"].partition("#")[2] for _, value in walk(contract.live.root) if "$ref" in value}
        for kind in ("schemas", "parameters", "headers", "responses"):
            for name in document.root["components"][kind]:
                ref = f"/components/{kind}/{name}"
                # What no operation lists: a path's other methods.
                if "#" + ref not in used and ref not in live and name != "MethodNotAllowed":
                    found.append(f"nobody uses {ref}")
    nothing(found)


@BOTH
def test_every_schema_is_one(document):
    found = []
    for path, schema in schemas(document):
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as e:
            found.append(f"{path}: {e.message}")
    nothing(found)


def patterns(value):
    for path, part in walk(value):
        if isinstance(part.get("pattern"), str):
            yield path, part["pattern"]


@BOTH
def test_every_pattern_holds_for_whole_values(document):
    """A pattern is found anywhere in a value unless it is tied to its ends; [^ …] alone means "not blank"."""
    found = [f"{path}: {p}" for path, p in patterns(document.root) if re.compile(p) and not (p.startswith("^") and p.endswith("$")) and not re.fullmatch(r"\[[^]]*\]|\^/", p)]
    nothing(found)


@BOTH
def test_every_example_is_as_it_says(document):
    """Examples of answers, bodies, parameters, headers, messages and schemas, and defaults."""
    found, n = [], 0
    for path, value in walk(document.root):
        schema, examples = None, []
        if "schema" in value:  # a media type, a parameter or a header
            schema = value["schema"]
            examples = [value["example"]] if "example" in value else [e["value"] for e in value.get("examples", {}).values()]
        elif "payload" in value:
            schema, examples = value["payload"], [e["payload"] for e in value.get("examples", [])]
        elif "schemas" not in path[:1] and path[:2] != ("x-shared",):
            inner = {k: v for k, v in value.items() if k not in ("default", "examples")}
            if "default" in value and path[-2:-1] == ("properties",) or path[-1:] == ("schema",) and "default" in value:
                schema, examples = inner, [value["default"]]
            if isinstance(value.get("examples"), list):
                schema, examples = inner, [*examples, *value["examples"]]
        for example in examples:
            n += 1
            found += document.errors(schema, example, f"{'/'.join(map(str, path))}: ")
    assert n > 15
    nothing(found)


def without_example(operation):
    """What a reader would have to imagine; the documents themselves, and plain bytes, need none."""
    follow = contract.document.follow
    bodies = [("request", follow(operation.get("requestBody", {})))] + [(status, follow(answer)) for status, answer in operation["responses"].items()]
    for what, body in bodies:
        for kind, content in body.get("content", {}).items():
            schema = follow(content.get("schema", {}))
            if "example" not in content and not schema.get("examples") and kind != "application/octet-stream" and schema != {"type": "object"}:
                yield f"{what} {kind}"


def test_every_operation_says_what_all_can_answer():
    """What the dispatcher may say on any route, and what belongs to a method, to a body and to a role."""
    found = []
    for path, item in contract.document.root["paths"].items():
        for method, operation in item.items():
            if method not in contract.METHODS:
                continue
            name, answers = operation["operationId"], set(operation["responses"])
            wanted = {"400", "429", "500", "503"}
            if operation["x-role"] != "none":
                wanted |= {"401", "403"}
            if "requestBody" in operation:
                wanted |= {"413", "415"}
            if method != "get":
                wanted |= {"507"}
            if "{" in path:
                wanted |= {"404"}
            found += [f"{name} lacks {status}" for status in sorted(wanted - answers)]
            if not any(status.startswith("2") for status in answers):
                found.append(f"{name} has no success")
            if not operation.get("summary") or not operation.get("tags"):
                found.append(f"{name} has no summary or tag")
            found += [f"{name} has no example {what}" for what in without_example(operation)]
    nothing(found)
