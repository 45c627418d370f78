"""The recipes of docs/operations.md: TLS by the web server, a backup that is restored."""
import asyncio
import json
import re
import shutil
import signal
import ssl
import subprocess

import httpx
import pytest
import websockets

from harness.process import free_port
from harness.stack import SOURCE

GUIDE = (SOURCE / "docs/operations.md").read_text()


@pytest.fixture
def tls(stack):
    """The running dashboard, by TLS too, with the lines of the guide: its address, and what trusts its certificate."""
    pem, port = stack.root / "tls.pem", free_port()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", stack.root / "key.pem", "-out", stack.root / "cert.pem"], check=True, stderr=subprocess.DEVNULL)
    pem.write_text((stack.root / "key.pem").read_text() + (stack.root / "cert.pem").read_text())
    (lines,) = re.findall(r"```\n(server\.modules \+= \( \"mod_openssl\".*?)```", GUIDE, re.S)
    conf = stack.root / "lighttpd.conf"
    conf.write_text(conf.read_text() + lines.replace(":443", f"127.0.0.1:{port}").replace("/etc/flopynet/tls.pem", str(pem)))
    stack.restart("lighttpd", signal.SIGTERM)
    return f"https://127.0.0.1:{port}", ssl.create_default_context(cafile=stack.root / "cert.pem")


def test_tls(stack, tls):
    url, trust = tls
    with httpx.Client(base_url=url, verify=trust) as page:
        assert page.get("/").status_code == 200
        login = page.post("/api/v1/auth/login", json={"token": stack.token}, headers={"Origin": url})
        assert login.status_code == 200 and "Secure" in login.headers["Set-Cookie"]
        cookie = login.headers["Set-Cookie"].split(";")[0]
        assert page.post("/api/v1/experiments", json={"name": "a", "scenario": "shell"}, headers={"Origin": url}).status_code == 201
        plain = page.post("/api/v1/experiments", json={"name": "a", "scenario": "shell"}, headers={"Origin": url.replace("https", "http")})
        assert plain.status_code == 403

    async def live():
        async with websockets.connect(url.replace("https", "wss") + "/ws/dashboard", ssl=trust, extra_headers={"Cookie": cookie, "Origin": url}) as ws:
            await ws.send('{"action":"subscribe","topics":["experiments"],"since":0}')
            return [json.loads(await asyncio.wait_for(ws.recv(), 20))["type"] for _ in range(2)]
    assert asyncio.run(live()) == ["subscribed", "experiment_update"]
    insecure = stack.connect(token="").post("/auth/login", json={"token": stack.token})
    assert insecure.status_code == 200 and "Secure" not in insecure.headers["Set-Cookie"]


@pytest.mark.parametrize("moved", [False, True], ids=["same machine", "new machine"])
def test_backup_and_restore(stack, tmp_path, moved):
    """Where the directories of runs are still there, the run goes on to what its engine said last; on a new machine it failed, and says why."""
    done = stack.create(start=True, configuration={"rounds": 3, "pace_ms": 10})
    stack.wait_status(done, "completed")
    running = stack.create(start=True, configuration={"rounds": 1000, "pace_ms": 100})
    stack.wait_until(lambda: stack.experiment(running)["rounds_completed"] >= 2)
    before = stack.experiment(done)
    stack.ctl("backup", tmp_path / "copy.db")
    later = stack.create()

    for program in (stack.monitor, stack.stream, stack.api):
        program.stop(signal.SIGINT if program is stack.monitor else signal.SIGTERM)
    store = stack.state / "flopynet.db"
    shutil.copy(tmp_path / "copy.db", store)
    for end in ("-wal", "-shm"):
        store.with_name(store.name + end).unlink(missing_ok=True)
    if moved:
        shutil.rmtree(stack.state / "runs")
    for program in (stack.monitor, stack.stream, stack.api):
        program.start()
    stack.wait_ready()

    stack.ctl("check")
    assert stack.rows("PRAGMA journal_mode") == [{"journal_mode": "wal"}]
    assert stack.experiment(done) == before
    ended = stack.wait_status(running, "failed" if moved else "aborted")
    assert ended["rounds_completed"] >= 2 and bool(ended["failure"]) == moved
    assert stack.client.get(f"/experiments/{later}").status_code == 404
    again = stack.create(start=True, configuration={"rounds": 2, "pace_ms": 10})
    assert stack.wait_status(again, "completed")["rounds_completed"] == 2
    assert again == later  # its number is free again
