"""What holds for the whole package: types, the two clients alike, its version, the Python that it is written for."""
import ast
import importlib
import importlib.util
import inspect
import re
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import flopy_net_client as f
from flopy_net_client import aio, aio_resources, sync, sync_resources

HERE = Path(__file__).parent.parent
FILES = sorted((HERE / "flopy_net_client").rglob("*.py"))


@pytest.mark.skipif(not importlib.util.find_spec("mypy"), reason="mypy is not installed (Debian: python3-mypy), so the types were not checked")
def test_mypy_strict(tmp_path):
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--python-version", "3.9", "--cache-dir", str(tmp_path), "flopy_net_client"], cwd=HERE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def test_it_is_marked_as_typed():
    assert (HERE / "flopy_net_client/py.typed").exists() and 'flopy_net_client = ["py.typed"]' in (HERE / "pyproject.toml").read_text()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_syntax_is_that_of_python_3_9(file):
    tree = ast.parse(file.read_text(), feature_version=(3, 9))
    imported = {name for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))
                for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""] if node.level == 0 else [])}
    allowed = set(sys.stdlib_module_names) | {"httpx", "websockets"}
    assert {name.split(".")[0] for name in imported if name} <= allowed, "no further dependencies"
    # Annotations stay text, so newer forms in them would do no harm; what runs may not have them.
    assert len(tree.body) <= 2 or "from __future__ import annotations" in file.read_text() or file.name in ("__init__.py", "__main__.py", "_version.py")


def test_the_version_is_the_projects():
    configure = HERE.parent.parent / "configure.ac"
    version = re.search(r"AC_INIT\(\[[^]]*\],\s*\[([^]]*)\]", configure.read_text()).group(1)
    assert f.__version__ == version


def public(kind):
    return {name: member for name, member in inspect.getmembers(kind, callable) if not name.startswith("_")}


def pairs():
    for module, other in ((aio, sync), (aio_resources, sync_resources)):
        for name, kind in inspect.getmembers(module, inspect.isclass):
            if kind.__module__ == module.__name__ and name.startswith("Async"):
                yield pytest.param(kind, getattr(other, name[len("Async"):]), id=name)


def plain(annotation):
    return re.sub(r"\bAsync(?=[A-Z])", "", str(annotation))


@pytest.mark.parametrize("kind,other", pairs())
def test_both_clients_offer_the_same(kind, other):
    ours, theirs = public(kind), public(other)
    assert set(ours) == set(theirs)
    for name, method in ours.items():
        here, there = inspect.signature(method), inspect.signature(theirs[name])
        assert list(here.parameters.values()) == list(there.parameters.values()), name
        assert plain(here.return_annotation) == plain(there.return_annotation), name
        assert inspect.getdoc(method) == inspect.getdoc(theirs[name]), name
        asynchronous = inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)
        assert asynchronous != inspect.iscoroutinefunction(theirs[name]), name


def test_every_operation_of_the_document_has_a_call():
    """But those that are for browsers and other readers of the document."""
    document = (HERE.parent.parent / "schema/openapi.yaml").read_text()
    found, path = set(), None
    for line in document.splitlines():
        if match := re.match(r"  (/\S*):$", line):
            path = match.group(1)
        elif (match := re.match(r"    (get|post|put|patch|delete):", line)) and path:
            found.add((match.group(1).upper(), path))
        elif line.startswith("components:"):
            break
    assert len(found) > 40
    source = (HERE / "flopy_net_client/endpoints.py").read_text() + (HERE / "flopy_net_client/live.py").read_text()
    for method, path in sorted(found):
        if path.startswith(("/openapi", "/asyncapi")) or path == "/events/stream":
            continue
        parts = [p for p in path.split("/") if p]
        if any(p.startswith("{") for p in parts):
            wanted = ", ".join(r"\w+" if p.startswith("{") else rf'(?:"{p}"|action)' for p in parts)
            assert re.search(rf'"{method}", at\({wanted}\)', source), (method, path)
        else:
            assert f'"{method}", "{path}"' in source, (method, path)


def test_names_that_are_exported_exist():
    assert all(hasattr(f, name) for name in f.__all__) and len(set(f.__all__)) == len(f.__all__)
    assert typing.get_type_hints(f.DashboardClient.__init__)["api_key"] == typing.Optional[str]


@pytest.mark.parametrize("module", ["aio", "aio_resources", "sync", "sync_resources", "models", "errors", "calls"])
def test_everything_public_says_what_it_is(module):
    found = importlib.import_module(f"flopy_net_client.{module}")
    for name, kind in inspect.getmembers(found, inspect.isclass):
        if kind.__module__ != found.__name__ or name.startswith("_"):
            continue
        # A dataclass without words of its own gets its signature.
        assert kind.__doc__ and not kind.__doc__.startswith(name + "("), name
        for member, function in public(kind).items():
            assert inspect.getdoc(function) or module in ("calls", "models", "errors"), f"{name}.{member}"
