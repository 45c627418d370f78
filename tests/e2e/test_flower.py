"""
The engine "flower" with a real SuperLink and three real SuperNodes on loopback. Flower is installed once, into build/flower, from the package index;
where that cannot be reached, these tests do not run and say so.
"""
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import make_stack
from harness.process import Process, alive, free_port, wait_until
from harness.stack import BUILD, DATA, SOURCE

sys.path.insert(0, str(SOURCE / "sdk/python"))

from flopy_net_client import DashboardClient  # noqa: E402

SCRIPT = SOURCE / "engines/flower/flopynet-flower"
VENV = Path(os.environ.get("FLOPYNET_FLOWER_VENV", SOURCE / "build/flower"))
SMALL = {"dataset": "mnist", "model": "mlp", "rounds": 3, "clients": 3, "clients_per_round": 2, "train_samples": 6000, "seed": 5}
LONG = {**SMALL, "rounds": 100, "clients_per_round": 3}


class Flower:
    """A SuperLink and its SuperNodes, in a directory and on ports of their own."""

    def __init__(self, root):
        self.home = root / "flower"
        self.logs = root / "logs"
        self.logs.mkdir(exist_ok=True)
        self.env = {**os.environ, "FLOPYNET_FLOWER_HOME": str(self.home), "FLOPYNET_DATA_DIR": str(DATA)}
        self.address = f"127.0.0.1:{free_port()}"
        self.superlink = self.process("superlink", "superlink", "--listen", self.address)
        self.nodes = [self.node(i) for i in range(3)]

    def run(self, *words):
        return subprocess.run([SCRIPT, *words], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=280)

    def runs(self):
        env = {**self.env, "FLWR_HOME": str(self.home / "flwr")}
        done = subprocess.run([self.home / "venv/bin/flwr", "list", "--format", "json"], env=env, stdout=subprocess.PIPE, text=True, timeout=60)
        return json.loads(done.stdout)["runs"]

    def process(self, name, *words):
        return Process(name, [SCRIPT, *words], self.logs / f"{name}.log", self.env)

    def node(self, i):
        return self.process(f"supernode{i}", "supernode", "--superlink", self.address, "--port", free_port())

    def start(self):
        self.superlink.start()
        wait_until(lambda: self.run("check").returncode == 0, 60, "the SuperLink", every=0.5)
        for node in self.nodes:
            node.start()
        return self

    def stop(self):
        for process in [*self.nodes, self.superlink]:
            if process.popen:
                # The group: what a part of Flower has started ends by itself, but not at once.
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                process.wait()


@pytest.fixture(scope="module")
def flower(request, tmp_path_factory):
    f = Flower(tmp_path_factory.mktemp("flower"))
    done = f.run("setup", "--venv", VENV, "--superlink", f.address)
    if done.returncode != 0:
        why = "; ".join(done.stderr.split("\n"))[-600:]
        pytest.skip(f"Flower is not installed and cannot be: {why}")

    def finish():
        f.stop()
        if request.session.testsfailed:
            for log in sorted(f.logs.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}")

    request.addfinalizer(finish)
    return f.start()


@pytest.fixture(scope="module")
def s(flower, request):
    return make_stack(request, env={"FLOPYNET_FLOWER_HOME": str(flower.home)})


def rounds(s, id):
    return s.client.get(f"/experiments/{id}/rounds", params={"limit": 100}).json()["rounds"]


def wait_rounds(s, id, n, timeout=90):
    def there():
        x = s.experiment(id)
        assert x["status"] not in ("failed", "aborted"), x["failure"]
        return x if x["rounds_completed"] >= n else None
    return wait_until(there, timeout, f"{n} rounds of {id}", every=0.2)


def begin(s, configuration, scenario="flower_basic", **body):
    """Created and started; start may be tried again, for the SuperLink is known only once it was looked at."""
    id = s.create(scenario, configuration=configuration, **body)
    wait_until(lambda: s.control(id, "start").status_code in (200, 202), 60, f"{id} to be started", every=0.5)
    return id


