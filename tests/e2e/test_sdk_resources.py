"""Both Python clients against the real stack: every resource does the same, awaited or not."""
import asyncio
import inspect
import sys
from datetime import datetime, timedelta, timezone

import pytest
from harness import wait_until
from harness.stack import SOURCE

sys.path.insert(0, str(SOURCE / "sdk/python"))

import flopy_net_client as f  # noqa: E402

ABSENT = {"kind": "tcp", "url": "tcp://127.0.0.1:9", "interval_ms": 500, "timeout_ms": 200, "failure_threshold": 1}
RULE = {"name": "absent is absent", "metric": "unhealthy", "comparison": "==", "threshold": 1, "severity": "critical", "service": "absent"}


class Both:
    """Either client; got(x) is what x comes to: a list where it gives many, the answer where it is awaited, else x itself."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        return getattr(self.client, name)

    @staticmethod
    async def got(x):
        if hasattr(x, "__aiter__"):
            return [item async for item in x]
        if inspect.isgenerator(x):
            return list(x)
        return await x if inspect.isawaitable(x) else x


@pytest.fixture(params=["sync", "async"])
def scene(request, shared_stack):
    def run(what, token=None):
        async def whole():
            kind = f.DashboardClient if request.param == "sync" else f.AsyncDashboardClient
            client = kind(shared_stack.url, token or shared_stack.token)
            try:
                return await what(Both(client))
            finally:
                await Both.got(client.close())

        return asyncio.run(whole())

    return run


def test_experiments(scene, shared_stack):
    async def what(c):
        got, e = c.got, c.experiments
        x = await got(e.create({"name": "Everything", "scenario": "shell", "configuration": {"rounds": 4, "pace_ms": 5}, "tags": ["a"]}))
        assert isinstance(x, f.Experiment) and x.status == "created" and x.allowed_actions == ["start"] and x.created_at.tzinfo is timezone.utc
        edited = await got(e.edit(x.id, name="Renamed", tags=[], notes="n"))
        assert (edited.name, edited.tags, edited.notes) == ("Renamed", [], "n")
        assert await got(e.start(x.id, reason="r")) in ("starting", "running", "completed")
        done = await got(e.wait(x.id, timeout=60))
        assert done.status == "completed" and done.is_final and done.rounds_completed == 4 and len(done.clients) == 1 and done.timeline[-1].event == "experiment_completed"
        rounds = await got(e.rounds(x.id))
        assert [r.round for r in rounds] == [1, 2, 3, 4] and [r.round for r in await got(e.rounds(x.id, after=2))] == [3, 4] and isinstance(rounds[0].completed_at, datetime)
        assert [u.current_round for u in await got(e.monitor(x.id)) if u.change == "round_completed"] == [1, 2, 3, 4]
        assert not [t for t in await got(e.timeline(x.id, rounds=False)) if t.event == "round_completed"] and [t for t in await got(e.timeline(x.id)) if t.event == "round_completed"]
        assert len(await got(e.clients(x.id))) == 1 and len(await got(e.timeline(x.id))) >= 4 and isinstance(await got(e.logs(x.id, lines=5)), list)
        assert (await got(e.rounds_csv(x.id))).startswith("round,") and (await got(e.clients_csv(x.id))).startswith("round,client,")
        for a in await got(e.artifacts(x.id)):
            assert len(await got(e.artifact(x.id, a.name))) == a.size_bytes
        copy = await got(e.clone(x.id, name="Copy", configuration={"rounds": 2}, idempotency_key=f"copy-{x.id}"))
        assert copy.configuration["rounds"] == 2 and (await got(e.clone(x.id, name="Copy", configuration={"rounds": 2}, idempotency_key=f"copy-{x.id}"))).id == copy.id
        found = [i.id for i in await got(e.list(q="Copy", scenario="shell", status="created", sort="created_at:asc"))]
        assert copy.id in found
        assert copy.id in [i.id for i in await got(e.list(active=False, q="Copy"))] and await got(e.list(active=True, q="Copy")) == []
        page = await got(e.page(limit=1))
        assert len(page.items) == 1 and page.total >= 2 and page.limit == 1
        await got(e.delete(copy.id))
        with pytest.raises(f.NotFoundError):
            await got(e.get(copy.id))
        later = datetime.now(timezone.utc) + timedelta(hours=1)
        queued = await got(e.create({"name": "Later", "scenario": "shell"}))
        assert await got(e.start(queued.id, scheduled_at=later)) == "queued"
        assert abs((await got(e.get(queued.id))).scheduled_at - later) < timedelta(seconds=2)
        assert await got(e.abort(queued.id)) == "aborted"
        with pytest.raises(f.ConflictError) as over:
            await got(e.resume(queued.id))
        assert over.value.allowed == [] and over.value.details["status"] == "aborted"

    scene(what)


def test_steering(scene):
    async def what(c):
        got, e = c.got, c.experiments
        x = await got(e.create({"name": "Steered", "scenario": "shell", "configuration": {"rounds": 1000, "pace_ms": 50}}))
        await got(e.start(x.id))
        assert (await got(e.wait(x.id, status="running", timeout=30))).status == "running"
        await got(e.pause(x.id, reason="r"))
        assert (await got(e.wait(x.id, status="paused", timeout=30))).allowed_actions == ["resume", "stop", "abort"]
        await got(e.resume(x.id))
        with pytest.raises(f.WaitTimeout):
            await got(e.wait(x.id, timeout=0.3))
        await got(e.stop(x.id))
        with pytest.raises(f.RunEnded):
            await got(e.wait(x.id, status="completed", timeout=60))

    scene(what)


def test_alerts_rules_silences_and_notifications(scene):
    async def what(c):
        got = c.got
        await got(c.config.update({"services": {"absent": ABSENT}, "notifications": {"webhook_url": "http://127.0.0.1:9/hook"}}))
        assert isinstance(await got(c.rules.try_out(RULE)), f.RuleTrial)
        rule = await got(c.rules.create(RULE))
        assert isinstance(rule, f.Rule) and rule.for_s == 0 and rule.id in [r.id for r in await got(c.rules.list())] and (await got(c.rules.page(limit=1))).total >= 12
        found = []
        for _ in range(600):
            found = [a for a in await got(c.alerts.list(open=True, service="absent")) if a.rule_id == rule.id]
            if found:
                break
            await asyncio.sleep(0.1)
        alert = found[0]
        assert alert.severity == "critical" and alert.status == "active" and (await got(c.alerts.page(rule_id=rule.id))).total == 1
        assert (await got(c.alerts.acknowledge(alert.id, comment="seen"))).comment == "seen"
        assert [h["event"] for h in (await got(c.alerts.get(alert.id))).history][0] == "opened"
        assert (await got(c.alerts.resolve(alert.id))).status == "resolved"
        since = alert.created_at - timedelta(seconds=1)
        assert alert.id in [a.id for a in await got(c.alerts.list(from_=since, to=datetime.now(timezone.utc), status="resolved"))]
        assert (await got(c.rules.replace(rule.id, {**RULE, "enabled": False}))).enabled is False
        silence = await got(c.silences.create(datetime.now(timezone.utc) + timedelta(hours=1), "r", rule_id=rule.id))
        assert silence.active and silence.id in [s.id for s in await got(c.silences.list(active=True))] and (await got(c.silences.page())).total >= 1
        await got(c.silences.delete(silence.id))
        await got(c.rules.delete(rule.id))
        sent = await got(c.notifications.test(channel="webhook"))
        assert sent[0].test and sent[0].id in [n.id for n in await got(c.notifications.list())] and (await got(c.notifications.page(limit=1))).limit == 1
        await got(c.config.update({"services": {"absent": None}, "notifications": {"webhook_url": None}}))

    scene(what)


def test_health_metrics_and_configuration(scene, shared_stack):
    wait_until(lambda: shared_stack.client.get("/metrics/history", params={"service": "dashboard", "metric": "store_bytes"}).json()["points"], 60)

    async def what(c):
        got = c.got
        assert (await got(c.health()))["status"] in ("healthy", "degraded") and "redis" in await got(c.dependencies())
        assert isinstance(await got(c.health_history("redis")), list)
        live = await got(c.metrics.live(services=["dashboard", "fl_server"], metrics=["custom", "cpu"], interval=5))
        assert set(live["services"]) == {"dashboard", "fl_server"}
        hour = datetime.now(timezone.utc) - timedelta(hours=1)
        assert (await got(c.metrics.history("dashboard", "store_bytes", from_=hour, step=60)))["points"]
        assert (await got(c.metrics.history_csv("dashboard", "store_bytes"))).count("\n") >= 1 and "# TYPE" in await got(c.metrics.prometheus())
        config, etag = await got(c.config.get_with_etag())
        assert config == await got(c.config.get()) and etag.startswith('"config-')
        tried = await got(c.config.update({"dashboard": {"refresh_interval": 4321}}, dry_run=True))
        assert tried["dry_run"] is True and (await got(c.config.get()))["dashboard"]["refresh_interval"] != 4321
        await got(c.config.update({"dashboard": {"refresh_interval": 4321}}, if_match=etag))
        with pytest.raises(f.PreconditionFailed) as late:
            await got(c.config.update({"dashboard": {"refresh_interval": 1234}}, if_match=etag))
        assert late.value.details["etag"] == (await got(c.config.get_with_etag()))[1]
        history = await got(c.config.history())
        assert isinstance(history[0], f.ConfigVersion) and {"path": "dashboard.refresh_interval", "from": 5000, "to": 4321} in history[0].changes
        assert (await got(c.config.revert(0)))["dashboard"]["refresh_interval"] == 5000
        assert "dashboard.refresh_interval" in [s["path"] for s in await got(c.config.settings())]
        assert "basic_fl" in [s.name for s in await got(c.scenarios())] and (await got(c.scenario("basic_fl"))).engine == "embedded"
        engines = await got(c.engines())
        assert isinstance(engines[0], f.Engine) and "embedded" in [e.name for e in engines]

    scene(what)


def test_tokens_users_and_sessions(scene):
    async def what(c):
        got = c.got
        me = await got(c.me())
        assert isinstance(me, f.Me) and me.role == "admin" and me.expires_at > datetime.now(timezone.utc)
        token = await got(c.tokens.create("short", role="viewer", days=1))
        assert token.api_key.count(".") == 2 and token.api_key not in repr(token)
        assert token.jti in [t.jti for t in await got(c.tokens.list(status="active", kind="api"))] and (await got(c.tokens.page(limit=1))).total >= 2
        user = await got(c.users.create("alice", "a long pass phrase", "viewer"))
        assert (user.name, user.role) == ("alice", "viewer") and [u.name for u in await got(c.users.list())] == ["alice"] and (await got(c.users.page())).total == 1
        session = await got(c.login("alice", "a long pass phrase"))
        with pytest.raises(f.AuthenticationError):
            await got(c.login("alice", "a wrong pass phrase"))
        assert (await got(c.users.edit("alice", disabled=True))).disabled is True
        return token, session

    token, session = scene(what)

    async def viewer(c):
        assert (await c.got(c.me())).name == "short"
        with pytest.raises(f.PermissionDenied) as refused:
            await c.got(c.experiments.create({"name": "x", "scenario": "shell"}))
        assert refused.value.code == "FORBIDDEN" and refused.value.request_id

    scene(viewer, token.api_key)

    async def ended(c):
        with pytest.raises(f.AuthenticationError):
            await c.got(c.me())

    scene(ended, session)  # disabling ended it

    async def tidy(c):
        await c.got(c.tokens.revoke(token.jti))
        await c.got(c.users.delete("alice"))
        await c.got(c.users.create("bob", "a long pass phrase", "viewer"))
        return await c.got(c.login("bob", "a long pass phrase"))

    session = scene(tidy)

    async def leave(c):
        await c.got(c.logout())
        with pytest.raises(f.AuthenticationError):
            await c.got(c.me())

    scene(leave, session)
    scene(lambda c: c.got(c.users.delete("bob")))
    scene(ended, token.api_key)


def test_the_live_stream_resumes_where_it_was(scene, shared_stack):
    id = shared_stack.create(start=True, configuration={"rounds": 3, "pace_ms": 5})
    shared_stack.wait_status(id, "completed")

    async def what(c):
        async def take(n, **more):
            events, stream = [], c.events(topics=["experiments"], experiment_ids=[id], **more)
            if inspect.isgenerator(stream):
                for event in stream:
                    events.append(event)
                    if len(events) == n:
                        break
                stream.close()
            else:
                async for event in stream:
                    events.append(event)
                    if len(events) == n:
                        break
                await stream.aclose()
            return events

        whole = await take(8, since=0)
        assert [e.id for e in whole] == sorted({e.id for e in whole}) and all(e.data["experiment_id"] == id and e.type == "experiment_update" for e in whole)
        assert [e.id for e in await take(5, since=whole[2].id)] == [e.id for e in whole[3:]]

    scene(what)
