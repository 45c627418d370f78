"""How often the page asks: tests/web/refresh.mjs, with the live connection away."""
from harness.page import run_page


def test_refresh_interval(stack):
    def set_interval(ms):
        assert stack.client.put("/config", json={"dashboard": {"refresh_interval": ms}}).status_code == 200

    stack.stream.stop()
    run_page(stack, "refresh.mjs", actions={"set": set_interval})
