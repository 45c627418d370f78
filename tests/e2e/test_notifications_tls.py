"""Notifications over TLS: a certificate that is not good is refused with the reason, unless its authority is named or anything is allowed. And an outbox that outlives its monitor."""
import contextlib
import os
import re
import socket
import ssl
import subprocess
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from harness.process import free_port
from test_alerts import Service
from test_notifications import Mailbox, Webhook, break_service, configure, log

SELF_SIGNED = "Its TLS certificate is not good: self-signed certificate; notifications.ca_file says by whom it may be signed"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """name -> (certificate, key): both sign themselves; "good" is for this machine's addresses, "elsewhere" for another host."""
    root, made = tmp_path_factory.mktemp("tls"), {}
    for name, names in (("good", f"IP:127.0.0.1,DNS:localhost,IP:{outer_address() or '127.0.0.1'}"), ("elsewhere", "DNS:mail.lab.example")):
        made[name] = (str(root / f"{name}.pem"), str(root / f"{name}.key"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test",
                        "-addext", f"subjectAltName={names}", "-out", made[name][0], "-keyout", made[name][1]], check=True, stderr=subprocess.DEVNULL)
    return made


def context(certificate):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(*certificate)
    return c


def outer_address():
    """An address of this machine that is not the loopback's; None: it has none. No packet leaves."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s, contextlib.suppress(OSError):
        s.connect(("192.0.2.1", 9))
        address = s.getsockname()[0]
        return None if address.startswith(("127.", "0.", "169.254.")) else address
    return None


@contextlib.contextmanager
def mail_server(certificate=None, at_once=False, host="127.0.0.1"):
    """at_once: TLS from the first byte (smtps), else by STARTTLS; without a certificate neither."""
    box = Mailbox()
    box.got = {}  # by the notification's number: was it encrypted?
    kept = box.handle_DATA

    async def handle_data(server, session, envelope):
        answer = await kept(server, session, envelope)
        box.got[int(re.match(r"<notification-(\d+)", box.mails[-1][2]["message-id"])[1])] = session.ssl is not None or at_once
        return answer
    box.handle_DATA = handle_data
    tls = context(certificate) if certificate else None
    login = {"authenticator": lambda *_: AuthResult(success=True), "auth_require_tls": False}
    server = Controller(box, hostname=host, port=free_port(), **login, **({"ssl_context": tls} if at_once else {"tls_context": tls}))
    if at_once:
        # It greets itself when it starts, and trusts its own certificate no more than others do.
        def greet():
            anything = ssl._create_unverified_context()
            with socket.create_connection((host, server.port), 10) as plain, anything.wrap_socket(plain) as s:
                s.recv(100)
        server._trigger_server = greet
    server.start()
    box.url = f"{'smtps' if at_once else 'smtp'}://{host}:{server.port}"
    try:
        yield box
    finally:
        server.stop()


def send(stack, channel="smtp", **notifications):
    """A test message with these settings; returns its row of the log after the first try. One that was refused is tried again later, with the settings of then."""
    settings = {"ca_file": None, "insecure": False, "smtp_username": None, "smtp_password": None}
    if channel == "smtp":
        settings |= {"mail_from": "f@lab.example", "mail_to": ["a@lab.example"]}
    configure(stack, **settings | notifications)
    r = stack.client.post("/notifications/test", json={"channel": channel})
    assert r.status_code == 202, r.text
    id = r.json()["notifications"][0]["id"]

    def tried():
        n = next(n for n in log(stack, sort="id:desc") if n["id"] == id)
        return n if n["status"] != "pending" or n["last_error"] else None
    return stack.wait_until(tried, 40, "the first try to end")


def logged(stack, text):
    stack.wait_until(lambda: text in (stack.logs / "monitor.log").read_text(), 10, f"the monitor's log to say: {text}")


def refused(stack, box, why, **settings):
    n = send(stack, **settings)
    assert n["last_error"] == why and n["id"] not in box.got


def delivered(stack, box, encrypted, **settings):
    n = send(stack, **settings)
    assert n["status"] == "sent" and box.got[n["id"]] is encrypted, n


UNREADABLE = "The certificates of notifications.ca_file cannot be read"
NO_TLS = "It offers no encryption, and without it nothing is sent there"


def test_mail_over_smtps(shared_stack, certificates):
    stack = shared_stack
    with mail_server(certificates["good"], at_once=True) as box:
        refused(stack, box, SELF_SIGNED, smtp_url=box.url)
        logged(stack, SELF_SIGNED)
        delivered(stack, box, True, smtp_url=box.url, ca_file=certificates["good"][0])
        delivered(stack, box, True, smtp_url=box.url, insecure=True)
        refused(stack, box, UNREADABLE, smtp_url=box.url, ca_file="/nonexistent/ca.pem")
        # A pipe that nobody writes to, and a file without an end.
        os.mkfifo(stack.root / "pipe")
        refused(stack, box, UNREADABLE, smtp_url=box.url, ca_file=str(stack.root / "pipe"))
        refused(stack, box, UNREADABLE, smtp_url=box.url, ca_file="/dev/zero")
    with mail_server(certificates["elsewhere"], at_once=True) as box:
        # Signed as it should be, and for another host.
        n = send(stack, smtp_url=box.url, ca_file=certificates["elsewhere"][0])
        assert n["last_error"].startswith("Its TLS certificate is not good: ") and n["id"] not in box.got


def test_mail_over_starttls(shared_stack, certificates):
    stack = shared_stack
    with mail_server(certificates["good"]) as box:
        # A server on this machine is encrypted where it offers that, whoever has signed its certificate.
        delivered(stack, box, True, smtp_url=box.url)
        delivered(stack, box, True, smtp_url=box.url, ca_file=certificates["good"][0])
        # With an authority named it must be signed by that one.
        refused(stack, box, SELF_SIGNED, smtp_url=box.url, ca_file=certificates["elsewhere"][0])
        logged(stack, SELF_SIGNED)
    with mail_server() as box:
        refused(stack, box, NO_TLS, smtp_url=box.url, ca_file=certificates["good"][0])
        delivered(stack, box, False, smtp_url=box.url)


@pytest.mark.skipif(not outer_address(), reason="this machine has no address but the loopback's")
def test_mail_to_another_machine(shared_stack, certificates):
    """Its certificate is verified also without a password; a password goes nowhere in the clear."""
    stack = shared_stack
    password = {"smtp_username": "flopynet", "smtp_password": "hush-hush"}
    with mail_server(certificates["good"], host=outer_address()) as box:
        refused(stack, box, SELF_SIGNED, smtp_url=box.url)
        refused(stack, box, SELF_SIGNED, smtp_url=box.url, **password)
        delivered(stack, box, True, smtp_url=box.url, ca_file=certificates["good"][0], **password)
        assert box.mails[-1][3], "logged in"
        delivered(stack, box, True, smtp_url=box.url, insecure=True, **password)
    with mail_server(host=outer_address()) as box:
        refused(stack, box, NO_TLS, smtp_url=box.url, **password)
        delivered(stack, box, False, smtp_url=box.url)


def test_webhook_over_https(shared_stack, certificates):
    stack, webhook = shared_stack, Webhook()
    webhook._server.socket = context(certificates["good"]).wrap_socket(webhook._server.socket, server_side=True)
    url = webhook.url().replace("http://", "https://")

    def arrived(n):
        return n["id"] in [b["id"] for b in webhook.bodies]
    try:
        for wrong in ({}, {"ca_file": certificates["elsewhere"][0]}):
            n = send(stack, "webhook", webhook_url=url, **wrong)
            assert n["last_error"] == SELF_SIGNED and not arrived(n)
        logged(stack, SELF_SIGNED)
        for right in ({"ca_file": certificates["good"][0]}, {"insecure": True}):
            n = send(stack, "webhook", webhook_url=url, **right)
            assert n["status"] == "sent" and arrived(n)
    finally:
        webhook.stop()


@pytest.mark.parametrize("value", ["relative.pem", "", 5, "/a\nb", "/" + "x" * 1024])
def test_wrong_names_of_the_file(shared_stack, value):
    r = shared_stack.client.put("/config", json={"notifications": {"ca_file": value}})
    assert r.status_code == 400 and set(r.json()["error"]["details"]) == {"notifications.ca_file"}, r.text


def test_the_outbox_outlives_the_monitor(stack):
    """Killed while a message waits for others, and again while it is on its way: it comes, each time with the same id, and the alert is told once."""
    service, webhook = Service().start(), Webhook()
    try:
        configure(stack, webhook_url=webhook.url(), fold_seconds=6)
        a = break_service(stack, service)
        stack.wait_until(lambda: log(stack, status="pending"), 20, "the message in the outbox")
        stack.restart("monitor")
        assert webhook.posts == [] and [n["alert_ids"] for n in log(stack)] == [[a["id"]]]
        webhook.delay = 60
        stack.wait_until(lambda: webhook.posts, 40, "the message on its way")
        webhook.delay = 0
        stack.restart("monitor")
        stack.wait_until(lambda: log(stack, status="sent"), 90, "the message to be delivered after all")
        time.sleep(2)
        assert {b["id"] for b in webhook.bodies} == {log(stack)[0]["id"]} and len(webhook.posts) == 2
        assert len(log(stack)) == 1 and log(stack)[0]["attempts"] == 2
        events = [h["event"] for h in stack.client.get(f"/alerts/{a['id']}").json()["alert"]["history"]]
        assert events.count("notified") == 1
    finally:
        webhook.stop()
        service.stop()
