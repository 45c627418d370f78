"""The API's description as a page under /docs/, in Debian's chromium, also under a path of its own (tests/web/docs.mjs)."""
import os
import subprocess

import httpx
import pytest
from harness.stack import DATA, SOURCE
from harness.web_server import WebServer

LIBRARY = SOURCE / "web/vendor/redoc.js"


@pytest.fixture(scope="module")
def server(request, shared_stack):
    """The same dashboard under a path of its own."""
    server = WebServer("lighttpd", shared_stack.root / "lab", shared_stack.api_socket, shared_stack.stream_port, SOURCE / "web", "/lab/flopynet").start()
    request.addfinalizer(server.stop)
    return server


@pytest.mark.parametrize("where, views", [("shared_stack", "light,dark,narrow"), ("server", "light")], ids=["root", "prefix"])
def test_the_page_shows_every_operation(request, where, views, shared_stack):
    if not (DATA / "playwright-core").is_dir() or not LIBRARY.is_file():
        pytest.skip("the page's libraries could not be had from npm")
    shots = shared_stack.build / "screenshots"
    shots.mkdir(exist_ok=True)
    done = subprocess.run(["node", SOURCE / "tests/web/docs.mjs"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240,
                          env={**os.environ, "URL": request.getfixturevalue(where).url, "VIEWS": views, "MODULES": str(DATA), "SHOTS": str(shots)})
    assert done.returncode == 0 and done.stdout == "", done.stdout


def test_its_library_asks_for_nothing_elsewhere():
    if not LIBRARY.is_file():
        pytest.skip("the page's libraries could not be had from npm")
    text = LIBRARY.read_text()
    assert "redoc.ly/redoc/logo" not in text and "//# sourceMappingURL" not in text and "fonts.g" not in text


def test_the_rules_for_it_are_its_own(shared_stack):
    docs, page = (httpx.get(f"{shared_stack.url}{path}").headers["Content-Security-Policy"] for path in ("/docs/", "/"))
    assert "unsafe" not in docs and "worker-src blob:" in docs and "http" not in docs
    assert "worker-src" not in page and "sha256" not in page