def test_the_same_request_trains_the_same_model_on_flower_and_here(s):
    id = begin(s, SMALL, network_settings={"latency": "5ms"})
    here = begin(s, SMALL, scenario="basic_fl")
    with DashboardClient(base_url=f"{s.url}/api/v1/", api_key=s.token) as client:
        seen = [update.current_round for update in client.experiments.monitor(id) if update.change == "round_completed"]
    assert seen == [1, 2, 3]
    x = s.experiment(id)
    assert x["status"] == "completed", x["failure"]
    y = s.wait_status(here, "completed", timeout=60)
    assert x["engine"] == "flower" and x["network_settings"]["not_applied"] == ["latency"]
    # The sums of floats are made in another order, and nothing else is different.
    for ours, theirs in zip(rounds(s, id), rounds(s, here), strict=True):
        assert abs(ours["accuracy"] - theirs["accuracy"]) < 0.01 and abs(ours["loss"] - theirs["loss"]) < 0.01
        assert (ours["round"], ours["clients"], ours["bytes"]) == (theirs["round"], theirs["clients"], theirs["bytes"])
    assert x["accuracy"] > 0.6 and x["rounds_completed"] == 3
    assert {c["id"] for c in x["clients"]} == {c["id"] for c in y["clients"]}
    assert sorted(c["samples"] for c in x["clients"]) == sorted(c["samples"] for c in y["clients"])
    assert set(x) == set(y) and set(x["clients"][0]) == set(y["clients"][0])
    models = [s.client.get(f"/experiments/{i}/artifacts/model.bin").content for i in (id, here)]
    assert len(models[0]) > 25450 * 4 and abs(len(models[0]) - len(models[1])) < 64


def blocks(after):
    text = (SOURCE / "docs/flower.md").read_text()
    return re.findall(r"^```sh\n(.*?)^```", text[text.index(after):], re.M | re.S)


