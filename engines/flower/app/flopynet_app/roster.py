"""Which SuperNode is which client. A client keeps its SuperNode as long as that one is there; another takes its place when it is gone."""

from __future__ import annotations

from collections.abc import Iterable

from .rng import CHOICE, Rng


class Roster:
    def __init__(self, clients: int, per_round: int, seed: int) -> None:
        self._clients = clients
        self._per_round = per_round
        self._seed = seed
        self._node: dict[int, int] = {}  # of each client that has one
        self.silent: set[int] = set()  # SuperNodes that have not answered in time: chosen again once they have

    def update(self, present: Iterable[int]) -> None:
        usable = set(present) - self.silent
        self._node = {client: node for client, node in self._node.items() if node in usable}
        spare = sorted(usable - set(self._node.values()))
        for client in range(self._clients):
            if client not in self._node and spare:
                self._node[client] = spare.pop(0)

    @property
    def manned(self) -> int:
        """How many clients have a SuperNode."""
        return len(self._node)

    def choose(self, server_round: int) -> dict[int, int]:
        """
        Clients and their SuperNodes for a round: those that the seed says, as the default engine chooses; for one without a SuperNode, another.
        Fewer when there are not enough.
        """
        wanted = Rng(self._seed, CHOICE, server_round).sample(self._per_round, self._clients)
        chosen = [client for client in wanted if client in self._node]
        others = [client for client in sorted(self._node) if client not in wanted]
        chosen += others[: self._per_round - len(chosen)]
        return {client: self._node[client] for client in sorted(chosen)}
