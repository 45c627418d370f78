"""Tests of the page in Debian's chromium: scripts of tests/web for node, which drive the browser and say what is wrong."""
import json
import os
import subprocess
import threading

import pytest

from .stack import DATA, SOURCE


def run_page(stack, script, actions=None, timeout=240, **env):
    """Run tests/web/SCRIPT; it must have nothing to say. It may ask for actions: {"stop stream": lambda argument: …}."""
    if not (DATA / "playwright-core").is_dir() or not (SOURCE / "web/vendor/uplot.js").is_file():
        pytest.skip("the page's libraries could not be had from npm")
    shots = stack.build / "screenshots"
    shots.mkdir(exist_ok=True)
    node = subprocess.Popen(["node", SOURCE / "tests/web" / script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env={**os.environ, "URL": stack.url, "TOKEN": stack.token, "MODULES": str(DATA), "SHOTS": str(shots), **env})
    late = threading.Timer(timeout, node.kill)
    late.start()
    said = []
    try:
        for line in node.stdout:
            if line.startswith("ask "):
                action, argument = json.loads(line[4:])
                node.stdin.write(json.dumps((actions or {})[action](argument)) + "\n")
                node.stdin.flush()
            else:
                said.append(line)
        status = node.wait()
    finally:
        late.cancel()
        if node.poll() is None:
            node.kill()
    assert status == 0 and not said, f"status {status}\n{''.join(said)}"
