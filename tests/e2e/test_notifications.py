"""Notifications: to a real SMTP server and a real webhook, folded, retried, silenced, and never with a secret in sight."""
import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import re
import subprocess
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from harness.process import free_port
from harness.stack import SOURCE
from test_alerts import Service, alerts, wait_alert, wait_healthy, watch

SECRET = "hush-hush-0123456789"


class Webhook:
    """Keeps what is posted; answers with .status, after .delay seconds."""

    def __init__(self):
        self.port = free_port()
        self.posts, self.status, self.delay, self.headers = [], 200, 0, {}
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.posts.append((dict(self.headers), body, self.path))
                time.sleep(owner.delay)
                self.send_response(owner.status)
                for name, value in owner.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, path="/hook/T0KEN?key=SECRETKEY"):
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def bodies(self):
        return [json.loads(body) for _, body, _ in self.posts]

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def webhook():
    w = Webhook()
    yield w
    w.stop()


@pytest.fixture
def service():
    s = Service().start()
    yield s
    s.stop()


class Mailbox:
    def __init__(self):
        self.mails, self.refuse = [], False

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuse or address.startswith("gone@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), email.message_from_bytes(envelope.content, policy=email.policy.default), session.authenticated))
        return "250 kept"


@pytest.fixture
def mailbox():
    box = Mailbox()
    box.logins = []

    def login(server, session, envelope, mechanism, data):
        box.logins.append((data.login, data.password))
        return AuthResult(success=data.password == SECRET.encode())
    box.server = Controller(box, hostname="127.0.0.1", port=free_port(), authenticator=login, auth_require_tls=False)
    box.server.start()
    yield box
    box.server.stop()


def configure(stack, **notifications):
    r = stack.client.put("/config", json={"notifications": {"fold_seconds": 0, **notifications}})
    assert r.status_code == 200, r.text


def log(stack, **query):
    r = stack.client.get("/notifications", params={"limit": 100, **query})
    assert r.status_code == 200, r.text
    return r.json()["notifications"]


def break_service(stack, service, name="gpu"):
    watch(stack, service, name)
    wait_healthy(stack, name)
    service.stop()
    return wait_alert(stack, service=name, status="active")


def nothing_secret(stack, *words):
    shown = stack.client.get("/config").text + stack.client.get("/config/history").text + stack.client.get("/notifications").text
    logs = "".join(f.read_text(errors="replace") for f in stack.logs.glob("*.log"))
    for word in words:
        assert word not in shown and word not in logs, word


def test_webhook(stack, service, webhook):
    configure(stack, webhook_url=webhook.url(), webhook_secret=SECRET, link_url="https://dash.example/")
    a = break_service(stack, service)
    stack.wait_until(lambda: webhook.posts, 10, "a post")
    headers, body, path = webhook.posts[0]
    assert path == "/hook/T0KEN?key=SECRETKEY"
    assert headers["Content-Type"] == "application/json" and "Expect" not in headers
    assert headers["X-Flopynet-Signature"] == "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    # As docs/alerts.md has receivers check it.
    recipe = re.search(r"To check it: `(.*?)`", (SOURCE / "docs/alerts.md").read_text())[1]
    checked = subprocess.run(["sh", "-c", recipe], env={**os.environ, "BODY": body.decode(), "SECRET": SECRET}, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert checked.split()[-1] == headers["X-Flopynet-Signature"].removeprefix("sha256=")
    said = json.loads(body)
    assert said["type"] == "alerts" and said["link"] == "https://dash.example/" and said["test"] is False
    assert headers["X-Flopynet-Delivery"] == str(said["id"])
    assert said["subject"] == "[FLOPY-NET] CRITICAL: gpu is unhealthy"
    assert [(x["change"], x["id"], x["service"], x["severity"]) for x in said["alerts"]] == [("opened", a["id"], "gpu", "critical")]
    service.start()
    stack.wait_until(lambda: len(webhook.posts) == 2, 30, "a post that it is over")
    assert webhook.bodies[1]["alerts"][0]["change"] == "resolved" and webhook.bodies[1]["subject"] == "[FLOPY-NET] Resolved: gpu is unhealthy"
    stack.wait_until(lambda: {n["status"] for n in log(stack)} == {"sent"}, 5, "the log to say so")
    first = log(stack, sort="id:asc")[0]
    assert first["channel"] == "webhook" and first["target"] == f"http://127.0.0.1:{webhook.port}" and first["alert_ids"] == [a["id"]]
    assert first["attempts"] == 1 and first["sent_at"] and first["next_attempt_at"] is None and first["last_error"] is None
    events = [h["event"] for h in stack.client.get(f"/alerts/{a['id']}").json()["alert"]["history"]]
    assert events == ["opened", "notified", "resolved", "notified"]
    nothing_secret(stack, SECRET, "T0KEN", "SECRETKEY")
    assert stack.connect(stack.make_token("op", "operator")).get("/notifications").status_code == 403


def test_mail(stack, service, mailbox):
    configure(stack, smtp_url=f"smtp://127.0.0.1:{mailbox.server.port}", mail_from="flopynet@lab.example", mail_to=["ann@lab.example", "gone@lab.example", "bob@lab.example"],
              smtp_username="flopynet", smtp_password=SECRET)
    a = break_service(stack, service)
    stack.wait_until(lambda: mailbox.mails, 15, f"a mail; the log says {log(stack)}")
    sender, to, mail, authenticated = mailbox.mails[0]
    assert sender == "flopynet@lab.example" and to == ["ann@lab.example", "bob@lab.example"] and authenticated
    assert mailbox.logins[0] == (b"flopynet", SECRET.encode())
    assert mail["subject"] == "[FLOPY-NET] CRITICAL: gpu is unhealthy"
    assert "ann@lab.example" in mail["to"] and mail["from"].endswith("<flopynet@lab.example>") and mail["auto-submitted"] == "auto-generated"
    assert abs(mail["date"].datetime.timestamp() - time.time()) < 60 and mail["message-id"].endswith("@lab.example>")
    text = mail.get_content()
    assert a["id"] in text and "Connection refused" in text
    assert log(stack)[0]["target"] == "ann@lab.example, gone@lab.example, bob@lab.example"
    nothing_secret(stack, SECRET)


def test_words_of_all_kinds(stack, webhook, mailbox):
    """Names come through as they are, in JSON, subject and text; no header is forged."""
    configure(stack, webhook_url=webhook.url(), smtp_url=f"smtp://127.0.0.1:{mailbox.server.port}", mail_from="f@lab.example", mail_to=["a@lab.example"], min_severity="info")
    title = 'Тест 🧪 "q" <b> ' + "ä" * 150
    name = "Ünder\u202eRTL <script>alert(1)</script>"
    body = {"name": "words", "title": title, "scope": "experiment", "metric": "accuracy", "comparison": ">=", "threshold": 0}
    assert stack.client.post("/alert-rules", json=body).status_code == 201
    r = stack.client.post("/experiments", json={"name": name, "scenario": "shell"})
    assert r.status_code == 201, r.text
    stack.control(r.json()["experiment"]["id"], "start")
    stack.wait_until(lambda: mailbox.mails and webhook.posts, 40, "mail and post")
    mail = mailbox.mails[0][2]
    assert mail["subject"] == f"[FLOPY-NET] WARNING: {title}"
    assert name in mail.get_content()
    said = webhook.bodies[0]["alerts"][0]
    assert said["title"] == title and name in said["description"]


def test_folded(stack, webhook):
    """One cause that makes many is one message."""
    services = {f"s{i}": Service().start() for i in range(5)}
    try:
        configure(stack, webhook_url=webhook.url(), fold_seconds=4)
        for name, service in services.items():
            watch(stack, service, name)
        for name in services:
            wait_healthy(stack, name)
        for service in services.values():
            service.stop()
        stack.wait_until(lambda: webhook.posts, 20, "a post")
        time.sleep(1)
        assert len(webhook.posts) == 1
        said = webhook.bodies[0]
        assert sorted(a["service"] for a in said["alerts"]) == sorted(services) and said["subject"] == "[FLOPY-NET] 5 alerts, 5 of them critical"
    finally:
        for service in services.values():
            service.stop()


def test_retries(stack, service, webhook):
    """A receiver that fails is asked again, later each time, and the log says why."""
    webhook.status = 500
    configure(stack, webhook_url=webhook.url())
    break_service(stack, service)
    stack.wait_until(lambda: log(stack, status="pending") and log(stack)[0]["last_error"], 15, "a failure in the log")
    n = log(stack)[0]
    assert n["attempts"] == 1 and n["last_error"] == "The webhook answered with status 500" and n["next_attempt_at"] and n["sent_at"] is None
    stack.restart("monitor")  # the outbox outlives the monitor
    webhook.status = 204
    stack.wait_until(lambda: log(stack)[0]["status"] == "sent", 30, "the second try")
    assert log(stack)[0]["attempts"] == 2 and len(webhook.posts) == 2
    assert webhook.bodies[0]["id"] == webhook.bodies[1]["id"]


@pytest.mark.parametrize("asked", ["100000", "9223372036854775807"])
def test_a_receiver_that_asks_for_a_pause_gets_an_hour_at_most(stack, webhook, asked):
    webhook.status, webhook.headers = 503, {"Retry-After": asked}
    configure(stack, webhook_url=webhook.url())
    assert stack.client.post("/notifications/test", json={"channel": "webhook"}).status_code == 202
    stack.wait_until(lambda: log(stack) and log(stack)[0]["last_error"], 15, "a failure in the log")
    pause = datetime.fromisoformat(log(stack)[0]["next_attempt_at"]) - datetime.now(timezone.utc)
    assert timedelta(minutes=58) < pause <= timedelta(minutes=60)


def test_a_mute_receiver_holds_up_nothing(stack, service, webhook):
    """While a webhook does not answer, the monitor keeps its pace."""
    webhook.delay = 8
    configure(stack, webhook_url=webhook.url())
    break_service(stack, service)
    stack.wait_until(lambda: webhook.posts, 10, "a post")
    asked = service.start().asked
    time.sleep(3)
    assert service.asked - asked >= 4
    assert stack.client.get("/health").json()["monitor"]["status"] == "healthy"


def test_a_mute_receiver_holds_up_no_other(stack, webhook, mailbox):
    """However many posts hang, mails go out."""
    webhook.delay = 60
    configure(stack, webhook_url=webhook.url(), smtp_url=f"smtp://127.0.0.1:{mailbox.server.port}", mail_from="f@lab.example", mail_to=["a@lab.example"])
    for _ in range(10):
        assert stack.client.post("/notifications/test", json={"channel": "webhook"}).status_code == 202
    stack.wait_until(lambda: len(webhook.posts) >= 2, 20, "posts that hang")
    for n in range(3):
        asked = time.monotonic()
        stack.client.post("/notifications/test", json={"channel": "smtp"})
        stack.wait_until(lambda: len(mailbox.mails) == n + 1, 15, "a mail")
        assert time.monotonic() - asked < 15
    assert {n["channel"] for n in log(stack, status="sent")} == {"smtp"}
    webhook.delay = 0


def test_who_is_not_told(stack, service, webhook):
    configure(stack, webhook_url=webhook.url())
    second, third = Service().start(), Service().start()
    try:
        # Switched off: neither now nor later.
        stack.client.put("/config", json={"features": {"alert_notifications": False}})
        break_service(stack, service, "one")
        time.sleep(2)
        stack.client.put("/config", json={"features": {"alert_notifications": True}})
        # Silenced: not until the silence is over, and then, as it still goes on.
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        silence = stack.client.post("/silences", json={"service": "two", "until": until, "reason": "upgrade"}).json()["silence"]
        break_service(stack, second, "two")
        # Below the least severity.
        stack.client.put("/alert-rules/rule_001", json={"name": "service_unhealthy", "title": "{service} is unhealthy", "metric": "unhealthy", "comparison": "==", "threshold": 1,
                                                        "severity": "info", "clear_s": 10})
        break_service(stack, third, "three")
        time.sleep(3)
        assert webhook.posts == [] and log(stack) == []
        stack.client.delete(f"/silences/{silence['id']}")
        stack.wait_until(lambda: webhook.posts, 10, "what was silenced")
        assert [a["service"] for a in webhook.bodies[0]["alerts"]] == ["two"]
        # Who has not heard of the beginning does not hear of the end.
        service.start()
        third.start()
        stack.wait_until(lambda: len(alerts(stack, status="resolved")) == 2, 40, "both resolved")
        time.sleep(2)
        assert len(webhook.posts) == 1
    finally:
        second.stop()
        third.stop()


def test_test(stack, webhook, mailbox):
    r = stack.client.post("/notifications/test")
    assert r.status_code == 409 and r.json()["error"]["code"] == "CONFLICT"
    assert stack.client.post("/notifications/test", json={"channel": "pigeon"}).status_code == 400
    configure(stack, webhook_url=webhook.url(), smtp_url=f"smtp://127.0.0.1:{mailbox.server.port}", mail_from="f@lab.example", mail_to=["a@lab.example"])
    stack.client.put("/config", json={"features": {"alert_notifications": False}})
    r = stack.client.post("/notifications/test")
    assert r.status_code == 202, r.text
    queued = r.json()["notifications"]
    assert [n["channel"] for n in queued] == ["webhook", "smtp"] and all(n["test"] and n["status"] == "pending" and n["alert_ids"] == [] for n in queued)
    stack.wait_until(lambda: len(log(stack, status="sent")) == 2, 15, "both sent")
    assert webhook.bodies[0]["test"] is True and webhook.bodies[0]["alerts"] == []
    assert mailbox.mails[0][2]["subject"] == "[FLOPY-NET] Test"
    assert len(stack.client.post("/notifications/test", json={"channel": "smtp"}).json()["notifications"]) == 1
    assert stack.connect(stack.make_token("op", "operator")).post("/notifications/test").status_code == 403


def test_a_password_needs_tls(stack, mailbox):
    """To another machine than this one a password leaves over TLS only; here the server is local and offers none, which is allowed."""
    configure(stack, smtp_url=f"smtp://127.0.0.1:{mailbox.server.port}", mail_from="f@lab.example", mail_to=["a@lab.example"], smtp_username="u", smtp_password="wrong")
    stack.client.post("/notifications/test")
    stack.wait_until(lambda: log(stack)[0]["last_error"], 15, "a refusal")
    assert mailbox.mails == [] and base64.b64encode(b"wrong").decode() not in log(stack)[0]["last_error"]


def test_unreachable(stack):
    configure(stack, webhook_url=f"http://127.0.0.1:{free_port()}/x", smtp_url="smtp://no-such-host.invalid", mail_from="f@lab.example", mail_to=["a@lab.example"])
    stack.client.post("/notifications/test")
    stack.wait_until(lambda: all(n["last_error"] for n in log(stack)), 30, "both to fail")
    why = {n["channel"]: n["last_error"] for n in log(stack)}
    assert "refused" in why["webhook"] and "lookup" in why["smtp"].lower(), why
    # Nobody to tell any more: what waits is dropped.
    configure(stack, webhook_url=None, smtp_url=None)
    stack.wait_until(lambda: {n["status"] for n in log(stack)} == {"dropped"}, 20, "both to be dropped")
