"""The numpy half of the Flower app, without Flower: the numbers of the default engine, right gradients, and who takes whose place."""
import gzip
import json
import os
import subprocess
import sys

import pytest
from harness.stack import BUILD, DATA, SOURCE

sys.path.insert(0, str(SOURCE / "engines/flower/app"))
np = pytest.importorskip("numpy")

from flopynet_app import dataset, model, rng, roster, split  # noqa: E402

BASE = {"dataset": "mnist", "rounds": 2, "clients": 4, "clients_per_round": 3, "local_epochs": 2, "learning_rate": 0.05, "batch_size": 30, "alpha": 0.3, "seed": 11,
        "train_samples": 2000}


def engine(directory, configuration):
    """What flopynet-engine says of this run: samples of each client, updates and rounds."""
    (directory / "spec.json").write_text(json.dumps({"protocol": 1, "experiment": "exp_001", "name": "a", "scenario": "a", "configuration": configuration, "network": {},
                                                     "policies": [], "resources": {"threads": 2}}))
    os.mkfifo(directory / "control")
    subprocess.run([BUILD / "flopynet-engine"], cwd=directory, env={**os.environ, "FLOPYNET_DATA_DIR": str(DATA)}, check=True, timeout=60)
    events = [json.loads(line) for line in (directory / "events.jsonl").read_text().splitlines()]
    samples = [e["samples"] for e in events if e["type"] == "client_update" and e["status"] == "idle"]
    updates = {(e["round"], e["client"]): e for e in events if e["type"] == "client_update" and e["status"] == "finished"}
    return samples, updates, [e for e in events if e["type"] == "round_completed"], (directory / "model.bin").read_bytes()


@pytest.mark.parametrize("kind, partition", [("softmax", "iid"), ("softmax", "dirichlet"), ("mlp", "dirichlet"), ("cnn", "iid")])
def test_the_numbers_are_those_of_the_default_engine(tmp_path, kind, partition):
    c = {**BASE, "model": kind, "partition": partition}
    samples, updates, rounds, file = engine(tmp_path, c)
    images, labels = dataset.load("mnist", str(DATA), "train")
    kept = split.subset(len(labels), c["train_samples"], c["seed"])
    images, labels = images[kept], labels[kept]
    shares = split.split(labels.tolist(), c["clients"], partition, c["alpha"], c["seed"])
    assert [len(share) for share in shares] == samples
    assert sorted(i for share in shares for i in share) == list(range(2000))
    tests = dataset.load("mnist", str(DATA), "t10k")
    recipe = model.Recipe(kind, c["local_epochs"], c["learning_rate"], c["batch_size"], c["seed"])
    weights = model.initial(kind, c["seed"])
    for said in rounds:
        new = []
        for k in rng.Rng(c["seed"], rng.CHOICE, said["round"]).sample(c["clients_per_round"], c["clients"]):
            trained, accuracy, loss = model.train(weights, images[shares[k]], labels[shares[k]], recipe, k, said["round"])
            theirs = updates[said["round"], f"client_{k + 1:03d}"]
            assert accuracy == pytest.approx(theirs["accuracy"], abs=0.003) and loss == pytest.approx(theirs["loss"], abs=0.003)
            new.append((trained, len(shares[k])))
        weights = model.average(new)
        scores = list(model.scores(kind, weights, *tests))
        assert sum(right for _, right, _ in scores) / 10000 == pytest.approx(said["accuracy"], abs=0.003)
        assert sum(loss for loss, _, _ in scores) / 10000 == pytest.approx(said["loss"], abs=0.003)
    note = json.loads(file[8:8 + int.from_bytes(file[:8], "little")])["__metadata__"]
    ours = model.packed(kind, weights, note)
    assert len(ours) == len(file) and ours[:ours.index(b"}}") + 2] == file[:file.index(b"}}") + 2]


@pytest.mark.parametrize("kind", ["softmax", "mlp", "cnn"])
def test_gradients_are_the_slopes_of_the_loss(kind):
    random = np.random.default_rng(3)
    x, labels = random.random((4, 784), dtype=np.float32), np.array([3, 0, 9, 3])
    weights = [w.astype(np.float64) + 0.01 for w in model.initial(kind, 2)]
    _, _, gradients = model.gradients(kind, weights, x.astype(np.float64), labels)
    for w, g in zip(weights, gradients):
        assert w.shape == g.shape
        for _ in range(6):
            at = tuple(random.integers(n) for n in w.shape)
            kept, step, losses = w[at], 1e-5, []
            for sign in (1, -1):
                w[at] = kept + sign * step
                losses.append(model.gradients(kind, weights, x.astype(np.float64), labels)[0])
            w[at] = kept
            assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(g[at], abs=2e-4)


def test_a_client_keeps_its_node_until_another_takes_its_place():
    r = roster.Roster(clients=3, per_round=2, seed=1)
    r.update([70, 50])
    assert r.manned == 2 and set(r.choose(1)) == {0, 1}
    r.update([70, 50, 60, 90])
    assert r.manned == 3
    wanted = rng.Rng(1, rng.CHOICE, 1).sample(2, 3)
    assert r.choose(1) == {k: {0: 50, 1: 70, 2: 60}[k] for k in wanted}
    r.update([50, 60, 90])  # 70 is gone
    assert r.manned == 3 and {r.choose(n).get(1) for n in range(1, 20)} == {90, None}
    r.silent.add(50)
    r.update([50, 60, 90])
    assert r.manned == 2 and set(r.choose(1)) == {1, 2}
    r.silent.clear()
    r.update([50, 60, 90])
    assert r.manned == 3
    r.update([])
    assert r.manned == 0 and r.choose(1) == {}


def test_a_data_set_that_is_missing_or_broken_says_so(tmp_path):
    with pytest.raises(dataset.DatasetError, match="The data set mnist is not installed"):
        dataset.load("mnist", f"{tmp_path}::", "train")
    there = tmp_path / "mnist"
    there.mkdir()
    (there / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes.fromhex("00000803 00000002 0000001c 0000001c") + bytes(784)))
    with pytest.raises(dataset.DatasetError, match="cut short or too long"):
        dataset.load("mnist", str(tmp_path), "train")
    (there / "train-images-idx3-ubyte.gz").write_bytes(b"no gzip")
    with pytest.raises(dataset.DatasetError, match="cannot be read"):
        dataset.load("mnist", str(there), "train")
