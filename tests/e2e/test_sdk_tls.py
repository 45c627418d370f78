"""An https server with a certificate of the lab's own: the client and the command verify it, over REST and live."""
import asyncio
import json
import shutil
import subprocess
import sys

import pytest
from conftest import make_stack
from harness import Flopynet, free_port
from harness.stack import SOURCE, Stack

sys.path.insert(0, str(SOURCE / "sdk/python"))

import flopy_net_client as f  # noqa: E402
from flopy_net_client.live import EventStream  # noqa: E402


class SecureStack(Stack):
    """The same web server speaks TLS on one more port."""

    def start(self):
        super().start()
        return self.secure()

    def secure(self):
        pem, port = self.root / "tls.pem", free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=lab",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.root / "key.pem", "-out", self.root / "ca.pem"], check=True, stderr=subprocess.DEVNULL)
        pem.write_text((self.root / "key.pem").read_text() + (self.root / "ca.pem").read_text())
        conf = self.root / "lighttpd.conf"
        conf.write_text(conf.read_text() + f'\nserver.modules += ( "mod_openssl" )\n$SERVER["socket"] == "127.0.0.1:{port}" {{\n\tssl.engine = "enable"\n\tssl.pemfile = "{pem}"\n}}\n')
        self.lighttpd.stop()
        self.lighttpd.start()
        self.wait_ready()
        self.ca, self.secure_url = str(self.root / "ca.pem"), f"https://127.0.0.1:{port}"
        return self


@pytest.fixture(scope="module")
def secure(request):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed, so no certificate could be made")
    return make_stack(request, SecureStack)


def test_both_clients(secure, monkeypatch):
    # The WebSocket itself has to do.
    monkeypatch.setattr(EventStream, "_server_sent", EventStream._websocket)
    monkeypatch.setattr(EventStream, "_polling", EventStream._websocket)
    id = secure.create(start=True, configuration={"rounds": 5, "pace_ms": 50})
    with f.DashboardClient(secure.secure_url, secure.token, ca_file=secure.ca) as client:
        assert [u.current_round for u in client.experiments.monitor(id) if u.change == "round_completed"] == [1, 2, 3, 4, 5]

    async def scene():
        async with f.AsyncDashboardClient(secure.secure_url, secure.token, ca_file=secure.ca) as client:
            async for event in client.events(topics=["experiments"], since=0):
                return event
    assert asyncio.run(scene()).data["change"] == "created"


def test_a_certificate_that_nobody_knows_is_refused(secure):
    with f.DashboardClient(secure.secure_url, secure.token, max_wait=0) as client:
        with pytest.raises(f.ConnectionFailed, match="(?i)certificate"):
            client.health()


def test_the_command(secure, tmp_path):
    flopynet = Flopynet(tmp_path, secure.secure_url)
    refused = flopynet("health", "--max-wait", "0", status=None)
    assert refused.returncode == 8 and "certificate" in refused.stderr.lower()
    flopynet("login", "--ca-file", secure.ca, input=secure.token + "\n")
    assert json.loads(flopynet("whoami", "--json"))["role"] == "admin"
    assert flopynet("health", "--ca-file", tmp_path / "none.pem", status=None).returncode == 2
    (tmp_path / "odd.pem").write_text("not a certificate")
    odd = flopynet("health", env={"FLOPYNET_CA_FILE": str(tmp_path / "odd.pem")}, status=None)
    assert odd.returncode == 2 and "certificates" in odd.stderr
