"""The parser, and how every command ends."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from typing import Any, List, NoReturn, Optional

from .. import transport
from .._version import __version__
from ..errors import AuthenticationError, ConflictError, ConnectionFailed, DashboardError, PermissionDenied
from . import access, codes, control, experiments, platform, runs, settings
from .show import say, text
from .values import seconds


def _common() -> argparse.ArgumentParser:
    """Options that may stand before and after the command; without defaults, so that neither place undoes the other."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("connection and output")
    group.add_argument("--url", help="the dashboard's address, with or without /api/v1")
    group.add_argument("--key-file", metavar="FILE", help="file with the token")
    group.add_argument("--key", help="the token itself; others on this machine can see it there, so better use a file or FLOPYNET_TOKEN")
    group.add_argument("--ca-file", metavar="FILE", help="certificates in PEM that an https server is verified by, in place of the system's")
    group.add_argument("--request-timeout", dest="timeout_s", type=seconds, metavar="S", help=f"seconds for one answer ({transport.TIMEOUT:g})")
    group.add_argument("--max-wait", type=seconds, metavar="S", help=f"seconds to wait for a server that limits or is busy ({transport.MAX_WAIT:g})")
    group.add_argument("--json", action="store_true", help="print JSON, as the API has it")
    return common


def build() -> argparse.ArgumentParser:
    common = _common()
    parser = argparse.ArgumentParser(
        prog="flopynet", parents=[common], formatter_class=argparse.RawDescriptionHelpFormatter,
        description="The FLOPY-NET dashboard from the command line.  `flopynet COMMAND --help` tells more about one.",
        epilog=settings.HELP + "\n" + codes.HELP,
    )
    parser.add_argument("--version", action="version", version=f"flopynet {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)

    def add(name: str, run: Any, help: str, **more: Any) -> argparse.ArgumentParser:
        one: argparse.ArgumentParser = commands.add_parser(name, parents=[common], help=help, description=help[0].upper() + help[1:] + ".", **more)
        one.set_defaults(run=run)
        return one

    def add_group(name: str, help: str) -> Any:
        """A command with commands of its own: returns what adds one of those.  The first is meant where none is named."""
        group = commands.add_parser(name, parents=[common], help=help, description=help[0].upper() + help[1:] + ".")
        inner = group.add_subparsers(title="commands", metavar="COMMAND", dest="action")

        def add_inner(inner_name: str, run: Any, help: str, **more: Any) -> argparse.ArgumentParser:
            one: argparse.ArgumentParser = inner.add_parser(
                inner_name, parents=[common], help=help, description=help[0].upper() + help[1:] + ".", **more
            )
            one.set_defaults(run=run)
            if group.get_default("first") is None:
                group.set_defaults(first=inner_name)
            return one

        return add_inner

    for part in (experiments, control, runs, platform, access):
        part.register(add, add_group)
    return parser


def explain(error: DashboardError, options: argparse.Namespace) -> str:
    """The error in sentences and, where there is one, the way on; with --json as the API has it."""
    if options.json:
        members = {"code": error.code, "status": error.status, "message": error.message, "details": error.details, "retry_after": error.retry_after, "request_id": error.request_id}
        return json.dumps({"error": members}, ensure_ascii=False)
    lines = [f"flopynet: {text(error.message)}"]
    for field, what in error.details.items():
        lines.append(f"  {text(field)}: {text(what)}")
    if isinstance(error, ConflictError) and "allowed" in error.details and not error.allowed:
        lines.append("  nothing is allowed any more")
    if isinstance(error, AuthenticationError):
        lines.append("  Give a good token: --key-file FILE, FLOPYNET_TOKEN, or `flopynet login`; `flopynetctl token create` makes one.")
    elif isinstance(error, PermissionDenied):
        lines.append("  `flopynet whoami` says which role the token has; a token with more is needed.")
    elif isinstance(error, ConnectionFailed):
        lines.append(f"  Asked was {settings.url_of(options)}; is the dashboard running there?  --url or FLOPYNET_URL names another.")
    if error.retry_after is not None:
        lines.append(f"  Try again in {error.retry_after:g} s.")
    if error.request_id:
        lines.append(f"  request {text(error.request_id)}")
    return "\n".join(lines)


def _interrupted(*_: Any) -> NoReturn:
    # A second Ctrl-C ends at once, whatever is being tidied up.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise KeyboardInterrupt


def perform(argv: Optional[List[str]]) -> int:
    parser, words = build(), sys.argv[1:] if argv is None else argv
    options = parser.parse_args(words)
    if getattr(options, "action", "") is None:
        options = parser.parse_args([*words, options.first])
    options.json = getattr(options, "json", False)
    try:
        if getattr(options.run, "without_client", False):
            return int(options.run(options))
        with settings.connect(options) as client:
            return int(options.run(client, options))
    except DashboardError as error:
        say(explain(error, options))
        return codes.of(error)


def main(argv: Optional[List[str]] = None) -> int:
    """Returns the exit status; raises SystemExit only for --help, --version and a wrong command line."""
    try:
        return perform(argv)
    except settings.UsageError as error:
        say(f"flopynet: {error}")
        return codes.USAGE
    except KeyboardInterrupt:
        say("flopynet: interrupted")
        return codes.INTERRUPTED
    except BrokenPipeError:
        # Who read the output has left; the interpreter's last flush must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return codes.PIPE
    except OSError as error:
        say(f"flopynet: {error.filename or 'input or output'}: {error.strerror or error}")
        return codes.USAGE
    except Exception as error:  # noqa: BLE001: the last resort; nobody is to see a traceback who did not ask for one
        if os.environ.get("FLOPYNET_DEBUG"):
            raise
        say(f"flopynet: a fault in this program: {type(error).__name__}: {error}.  FLOPYNET_DEBUG=1 shows where.")
        return codes.FAULT


def run() -> NoReturn:
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupted)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    status = main()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = codes.PIPE
    sys.exit(status)
