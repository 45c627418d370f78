"""What the client's documents tell people to type: the examples of its README one after another, and the reference's own, unchanged but for host and token."""
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import threading

import pytest
from harness import Flopynet, wait_until
from harness.stack import SOURCE

README = (SOURCE / "sdk/python/README.md").read_text()

# As the API's reference has it.
REFERENCE = '''
from flopy_net_client import DashboardClient
# Initialize client
client = DashboardClient(
    base_url="http://localhost:3001/api/v1",
    api_key="your_api_key"
)
# Create experiment
experiment = client.experiments.create({
    "name": "Python SDK Test",
    "scenario": "basic_fl",
    "configuration": {
        "dataset": "mnist",
        "rounds": 10,
        "clients_per_round": 3
    }
})
# Monitor experiment
for update in client.experiments.monitor(experiment.id):
    print(f"Round {update.current_round}: Accuracy {update.accuracy}")
    if update.status == "completed":
        break
'''


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", README, re.M | re.S)


def python(stack, text, cwd):
    """Run as a user's script, with nothing changed but host and token."""
    text = text.replace("http://localhost:3001", stack.url).replace("your_api_key", stack.token)
    env = {**os.environ, "PYTHONPATH": str(SOURCE / "sdk/python"), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen([sys.executable, "-c", text], cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_example_of_the_reference_as_it_stands(stack, tmp_path):
    """It creates and follows; somebody else starts what it has created, as in the page."""
    process = python(stack, REFERENCE, tmp_path)

    def start():
        found = wait_until(lambda: stack.client.get("/experiments", params={"status": "created"}).json()["experiments"], 60)
        wait_until(lambda: stack.control(found[0]["id"], "start").status_code in (200, 202), 30)

    other = threading.Thread(target=start)
    other.start()
    out, err = process.communicate(timeout=200)
    other.join()
    assert process.returncode == 0 and err == "", err
    # The status before the start and while it runs are updates as well, so a line may come twice; each round is there, in order.
    rounds = [int(re.match(r"Round (\d+): Accuracy (None|0\.\d+)$", line).group(1)) for line in out.splitlines()]
    assert rounds == sorted(rounds) and set(rounds) >= set(range(1, 11)), out
    assert float(out.split()[-1]) > 0.9


def test_the_examples_of_the_readme(stack, tmp_path):
    for text in re.findall(r"^```json\n(.*?)^```", (SOURCE / "docs/curl.md").read_text(), re.M | re.S):
        kind = "engines" if json.loads(text).get("remote") else "scenarios"
        (stack.root / kind / "lab.json").write_text(text)
    for name in ("monitor", "api"):
        stack.restart(name, signal.SIGTERM)
    (tmp_path / "run").mkdir()
    examples = blocks("python")
    assert len(examples) >= 10 and not re.search(r'^    \w', re.sub(r'^```.*?^```', '', README, flags=re.M | re.S), re.M), "an example that no test runs"
    if not importlib.util.find_spec("pandas"):
        examples = [text for text in examples if "frame" not in text]
        print("pandas is not installed (Debian: python3-pandas), so the example with data frames was not run")
    process = python(stack, "\n".join(examples), tmp_path / "run")
    out, err = process.communicate(timeout=280)
    assert process.returncode == 0, err[-3000:]
    assert "Round 10: Accuracy 0.9" in out and "completed []" in out and "'rounds': 'Must be between 1 and 100'" in out
    assert (tmp_path / "run/rounds.csv").read_text().count("\n") == 6
    statuses = {x["status"] for x in stack.client.get("/experiments", params={"limit": 100}).json()["experiments"]}
    assert statuses == {"completed"}


@pytest.mark.skipif(not importlib.util.find_spec("pandas"), reason="pandas is not installed (Debian: python3-pandas), so data frames were not tried")
def test_data_frames(stack):
    import asyncio

    sys.path.insert(0, str(SOURCE / "sdk/python"))
    import flopy_net_client as f

    id = stack.create(start=True, configuration={"rounds": 4, "pace_ms": 5})
    with f.DashboardClient(stack.url, stack.token) as client:
        client.experiments.wait(id)
        frame, clients = client.experiments.to_frame(id), client.experiments.clients_to_frame(id)
    assert list(frame.index) == [1, 2, 3, 4] and frame["accuracy"].notna().all() and str(frame["completed_at"].dtype).startswith("datetime64[ns, UTC")
    assert clients.index.names == ["round", "client"]

    async def again():
        async with f.AsyncDashboardClient(stack.url, stack.token) as client:
            return await client.experiments.to_frame(id)

    assert asyncio.run(again()).equals(frame)


def test_data_frames_without_pandas_say_what_is_missing(monkeypatch):
    sys.path.insert(0, str(SOURCE / "sdk/python"))
    from flopy_net_client import frames

    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"flopy-net-client\[pandas\]"):
        frames.rounds("round\n1\n")


def test_the_commands_of_the_readme(stack, tmp_path):
    commands = [text for text in blocks("sh") if "flopynet " in text]
    assert len(commands) == 2
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/flopynet").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m flopy_net_client "$@"\n')
    (tmp_path / "bin/flopynet").chmod(0o755)
    (tmp_path / "token.txt").write_text(stack.token + "\n")
    env = {**Flopynet(tmp_path).env, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    script = "\n".join(commands).replace("http://localhost:3001", stack.url)
    done = subprocess.run(["sh", "-eux", "-c", script], cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-4000:]
    assert (tmp_path / "rounds.csv").read_text().count("\n") == 6 and list((tmp_path / "results").glob("exp_*/model.bin"))
    assert "Nothing was changed, only tried" in done.stdout and re.search(r"^exp_\d+ aborted$", done.stdout, re.M)
