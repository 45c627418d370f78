"""Who may: tokens, users, logging in."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from ..models import Record, User
from ..sync import DashboardClient
from . import codes, settings
from .settings import UsageError
from .show import as_json, gone, line, members, pairs, say, table


def register(add: Any, add_group: Any) -> None:
    group = add_group("tokens", "tokens: list, create, revoke")
    one = group("list", tokens, "list tokens, never the tokens themselves")
    one.add_argument("--status", choices=["active", "expired", "revoked"])
    one.add_argument("--kind", help="api, session or engine")
    one = group("create", token_create, "create a token and print it, this once")
    one.add_argument("name")
    what = one.add_mutually_exclusive_group(required=True)
    what.add_argument("--role", choices=["viewer", "operator", "admin"])
    what.add_argument("--experiment", metavar="ID", help="for an engine: it may report for this one, and nothing else")
    one.add_argument("--days", type=int, help="1 to 3650 (365)")
    group("revoke", token_revoke, "revoke tokens at once").add_argument("jti", nargs="+")

    group = add_group("users", "users: list, create, edit, delete")
    group("list", users, "list users")
    one = group("create", user_create, "create a user; asks for the password, or reads it as a line of standard input")
    one.add_argument("name")
    one.add_argument("--role", choices=["viewer", "operator", "admin"], required=True)
    one = group("edit", user_edit, "change role or password, disable or enable; ends the user's sessions")
    one.add_argument("name")
    one.add_argument("--role", choices=["viewer", "operator", "admin"])
    one.add_argument("--password", action="store_true", help="asks for it, or reads it as a line of standard input")
    state = one.add_mutually_exclusive_group()
    state.add_argument("--disable", dest="disabled", action="store_true", default=None)
    state.add_argument("--enable", dest="disabled", action="store_false")
    group("delete", user_delete, "delete users; what they did keeps the name").add_argument("name", nargs="+")

    add("whoami", whoami, "whose token this is, and until when")
    one = add("login", login, "check a token (asked for, or a line of standard input) and keep it in the settings file")
    one.add_argument("--username", help="log in with a password instead; the token is then good for a few hours")


def _secret(prompt: str) -> str:
    """Typed without being seen, or a line of standard input."""
    if sys.stdin.isatty():
        secret = getpass.getpass(prompt)
    else:
        secret = sys.stdin.readline().rstrip("\r\n")
    if not secret:
        raise UsageError("Nothing was given.")
    return secret


def tokens(client: DashboardClient, options: argparse.Namespace) -> int:
    found = list(client.tokens.list(status=options.status, kind=options.kind))
    if options.json:
        as_json(found)
    else:
        table(
            ["JTI", "NAME", "KIND", "ROLE", "STATUS", "EXPIRES", "BY"],
            [[t.jti, t.name, t.kind, t.experiment or t.role, t.status, t.expires_at, t.created_by] for t in found],
        )
    return codes.DONE


def token_create(client: DashboardClient, options: argparse.Namespace) -> int:
    made = client.tokens.create(options.name, role=options.role, experiment=options.experiment, days=options.days)
    if options.json:
        as_json({"token": made.raw, "api_key": made.api_key})
        return codes.DONE
    line(made.api_key)
    say(f"Its number, to revoke it: {made.jti}")
    return codes.DONE


def token_revoke(client: DashboardClient, options: argparse.Namespace) -> int:
    for jti in options.jti:
        client.tokens.revoke(jti)
        gone(options.json, "jti", jti, "revoked")
    return codes.DONE


def users(client: DashboardClient, options: argparse.Namespace) -> int:
    found = list(client.users.list())
    if options.json:
        as_json(found)
    else:
        table(["NAME", "ROLE", "DISABLED", "CREATED", "LAST LOGIN"], [[u.name, u.role, u.disabled, u.created_at, u.last_login_at] for u in found])
    return codes.DONE


def _shown(user: User, options: argparse.Namespace) -> int:
    if options.json:
        as_json(user)
    return codes.DONE


def user_create(client: DashboardClient, options: argparse.Namespace) -> int:
    return _shown(client.users.create(options.name, _secret(f"Password for {options.name}: "), options.role), options)


def user_edit(client: DashboardClient, options: argparse.Namespace) -> int:
    password = _secret(f"New password for {options.name}: ") if options.password else None
    if options.role is None and password is None and options.disabled is None:
        raise UsageError("Give --role, --password, --disable or --enable.")
    return _shown(client.users.edit(options.name, role=options.role, password=password, disabled=options.disabled), options)


def user_delete(client: DashboardClient, options: argparse.Namespace) -> int:
    for name in options.name:
        client.users.delete(name)
        gone(options.json, "name", name)
    return codes.DONE


def _me(me: Record, options: argparse.Namespace) -> int:
    if options.json:
        as_json(me)
    else:
        pairs(members(me, ["name", "role", "experiment", "auth", "expires_at"]))
    return codes.DONE


def whoami(client: DashboardClient, options: argparse.Namespace) -> int:
    return _me(client.me(), options)


def login(options: argparse.Namespace) -> int:
    url = settings.url_of(options)
    if options.username:
        password = _secret(f"Password for {options.username}: ")
        with settings.client(options, url, None) as nobody:
            key = nobody.login(options.username, password)
    else:
        key = _secret("Token: ").strip()
    with settings.client(options, url, key) as client:
        me = client.me()
    path = settings.file_path()
    settings.write_file(path, url, key, settings.ca_file_of(options))
    say(f"Kept in {path}.")
    return _me(me, options)


setattr(login, "without_client", True)
