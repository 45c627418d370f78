"""Weight, first paint and smoothness of the page, with many experiments and many clients; build/…/screenshots/speed.txt has the numbers."""
import concurrent.futures
import signal

from harness.page import run_page
from test_runs import SAY, add_engine

# 200 clients, each told of in every round: some four hundred messages a second.
CROWD = SAY + """state running
r=0
while [ $r -lt 400 ]; do
	r=$((r + 1))
	say "\\"type\\":\\"round_started\\",\\"round\\":$r"
	c=0
	while [ $c -lt 200 ]; do
		c=$((c + 1))
		say "\\"type\\":\\"client_update\\",\\"client\\":\\"client_$((1000 + c))\\",\\"round\\":$r,\\"status\\":\\"finished\\",\\"accuracy\\":0.$((300 + (c * 7 + r) % 600)),\\"loss\\":0.5,\\"train_ms\\":$((50 + (c * 13 + r) % 300)),\\"transfer_ms\\":20,\\"bytes_up\\":1000,\\"bytes_down\\":1000"
	done
	say "\\"type\\":\\"round_completed\\",\\"round\\":$r,\\"accuracy\\":0.$((300 + r)),\\"loss\\":0.5,\\"clients\\":200,\\"bytes\\":400000"
done
state completed
"""


def test_weight_and_smoothness(stack):
    engine = stack.root / "engines" / "crowd.sh"
    engine.write_text(CROWD)
    engine.chmod(0o700)
    add_engine(stack, "crowd", command=["./crowd.sh"])
    for program in ("monitor", "api"):
        stack.restart(program, signal.SIGTERM)
    for i in range(2):
        stack.wait_status(stack.create(scenario="quick_demo", start=True), "completed", timeout=60)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: stack.create(name=f"run {i}", configuration={"rounds": 5}), range(2000)))
    crowd = stack.create(scenario="crowd", name="A crowd", start=True, configuration={"rounds": 100})
    stack.wait_until(lambda: stack.experiment(crowd)["rounds_completed"] >= 2, 60)
    run_page(stack, "speed.mjs", RUN=crowd)
