"""What lighttpd answers by itself, and what it does while the pool is away."""
import json
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest


def test_refusals_of_lighttpd_itself_are_json(shared_stack):
    """What never reaches the API, or what the API does not survive, has its envelope all the same."""
    def raw(text):
        with socket.create_connection(("127.0.0.1", shared_stack.port), timeout=10) as s:
            s.sendall(text.replace("\n", "\r\n").encode())
            head, _, body = b"".join(iter(lambda: s.recv(65536), b"")).decode().partition("\r\n\r\n")
        assert "content-type: application/json" in head.lower(), head
        return int(head.split()[1]), json.loads(body)["error"]["code"]

    end = "Host: localhost\nConnection: close\n"
    assert raw(f"GET /api/v1/%00 HTTP/1.1\n{end}\n") == (400, "VALIDATION_ERROR")
    assert raw(f"GET /api/v1/health HTTP/1.1\n{end}Content-Length: 2\n\n{{}}") == (400, "VALIDATION_ERROR")
    assert raw(f"POST /api/v1/experiments HTTP/1.1\n{end}\n") == (411, "VALIDATION_ERROR")
    assert raw(f"POST /api/v1/experiments HTTP/1.1\n{end}Content-Length: 300000\n\n") == (413, "PAYLOAD_TOO_LARGE")
    assert raw(f"GET /api/v1/health HTTP/1.1\n{end}X-Long: {'a' * 9000}\n\n") == (431, "PAYLOAD_TOO_LARGE")
    assert raw(f"BREW /api/v1/health HTTP/1.1\n{end}\n") == (501, "METHOD_NOT_ALLOWED")
    assert raw(f"GET /api/other HTTP/1.1\n{end}\n") == (404, "NOT_FOUND")


def test_requests_wait_while_the_pool_is_started_again(stack):
    stack.api.kill()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(httpx.get, f"{stack.url}/api/v1/health", timeout=20)
        with pytest.raises(TimeoutError):
            answer.result(0.2)
        stack.api.start()
        assert answer.result(20).status_code == 200


def test_answers_to_a_page_are_compressed(stack):
    """To a browser with a session, not to programs; the tag of a compressed answer is as good as the API's own."""
    stack.create(configuration={"rounds": 3})
    assert "Content-Encoding" not in stack.client.get("/experiments").headers
    with httpx.Client(base_url=f"{stack.url}/api/v1", headers={"Accept-Encoding": "gzip", "Cookie": f"flopynet_session={stack.token}", "Origin": stack.url}) as page:
        listed = page.get("/experiments")
        assert listed.headers["Content-Encoding"] == "gzip" and listed.json()["total"] == 1
        tag = listed.headers["ETag"]
        again = page.get("/experiments", headers={"If-None-Match": tag})
        assert again.status_code == 304 and again.content == b""
        config = page.get("/config")
        assert config.headers["Content-Encoding"] == "gzip"
        change = {"dashboard": {"max_experiments": 3}}
        assert page.put("/config", json=change, headers={"If-Match": config.headers["ETag"]}).status_code == 200
        assert page.put("/config", json=change, headers={"If-Match": config.headers["ETag"]}).status_code == 412
