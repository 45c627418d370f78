"""How the command line fails: with a sentence, the way on, and a status that scripts can rely on; never with a traceback."""
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import error

from flopy_net_client.cli import codes

HERE = Path(__file__).parent.parent


@pytest.fixture
def flopynet(tmp_path, server):
    def run(*args, status, url=None, env=None, input=None):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("FLOPYNET_", "XDG_"))}
        kept.update({"HOME": str(tmp_path), "PYTHONPATH": str(HERE), "FLOPYNET_URL": url or server.url, "FLOPYNET_TOKEN": "a.b.c", "PYTHONDONTWRITEBYTECODE": "1"})
        done = subprocess.run([sys.executable, "-m", "flopy_net_client", *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={**kept, **(env or {})}, input=input, timeout=60)
        assert "Traceback" not in done.stderr and done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return done.stderr

    return run


@pytest.mark.parametrize("answer,status,words", [
    (error(400, "VALIDATION_ERROR", "Invalid experiment configuration", details={"rounds": "Must be between 1 and 100", "model": "Must be one of cnn, mlp"}), 3,
     ["Invalid experiment configuration", "rounds: Must be between 1 and 100", "model: Must be one of cnn, mlp", "r1-1"]),
    (error(401, "UNAUTHORIZED", "The token has expired."), 4, ["The token has expired.", "FLOPYNET_TOKEN", "flopynet login"]),
    (error(403, "FORBIDDEN", "This needs the role operator."), 4, ["role operator", "flopynet whoami"]),
    (error(404, "NOT_FOUND", "There is no experiment exp_999."), 5, ["There is no experiment exp_999."]),
    (error(409, "CONFLICT", "An experiment that is running cannot be started.", details={"status": "running", "allowed": "pause, stop, abort"}), 6,
     ["cannot be started", "status: running", "allowed: pause, stop, abort"]),
    (error(412, "PRECONDITION_FAILED", "The configuration is now at version 8."), 6, ["version 8"]),
    (error(429, "RATE_LIMITED", "1000 requests an hour are allowed.", headers={"Retry-After": "1260"}), 7, ["1000 requests an hour", "Try again in 1260 s"]),
    (error(503, "SERVICE_UNAVAILABLE", "The monitor is away.", headers={"Retry-After": "70"}), 7, ["The monitor is away.", "70 s"]),
    (error(500, "INTERNAL_ERROR", "Something went wrong on the server."), 1, ["Something went wrong", "request r1-1"]),
    ((200, {}, "<html>Welcome</html>"), 1, ["is not JSON"]),
    ((404, {}, "<html>"), 5, ["404"]),
    ((418, {}, ""), 3, ["418"]),
])
def test_answers(server, flopynet, answer, status, words):
    server.answers = [answer]
    for command in (["show", "exp_001"], ["start", "exp_001"], ["create", "--scenario", "x"], ["watch", "exp_001"], ["wait", "exp_001"]):
        if command[0] in ("watch", "wait") and status not in (4, 5):
            continue
        said = flopynet(*command, status=status)
        for word in words:
            assert word in said, said


def test_an_error_as_json(server, flopynet):
    server.answers = [error(409, "CONFLICT", "It cannot.", details={"status": "running", "allowed": "pause"})]
    assert json.loads(flopynet("start", "exp_001", "--json", status=6)) == {"error": {
        "code": "CONFLICT", "status": 409, "message": "It cannot.", "details": {"status": "running", "allowed": "pause"}, "retry_after": None, "request_id": "r1-1"}}


def test_nobody_there(flopynet):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{s.getsockname()[1]}"
        said = flopynet("list", "--max-wait", 0, url=url, status=8)
        assert "No answer" in said and url in said and "--url" in said
        flopynet("watch", "exp_001", "--max-wait", 0, url=url, status=8)


@pytest.mark.parametrize("args,words", [
    ([], "COMMAND"), (["frobnicate"], "invalid choice"), (["show"], "id"), (["create"], "--scenario"), (["create", "--scenario", "x", "--set", "rounds"], "MEMBER=VALUE"),
    (["create", "-f", "/nowhere/x.json"], "No such file"), (["create", "-f", "-"], "not JSON"), (["config", "set"], "PATH=VALUE"), (["config", "set", "a=1", "a.b=2"], "twice"),
    (["silences", "create", "--until", "2030-01-01", "--reason", "x"], "--service"), (["edit", "exp_001"], "--notes"), (["list", "-n", "-1"], "number from 0"), (["wait", "exp_001", "--timeout", "soon"], "seconds"),
    (["list", "--key-file", "/nowhere/key"], "No such file"), (["list", "--url", "localhost:3001"], "http://"), (["list", "--key", "two words"], "key"), (["report", "exp_001"], "at least one"),
    (["tokens", "create", "x"], "--role"), (["users", "edit", "alice"], "--password"), (["users", "create", "alice", "--role", "viewer"], "Nothing"),
])
def test_what_is_typed_wrong(flopynet, args, words):
    assert words in flopynet(*args, status=2, input="")


def test_files_that_cannot_be_written_or_read(server, flopynet, tmp_path):
    server.answers = [(200, {}, "round\r\n1\r\n")]
    assert "No such file" in flopynet("rounds", "exp_001", "-o", tmp_path / "no/such/dir/x.csv", status=2)
    (tmp_path / "x").mkdir()
    assert "directory" in flopynet("create", "-f", tmp_path / "x", status=2)
    (tmp_path / "y").write_bytes(b"\xff\xfe{}")
    assert "UTF-8" in flopynet("create", "-f", tmp_path / "y", status=2)
    assert not list(tmp_path.glob("*.part"))


def test_a_name_of_a_file_may_not_lead_elsewhere(server, flopynet, tmp_path):
    server.answers = [(200, {}, "x")]
    assert "--output" in flopynet("artifacts", "exp_001", "../x", status=2)


def test_help_and_readme_tell_every_status():
    told = dict(re.findall(r"^  (\d+) +(\S.*)$", codes.HELP, re.M))
    values = {str(v) for name, v in vars(codes).items() if name.isupper() and isinstance(v, int)}
    assert set(told) == values - {"141"}
    readme = (HERE / "README.md").read_text()
    for code in told:
        assert f"| {code} |" in readme, f"README.md does not tell of status {code}"
