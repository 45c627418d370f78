"""Where the dashboard is and who asks: from options, else the environment, else a file that only its owner can read."""

from __future__ import annotations

import argparse
import configparser
import os
import ssl
import stat
from pathlib import Path
from typing import Dict, Optional

from .. import transport
from ..sync import DashboardClient

DEFAULT_URL = "http://localhost:3001"
SECTION = "dashboard"

HELP = """\
where and who, the first that is there:
  --url URL                       FLOPYNET_URL        url in the file         (else http://localhost:3001)
  --key-file FILE, --key KEY      FLOPYNET_TOKEN      api_key in the file
  --ca-file FILE                  FLOPYNET_CA_FILE    ca_file in the file     (certificates for https; else the system's)
The file is FLOPYNET_CONFIG or ~/.config/flopynet/config, with mode 0600; `flopynet login` writes it:
  [dashboard]
  url = http://localhost:3001
  api_key = eyJ...
"""


class UsageError(Exception):
    """What the user can mend at the command line; the message is a sentence."""


def file_path() -> Path:
    named = os.environ.get("FLOPYNET_CONFIG")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return Path(base) / "flopynet" / "config"


def read_file(path: Path) -> Dict[str, str]:
    """The file's members; none where there is no file."""
    try:
        with open(path, encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read {path}: {getattr(error, 'strerror', None) or 'it is not text'}.") from None
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise UsageError(f"{path} is not in the form of a settings file: {str(error).splitlines()[0]}.") from None
    values = dict(parser[SECTION]) if parser.has_section(SECTION) else {}
    unknown = sorted(set(values) - {"url", "api_key", "ca_file"})
    if unknown:
        raise UsageError(f"{path} has {', '.join(unknown)}, which is not known; url, api_key and ca_file are.")
    if "api_key" in values and os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise UsageError(f"{path} holds a token and others can read it; run: chmod 600 {path}")
    return values


def write_file(path: Path, url: str, api_key: str, ca_file: Optional[str]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    try:
        new.unlink()
    except FileNotFoundError:
        pass
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"[{SECTION}]\nurl = {url}\napi_key = {api_key}\n" + (f"ca_file = {os.path.abspath(ca_file)}\n" if ca_file else ""))
    os.replace(new, path)


def _key_option(options: argparse.Namespace) -> Optional[str]:
    if getattr(options, "key", None) is not None:
        return str(options.key)
    name = getattr(options, "key_file", None)
    if name is None:
        return None
    try:
        return Path(name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read {name}: {getattr(error, 'strerror', None) or 'it is not text'}.") from None


def normal(url: str) -> str:
    try:
        return transport.normal_base_url(url)
    except ValueError as error:
        raise UsageError(f"{error}.".replace("base_url", "The address (--url, FLOPYNET_URL)")) from None


def url_of(options: argparse.Namespace, file: Optional[Dict[str, str]] = None) -> str:
    file = read_file(file_path()) if file is None else file
    return normal(getattr(options, "url", None) or os.environ.get("FLOPYNET_URL") or file.get("url") or DEFAULT_URL)


def ca_file_of(options: argparse.Namespace) -> Optional[str]:
    return getattr(options, "ca_file", None) or os.environ.get("FLOPYNET_CA_FILE") or read_file(file_path()).get("ca_file")


def connect(options: argparse.Namespace) -> DashboardClient:
    file = read_file(file_path())
    url = url_of(options, file)
    key = _key_option(options) or os.environ.get("FLOPYNET_TOKEN")
    # The file's token is meant for the file's address and sent to no other.
    if not key and url == normal(file.get("url") or DEFAULT_URL):
        key = file.get("api_key")
    return client(options, url, key)


def client(options: argparse.Namespace, url: str, key: Optional[str]) -> DashboardClient:
    timeout = getattr(options, "timeout_s", transport.TIMEOUT) or transport.TIMEOUT
    ca_file = ca_file_of(options)
    try:
        return DashboardClient(url, key, timeout=timeout, max_wait=getattr(options, "max_wait", transport.MAX_WAIT), ca_file=ca_file)
    except (ssl.SSLError, OSError) as error:
        raise UsageError(f"Cannot use the certificates in {ca_file}: {getattr(error, 'strerror', None) or error}.") from None
    except ValueError as error:
        raise UsageError(f"{error}.".replace("api_key", "The given key", 1)) from None
