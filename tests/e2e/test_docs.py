"""What the documents tell people to type is typed here, as it stands, on a fresh system."""
import os
import re
import subprocess
from pathlib import Path

from harness.stack import SOURCE


def blocks(file, after=""):
    text = (SOURCE / file).read_text()
    return re.findall(r"^```sh\n(.*?)^```", text[text.index(after):], re.M | re.S)


def run(script, cwd, **env):
    done = subprocess.run(["sh", "-eu", "-c", script], cwd=cwd, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    return done.returncode, done.stdout


def test_every_line_of_the_api_document(stack, tmp_path):
    # A trace on standard error names the line that failed.
    status, output = run("set -x\n" + "\n".join(blocks("docs/api.md")), tmp_path, BASE=f"{stack.url}/api/v1", TOKEN=stack.token)
    assert status == 0, output[-3000:]


def test_every_line_of_the_services_document(stack, tmp_path):
    status, output = run("set -x\n" + "\n".join(blocks("docs/services.md")), tmp_path, BASE=f"{stack.url}/api/v1", TOKEN=stack.token)
    assert status == 0, output[-3000:]
    services = stack.client.get("/config").json()["services"]
    assert {"redis", "notebook", "storage", "node", "cleaner", "aggregator", "collector"} == set(services), services


def test_the_first_session_of_the_readme(stack, tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var/token").write_text(stack.token)
    script = blocks("README.md", after="## A first session")[0].replace("http://127.0.0.1:3001", stack.url)
    status, output = run("set -x\n" + script, Path(tmp_path))
    assert status == 0, output[-3000:]
    rounds = [line.split(",") for line in output.splitlines() if re.match(r"^\d+,20", line)]
    assert len(rounds) == 20 and float(rounds[-1][3]) > 0.9, output[-3000:]
    statuses = [x["status"] for x in stack.client.get("/experiments", params={"sort": "created_at:asc"}).json()["experiments"]]
    assert statuses == ["completed", "aborted", "completed"], output[-3000:]
    assert '"status":"paused"' in output and '"status":"queued"' in output
