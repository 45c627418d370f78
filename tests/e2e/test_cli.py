"""The command line against the real stack: a day's work with experiments, as text for people and as JSON for programs."""
import csv
import io
import json
import os
import pty
import re
import signal
import stat
import subprocess

import pytest
from harness import Flopynet, wait_until


@pytest.fixture
def flopynet(shared_stack, tmp_path):
    return Flopynet(tmp_path, shared_stack.url, shared_stack.token)


def made(flopynet, *more, rounds=3, pace=10):
    return flopynet("create", "--scenario", "shell", "--set", f"rounds={rounds}", "--set", f"pace_ms={pace}", *more).strip()


def test_a_run_from_creating_to_exporting(shared_stack, flopynet, tmp_path):
    id = made(flopynet, "--name", "Наш \u202erun 🧪", "--tag", "demo", "--network", "latency=50ms", "--policy", "adaptive_qos", "--notes", "First.", rounds=4)
    assert re.fullmatch(r"exp_\d+", id)
    x = json.loads(flopynet("show", id, "--json"))
    assert x == shared_stack.experiment(id)
    assert x["configuration"]["rounds"] == 4 and x["network_settings"]["latency"] == "50ms" and x["policies"] == ["adaptive_qos"] and x["tags"] == ["demo"]
    assert flopynet("start", id, "--reason", "Now").split()[0] == id
    assert flopynet("wait", id) == f"{id} completed\n"
    shown = flopynet("show", id)
    assert "completed" in shown and "4 of 4" in shown and "\u202e" not in shown  # what others wrote cannot turn the line around
    listed = json.loads(flopynet("--json", "list", "--status", "completed", "-q", "🧪"))
    assert [x["id"] for x in listed] == [id]
    assert id in flopynet("list")

    rounds = list(csv.DictReader(io.StringIO(flopynet("rounds", id, "--csv"))))
    assert [r["round"] for r in rounds] == ["1", "2", "3", "4"]
    assert [r["round"] for r in json.loads(flopynet("rounds", id, "--json"))] == [1, 2, 3, 4]
    assert flopynet("rounds", id).splitlines()[0].split()[:2] == ["ROUND", "ACCURACY"]
    assert {c["id"] for c in json.loads(flopynet("clients", id, "--json"))} == {c["id"] for c in shared_stack.experiment(id)["clients"]}
    for command in (["clients", id], ["clients", id, "--csv"], ["timeline", id], ["logs", id], ["artifacts", id]):
        flopynet(*command)
    assert "Now" in flopynet("timeline", id)
    written = flopynet("export", id, "-d", tmp_path / "kept", "--artifacts").split()
    assert len(written) >= 3 and all(os.path.getsize(name) for name in written)
    assert json.loads((tmp_path / "kept" / f"{id}.json").read_text())["id"] == id
    flopynet("rounds", id, "-o", tmp_path / "r.csv")
    assert (tmp_path / "r.csv").read_text() == (tmp_path / "kept" / f"{id}-rounds.csv").read_text()

    flopynet("edit", id, "--name", "Renamed", "--tag", "a", "--tag", "b")
    copy = flopynet("clone", id, "--name", "Again", "--set", "rounds=2", "--start").strip()
    flopynet("wait", copy, "--timeout", "60")
    assert shared_stack.experiment(copy)["rounds_completed"] == 2 and shared_stack.experiment(copy)["tags"] == ["a", "b"]
    assert json.loads(flopynet("delete", copy, "--json")) == {"id": copy, "deleted": True}
    assert shared_stack.client.get(f"/experiments/{copy}").status_code == 404


def test_created_from_a_file_with_a_key(flopynet, shared_stack, tmp_path):
    spec = {"name": "From a file", "scenario": "shell", "configuration": {"rounds": 7, "pace_ms": 5}}
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    key = ["--idempotency-key", "once-and-only-once"]
    id = flopynet("create", "-f", tmp_path / "spec.json", *key).strip()
    assert flopynet("create", "-f", tmp_path / "spec.json", *key).strip() == id
    assert flopynet("create", "-f", "-", *key, input=json.dumps(spec)).strip() == id
    other = flopynet("create", "-f", tmp_path / "spec.json", "--set", "rounds=2", "--name", "Otherwise", "--json", "--start")
    other = json.loads(other)["id"]
    x = shared_stack.experiment(other)
    assert (x["name"], x["configuration"]["rounds"], x["configuration"]["pace_ms"]) == ("Otherwise", 2, 5)
    flopynet("wait", other)


