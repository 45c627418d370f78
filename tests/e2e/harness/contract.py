"""
schema/openapi.yaml and asyncapi.yaml as judges of what is really said: every answer that a test gets from a dashboard's port through httpx is
looked up in the document (path, method, status, content type, headers, schema), and so is every message over a WebSocket. What is wrong is kept
in `wrong`, and the test that saw it fails (conftest.py).

    contract.dashboards.add(port)       # what comes from this port is the dashboard's
    contract.invented.add(port)         # there events are what a test has put into the store, and are not looked at
    contract.seen                       # {(operationId, status)} of this process
    contract.never_seen(file)           # operations without a success, of all processes that wrote to the file FLOPYNET_OPERATIONS
"""
import hashlib
import json
import os
import re
import warnings
from pathlib import Path
from urllib.parse import unquote

import httpx
import jsonschema
import yaml
from websockets import WebSocketClientProtocol

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from jsonschema import RefResolver

SCHEMA = Path(__file__).resolve().parents[3] / "schema"
BASE = "/api/v1"
METHODS = ("get", "post", "put", "patch", "delete")
# What the web server in front may answer by itself, on any path: info.description, "Errors".
BY_WEB_SERVER = {400, 403, 404, 405, 411, 413, 414, 417, 431, 500, 501, 502, 503, 504, 505}


def read_yaml(text):
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def load(name):
    return read_yaml((SCHEMA / name).read_text())


def scalar(text, schema):
    """A header or parameter as the kind of value its schema speaks of."""
    kinds = schema.get("type", [])
    for kind, convert in (("integer", int), ("number", float)):
        if kind in kinds:
            try:
                return convert(text)
            except ValueError:
                return text
    return {"true": True, "false": False}.get(text, text) if "boolean" in kinds else text


class Resolver(RefResolver):
    """Remembers where a reference leads; the library's own way there takes longer than the check."""

    def resolve(self, ref):
        known = self.__dict__.setdefault("known", {})
        key = self.resolution_scope, ref
        if key not in known:
            known[key] = super().resolve(ref)
        return known[key]


class Document:
    def __init__(self, name="openapi.yaml", others=()):
        self.root = load(name)
        self.resolver = Resolver(name, self.root, store={other: load(other) for other in others})
        self._validators, self._good = {}, set()
        self._paths = []
        for path, item in self.root.get("paths", {}).items():
            pattern = re.compile("".join("([^/]+)" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]*\})", path)) + "/?")
            self._paths.append((path.count("{"), pattern, path, item))
        self._paths.sort(key=lambda p: p[0])  # a literal part before a parameter

    def follow(self, thing):
        """A $ref's target."""
        while isinstance(thing, dict) and "$ref" in thing:
            thing = self.resolver.resolve(thing["$ref"])[1]
        return thing

    def path(self, text):
        """(path as in the document, its item) or (None, {})."""
        for _, pattern, path, item in self._paths:
            if pattern.fullmatch(text):
                return path, item
        return None, {}

    def operations(self):
        return {op["operationId"]: op for _, _, _, item in self._paths for method, op in item.items() if method in METHODS}

    def errors(self, schema, value, where=""):
        """What is wrong with a value, in lines."""
        key = id(schema)
        if key not in self._validators:
            self._validators[key] = jsonschema.Draft202012Validator(schema, resolver=self.resolver, format_checker=jsonschema.draft202012_format_checker)
        found = []
        for e in self._validators[key].iter_errors(value):
            best = jsonschema.exceptions.best_match([e])
            found.append(f"{where}{best.json_path}: {best.message[:300]}")
        return found

    # One answer

    def judge(self, method, path, status, headers, body, sent=None):
        """
        Lines that say what is wrong with an answer, and the operationId. path: after /api/v1. headers: a mapping, any case. body: bytes, None when
        it was not read. sent: the request's body as JSON, when it had one.
        """
        headers = {k.lower(): v for k, v in headers.items()}
        template, item = self.path(unquote(path))
        found = self._limits(headers)
        if method == "OPTIONS":
            return found + self._all(status == 204 and "allow" in headers, "OPTIONS answers 204 with Allow"), None
        operation = item.get("get" if method == "HEAD" else method.lower())
        answer = operation and operation["responses"].get(str(status))
        if not answer:
            if self._own(body) and status in BY_WEB_SERVER:
                return found + self._body({"application/json": {"schema": self.root["components"]["schemas"]["Error"]}}, headers, body), None
            if operation:
                return [f"status {status} is not documented"], None
            wanted = "MethodNotAllowed" if template else "NotFound"
            answer = self.root["components"]["responses"][wanted]
            # Before the path is looked at, the token is; and who has asked too often is told so whatever he asks.
            if status in (401, 429):
                answer = self.root["components"]["responses"][{401: "Unauthorized", 429: "RateLimited"}[status]]
            elif status != {"NotFound": 404, "MethodNotAllowed": 405}[wanted]:
                return [f"status {status} where {'the method' if template else 'the path'} is not documented"], None
        answer = self.follow(answer)
        found += self._headers(answer.get("headers", {}), headers)
        content = answer.get("content")
        if content and method != "HEAD":
            found += self._body(content, headers, body)
        elif body:
            found.append(f"a body where none is documented: {body[:100]}")
        if operation and not self._own(body):
            found += self._all("x-request-id" in headers or headers.get("content-type", "").startswith("text/event-stream"), "no X-Request-Id")
        if operation and method in ("GET", "HEAD") and status in (200, 304) and "ETag" in answer.get("headers", {}):
            found += self._all("etag" in headers, "no ETag")
        if operation and 200 <= status < 300 and sent is not None:
            found += self._request(operation, sent)
        return found, operation and operation["operationId"]

    @staticmethod
    def _all(cond, text):
        return [] if cond else [text]

    @staticmethod
    def _own(body):
        """Is this the web server's own refusal?"""
        return bool(body) and body.startswith(b'{"error"') and b'"request_id":null' in body

    def _limits(self, headers):
        there = [n for n in ("limit", "remaining", "reset") if f"x-ratelimit-{n}" in headers]
        return self._all(len(there) in (0, 3), f"of the rate limit's headers only {there}")

    def _headers(self, documented, headers):
        found = []
        for name, header in documented.items():
            header = self.follow(header)
            if name.lower() not in headers:
                found += self._all(not header.get("required"), f"no header {name}")
            else:
                schema = header["schema"]
                found += self.errors(schema, scalar(headers[name.lower()], schema), f"header {name} ")
        return found

    def _body(self, content, headers, body):
        kind = headers.get("content-type", "").split(";")[0].strip()
        if kind not in content:
            return [f"content type {kind or 'none'} where {', '.join(content)} is documented"]
        if body is None or "schema" not in content[kind]:
            return []
        key = id(content[kind]["schema"]), hashlib.sha256(body).digest()
        if key in self._good:
            return []
        try:
            value = json.loads(body, parse_constant=lambda c: c) if kind == "application/json" else read_yaml(body) if kind == "application/yaml" else body.decode()
        except (ValueError, yaml.YAMLError) as e:
            return [f"the body is not {kind}: {e}"]
        found = self.errors(content[kind]["schema"], value)
        if not found:
            self._good.add(key)
        return found

    def _request(self, operation, sent):
        """What was taken must be what is documented, or whoever goes by the document cannot use it."""
        body = self.follow(operation.get("requestBody"))
        if not body:
            return ["a body was taken where none is documented"]
        return self.errors(body["content"]["application/json"]["schema"], sent, "the request was taken, but in it ")


