"""One client: its share of the data set that lies on this machine, its local epochs, its answer. Runs on a SuperNode."""

from __future__ import annotations

import json
import os
import time

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from . import dataset, model, split

app = ClientApp()


def _answer(task: dict[str, object], weights: model.Weights, search: str) -> RecordDict:
    number = {name: int(str(task[name])) for name in ("clients", "client", "round", "seed", "train_samples", "local_epochs", "batch_size")}
    images, labels = dataset.load(str(task["dataset"]), search, "train")
    kept = split.subset(len(labels), number["train_samples"], number["seed"])
    kept_labels = labels[kept].tolist()
    shares = split.split(kept_labels, number["clients"], str(task["partition"]), float(str(task["alpha"])), number["seed"])
    mine = np.array(kept)[shares[number["client"]]]
    recipe = model.Recipe(
        model=str(task["model"]),
        local_epochs=number["local_epochs"],
        learning_rate=float(str(task["learning_rate"])),
        batch_size=number["batch_size"],
        seed=number["seed"],
    )
    start = time.perf_counter()
    trained, accuracy, loss = model.train(weights, images[mine], labels[mine], recipe, number["client"], number["round"])
    spent_ms = (time.perf_counter() - start) * 1000
    metrics = MetricRecord({"num-examples": len(mine), "accuracy": accuracy, "loss": loss, "train-ms": spent_ms})
    return RecordDict({"arrays": ArrayRecord(trained), "metrics": metrics})


@app.train()
def train(message: Message, context: Context) -> Message:
    task = json.loads(str(message.content.config_records["config"]["task"]))
    weights = message.content.array_records["arrays"].to_numpy_ndarrays()
    search = dataset.search_path(context.node_config.get("data-dirs"), os.environ.get("FLOPYNET_DATA_DIR"))
    try:
        content = _answer(task, weights, search)
    except (dataset.DatasetError, OSError, MemoryError) as e:
        # In words: an exception would reach the ServerApp as a number.
        content = RecordDict({"failure": ConfigRecord({"reason": str(e) or type(e).__name__})})
    return Message(content, reply_to=message)
