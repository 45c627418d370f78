"""Fixtures for all end-to-end tests: `stack`, the running dashboard for one test; `shared_stack`, one for all tests of a file."""
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import Stack, contract  # noqa: E402

_failed = pytest.StashKey()
contract.watch()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """What is not said as schema/openapi.yaml and asyncapi.yaml have it fails the test that saw it, whatever the test made of it."""
    outcome = yield
    wrong, contract.wrong[:] = list(dict.fromkeys(contract.wrong)), []
    if wrong and not outcome.excinfo:
        pytest.fail("not as documented in schema/:\n" + "\n".join(wrong[:20]), pytrace=False)
    elif wrong:
        print("not as documented in schema/:", *wrong[:20], sep="\n")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        item.stash[_failed] = True
        for node in item.listchain():
            node.stash[_failed] = True


def make_stack(request, kind=Stack, **more):
    """A started Stack (or a kind of it) that is stopped and removed after the test; its logs are printed when the test failed."""
    # Not pytest's tmp_path: a socket's path has 108 bytes at most.
    root = Path(tempfile.mkdtemp(prefix="flopynet-"))
    stack = kind(root, **more)

    def finish():
        try:
            stack.stop()
        finally:
            if request.node.stash.get(_failed, False):
                for log in sorted(stack.logs.glob("*.log")):
                    print(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}")
            shutil.rmtree(root, ignore_errors=True)

    request.addfinalizer(finish)
    return stack.start()


@pytest.fixture
def stack_with(request):
    """For settings of one's own: stack_with(settings={"rate": {"standard_per_hour": 5}})."""
    return lambda **more: make_stack(request, **more)


@pytest.fixture
def stack(request):
    return make_stack(request)


@pytest.fixture(scope="module")
def shared_stack(request):
    return make_stack(request)