def sh(script, cwd, **env):
    done = subprocess.run(["sh", "-eu", "-c", script], cwd=cwd, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_first_lines_of_the_document(s, tmp_path):
    id = sh(blocks("## On one machine")[1] + "\necho $ID", tmp_path, BASE=f"{s.url}/api/v1", AUTH=f"Authorization: Bearer {s.token}").split()[-1]
    x = s.experiment(id)
    assert x["scenario"] == "flower_basic" and x["rounds_total"] == 5
    assert s.control(id, "abort").status_code in (200, 202)
    s.wait_status(id, "aborted", timeout=30)


@pytest.fixture
def web_server(flower, tmp_path):
    """nginx with TLS, which lets in what docs/flower.md says; its address."""
    sh(blocks("### Certificates")[0], tmp_path)
    location = re.search(r"^```nginx\n(.*?)^```", (SOURCE / "docs/flower.md").read_text(), re.M | re.S)[1].replace("127.0.0.1:8000", flower.address)
    port = free_port()
    temporary = "".join(f"{kind}_temp_path {tmp_path}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{ }}\nhttp {{ access_log off; {temporary}\nserver {{ listen 127.0.0.1:{port} ssl; "
        f"ssl_certificate {tmp_path}/superlink.crt; ssl_certificate_key {tmp_path}/superlink.key;\n{location}\nlocation / {{ return 403; }} }} }}\n")
    nginx = Process("nginx", ["nginx", "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log"], flower.logs / "nginx.log", {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
    nginx.start()
    yield f"localhost:{port}"
    nginx.stop()


def test_missing_supernodes_are_named_and_may_come_through_the_web_server(s, flower, web_server, tmp_path):
    id = begin(s, {**LONG, "clients": 4, "clients_per_round": 4})

    x = wait_until(lambda: (x := s.experiment(id))["waiting_for"] and x["waiting_for"]["present"] == 3 and x, 60, "waiting_for")
    assert x["waiting_for"] == {"what": "clients", "needed": 4, "present": 3, "detail": "1 SuperNode missing of 4"}
    assert x["status"] == "running" and x["rounds_completed"] == 0
    s.control(id, "pause")
    s.wait_status(id, "paused", timeout=30)
    s.control(id, "resume")
    node = flower.process("far", "supernode", "--superlink", web_server, "--root-certificates", tmp_path / "ca.crt", "--port", free_port()).start()
    try:
        x = wait_rounds(s, id, 1)
        assert x["waiting_for"] is None and rounds(s, id)[0]["clients"] == 4
    finally:
        node.stop()
    s.control(id, "abort")
    s.wait_status(id, "aborted", timeout=30)


def test_a_run_is_paused_resumed_and_stopped_between_rounds(s):
    id = begin(s, LONG)
    wait_rounds(s, id, 1)
    assert s.control(id, "pause").status_code in (200, 202)
    held = s.wait_status(id, "paused", timeout=60)["rounds_completed"]
    assert s.control(id, "resume").status_code in (200, 202)
    s.wait_status(id, "running", timeout=30)
    # A monitor that is killed finds the run again.
    s.restart("monitor")
    wait_rounds(s, id, held + 1)
    assert s.control(id, "stop").status_code in (200, 202)
    x = s.wait_status(id, "stopped", "failed", timeout=60)
    assert x["status"] == "stopped" and held < x["rounds_completed"] < 100
    assert s.client.get(f"/experiments/{id}/artifacts/model.bin").status_code == 200


def test_a_supernode_that_dies_in_a_round_is_lost_and_the_others_go_on(s, flower):
    id = begin(s, {**LONG, "round_timeout_s": 12})
    wait_rounds(s, id, 1)
    before = s.experiment(id)["rounds_completed"]
    victim = flower.nodes[0]
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    wait_rounds(s, id, before + 3)
    after = rounds(s, id)[before:]
    # Whoever had answered before it died is missed one round later.
    assert any(r["failed_clients"] == 1 and r["clients"] == 2 for r in after), after
    assert after[-1]["clients"] == 2
    lost = [c for c in s.experiment(id)["clients"] if c["status"] == "lost"]
    assert len(lost) <= 1
    r = s.control(id, "abort")
    assert r.status_code in (200, 202)
    assert s.wait_status(id, "aborted", timeout=30)["failure"] is None
    # Flower was told as well, of this one and of those before.
    aborted = s.client.get("/experiments", params={"status": "aborted"}).json()["total"]
    wait_until(lambda: [r["status"] for r in flower.runs()].count("finished:stopped") == aborted, 30, "the runs to be stopped in Flower", every=1)


def test_a_superlink_that_dies_fails_the_run_with_the_reason(s, flower):
    id = begin(s, LONG)
    s.wait_status(id, "running", timeout=60)
    assert alive(flower.superlink.pid)
    os.killpg(flower.superlink.pid, signal.SIGKILL)
    flower.superlink.wait()
    x = s.wait_status(id, "failed", timeout=60)
    assert f"The SuperLink at {flower.address} does not answer any more" in x["failure"]
    assert flower.run("check").stderr == f"The SuperLink at {flower.address} does not answer: Connection refused\n"


def test_with_certificates_and_keys_only_those_who_are_known_take_part(flower, tmp_path):
    """What docs/flower.md says of TLS and keys, in the order in which it is done."""
    certificates, keys = blocks("### Certificates")[0], blocks("### Who may take part")[0]
    sh(certificates, tmp_path)
    f = Flower(tmp_path)
    assert f.run("setup", "--venv", VENV, "--superlink", f.address, "--root-certificates", tmp_path / "ca.crt").returncode == 0
    assert "--enable-supernode-auth" in keys and "--auth-supernode-private-key node1" in keys
    tls = [word for name in ("ca", "certificate", "key") for word in (f"--{name}", tmp_path / {"ca": "ca.crt", "certificate": "superlink.crt", "key": "superlink.key"}[name])]
    f.superlink = f.process("superlink", "superlink", "--listen", f.address, *tls, "--", "--enable-supernode-auth")
    lines = keys.splitlines()
    sh(next(line for line in lines if line.startswith("ssh-keygen")), tmp_path)
    sh("ssh-keygen -q -t ecdsa -b 384 -N '' -f stranger", tmp_path)
    f.nodes = [f.process(key, "supernode", "--superlink", f.address, "--root-certificates", tmp_path / "ca.crt", "--port", free_port(), "--",
                         "--auth-supernode-private-key", tmp_path / key) for key in ("node1", "stranger")]
    try:
        f.superlink.start()
        wait_until(lambda: f.run("check").returncode == 0, 60, "the SuperLink", every=0.5)
        sh("\n".join(lines[-2:]), tmp_path, **f.env)
        for node in f.nodes:
            node.start()
        wait_until(lambda: "SuperNode ID" in (f.logs / "node1.log").read_text(), 60, "the SuperNode that is known")
        wait_until(lambda: not f.nodes[1].running, 60, "the one that is not to give up")
        directory = tmp_path / "run"
        directory.mkdir()
        os.mkfifo(directory / "control")
        configuration = {**SMALL, "rounds": 1, "clients": 1, "clients_per_round": 1, "local_epochs": 1, "learning_rate": 0.05, "batch_size": 32, "partition": "iid", "alpha": 0.3,
                         "round_timeout_s": 60}
        (directory / "spec.json").write_text(json.dumps({"configuration": configuration}))
        subprocess.run([SCRIPT], cwd=directory, env=f.env, check=True, timeout=120)
        events = [json.loads(line) for line in (directory / "events.jsonl").read_text().splitlines()]
        assert events[-1]["state"] == "completed" and (directory / "model.bin").exists(), events[-3:]
    finally:
        f.stop()


def test_what_is_not_set_up_says_how_to_set_it_up(tmp_path):
    env = {**os.environ, "FLOPYNET_FLOWER_HOME": str(tmp_path / "nothing")}
    done = subprocess.run([BUILD / "flopynet-flower", "check"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.endswith("Install it with: flopynet-flower setup (docs/flower.md)\n")
