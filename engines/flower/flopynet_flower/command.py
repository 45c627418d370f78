"""flopynet-flower: sets Flower up, starts its parts, and is the command of the engine "flower"."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import home as places
from .home import HomeError

PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "2", "--require-hashes", "--only-binary", ":all:")


def setup(a: argparse.Namespace) -> None:
    """The virtual environment, once; and the file that says where the SuperLink is."""
    home: Path = a.home
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    venv = home / "venv"
    if a.venv:
        a.venv.mkdir(parents=True, exist_ok=True)
        if venv.is_symlink() or not venv.exists():
            venv.unlink(missing_ok=True)
            venv.symlink_to(a.venv.resolve())
    venv = venv.resolve()
    note, wanted = venv / "requirements.installed", places.REQUIREMENTS.read_bytes()
    if not note.is_file() or note.read_bytes() != wanted:
        print(f"installing Flower {places.wanted_version()} into {venv}", file=sys.stderr, flush=True)
        for left in venv.iterdir() if venv.exists() else ():
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        try:
            subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, stdout=sys.stderr)
            subprocess.run([str(venv / "bin/python"), *PIP, "--requirement", str(places.REQUIREMENTS)], check=True, stdout=sys.stderr)
        except (OSError, subprocess.CalledProcessError) as e:
            raise HomeError(f"Flower could not be installed: {e}") from e
        note.write_bytes(wanted)
    if a.superlink or not (home / "flwr/config.toml").exists():
        places.write_connection(home, a.superlink or places.SUPERLINK, a.tls, a.root_certificates)


def start(home: Path, flwr_home: Path, program: str, words: list[str]) -> None:
    places.require_installed(home)
    flwr_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = home / "venv/bin" / program
    os.execve(path, [str(path), *words], places.environment(home, flwr_home))


def superlink(a: argparse.Namespace) -> None:
    host, port = places.split_address(a.listen)
    words = ["--host", host, "--port", str(port), "--disable-runtime-dependency-installation"]
    if a.ca or a.certificate or a.key:
        if not (a.ca and a.certificate and a.key):
            raise HomeError("TLS needs all of --ca, --certificate and --key")
        words += ["--ssl-ca-certfile", a.ca, "--ssl-certfile", a.certificate, "--ssl-keyfile", a.key]
    else:
        words.append("--insecure")
    start(a.home, a.home / "flwr", "flower-superlink", words + a.more)


def supernode(a: argparse.Namespace) -> None:
    places.split_address(a.superlink)
    words = ["--superlink", a.superlink, "--port", str(a.port)]
    if a.root_certificates:
        words += ["--root-certificates", a.root_certificates]
    elif not a.tls:
        words.append("--insecure")
    if a.data:
        words += ["--node-config", f'data-dirs="{a.data}"']
    start(a.home, a.home / "nodes" / str(a.port), "flower-supernode", words + a.more)


def run(home: Path) -> None:
    """The engine itself, in the run directory: with Flower's Python, and this package and nothing else of ours."""
    places.require_installed(home)
    python, package = home / "venv/bin/python", Path(__file__).resolve().parent.parent
    code = f"import sys; sys.path.insert(0, {str(package)!r}); from flopynet_flower.runner import main; sys.exit(main())"
    os.execve(python, [str(python), "-c", code], places.environment(home, home / "flwr"))


def fail_run(why: str) -> None:
    """In a run directory the reason belongs into the run's events."""
    from .events import Events

    events = Events(Path("events.jsonl"))
    events.add("error", message=why)
    events.add("state", state="failed", reason=why)


def arguments(words: list[str]) -> argparse.Namespace:
    more: list[str] = []
    if "--" in words:
        at = words.index("--")
        words, more = words[:at], words[at + 1 :]
    parser = argparse.ArgumentParser(prog="flopynet-flower", description=__doc__, epilog="Words after -- go to Flower's own program as they are.")
    parser.add_argument("--home", type=Path, default=places.home_directory(), help="default: $FLOPYNET_FLOWER_HOME, else %(default)s")
    commands = parser.add_subparsers(dest="command", metavar="command")
    s = commands.add_parser("setup", help="install the pinned Flower and say where the SuperLink is")
    s.add_argument("--superlink", metavar="HOST:PORT", help=f"default: what was said before, else {places.SUPERLINK}")
    s.add_argument("--tls", action="store_true", help="the SuperLink has a certificate of an authority that everybody trusts")
    s.add_argument("--root-certificates", metavar="FILE", help="or of the authority in this file; with neither there is no TLS")
    s.add_argument("--venv", type=Path, metavar="DIR", help="where the virtual environment is to be, when not in the home")
    commands.add_parser("check", help="can a run be started now? Prints the version, or the reason why not")
    s = commands.add_parser("superlink", help="start the SuperLink in the foreground")
    s.add_argument("--listen", default=places.SUPERLINK, metavar="HOST:PORT", help="default: %(default)s")
    s.add_argument("--ca", metavar="FILE")
    s.add_argument("--certificate", metavar="FILE")
    s.add_argument("--key", metavar="FILE")
    s = commands.add_parser("supernode", help="start a SuperNode, which is one client, in the foreground")
    s.add_argument("--superlink", default=places.SUPERLINK, metavar="HOST:PORT", help="default: %(default)s")
    s.add_argument("--tls", action="store_true", help="as for setup")
    s.add_argument("--root-certificates", metavar="FILE", help="as for setup")
    s.add_argument("--port", type=int, default=9094, help="of its own, on 127.0.0.1; another one for each SuperNode of a machine (default: %(default)s)")
    s.add_argument("--data", metavar="DIRS", help="where data sets are, separated by colons; /usr/share/datasets is searched too")
    a = parser.parse_args(words)
    a.home = a.home.absolute()
    a.more = more
    return a


def main() -> int:
    a = arguments(sys.argv[1:])
    try:
        if a.command is None:
            run(a.home)
        elif a.command == "check":
            print(places.check(a.home))
        else:
            {"setup": setup, "superlink": superlink, "supernode": supernode}[a.command](a)
    except (HomeError, OSError) as e:
        print(e, file=sys.stderr)
        if a.command is None and Path("spec.json").is_file():
            fail_run(str(e))
        return 1
    return 0
