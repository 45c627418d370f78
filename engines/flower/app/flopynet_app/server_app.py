"""
The rounds: chooses clients, sends them the global model, averages what they answer and tests it. Runs beside the SuperLink, reports to the dashboard's
runner and does between rounds what it is told.
"""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import dataclass, field
from typing import Any

from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MessageType, RecordDict
from flwr.serverapp import Grid, ServerApp

from . import dataset, model, split
from .report import Reporter
from .roster import Roster

app = ServerApp()

LOOK_S = 0.25  # for answers
NODES_LOOK_S = 1.0  # which SuperNodes are there
ABORT_WAIT_S = 15.0


class RunFailedError(Exception):
    """What is wrong, for the reader of the run's page."""


def client_name(client: int) -> str:
    return f"client_{client + 1:03d}"


def measure(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


@dataclass
class Round:
    number: int
    node: dict[int, int]  # of each client that takes part
    started: float
    waiting: dict[str, int] = field(default_factory=dict)  # message → client
    updates: dict[int, tuple[model.Weights, int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)  # of clients that answered that they cannot
    bytes: int = 0


class Federation:
    def __init__(self, grid: Grid, configuration: dict[str, Any], search: str, reporter: Reporter) -> None:
        self.grid = grid
        self.c = configuration
        self.reporter = reporter
        self.roster = Roster(configuration["clients"], configuration["clients_per_round"], configuration["seed"])
        self.late: dict[str, int] = {}  # messages whose answer came too late to count → SuperNode
        self.images, self.labels = dataset.load(configuration["dataset"], search, "t10k")
        self.weights = model.initial(configuration["model"], configuration["seed"])
        self.size = model.parameters(self.weights) * 4
        self.accuracy = self.loss = math.nan
        self.done = 0
        self.nodes_at = 0.0
        self.present: set[int] = set()
        self.shown_waiting: tuple[int, int] | None = None

    # What is wanted

    def go_on(self) -> bool:
        """Holds while paused. False: the run is to end."""
        self.reporter.tick()
        if self.reporter.desired == "paused":
            self.reporter.add("state", state="paused")
            while self.reporter.desired == "paused":
                self.reporter.tick()
                time.sleep(0.1)
            if self.reporter.desired == "running":
                self.reporter.add("state", state="running")
        return self.reporter.desired == "running"

    # Who is there

    def look_at_nodes(self) -> None:
        if time.monotonic() - self.nodes_at < NODES_LOOK_S:
            return
        self.nodes_at = time.monotonic()
        self.present = set(self.grid.get_node_ids())
        self.roster.silent &= self.present

    def show_waiting(self, needed: int) -> None:
        now = (needed, self.roster.manned)
        if self.roster.manned >= needed:
            if self.shown_waiting:
                self.reporter.add("waiting_for", what=None)
            self.shown_waiting = None
        elif now != self.shown_waiting:
            missing = needed - self.roster.manned
            detail = f"{missing} SuperNode{'' if missing == 1 else 's'} missing of {needed}"
            self.reporter.add("waiting_for", what="clients", needed=needed, present=self.roster.manned, detail=detail)
            self.shown_waiting = now

    def wait_for_nodes(self, needed: int) -> bool:
        """Until so many clients have a SuperNode. False: the run is to end."""
        while True:
            self.look_at_nodes()
            self.hear_late()
            self.roster.update(self.present)
            self.show_waiting(needed)
            if self.roster.manned >= needed or not self.go_on():
                break
            time.sleep(LOOK_S)
        return self.go_on()

    def hear_late(self) -> None:
        """An answer that came too late tells that its SuperNode can be chosen again."""
        if not self.late:
            return
        for reply in self.grid.pull_messages(list(self.late)):
            node = self.late.pop(reply.metadata.reply_to_message_id, None)
            if node is not None and not reply.has_error():
                self.roster.silent.discard(node)

    # A round

    def update(self, r: Round, client: int, status: str, **members: Any) -> None:
        self.reporter.add("client_update", client=client_name(client), round=r.number, status=status, **members)

    def lose(self, r: Round, client: int, why: str) -> None:
        self.update(r, client, "lost", detail=why, bytes_down=self.size, bytes_up=0)

    def send(self, r: Round) -> None:
        messages = []
        for client, node in r.node.items():
            task = json.dumps({**self.c, "client": client, "round": r.number})
            content = RecordDict({"arrays": ArrayRecord(self.weights), "config": ConfigRecord({"task": task})})
            messages.append(Message(content, dst_node_id=node, message_type=MessageType.TRAIN, group_id=str(r.number), ttl=self.c["round_timeout_s"] + 60.0))
        for client, message_id in zip(list(r.node), list(self.grid.push_messages(messages)), strict=False):
            r.bytes += self.size
            if message_id:
                r.waiting[message_id] = client
                self.update(r, client, "training")
            else:
                self.lose(r, client, "the SuperLink did not take the message for its SuperNode")

    def take(self, r: Round, reply: Message) -> None:
        client = r.waiting.pop(reply.metadata.reply_to_message_id, None)
        if client is None:
            return
        if reply.has_error():
            self.lose(r, client, f"its SuperNode answered with an error: {reply.error.reason or reply.error.code}"[:500])
            return
        if "failure" in reply.content:
            why = str(reply.content.config_records["failure"]["reason"])
            r.failures.append(why)
            self.lose(r, client, why[:500])
            return
        said = {name: float(str(value)) for name, value in reply.content.metric_records["metrics"].items()}
        samples = int(said["num-examples"])
        r.updates[client] = (reply.content.array_records["arrays"].to_numpy_ndarrays(), samples)
        r.bytes += self.size
        self.update(
            r,
            client,
            "finished",
            accuracy=measure(said["accuracy"]),
            loss=measure(said["loss"]),
            samples=samples,
            train_ms=round(said["train-ms"]),
            bytes_down=self.size,
            bytes_up=self.size,
        )

    def drop_missing(self, r: Round) -> None:
        """Those whose SuperNode is gone, and those that have taken too long."""
        late = time.monotonic() - r.started > self.c["round_timeout_s"]
        for message_id, client in list(r.waiting.items()):
            node = r.node[client]
            if node not in self.present:
                self.lose(r, client, "its SuperNode is gone")
            elif late:
                self.lose(r, client, f"no answer within {self.c['round_timeout_s']} s")
                self.roster.silent.add(node)
                self.late[message_id] = node
            else:
                continue
            del r.waiting[message_id]

    def collect(self, r: Round) -> None:
        while r.waiting:
            for reply in self.grid.pull_messages(list(r.waiting)):
                self.take(r, reply)
            self.look_at_nodes()
            self.drop_missing(r)
            self.reporter.tick()
            if self.reporter.desired == "aborting":
                return
            if r.waiting:
                time.sleep(LOOK_S)

    def test(self) -> None:
        loss, right, n = 0.0, 0, 0
        for part_loss, part_right, part_n in model.scores(self.c["model"], self.weights, self.images, self.labels):
            loss, right, n = loss + part_loss, right + part_right, n + part_n
            self.reporter.tick()
        self.accuracy, self.loss = right / n, loss / n

    def run_round(self) -> None:
        number = self.done + 1
        r = Round(number, self.roster.choose(number), time.monotonic())
        self.reporter.add("round_started", round=number, clients=[client_name(k) for k in r.node])
        self.send(r)
        self.collect(r)
        if self.reporter.desired == "aborting":
            return
        if r.node and len(r.failures) == len(r.node):
            raise RunFailedError(f"No client could train; one says: {r.failures[0]}")
        if r.updates:
            # In the order of clients, as the default engine: a sum of floats depends on it.
            self.weights = model.average([r.updates[k] for k in sorted(r.updates)])
        self.test()
        self.done = number
        self.reporter.add(
            "round_completed",
            round=number,
            accuracy=measure(self.accuracy),
            loss=measure(self.loss),
            duration_ms=round((time.monotonic() - r.started) * 1000),
            clients=len(r.updates),
            failed_clients=len(r.node) - len(r.updates),
            bytes=r.bytes,
        )

    # The run

    def introduce(self) -> None:
        c = self.c
        text = f"Training {c['model']} ({model.parameters(self.weights)} parameters) on {c['train_samples']} samples of {c['dataset']}"
        self.reporter.add("log", level="info", message=f"{text}, split {c['partition']} over {c['clients']} clients, each a SuperNode.")

    def introduce_clients(self, search: str) -> None:
        """With their shares, which are known here where the training set is."""
        try:
            _, labels = dataset.load(self.c["dataset"], search, "train")
        except dataset.DatasetError:
            return
        kept = labels[split.subset(len(labels), self.c["train_samples"], self.c["seed"])].tolist()
        shares = split.split(kept, self.c["clients"], self.c["partition"], self.c["alpha"], self.c["seed"])
        for client, share in enumerate(shares):
            self.reporter.add("client_update", client=client_name(client), status="idle", samples=len(share))

    def run(self) -> None:
        warned = False
        needed = self.c["clients"]
        while self.done < self.c["rounds"] and self.wait_for_nodes(needed):
            needed = 1  # a run that has begun goes on with those that are left
            self.run_round()
            if not math.isfinite(self.loss) and self.done and not warned:
                warned = True
                self.reporter.add("log", level="warning", message="The loss is not a finite number any more: the learning rate may be too high.")

    def packed_model(self) -> bytes:
        c = self.c
        note = {
            "format": "flopynet-model-1",
            "model": "softmax" if c["model"] == "logreg" else c["model"],
            "dataset": c["dataset"],
            "input": "28x28 grey, pixel / 255",
            "rounds": str(self.done),
            "seed": str(c["seed"]),
            "accuracy": f"{self.accuracy:.6f}" if math.isfinite(self.accuracy) else "",
            "loss": f"{self.loss:.6f}" if math.isfinite(self.loss) else "",
        }
        return model.packed(c["model"], self.weights, note)


def _run(grid: Grid, configuration: dict[str, Any], search: str, reporter: Reporter) -> None:
    reporter.add("state", state="running")
    reporter.tick(now=True)
    federation = Federation(grid, configuration, search, reporter)
    federation.introduce()
    federation.introduce_clients(search)
    federation.run()
    if reporter.desired == "aborting":
        # The runner stops the run at the SuperLink; one that ended by itself would count as completed there.
        time.sleep(ABORT_WAIT_S)
        return
    reporter.send_model(federation.packed_model())
    reporter.add("state", state="completed" if federation.done == configuration["rounds"] else "stopped")
    reporter.flush()


@app.main()
def main(grid: Grid, context: Context) -> None:
    config = context.run_config
    reporter = Reporter(str(config["report-url"]), str(config["report-token"]))
    search = dataset.search_path(os.environ.get("FLOPYNET_DATA_DIR"), config["data-dirs"])
    try:
        _run(grid, json.loads(str(config["configuration"])), search, reporter)
    except (RunFailedError, dataset.DatasetError) as e:
        reporter.add("error", message=str(e))
        reporter.add("state", state="failed", reason=str(e))
        reporter.flush()
        raise
