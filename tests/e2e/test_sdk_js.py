"""The JavaScript client as it is published: packed, installed in an empty project, checked by TypeScript, its README run, a run followed through restarts."""
import json
import os
import re
import subprocess

import pytest
from harness.stack import DATA, SOURCE

PACKAGE = SOURCE / "sdk/js"
README = (PACKAGE / "README.md").read_text()

FOLLOW = """
import { createRequire } from 'node:module';
import { DashboardClient } from 'flopy-net-client';
const WebSocket = createRequire(process.env.MODULES + '/')('ws');
const client = new DashboardClient({ baseUrl: process.env.URL, apiKey: process.env.FLOPYNET_TOKEN, ...(process.env.POLL ? {} : { WebSocket }) });
for await (const u of client.experiments.monitor(process.env.RUN, { pollMs: 300 })) console.log(JSON.stringify(u));
"""

CONSUMER = """
import { ConflictError, DashboardClient, type LiveConnection } from 'flopy-net-client';
const client = new DashboardClient({ baseUrl: 'http://localhost:3001/api/v1' });
const live: LiveConnection = client.live({ topics: ['alerts'], onMessage: (m) => { const id: number | undefined = m.id; void id; } });
live.close();
for await (const u of client.experiments.monitor('exp_001')) { const done: number = u.rounds_completed; void done; }
try { await client.experiments.control('exp_001', 'pause'); } catch (e) { if (e instanceof ConflictError) { const s: string = e.details.status; void s; } }
// @ts-expect-error there is no such action
await client.experiments.control('exp_001', 'restart');
// @ts-expect-error nor such a topic
client.live({ topics: ['weather'] });
"""


def run(argv, cwd, **env):
    done = subprocess.run(argv, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, env={**os.environ, **env})
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """An empty project with the package installed from its tarball."""
    if not (DATA / "typescript").is_dir() or not (DATA / "ws").is_dir():
        pytest.skip("typescript and ws could not be had from npm")
    copy = tmp_path_factory.mktemp("package")
    for name in ("src", "README.md", "package.json", "tsconfig.json"):
        run(["cp", "-r", PACKAGE / name, copy], copy)
    npm = {"PATH": f"{DATA}/.bin:{os.environ['PATH']}", "npm_config_cache": str(copy / "cache"), "npm_config_offline": "true", "npm_config_update_notifier": "false"}
    run(["npm", "pack", "--pack-destination", copy], copy, **npm)
    (tarball,) = copy.glob("*.tgz")
    names = run(["tar", "tzf", tarball], copy).split()
    assert "package/types/index.d.ts" in names and "package/src/index.js" in names and "package/README.md" in names
    assert not [n for n in names if "test" in n or "tsconfig" in n], names
    project = tmp_path_factory.mktemp("project")
    (project / "package.json").write_text('{"private": true, "type": "module"}')
    run(["npm", "install", "--no-audit", "--no-fund", tarball], project, **npm)
    installed = json.loads((project / "node_modules/flopy-net-client/package.json").read_text())
    assert not installed.get("dependencies")
    assert installed["version"] == re.search(r"AC_INIT\(\[[^]]*\], *\[([^]]*)\]", (SOURCE / "configure.ac").read_text())[1]
    return project


def test_types(project):
    (project / "consumer.ts").write_text(CONSUMER)
    run([DATA / ".bin/tsc", "--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom", "--types", "", "consumer.ts"], project)


@pytest.mark.parametrize("poll", [False, True], ids=["live", "polling"])
def test_a_run_is_followed_while_the_live_helper_is_killed(stack, project, poll):
    id = stack.create(scenario="shell", start=True, configuration={"rounds": 40, "pace_ms": 100})
    (project / "follow.mjs").write_text(FOLLOW)
    env = {**os.environ, "URL": f"{stack.url}/api/v1/", "FLOPYNET_TOKEN": stack.token, "RUN": id, "MODULES": str(DATA), "POLL": "1" if poll else ""}
    updates = []
    with subprocess.Popen(["node", "follow.mjs"], cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as p:
        for line in p.stdout:
            updates.append(json.loads(line))
            if updates[-1]["change"] == "round_completed" and updates[-1]["rounds_completed"] in (5, 20):
                stack.restart("stream")
        assert p.wait(30) == 0
    rounds = [u for u in updates if u["change"] == "round_completed"]
    assert [u["rounds_completed"] for u in rounds] == list(range(1, 41))
    assert [u["current_round"] for u in rounds] == list(range(1, 41))
    assert all(u["experiment_id"] == id for u in updates) and updates[-1]["status"] == "completed"


def test_readme(stack, project):
    blocks = re.findall(r"```js\n(.*?)```", README, re.S)
    assert len(blocks) == 3
    stack.wait_until(lambda: stack.client.get("/scenarios").status_code == 200)
    for n, block in enumerate(blocks):
        (project / f"readme{n}.mjs").write_text(block.replace("http://localhost:3001", stack.url))
    token = {"FLOPYNET_TOKEN": stack.token}
    lines = run(["node", "readme0.mjs"], project, **token).splitlines()
    assert lines[-1].startswith("completed 4 0.") and any(line.startswith("running 1 0.") for line in lines), lines
    assert "Now: completed." in run(["node", "readme1.mjs"], project, **token)
    said = run(["node", "--input-type=module", "-e", with_socket((project / "readme2.mjs").read_text())], project, MODULES=str(DATA), **token)
    assert "open" in said.split() and said.split()[-1] == "closed"


def with_socket(text):
    """As the README says of Node before 22: the constructor is given."""
    return ("import { createRequire } from 'node:module';\nconst WebSocket = createRequire(process.env.MODULES + '/')('ws');\n" +
            text.replace("new DashboardClient({ ", "new DashboardClient({ WebSocket, "))
