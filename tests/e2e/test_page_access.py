"""Tokens and users made, used and taken away in the page (tests/web/access.mjs), and files of a run saved by it (tests/web/downloads.mjs)."""
import hashlib

from harness.page import run_page


def test_tokens_and_users(stack):
    def login(who):
        return stack.connect("").post("/auth/login", json={"username": who[0], "password": who[1], "deliver": "token"}).status_code

    def make_user(_):
        assert stack.client.post("/users", json={"name": "ben", "role": "viewer", "password": "a horse of his own"}).status_code == 201

    run_page(stack, "access.mjs", SPARE=stack.make_token("spare", "admin"), actions={
        "use": lambda token: stack.connect(token).get("/experiments").status_code, "login": login, "make user": make_user,
    })


def test_downloads(stack):
    run = stack.create(scenario="quick_demo", start=True)
    stack.wait_until(lambda: stack.experiment(run)["status"] == "completed", 60)
    assert stack.client.post("/users", json={"name": "alma", "role": "viewer", "password": "correct horse battery"}).status_code == 201
    files = stack.client.get(f"/experiments/{run}/artifacts").json()["artifacts"]
    model = next(a["name"] for a in files if a["name"].startswith("model"))
    digest = hashlib.sha256(stack.client.get(f"/experiments/{run}/artifacts/{model}").content).hexdigest()
    run_page(stack, "downloads.mjs", RUN=run, MODEL=model, DIGEST=digest)
