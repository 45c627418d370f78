"""Which training samples belong to which client: the same shares as the default engine makes of the same seed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .rng import SPLIT, SUBSET, Rng

CLASSES = 10


def subset(total: int, wanted: int, seed: int) -> list[int]:
    """The samples that are used at all, in order."""
    return list(range(total)) if wanted >= total else Rng(seed, SUBSET).sample(wanted, total)


def iid(n: int, clients: int, rng: Rng) -> list[list[int]]:
    order = list(range(n))
    rng.shuffle(order)
    return [order[n * k // clients : n * (k + 1) // clients] for k in range(clients)]


def _cuts(clients: int, alpha: float, rng: Rng) -> list[float]:
    """Cumulated shares of a Dirichlet draw: gamma variates divided by their sum."""
    logs = [rng.log_gamma(alpha) for _ in range(clients)]
    top = max(logs)
    total, cut = 0.0, []
    for value in logs:
        total += math.exp(value - top)
        cut.append(total)
    return [c / total for c in cut[:-1]] + [1.0]


def _fill_empty(owner: list[int], size: list[int]) -> None:
    for k in range(len(size)):
        if size[k]:
            continue
        largest = max(range(len(size)), key=lambda j: size[j])
        if size[largest] < 2:
            return
        owner[owner.index(largest)] = k
        size[largest] -= 1
        size[k] += 1


def dirichlet(labels: Sequence[int], clients: int, alpha: float, rng: Rng) -> list[list[int]]:
    owner, size = [0] * len(labels), [0] * clients
    for label in range(CLASSES):
        members = [i for i, of in enumerate(labels) if of == label]
        rng.shuffle(members)
        done = 0
        for k, cut in enumerate(_cuts(clients, alpha, rng)):
            end = math.floor(cut * len(members) + 0.5)
            for i in members[done:end]:
                owner[i] = k
            size[k] += max(end - done, 0)
            done = max(done, end)
    _fill_empty(owner, size)
    shares: list[list[int]] = [[] for _ in range(clients)]
    for i, k in enumerate(owner):
        shares[k].append(i)
    return shares


def split(labels: Sequence[int], clients: int, partition: str, alpha: float, seed: int) -> list[list[int]]:
    rng = Rng(seed, SPLIT)
    return iid(len(labels), clients, rng) if partition == "iid" else dirichlet(labels, clients, alpha, rng)
