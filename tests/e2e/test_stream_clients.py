"""The lines of docs/live-updates.md and of the API reference, with the programs that people use."""
import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from conftest import make_stack
from harness.live import LiveStack

DOC = (Path(__file__).parents[2] / "docs/live-updates.md").read_text()


class Both(LiveStack):
    @property
    def programs(self):
        return [self.api, self.stream, self.lighttpd]


@pytest.fixture(scope="module")
def live(request):
    return make_stack(request, Both, settings={"auth": {"enabled": "true"}})


def block(language, word):
    """The code block of the page that has the word in it."""
    return next(b for b in re.findall(rf"```{language}\n(.*?)```", DOC, re.S) if word in b)


def lines_of(live, argv, n, emit, text=None):
    """Start a program, write events once it has had time to connect, and return its first n lines of output."""
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TOKEN": live.token, "HOME": str(live.root)}) as p:
        try:
            if text is not None:
                p.stdin.write(text)
                p.stdin.close()
            time.sleep(1.5)
            emit()
            return [p.stdout.readline().strip() for _ in range(n)]
        finally:
            p.kill()


def here(live, text):
    return text.replace("localhost:3001", f"127.0.0.1:{live.port}")


NODE = """
const socket = new WebSocket('ws://localhost:3001/ws/dashboard');
const out = (...a) => process.stdout.write(a.map((x) => JSON.stringify(x)).join(' ') + '\\n');
socket.onopen = () => {
  socket.send(JSON.stringify({action: 'authenticate', token: process.env.TOKEN}));
  // Subscribe to specific updates
  socket.send(JSON.stringify({action: 'subscribe', topics: ['experiments', 'metrics', 'alerts'], experiment_ids: ['exp_001', 'exp_002']}));
};
socket.onmessage = function(event) {
  const update = JSON.parse(event.data);
  switch (update.type) {
    case 'experiment_update': out('Experiment update:', update.data); break;
    case 'metrics_update': out('Metrics update:', update.data); break;
    case 'alert': out('Alert:', update.data); break;
  }
};
"""


def test_node_with_the_code_of_the_reference(live):
    node = shutil.which("node")
    if not node or subprocess.run([node, "--experimental-websocket", "-e", "process.exit(typeof WebSocket === 'function' ? 0 : 1)"]).returncode:
        pytest.skip("no node with a WebSocket of its own")
    live.make_experiments(2)

    def emit():
        live.emit(experiment=1, data={"experiment_id": "exp_001"})
        live.emit(topic="metrics", data={"change": "sample", "service": "sdn"})
        live.emit(topic="alerts", data={"id": "alert_001"})
    got = lines_of(live, [node, "--no-warnings", "--experimental-websocket", "-e", here(live, NODE)], 3, emit)
    assert got == ['"Experiment update:" {"experiment_id":"exp_001"}', '"Metrics update:" {"change":"sample","service":"sdn"}', '"Alert:" {"id":"alert_001"}']


def test_python(live):
    got = lines_of(live, ["/usr/bin/python3", "-u", "-"], 2, lambda: live.emit(data={"n": 1}), here(live, block("python", "websockets.connect")))
    assert "'subscribed'" in got[0] and "'experiment_update'" in got[1] and "{'n': 1}" in got[1]


def test_curl(live):
    last = live.emit(experiment=1, data={"n": 2})
    command = here(live, block("sh", "curl -N")).replace("since=0", f"since={last - 1}")
    got = lines_of(live, ["sh", "-c", command.replace("curl -N", "exec curl -sN")], 6, lambda: None)
    assert got == ["retry: 3000", f"id: {last - 1}", "", f"id: {last}", "event: experiment_update",
                   "data: " + json.dumps({"type": "experiment_update", "id": last, "data": 0}, separators=(",", ":")).replace("0}", '{"n": 2}}')]


def test_shell_loop(live):
    if not shutil.which("jq"):
        pytest.skip("no jq")
    last = live.emit()
    command = here(live, block("sh", "jq")).replace("after=0", f"after={last}")
    got = lines_of(live, ["sh", "-c", command], 2, lambda: (live.emit(data={"n": 3}), time.sleep(0.5), live.emit(data={"n": 4})))
    assert [json.loads(line)["data"]["n"] for line in got] == [3, 4]


def test_an_engine_polls_its_experiment_only(live):
    live.make_experiments(2)
    client = live.connect(live.make_token("engine", experiment=2))
    start = live.emit(experiment=1)
    mine = live.emit(experiment=2)
    live.emit(topic="alerts")
    assert [m["id"] for m in client.get(f"/events?after={start - 1}").json()["events"]] == [mine]
    assert client.get("/events?experiment_ids=exp_001").status_code == 403
