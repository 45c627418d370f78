"""The cookbook of automation: everything in docs/curl.md is run as it stands, in dash; and its flopynet-wait is tried where the way is not easy."""
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from harness.stack import SOURCE

TEXT = (SOURCE / "docs/curl.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.M | re.S)
SCRIPTS = {re.match(r"#!/bin/sh\n# (\S+)", text).group(1): text for kind, text in BLOCKS if text.startswith("#!")}
STEPS = [text for kind, text in BLOCKS if kind == "sh" and not text.startswith("#!")]


def write_scripts(to):
    for name, text in SCRIPTS.items():
        (to / name).write_text(text)
        (to / name).chmod(0o755)


class Listener:
    """An HTTP server that says what the test wants, and keeps what it was told."""

    def __init__(self, answer):
        told = self.told = []

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                told.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                given = answer(len(told))
                if given is None:
                    self.connection.close()
                    return
                status, body = given
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode() if isinstance(body, str) else json.dumps(body).encode())

            do_POST = do_GET

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def lab(shared_stack):
    """With the engine and the scenario that the document declares."""
    for kind, text in BLOCKS:
        if kind == "json":
            one = json.loads(text)
            folder = "engines" if one.get("remote") else "scenarios"
            (shared_stack.root / folder / f"{one['name']}.json").write_text(text)
    shared_stack.restart("monitor", signal.SIGTERM)
    shared_stack.restart("api", signal.SIGTERM)
    return shared_stack


def test_the_document_has_its_tasks():
    assert set(SCRIPTS) == {"flopynet-wait", "on-alert"} and len(STEPS) >= 14
    for task in ("wait for it", "sweep", "CSV", "Follow a run", "held open", "alerts", "Back up", "token", "engine"):
        assert re.search(rf"^## .*{task}", TEXT, re.M), task


def run_steps(cwd, env):
    """A trace on standard error names the line that failed. What a step that failed has left running ends too."""
    with open(cwd / "output", "w") as output:
        shell = subprocess.Popen(["dash", "-eux", "-c", "\n".join(STEPS)], cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            status = shell.wait(280)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
    return status, (cwd / "output").read_text()


def test_every_step_as_it_stands(lab, tmp_path):
    write_scripts(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/flopynetctl").write_text(f'#!/bin/sh\nexec "{lab.build}/flopynetctl" -c "{lab.conf}" "$@"\n')
    (tmp_path / "bin/flopynetctl").chmod(0o755)
    with Listener(lambda n: (204, "")) as hook:
        env = {**os.environ, "BASE": f"{lab.url}/api/v1", "TOKEN": lab.token, "HOOK": hook.url + "/alerts", "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
        status, out = run_steps(tmp_path, env)
        assert status == 0, out[-4000:]
        assert any(b'"test": true' in told or b'"test":true' in told for told in hook.told)
    sweep = (tmp_path / "results/sweep-7.csv").read_text().splitlines()
    assert len(sweep) == 7 and sweep[0] == '"id","rate","seed","accuracy","loss","seconds"'
    assert all(len(p.read_text().splitlines()) >= 3 for p in (tmp_path / "results").glob("*-rounds.csv"))
    assert "\nrounds: 1 2 3 4 5\n" in out and "round 5 of 5: accuracy" in out
    assert re.search(r"^exp_\d+ completed$", out, re.M) and " acknowledged" in out and "nightly is operator until" in out
    assert len(list(tmp_path.glob("flopynet-*.db"))) == 1 and len(list((tmp_path / "kept").glob("exp_*.json"))) >= 9
    statuses = {x["name"]: x for x in lab.client.get("/experiments", params={"limit": 100}).json()["experiments"]}
    assert statuses["In the lab"]["status"] == "completed" and statuses["In the lab"]["rounds_completed"] == 3
    assert oct((tmp_path / "auth").stat().st_mode)[-2:] == "00" and oct((tmp_path / "nightly").stat().st_mode)[-2:] == "00"


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_has_nothing_to_say(tmp_path):
    write_scripts(tmp_path)
    (tmp_path / "steps").write_text("#!/bin/sh\n" + "\n".join(STEPS))
    for name in [*SCRIPTS, "steps"]:
        done = subprocess.run(["shellcheck", "-s", "sh", tmp_path / name], stdout=subprocess.PIPE, text=True)
        assert done.returncode == 0, done.stdout


def wait_for(tmp_path, *args, base, shell="dash", token="t.t.t", timeout=90):
    write_scripts(tmp_path)
    return subprocess.run([shell, tmp_path / "flopynet-wait", *args], env={"PATH": os.environ["PATH"], "BASE": base, "TOKEN": token},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)


def told(status):
    return 200, {"experiment": {"status": status}}


def failed(status, message="So it is.", **more):
    return status, {"error": {"code": "X", "message": message, **more}}


@pytest.mark.parametrize("answers,args,status,words", [
    ([told("running"), told("completed")], [], 0, "exp_001 completed"),
    ([told("stopped")], [], 9, "exp_001 stopped"),
    ([told("failed")], ["-s", "paused"], 9, "exp_001 failed"),
    ([told("running"), told("paused")], ["-s", "paused"], 0, "exp_001 paused"),
    ([told("running")], ["-t", "2"], 10, "within 2 s"),
    ([failed(503, retry_after=1), failed(429, retry_after=1), told("completed")], [], 0, "completed"),
    ([failed(429, retry_after=3000)], ["-t", "1"], 10, "within 1 s"),
    ([(503, "<html>"), (502, "<html>"), None, (500, ""), told("completed")], [], 0, "completed"),
    ([failed(401, "The token has expired.")], [], 4, "The token has expired."),
    ([failed(403)], [], 4, "So it is."),
    ([failed(404, "There is no experiment exp_001.")], [], 5, "no experiment"),
    ([failed(400)], [], 3, "So it is."),
])
def test_flopynet_wait(tmp_path, answers, args, status, words):
    with Listener(lambda n: answers[min(n, len(answers)) - 1]) as server:
        done = wait_for(tmp_path, *args, "exp_001", base=server.url)
    assert (done.returncode, words in done.stdout + done.stderr) == (status, True), (done.stdout, done.stderr)


@pytest.mark.parametrize("args", [[], ["exp_001", "exp_002"], ["-t", "soon", "exp_001"], ["-x", "exp_001"]])
def test_flopynet_wait_is_used_wrongly(tmp_path, args):
    for shell in ("dash", "bash"):
        assert wait_for(tmp_path, *args, base="http://127.0.0.1:9", shell=shell).returncode == 2


def test_flopynet_wait_survives_restarts(lab, tmp_path):
    id = lab.create(start=True, configuration={"rounds": 60, "pace_ms": 100})
    results = []
    waiting = threading.Thread(target=lambda: results.append(wait_for(tmp_path, "-t", "80", id, base=f"{lab.url}/api/v1", token=lab.token)))
    waiting.start()
    for name in ("api", "lighttpd", "monitor"):
        time.sleep(0.5)
        lab.restart(name)
    waiting.join(90)
    assert results and (results[0].returncode, results[0].stdout) == (0, f"{id} completed\n"), results
