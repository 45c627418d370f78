"""The Python client as it is given away: wheel and sdist are built, installed in an environment of their own, and follow a real run while the live helper is killed."""
import email
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from harness import Flopynet
from harness.stack import BUILD, SOURCE

MINE = BUILD.resolve() / "sdk-python"
VERSION = re.search(r"AC_INIT\(\[[^]]*\],\s*\[([^]]*)\]", (SOURCE / "configure.ac").read_text()).group(1)
#: What pip says when there is no index to be asked.
OFFLINE = re.compile(r"No matching distribution|Could not find a version|connection|resolution|Network is unreachable|timed out|ProxyError", re.I)


def run(*command, **more):
    return subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240, **more)


def build(source, to, kind):
    """By the build backend itself, in a copy: nothing is fetched, and nothing is left in the source."""
    done = run(sys.executable, "-W", "ignore", "-c", f"import sys; from setuptools import build_meta; build_meta.build_{kind}(sys.argv[1])", to, cwd=source)
    assert done.returncode == 0, done.stdout[-3000:]
    (made,) = Path(to).glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def packages():
    shutil.rmtree(MINE, ignore_errors=True)
    shutil.copytree(SOURCE / "sdk/python", MINE / "source", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for kind in ("wheel", "sdist"):
        (MINE / kind).mkdir()
    return build(MINE / "source", MINE / "wheel", "wheel"), build(MINE / "source", MINE / "sdist", "sdist")


@pytest.fixture(scope="module")
def environment(packages):
    """(its directory, None or why it is not a clean one)."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = run(sys.executable, "-m", "venv", MINE / "venv", env=env)
    assert done.returncode == 0, done.stdout
    pip = [MINE / "venv/bin/python", "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    done = run(*pip, "--retries", "1", "--timeout", "15", packages[0], env=env)
    if done.returncode == 0:
        return MINE / "venv", None
    assert OFFLINE.search(done.stdout), done.stdout[-3000:]
    shutil.rmtree(MINE / "venv")
    done = run(sys.executable, "-m", "venv", "--system-site-packages", MINE / "venv", env=env)
    assert done.returncode == 0, done.stdout
    done = run(*pip, "--no-index", "--no-deps", packages[0], env=env)
    assert done.returncode == 0, done.stdout
    return MINE / "venv", "the package index cannot be reached, so httpx and websockets were not installed from it; the other tests here ran with those of the system"


def test_what_is_in_the_packages(packages):
    wheel, sdist = packages
    assert wheel.name == f"flopy_net_client-{VERSION}-py3-none-any.whl" and sdist.name in (f"flopy_net_client-{VERSION}.tar.gz", f"flopy-net-client-{VERSION}.tar.gz")
    files = zipfile.ZipFile(wheel)
    names = set(files.namelist())
    info = f"flopy_net_client-{VERSION}.dist-info"
    ours = {str(p.relative_to(SOURCE / "sdk/python")) for p in (SOURCE / "sdk/python/flopy_net_client").rglob("*") if p.suffix == ".py" or p.name == "py.typed"}
    assert {n for n in names if not n.startswith(info)} == ours
    about = email.message_from_bytes(files.read(f"{info}/METADATA"))
    assert (about["Name"], about["Version"], about["Requires-Python"], about["License"]) == ("flopy-net-client", VERSION, ">=3.9", "MIT")
    assert about.get_payload().startswith("# flopy-net-client")
    needed = [r for r in about.get_all("Requires-Dist") if "extra" not in r]
    assert sorted(re.match(r"[a-z]+", r).group() for r in needed) == ["httpx", "websockets"]
    assert "flopynet = flopy_net_client.cli:run" in files.read(f"{info}/entry_points.txt").decode()


def test_the_sdist_builds_the_same_wheel(packages):
    wheel, sdist = packages
    with tarfile.open(sdist) as tar:
        tar.extractall(MINE / "unpacked", filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(MINE / "unpacked")
    (source,) = (MINE / "unpacked").iterdir()
    assert (source / "README.md").exists() and (source / "pyproject.toml").exists()
    again = build(source, MINE / "unpacked", "wheel")
    one, other = zipfile.ZipFile(wheel), zipfile.ZipFile(again)
    assert {n: one.read(n) for n in one.namelist() if "RECORD" not in n} == {n: other.read(n) for n in other.namelist() if "RECORD" not in n}


def test_it_installs_in_a_clean_environment(environment):
    venv, reason = environment
    if reason:
        pytest.skip(reason)
    assert run(venv / "bin/python", "-m", "pip", "--disable-pip-version-check", "check").returncode == 0
    code = "import flopy_net_client, httpx, websockets, sys; print(flopy_net_client.__version__, flopy_net_client.__file__, httpx.__file__, websockets.__file__)"
    version, *files = run(venv / "bin/python", "-I", "-c", code).stdout.split()
    assert version == VERSION and all(f.startswith(str(venv)) for f in files)


def test_the_types_fit_what_pip_has_found(environment, tmp_path):
    venv, reason = environment
    if reason or not importlib.util.find_spec("mypy"):
        pytest.skip(reason or "mypy is not installed (Debian: python3-mypy), so the types were not checked")
    done = run(sys.executable, "-m", "mypy", "--strict", "--python-executable", venv / "bin/python", "--cache-dir", tmp_path, "flopy_net_client", cwd=MINE / "source")
    assert done.returncode == 0, done.stdout


def test_the_command_follows_a_real_run_while_the_live_helper_is_killed(environment, stack, tmp_path):
    flopynet = Flopynet(tmp_path, stack.url, stack.token, program=[environment[0] / "bin/flopynet"])
    assert flopynet("--version") == f"flopynet {VERSION}\n"
    id = flopynet("create", "--scenario", "basic_fl", "--set", "rounds=30", "--set", "train_samples=20000", "--start").strip()
    process, rounds, killed = flopynet.start("watch", id, "--json"), [], 0
    for line in process.stdout:
        update = json.loads(line)
        if update["change"] == "round_completed":
            rounds.append(update["current_round"])
            if len(rounds) in (4, 12):
                stack.restart("stream")
                killed += 1
    assert process.wait(30) == 0, process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    assert killed == 2 and rounds == list(range(1, 31)) and update["status"] == "completed"
    assert json.loads(flopynet("show", id, "--json"))["accuracy"] > 0.8


# Whatever version of websockets pip has found: the WebSocket itself has to do, and nothing else may step in.
FOLLOW = """
import sys, flopy_net_client
from flopy_net_client.live import EventStream
ways = [EventStream._websocket, EventStream._server_sent, EventStream._polling]
EventStream._server_sent = EventStream._polling = EventStream._websocket
client = flopy_net_client.DashboardClient(base_url=sys.argv[1], api_key=sys.argv[2])
experiment = client.experiments.create({"name": "Followed", "scenario": "quick_demo", "configuration": {"rounds": 20}})
client.experiments.start(experiment.id)
for update in client.experiments.monitor(experiment.id):
    print(update.change, update.current_round, update.status, flush=True)
for way in ways:
    EventStream._websocket = EventStream._server_sent = EventStream._polling = way
    print("left", next(client.events(topics=["experiments"], since=0)).id, "-")
client.close()
"""


def test_the_package_follows_a_real_run_while_the_live_helper_is_killed(environment, stack):
    command = [environment[0] / "bin/python", "-I", "-W", "error", "-c", FOLLOW, stack.url, stack.token]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    rounds, statuses, left = [], [], 0
    for line in process.stdout:
        change, number, status = line.split()
        left += change == "left"
        if change == "status":
            statuses.append(status)
        if change == "round_completed":
            rounds.append(int(number))
            if len(rounds) in (3, 9):
                stack.restart("stream")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0 and rounds == list(range(1, 21)) and statuses[-1] == "completed", err
    assert left == 3 and err == ""  # nothing is said about what was left