# Looking on

document = Document()
live = Document("asyncapi.yaml", others=["openapi.yaml"])
dashboards, invented, wrong, seen = set(), set(), [], set()
FILE = os.environ.get("FLOPYNET_OPERATIONS")
CHANGES = ("experiment_update", "metrics_update", "alert")


def see(port, method, path, status, headers, body, sent=None):
    """Judge an answer; path is the whole path of the request."""
    _, there, path = path.partition(BASE + "/")
    if not there:
        return
    if path == "events" and port in invented and status == 200:
        body = None
    found, operation = document.judge(method, "/" + path, status, headers, body, sent)
    wrong.extend(f"{method} {BASE}/{path} → {status}: {text}" for text in found)
    if operation and (operation, status) not in seen:
        seen.add((operation, status))
        if FILE:
            with open(FILE, "a") as f:
                f.write(f"{operation} {status}\n")


def see_httpx(request, response):
    if request.url.port not in dashboards:
        return
    body = response.content if hasattr(response, "_content") else None
    sent = None
    try:
        if hasattr(request, "_content") and request.content:
            sent = json.loads(request.content)
    except ValueError:
        pass
    see(request.url.port, request.method, request.url.raw_path.decode().split("?")[0], response.status_code, response.headers, body, sent)


def see_message(port, text):
    """Judge a message of the live connection."""
    if port not in dashboards or not isinstance(text, str):
        return
    value = json.loads(text)
    kind = value.get("type")
    if kind in CHANGES and port in invented:
        return
    message = live.root["components"]["messages"].get(kind)
    found = live.errors(message["payload"], value) if message else ["the type is not documented"]
    wrong.extend(f"live message {kind}: {e}" for e in found)


def watch():
    """From now on everything is looked at."""
    def send(client, request, **more):
        response = plain_send(client, request, **more)
        see_httpx(request, response)
        return response

    async def asend(client, request, **more):
        response = await plain_asend(client, request, **more)
        see_httpx(request, response)
        return response

    async def recv(protocol):
        text = await plain_recv(protocol)
        see_message((protocol.remote_address or (None, None))[1], text)
        return text

    plain_send, httpx.Client.send = httpx.Client.send, send
    plain_asend, httpx.AsyncClient.send = httpx.AsyncClient.send, asend
    plain_recv, WebSocketClientProtocol.recv = WebSocketClientProtocol.recv, recv


def never_seen(file):
    """Operations that no test had a success of."""
    answers = [line.split() for line in Path(file).read_text().splitlines()]
    return sorted(set(document.operations()) - {operation for operation, status in answers if status.startswith("2")})
