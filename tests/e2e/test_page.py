"""The web page in Debian's chromium: every view in light, dark and 360 px, its accessibility, and a run steered from it (tests/web/page.mjs)."""
import os
import subprocess

import pytest
from harness.stack import DATA, SOURCE


def test_the_page(stack):
    if not (DATA / "playwright-core").is_dir() or not (SOURCE / "web/vendor/uplot.js").is_file():
        pytest.skip("the page's libraries could not be had from npm")
    stack.create(scenario="quick_demo", name="Quick look", start=True)
    run = stack.create(scenario="basic_fl", name="A long one", start=True, configuration={"model": "cnn", "rounds": 100, "train_samples": 6000})
    stack.wait_until(lambda: stack.experiment(run)["rounds_completed"] >= 3, 60)
    shots = stack.build / "screenshots"
    shots.mkdir(exist_ok=True)
    done = subprocess.run(["node", SOURCE / "tests/web/page.mjs"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240,
                          env={**os.environ, "URL": stack.url, "TOKEN": stack.token, "RUN": run, "MODULES": str(DATA), "SHOTS": str(shots)})
    assert done.returncode == 0 and done.stdout == "", done.stdout
