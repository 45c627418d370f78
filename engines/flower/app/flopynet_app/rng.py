"""
Random numbers that depend on nothing but the seed, the same ones as the default engine draws: xoshiro256** (Blackman and Vigna, "Scrambled linear
pseudorandom number generators", 2018), started by SplitMix64. Every use has a stream of its own, named by what it is for and up to two numbers.
"""

from __future__ import annotations

import math

SUBSET, SPLIT, WEIGHTS, CHOICE, TRAINING = 1, 2, 3, 4, 5
MASK = (1 << 64) - 1


def _splitmix(x: int) -> tuple[int, int]:
    x = (x + 0x9E3779B97F4A7C15) & MASK
    z = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return x, z ^ (z >> 31)


class Rng:
    def __init__(self, seed: int, stream: int, a: int = 0, b: int = 0) -> None:
        x = 0
        for part in (seed, stream, a, b):
            _, x = _splitmix(x ^ part)
        state = []
        for _ in range(4):
            x, z = _splitmix(x)
            state.append(z)
        self._s = state

    def next(self) -> int:
        s0, s1, s2, s3 = self._s
        out = (s1 * 5) & MASK
        out = (((out << 7) | (out >> 57)) & MASK) * 9 & MASK
        s2 ^= s0
        s3 ^= s1
        self._s = [s0 ^ s3, s1 ^ s2, s2 ^ ((s1 << 17) & MASK), ((s3 << 45) | (s3 >> 19)) & MASK]
        return out

    def below(self, n: int) -> int:
        """Uniform in 0 … n-1, without bias."""
        limit = (1 << 32) - (1 << 32) % n
        while True:
            v = self.next() >> 32
            if v < limit:
                return v % n

    def unit(self) -> float:
        """Uniform in [0, 1)."""
        return float(self.next() >> 11) * 2.0**-53

    def normal(self) -> float:
        while True:
            u, v = 2 * self.unit() - 1, 2 * self.unit() - 1
            q = u * u + v * v
            if 0 < q < 1:
                return u * math.sqrt(-2 * math.log(q) / q)

    def log_gamma(self, shape: float) -> float:
        """The logarithm of a Gamma(shape, 1) variate (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000)."""
        boost = 0.0
        if shape < 1:
            boost = math.log(1 - self.unit()) / shape
            shape += 1
        d = shape - 1.0 / 3
        c = 1 / math.sqrt(9 * d)
        while True:
            x = self.normal()
            v = 1 + c * x
            if v <= 0:
                continue
            v = v * v * v
            if math.log(1 - self.unit()) < x * x / 2 + d - d * v + d * math.log(v):
                return boost + math.log(d * v)

    def shuffle(self, v: list[int]) -> None:
        for i in range(len(v), 1, -1):
            j = self.below(i)
            v[i - 1], v[j] = v[j], v[i - 1]

    def sample(self, k: int, n: int) -> list[int]:
        """k of 0 … n-1 in ascending order (Knuth, The Art of Computer Programming, vol. 2, 3.4.2, algorithm S)."""
        out: list[int] = []
        for i in range(n):
            if len(out) == k:
                break
            if self.below(n - i) < k - len(out):
                out.append(i)
        return out
