"""The lines of docs/live-updates.md and of the API reference, with the programs that people use."""
import contextlib
import json
import os
import queue
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from conftest import make_stack
from harness.live import LiveStack
from harness.stack import DATA, SOURCE

DOC = (Path(__file__).parents[2] / "docs/live-updates.md").read_text()


class Both(LiveStack):
    @property
    def programs(self):
        return [self.api, self.stream, self.lighttpd]


@pytest.fixture(scope="module")
def live(request):
    live = make_stack(request, Both, settings={"auth": {"enabled": "true"}})
    live.make_experiments(3)
    return live


def block(language, word):
    """The code block of the page that has the word in it."""
    return next(b for b in re.findall(rf"```{language}\n(.*?)```", DOC, re.S) if word in b)


def lines_of(live, argv, n, emit, text=None):
    """Start a program, write events once it is known to listen, and return its first n lines about them."""
    lines = queue.Queue()
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={"PATH": os.environ["PATH"], "TOKEN": live.token, "HOME": str(live.root)}) as p:
        threading.Thread(target=lambda: [lines.put(line.strip()) for line in p.stdout], daemon=True).start()
        try:
            if text is not None:
                p.stdin.write(text)
                p.stdin.close()
            got = []
            while not any("knock" in line for line in got):
                live.emit(data={"knock": True})
                with contextlib.suppress(queue.Empty):
                    got.append(lines.get(timeout=0.3))
                assert p.poll() is None, got
            got = [line for line in got if "knock" not in line]
            emit()
            while len(got) < n:
                line = lines.get(timeout=20)
                if "knock" not in line:
                    got.append(line)
            return got
        finally:
            p.kill()


def here(live, text):
    return text.replace("localhost:3001", f"127.0.0.1:{live.port}")


# The reference's own code, but for its host, the wait for the connection, and out() for console.log. A page with a cookie needs no token.
SNIPPET = """
const ws = new WebSocket('ws://localhost:3001/ws/dashboard');
ws.onmessage = function(event) {
  const update = JSON.parse(event.data);
  switch (update.type) {
    case 'experiment_update':
      out('Experiment update:', update.data);
      break;
    case 'metrics_update':
      out('Metrics update:', update.data);
      break;
    case 'alert':
      out('Alert:', update.data);
      break;
  }
};
ws.onopen = function() {
  if (token) ws.send(JSON.stringify({action: 'authenticate', token}));
  // Subscribe to specific updates
  ws.send(JSON.stringify({
    action: 'subscribe',
    topics: ['experiments', 'metrics', 'alerts'],
    experiment_ids: ['exp_001', 'exp_002']
  }));
};
"""
NODE = """
const WebSocket = require(process.argv[1] + '/ws');
const token = process.env.TOKEN;
const out = (...a) => process.stdout.write(a.map((x) => JSON.stringify(x)).join(' ') + '\\n');
"""
WANTED = ['"Experiment update:" {"experiment_id":"exp_001"}', '"Metrics update:" {"change":"sample","service":"sdn"}', '"Alert:" {"id":"alert_001"}']


def emit_three(live):
    live.emit(experiment=1, data={"experiment_id": "exp_001"})
    live.emit(experiment=3, data={"experiment_id": "exp_003"})  # not asked for
    live.emit(topic="metrics", data={"change": "sample", "service": "sdn"})
    live.emit(topic="alerts", data={"id": "alert_001"})


def test_node_with_the_code_of_the_reference(live):
    if not (DATA / "ws").is_dir():
        pytest.skip("the package ws could not be had from npm")
    assert lines_of(live, ["node", "-e", here(live, NODE + SNIPPET), DATA], 3, lambda: emit_three(live)) == WANTED


def test_a_logged_in_page_with_the_code_of_the_reference(live):
    if not (DATA / "playwright-core").is_dir():
        pytest.skip("the package playwright-core could not be had from npm")
    argv = ["node", SOURCE / "tests/web/snippet.mjs", DATA, live.url, here(live, SNIPPET)]
    assert lines_of(live, argv, 3, lambda: emit_three(live)) == WANTED


def test_python(live):
    got = lines_of(live, ["/usr/bin/python3", "-u", "-"], 2, lambda: live.emit(data={"n": 1}), here(live, block("python", "websockets.connect")))
    assert "'subscribed'" in got[0] and "'experiment_update'" in got[1] and "{'n': 1}" in got[1]


def test_curl(live):
    last = live.emit(experiment=1, data={"n": 2})
    command = here(live, block("sh", "curl -N")).replace("since=0", f"since={last - 1}")
    got = lines_of(live, ["sh", "-c", command.replace("curl -N", "exec curl -sN")], 6, lambda: None)[:6]
    assert got == ["retry: 3000", f"id: {last - 1}", "", f"id: {last}", "event: experiment_update",
                   "data: " + json.dumps({"type": "experiment_update", "id": last, "data": 0}, separators=(",", ":")).replace("0}", '{"n": 2}}')]


def test_shell_loop(live):
    if not shutil.which("jq"):
        pytest.skip("no jq")
    last = live.emit()
    command = here(live, block("sh", "jq")).replace("after=0", f"after={last}")
    got = lines_of(live, ["sh", "-c", command], 2, lambda: (live.emit(data={"n": 3}), live.emit(data={"n": 4})))
    assert [json.loads(line)["data"]["n"] for line in got] == [3, 4]


def test_an_engine_polls_its_experiment_only(live):
    client = live.connect(live.make_token("engine", experiment=2))
    start = live.emit(experiment=1)
    mine = live.emit(experiment=2)
    live.emit(topic="alerts")
    assert [m["id"] for m in client.get(f"/events?after={start - 1}").json()["events"]] == [mine]
    assert client.get("/events?experiment_ids=exp_001").status_code == 403