def test_steering(flopynet, shared_stack):
    id = made(flopynet, "--start", rounds=1000, pace=100)
    flopynet("wait", id, "--status", "running")
    assert flopynet("pause", id, "--reason", "Maintenance").split()[0] == id
    flopynet("wait", id, "--status", "paused", "--timeout", "30")
    refused = flopynet("pause", id, status=None)
    assert refused.returncode == 6 and "allowed: resume, stop, abort" in refused.stderr and "status: paused" in refused.stderr
    assert json.loads(flopynet("resume", id, "--json"))["id"] == id
    flopynet("wait", id, "--status", "running")
    late = flopynet("wait", id, "--timeout", "0.2", status=None)
    assert late.returncode == 10 and id in late.stderr
    flopynet("abort", id)
    assert flopynet("wait", id, status=9) == f"{id} aborted\n"
    assert flopynet("wait", id, "--status", "aborted") == f"{id} aborted\n"
    ended = flopynet("wait", id, "--status", "completed", status=None)
    assert ended.returncode == 9 and "aborted, not completed" in ended.stderr
    over = flopynet("start", id, status=None)
    assert over.returncode == 6 and "nothing is allowed" in over.stderr
    two = [made(flopynet), made(flopynet)]
    mixed = flopynet("start", two[0], id, two[1], status=None)  # one that fails does not keep the others
    assert mixed.returncode == 6 and id in mixed.stderr and [line.split()[0] for line in mixed.stdout.splitlines()] == two
    assert flopynet("wait", *two) == "".join(f"{id} completed\n" for id in two)


def test_watch_for_programs_and_for_people(flopynet, shared_stack):
    id = made(flopynet, "--start", rounds=5, pace=100)
    updates = [json.loads(line) for line in flopynet("watch", id, "--json").splitlines()]
    assert [u["current_round"] for u in updates if u["change"] == "round_completed"] == [1, 2, 3, 4, 5]
    assert updates[-1]["status"] == "completed" and updates[-1]["change"] == "status"
    lines = flopynet("watch", id).splitlines()  # one that is over is told as it was
    assert len(lines) == 6 and lines[-1].startswith(f"{id} completed") and "round 5/5" in lines[-1]


def test_a_run_that_fails_says_why(flopynet, shared_stack):
    script = shared_stack.root / "engines/dies.sh"
    script.write_text("""#!/bin/sh
say() { echo "{\\"seq\\":$1,\\"time\\":$(date +%s%3N),$2}" >>events.jsonl; }
say 1 '"type":"state","state":"running"'
say 2 '"type":"round_started","round":1'
say 3 '"type":"round_completed","round":1,"accuracy":0.5,"loss":null'
echo 'no memory for the model' >&2
exit 3
""")
    script.chmod(0o700)
    member = {"type": "integer", "min": 1, "max": 100, "default": 5, "description": "Rounds"}
    engine = {"name": "dies", "title": "Dies", "description": "For a test", "command": ["./dies.sh"], "members": {"rounds": member}}
    (shared_stack.root / "engines/dies.json").write_text(json.dumps(engine))
    (shared_stack.root / "scenarios/dies.json").write_text(json.dumps({"name": "dies", "title": "Dies", "description": "For a test", "engine": "dies"}))
    for name in ("monitor", "api"):
        shared_stack.restart(name, signal.SIGTERM)
    id = flopynet("create", "--scenario", "dies").strip()
    flopynet("start", id, status=None)  # it may have failed before the answer
    watched, waited = flopynet("watch", id, status=None), flopynet("wait", id, status=None)
    assert watched.returncode == 9 and "round 1/5" in watched.stdout and "no memory for the model" in watched.stdout, watched
    assert waited.returncode == 9 and waited.stdout == f"{id} failed\n" and "no memory for the model" in waited.stderr
    assert "no memory for the model" in flopynet("show", id)


