"""The page's configuration, changed through the form and seen in the API: tests/web/configuration.mjs."""
import json

from harness.page import run_page


def test_configuration(stack):
    other = stack.connect(stack.make_token("somebody <b>else</b>", "admin"))

    def change(body):
        r = other.put("/config", json=body)
        assert r.status_code == 200, r.text

    def secret(_):
        document = json.loads(stack.rows("SELECT document FROM config ORDER BY version DESC LIMIT 1")[0]["document"])
        return document["services"]["lab"].get("token")

    run_page(stack, "configuration.mjs", VIEWER=stack.make_token("watcher", "viewer"), OPERATOR=stack.make_token("worker", "operator"), timeout=280, actions={
        "config": lambda _: stack.client.get("/config").json(), "change": change, "secret": secret,
        "mute": lambda _: stack.stream.stop(), "unmute": lambda _: stack.stream.start() and None,
    })
