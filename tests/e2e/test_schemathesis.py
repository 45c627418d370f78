"""
Schemathesis against the real stack: requests made from schema/openapi.yaml, good ones and bad ones, must get no 5xx, no status, type, header or body that
is not documented; what breaks the document must be refused, and what follows it taken. Seed and number of requests are fixed; `./dev fuzz` looks on with another
seed, for as long as it is given (FLOPYNET_SCHEMATHESIS_SEED, FLOPYNET_SCHEMATHESIS_SECONDS).
"""
import os
import subprocess
from pathlib import Path

import pytest
from harness.stack import SOURCE

# Made by ./dev test from tools/dev/requirements.txt.
PYTHON = Path(os.environ.get("FLOPYNET_PYTHON", SOURCE / "build/python/bin/python"))
SECONDS = int(os.environ.get("FLOPYNET_SCHEMATHESIS_SECONDS", "0"))
EXAMPLES = 20  # of each kind for each operation: less than a minute
SEED = os.environ.get("FLOPYNET_SCHEMATHESIS_SEED", "20240115")


@pytest.fixture(autouse=True)
def tools():
    if not PYTHON.exists():
        pytest.skip("Schemathesis and the validator of OpenAPI could not be had from PyPI (tools/dev/requirements.txt)")


def test_the_document_is_openapi():
    done = subprocess.run([PYTHON, "-m", "openapi_spec_validator", "--schema", "3.1.0", SOURCE / "schema/openapi.yaml"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


# By itself what follows the links from one answer to the next request comes further than after all the rest.
@pytest.mark.timeout(SECONDS + 720)
@pytest.mark.parametrize("phases, bound", [("examples,coverage,fuzzing", ["--max-examples", EXAMPLES]), ("examples,stateful", ["--max-time", 20])], ids=["single", "linked"])
def test_every_request_gets_a_documented_answer(stack_with, tmp_path, phases, bound):
    # Limits are there, but far away.
    stack = stack_with(settings={"rate": {"standard_per_hour": 100_000_000, "live_per_hour": 100_000_000}})
    run = stack.create(start=True)
    stack.wait_status(run, "completed")
    stack.create(start=True, configuration={"rounds": 1000, "pace_ms": 999})
    rule = {"name": "opens at once", "scope": "experiment", "metric": "failed", "comparison": ">=", "threshold": 0, "experiment_id": "exp_002"}
    assert stack.client.post("/alert-rules", json=rule).status_code == 201
    assert stack.client.post("/silences", json={"service": "redis", "until": "2099-01-01", "reason": "a test"}).status_code in (201, 400)
    stack.wait_until(lambda: stack.client.get("/alerts").json()["alerts"], 30, "an alert")
    argv = [PYTHON, "-m", "schemathesis.cli", "--config-file", SOURCE / "tests/schemathesis/schemathesis.toml", "run", f"{stack.url}/api/v1/openapi.json",
            "--phases", phases, "--seed", SEED, "--no-color", *(["--max-time", SECONDS] if SECONDS else bound)]
    done = subprocess.run([str(a) for a in argv], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS + 600,
                          env={**os.environ, "TOKEN": stack.token, "PYTHONPATH": str(SOURCE / "tests/schemathesis"), "PYTHONDONTWRITEBYTECODE": "1"})
    (stack.build / f"schemathesis-{phases.split(',')[-1]}.log").write_text(done.stdout)
    assert done.returncode == 0, done.stdout[-12000:]