def on_terminal(flopynet, *args, typed=b"", prompt=b""):
    """Its output on a terminal, and its exit status; what is typed comes after the prompt."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*flopynet.program, *args], stdin=theirs, stdout=theirs, stderr=theirs, env={**flopynet.env, "TERM": "xterm"}, start_new_session=True)
    os.close(theirs)
    output = b""
    while True:
        if typed and prompt in output:
            os.write(ours, typed)
            typed = b""
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        output += part
    os.close(ours)
    return output.decode(), process.wait(30)


def test_watch_draws_a_bar_on_a_terminal(flopynet):
    id = made(flopynet, "--start", rounds=6, pace=100)
    output, status = on_terminal(flopynet, "watch", id)
    assert status == 0
    drawn = output.split("\r")
    assert len(drawn) > 6 and output.count("\n") == 1
    assert re.search(r"\[#{24}\] round 6/6  accuracy 0\.\d{4}", drawn[-2] + drawn[-1]), drawn[-2:]
    assert re.search(r"\[#+\.+\]", output)


def test_interrupted_it_says_so_and_leaves_the_run_alone(flopynet, shared_stack):
    id = made(flopynet, "--start", rounds=1000, pace=100)
    for command in (["watch", id], ["wait", id], ["events"]):
        process = flopynet.start(*command)
        if command[0] == "wait":
            wait_until(lambda: len(os.listdir(f"/proc/{process.pid}/task")) > 1, 20, "its live connection")
        else:
            assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 130 and "Traceback" not in err and "interrupted" in err, err
        assert "flopynet watch" in err or command[0] != "watch"
    assert shared_stack.experiment(id)["status"] == "running"
    flopynet("abort", id)


def test_a_reader_that_leaves(flopynet):
    for _ in range(3):
        made(flopynet)
    process = flopynet.start("events", "--since", "0")
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(40) == 141 and err == ""


def test_a_token_that_is_typed_is_not_seen(shared_stack, tmp_path):
    bare = Flopynet(tmp_path, shared_stack.url)
    output, status = on_terminal(bare, "login", typed=shared_stack.token.encode() + b"\n", prompt=b"Token: ")
    assert status == 0 and "admin" in output and shared_stack.token not in output
    assert "admin" in bare("whoami")


def test_the_settings_file(shared_stack, tmp_path):
    bare = Flopynet(tmp_path)
    done = bare("login", "--url", shared_stack.url, input=shared_stack.token + "\n", status=None)
    assert done.returncode == 0, done.stderr
    file = tmp_path / ".config/flopynet/config"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and "admin" in done.stdout
    assert "admin" in bare("whoami")
    # The token goes to no other address than the file's.
    assert bare("whoami", "--url", shared_stack.url.replace("127.0.0.1", "localhost"), status=None).returncode == 4
    file.chmod(0o644)
    seen = bare("whoami", status=None)
    assert seen.returncode == 2 and "chmod 600" in seen.stderr
    file.chmod(0o600)
    assert bare("whoami", "--key", "no.such.token", status=None).returncode == 4
    (tmp_path / "key").write_text(shared_stack.make_token("look", "viewer") + "\n")
    assert json.loads(bare("whoami", "--key-file", tmp_path / "key", "--json"))["role"] == "viewer"
    assert json.loads(bare("--json", "--key-file", tmp_path / "key", "whoami"))["role"] == "viewer"
    for text, word in (("[dashboard]\nurl = ftp://x\n", "http"), ("[dashboard]\nurll = x\n", "urll"), ("x\n", "form"), (b"\xff\xfe", "text")):
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        wrong = bare("list", status=None)
        assert wrong.returncode == 2 and word in wrong.stderr, wrong.stderr
    wrong = bare("login", "--url", shared_stack.url, input="nonsense\n", env={"FLOPYNET_CONFIG": str(tmp_path / "other")}, status=None)
    assert wrong.returncode == 4 and not (tmp_path / "other").exists()
