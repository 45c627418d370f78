"""
Where Flower lives on this machine. Of one directory, $FLOPYNET_FLOWER_HOME, everything is:

    venv/        a virtual environment with the pinned flwr
    flwr/        FLWR_HOME of the runner and the SuperLink: config.toml says where the SuperLink is
    nodes/PORT/  FLWR_HOME of the SuperNode with that port

Only the standard library is used here.
"""

from __future__ import annotations

import os
import socket
import tomllib
from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOME = "/var/lib/flopynet/flower"
SUPERLINK = "127.0.0.1:8000"
CONNECT_TIMEOUT_S = 3.0
REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"


class HomeError(Exception):
    """A sentence that says what to do."""


@dataclass(frozen=True)
class Connection:
    host: str
    port: int
    insecure: bool
    root_certificates: str | None

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def home_directory() -> Path:
    return Path(os.environ.get("FLOPYNET_FLOWER_HOME") or DEFAULT_HOME)


def split_address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise HomeError(f"{text} is not HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), int(port)


def connection(home: Path) -> Connection:
    """What the file with the SuperLink's address says, in the form that Flower gave it."""
    path = home / "flwr" / "config.toml"
    try:
        links = tomllib.loads(path.read_text(encoding="utf-8"))["superlink"]
        link = links[links["default"]]
        host, port = split_address(link["address"])
        certificates = link.get("root-certificates")
        return Connection(host, port, link.get("insecure") is True, str(path.parent / certificates) if certificates else None)
    except OSError as e:
        raise HomeError(f"Flower is not set up here ({path} cannot be read: {e.strerror}). Set it up with: flopynet-flower setup (docs/flower.md)") from e
    except (KeyError, TypeError, AttributeError, ValueError) as e:
        raise HomeError(f"{path} does not name a default SuperLink with its address") from e


def write_connection(home: Path, address: str, tls: bool, root_certificates: str | None) -> None:
    split_address(address)
    security = f'root-certificates = "{Path(root_certificates).resolve()}"' if root_certificates else f"insecure = {'false' if tls else 'true'}"
    directory = home / "flwr"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = directory / "config.toml.new"
    new.write_text(f'[superlink]\ndefault = "flopynet"\n\n[superlink.flopynet]\naddress = "{address}"\n{security}\n', encoding="utf-8")
    new.rename(directory / "config.toml")


def wanted_version() -> str:
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("flwr=="):
            return line.removeprefix("flwr==").split()[0]
    raise HomeError(f"{REQUIREMENTS} does not name flwr")


def installed_version(home: Path) -> str | None:
    for found in (home / "venv").glob("lib/python3*/site-packages/flwr-*.dist-info"):
        return found.name.removeprefix("flwr-").removesuffix(".dist-info")
    return None


def require_installed(home: Path) -> str:
    found, wanted = installed_version(home), wanted_version()
    if found is None:
        raise HomeError(f"Flower is not installed in {home}. Install it with: flopynet-flower setup (docs/flower.md)")
    if found != wanted:
        raise HomeError(f"Flower {found} is installed in {home}, and {wanted} is needed. Install it with: flopynet-flower setup (docs/flower.md)")
    return found


def check(home: Path) -> str:
    """The version, when a run could be started now."""
    version = require_installed(home)
    link = connection(home)
    try:
        socket.create_connection((link.host, link.port), CONNECT_TIMEOUT_S).close()
    except OSError as e:
        raise HomeError(f"The SuperLink at {link.address} does not answer: {e.strerror or e}") from e
    return f"Flower {version}"


def environment(home: Path, flwr_home: Path) -> dict[str, str]:
    """Of every process with Flower in it: nothing is told or asked outside, nothing is installed by an app, loopback knows no proxy."""
    env = dict(os.environ)
    env.update(
        PATH=f"{home / 'venv/bin'}:{env.get('PATH', '/usr/local/bin:/usr/bin:/bin')}",  # Flower starts its other programs by name
        FLWR_HOME=str(flwr_home),
        FLWR_TELEMETRY_ENABLED="0",
        FLWR_DISABLE_UPDATE_CHECK="1",
        FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION="1",
        PYTHONUNBUFFERED="1",
        PYTHONDONTWRITEBYTECODE="1",
        # Many small matrices: threads would cost more than they give, and clients on one machine would fight for its cores.
        OPENBLAS_NUM_THREADS=env.get("OPENBLAS_NUM_THREADS", "1"),
    )
    for name in ("NO_PROXY", "no_proxy"):
        env[name] = ",".join(filter(None, [env.get(name), "127.0.0.1,localhost,::1"]))
    env.pop("PYTHONPATH", None)
    return env
