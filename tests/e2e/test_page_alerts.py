"""Alerts in the page: settled by hand, rules, silences, deliveries; and a viewer."""
import pytest
from harness.page import run_page
from test_alerts import Service, wait_alert, wait_healthy, watch
from test_notifications import Webhook


@pytest.fixture
def troubled(stack):
    """A stack with an outage, a webhook, a run and a viewer."""
    service, webhook = Service().start(), Webhook()
    r = stack.client.put("/config", json={"notifications": {"fold_seconds": 0, "webhook_url": webhook.url()}})
    assert r.status_code == 200, r.text
    stack.create(start=True, configuration={"rounds": 2, "pace_ms": 10})
    watch(stack, service)
    wait_healthy(stack)
    service.stop()
    wait_alert(stack, status="active", service="gpu")
    yield stack
    service.stop()
    webhook.stop()


def test_alerts_by_hand(troubled):
    run_page(troubled, "alerts.mjs", VIEWER=troubled.make_token("reader", "viewer"))
