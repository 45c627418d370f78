"""
The default engine's models in numpy: mean cross-entropy, plain mini-batch SGD, pixels scaled to 0 … 1.

softmax (alias logreg) 784 → 10; mlp 784 → 32, ReLU → 10; cnn conv 5x5, 8 → ReLU → max-pool 2 → conv 5x5, 16 → ReLU → max-pool 2 → 10.
Weights are a list of float32 arrays, shaped and ordered as published in model.bin.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .rng import TRAINING, WEIGHTS, Rng

Floats = NDArray[np.float32]
Weights = list[Floats]

TEST_CHUNK = 500


@dataclass(frozen=True)
class Tensor:
    name: str
    shape: tuple[int, ...]
    fan_in: int = 0  # 0: begins as zeros
    fan_out: int = 0


TENSORS = {
    "softmax": (Tensor("fc.weight", (10, 784), 784, 10), Tensor("fc.bias", (10,))),
    "mlp": (
        Tensor("hidden.weight", (32, 784), 784, 32),
        Tensor("hidden.bias", (32,)),
        Tensor("output.weight", (10, 32), 32, 10),
        Tensor("output.bias", (10,)),
    ),
    "cnn": (
        Tensor("conv1.weight", (8, 1, 5, 5), 25, 200),
        Tensor("conv1.bias", (8,)),
        Tensor("conv2.weight", (16, 8, 5, 5), 200, 400),
        Tensor("conv2.bias", (16,)),
        Tensor("fc.weight", (10, 256), 256, 10),
        Tensor("fc.bias", (10,)),
    ),
}


def tensors(model: str) -> tuple[Tensor, ...]:
    return TENSORS["softmax" if model == "logreg" else model]


def initial(model: str, seed: int) -> Weights:
    rng = Rng(seed, WEIGHTS)
    out: Weights = []
    for t in tensors(model):
        n = math.prod(t.shape)
        limit = math.sqrt(6.0 / (t.fan_in + t.fan_out)) if t.fan_in else 0.0
        values = [(2 * rng.unit() - 1) * limit for _ in range(n)] if t.fan_in else [0.0] * n
        out.append(np.array(values, np.float32).reshape(t.shape))
    return out


def parameters(weights: Weights) -> int:
    return sum(w.size for w in weights)


def _delta(z: Floats, labels: NDArray[Any]) -> tuple[Floats, float, int]:
    """dL/dz of each sample, the sum of the losses, how many were right."""
    rows = np.arange(len(z))
    top = z.max(axis=1, keepdims=True)
    p = np.exp(z - top)
    total = p.sum(axis=1, keepdims=True)
    loss = (top[:, 0] - z[rows, labels]).astype(np.float64) + np.log(total[:, 0].astype(np.float64))
    right = int(((z.argmax(axis=1) == labels) & np.isfinite(total[:, 0])).sum())
    p /= total
    p[rows, labels] -= 1
    return p, float(loss.sum()), right


def _columns(x: Floats) -> Floats:
    """(n, c, h, w) → (n · h' · w', c · 25): what each place of a 5x5 convolution sees."""
    windows = sliding_window_view(x, (5, 5), axis=(2, 3))
    n, c, h, w = windows.shape[:4]
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * w, c * 25)


def _convolve(columns: Floats, w: Floats, b: Floats, n: int, side: int) -> Floats:
    return (columns @ w.reshape(len(w), -1).T + b).reshape(n, side, side, len(w)).transpose(0, 3, 1, 2)


def _pool(x: Floats) -> tuple[Floats, NDArray[Any]]:
    """Max-pool 2 and ReLU; which of the four places each value came from."""
    n, c, h, w = x.shape
    four = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
    at = four.argmax(axis=-1)
    return np.maximum(np.take_along_axis(four, at[..., None], -1)[..., 0], 0), at


def _unpool(delta: Floats, pooled: Floats, at: NDArray[Any]) -> Floats:
    n, c, h, w = delta.shape
    four = np.zeros((n, c, h, w, 4), np.float32)
    np.put_along_axis(four, at[..., None], np.where(pooled > 0, delta, 0)[..., None], -1)
    return four.reshape(n, c, h, w, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, 2 * h, 2 * w)


def _scatter(columns: Floats, n: int, channels: int, side: int) -> Floats:
    """The reverse of _columns for an input of side x side: sums where places overlap."""
    out = np.zeros((n, channels, side, side), np.float32)
    seen = side - 4
    parts = columns.reshape(n, seen, seen, channels, 5, 5).transpose(0, 3, 4, 5, 1, 2)
    for y in range(5):
        for x in range(5):
            out[:, :, y : y + seen, x : x + seen] += parts[:, :, y, x]
    return out


def _flat_delta(delta: Floats) -> Floats:
    return delta.transpose(0, 2, 3, 1).reshape(-1, delta.shape[1])


def _softmax(weights: Weights, x: Floats, labels: NDArray[Any], learn: bool) -> tuple[float, int, Weights]:
    delta, loss, right = _delta(x @ weights[0].T + weights[1], labels)
    return loss, right, [delta.T @ x, delta.sum(axis=0)] if learn else []


def _mlp(weights: Weights, x: Floats, labels: NDArray[Any], learn: bool) -> tuple[float, int, Weights]:
    w1, b1, w2, b2 = weights
    hidden = np.maximum(x @ w1.T + b1, 0)
    delta, loss, right = _delta(hidden @ w2.T + b2, labels)
    if not learn:
        return loss, right, []
    below = np.where(hidden > 0, delta @ w2, 0)
    return loss, right, [below.T @ x, below.sum(axis=0), delta.T @ hidden, delta.sum(axis=0)]


def _cnn(weights: Weights, x: Floats, labels: NDArray[Any], learn: bool) -> tuple[float, int, Weights]:
    w1, b1, w2, b2, w3, b3 = weights
    n = len(x)
    columns1 = _columns(x.reshape(n, 1, 28, 28))
    pool1, at1 = _pool(_convolve(columns1, w1, b1, n, 24))
    columns2 = _columns(pool1)
    pool2, at2 = _pool(_convolve(columns2, w2, b2, n, 8))
    flat = pool2.reshape(n, 256)
    delta, loss, right = _delta(flat @ w3.T + b3, labels)
    if not learn:
        return loss, right, []
    delta2 = _flat_delta(_unpool((delta @ w3).reshape(pool2.shape), pool2, at2))
    back = _scatter(delta2 @ w2.reshape(16, -1), n, 8, 12)
    delta1 = _flat_delta(_unpool(back, pool1, at1))
    return (
        loss,
        right,
        [
            (delta1.T @ columns1).reshape(w1.shape),
            delta1.sum(axis=0),
            (delta2.T @ columns2).reshape(w2.shape),
            delta2.sum(axis=0),
            delta.T @ flat,
            delta.sum(axis=0),
        ],
    )


STEPS = {"softmax": _softmax, "logreg": _softmax, "mlp": _mlp, "cnn": _cnn}


def scaled(images: NDArray[Any]) -> Floats:
    return images.astype(np.float32) * np.float32(1 / 255)


def gradients(model: str, weights: Weights, x: Floats, labels: NDArray[Any]) -> tuple[float, int, Weights]:
    """Sums over the samples of x: loss, how many were right, gradients."""
    return STEPS[model](weights, x, labels, True)


@dataclass(frozen=True)
class Recipe:
    model: str
    local_epochs: int
    learning_rate: float
    batch_size: int
    seed: int


def train(weights: Weights, images: NDArray[Any], labels: NDArray[Any], recipe: Recipe, client: int, server_round: int) -> tuple[Weights, float, float]:
    """New weights, and accuracy and loss over the last epoch, each batch scored before its step."""
    weights = [w.copy() for w in weights]
    rng = Rng(recipe.seed, TRAINING, server_round, client)
    order = list(range(len(images)))
    loss, right = 0.0, 0
    for _ in range(recipe.local_epochs):
        rng.shuffle(order)
        index = np.array(order)
        loss, right = 0.0, 0
        for at in range(0, len(index), recipe.batch_size):
            batch = index[at : at + recipe.batch_size]
            batch_loss, batch_right, sums = gradients(recipe.model, weights, scaled(images[batch]), labels[batch])
            loss += batch_loss
            right += batch_right
            for w, g in zip(weights, sums, strict=True):
                w -= np.float32(recipe.learning_rate / len(batch)) * g
    return weights, right / len(order), loss / len(order)


def scores(model: str, weights: Weights, images: NDArray[Any], labels: NDArray[Any]) -> Iterator[tuple[float, int, int]]:
    """Loss, how many were right and how many there were, chunk by chunk."""
    for at in range(0, len(images), TEST_CHUNK):
        part = labels[at : at + TEST_CHUNK]
        loss, right, _ = STEPS[model](weights, scaled(images[at : at + TEST_CHUNK]), part, False)
        yield loss, right, len(part)


def average(updates: list[tuple[Weights, int]]) -> Weights:
    """Weighted by samples, summed in double precision."""
    total = float(sum(n for _, n in updates))
    sums = [np.zeros(w.shape, np.float64) for w in updates[0][0]]
    for weights, n in updates:
        for s, w in zip(sums, weights, strict=True):
            s += n * w.astype(np.float64)
    return [(s / total).astype(np.float32) for s in sums]


def packed(model: str, weights: Weights, note: dict[str, str]) -> bytes:
    """model.bin: the safetensors layout, as the default engine writes it."""
    header: dict[str, Any] = {"__metadata__": note}
    offset, content = 0, b""
    for t, w in zip(tensors(model), weights, strict=True):
        data = w.astype("<f4").tobytes()
        header[t.name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        content += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + content
