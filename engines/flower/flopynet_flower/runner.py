"""
One run: submitted to the SuperLink, watched there, reported and steered through the run directory (docs/runner-protocol.md).

The ServerApp reports to the listener and learns there what is wanted; pause, resume and stop take hold between its rounds, abort stops the run at the
SuperLink. The SuperLink is asked about the run as well, so that one that dies without a word is seen.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from .control import Control
from .events import FINAL, Events
from .home import Connection, HomeError, connection, home_directory
from .listener import Listener, address_towards
from .superlink import RunStatus, SuperLink, SuperLinkError

TURN_S = 0.1
HEARTBEAT_S = 3.0  # the protocol asks for 5 s at most
POLL_S = 2.0
CALL_TIMEOUT_S = 4.0
STOP_TIMEOUT_S = 2.0  # the monitor waits 5 s for an abort
STOP_TRIES = 4  # and 10 s for the process to end after that
SUBMIT_PATIENCE_S = 20.0  # for a SuperLink that is not there yet
AWAY_PATIENCE_S = 8.0  # for one that is gone
AWAY_TRIES = 3
SILENT_S = 45.0  # a ServerApp that runs and says nothing
LAST_REPORT_S = 3.0  # for what it said as it ended
SHOW_PENDING_S = 8.0
NETWORK = {"bandwidth_bits_per_s": "bandwidth_limit", "latency_ms": "latency", "packet_loss": "packet_loss"}
RELAYED = ("waiting_for", "round_started", "client_update", "round_completed", "log", "error")


class Run:
    def __init__(self, spec: dict[str, Any], link: Connection, events: Events) -> None:
        self.spec = spec
        self.link = link
        self.events = events
        self.lock = threading.RLock()
        self.desired = "running"
        self.state = ""  # what the ServerApp last said
        self.run: int | None = None
        self.heard = 0.0  # of the ServerApp, monotonic; 0: never
        self.ended = threading.Event()
        self.waiting = ""  # the waiting_for of our own that is shown
        self.token = secrets.token_urlsafe(24)
        host = link.host
        self.listener = Listener(address_towards(host, link.port), self.token, self.take_event, self.take_model, self.take_desired)

    # What the ServerApp says

    def take_desired(self) -> str:
        self.heard = time.monotonic()
        return self.desired

    def take_event(self, event: dict[str, Any]) -> None:
        with self.lock:
            self.show_waiting("")
            kind = event.pop("type")
            event.pop("time", None)
            event.pop("seq", None)
            if kind == "state":
                self.take_state(str(event["state"]), event.get("reason"))
            elif kind in RELAYED:
                self.events.add(kind, **{name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in event.items()})

    def take_state(self, state: str, reason: str | None) -> None:
        # It may have begun to hold while the resume was under way: it goes on by itself.
        if self.desired == "aborting" or (state == "paused" and self.desired != "paused"):
            return
        self.state = state
        self.say(state, reason)

    def take_model(self, content: bytes) -> None:
        temporary = Path("model.bin.part")
        temporary.write_bytes(content)
        temporary.chmod(0o600)
        temporary.rename("model.bin")
        self.events.add("artifact", name="model.bin", kind="model", description="The global model; see docs/model-format.md")

    # What the monitor wants

    def obey(self, action: str) -> None:
        with self.lock:
            ending = self.desired in ("stopping", "aborting")
            if action == "abort":
                self.desired = "aborting"
            elif action == "stop":
                self.desired = self.desired if ending else "stopping"
            elif action not in ("pause", "resume"):
                self.events.add("log", level="warning", message=f'The unknown action "{action[:100]}" was ignored.')
            elif ending:
                self.events.add("refused", action=action, reason="The run is about to end.")
            else:
                self.desired = "paused" if action == "pause" else "running"
                # Already there; otherwise the ServerApp will say so.
                if self.state == self.desired:
                    self.say(self.state)

    # What is said

    def say(self, state: str, reason: str | None = None) -> None:
        members = {"reason": reason} if reason else {}
        self.events.add("state", state=state, **members)

    def fail(self, why: str) -> None:
        with self.lock:
            if not self.events.final:
                print(why, file=sys.stderr, flush=True)
                self.events.add("error", message=why)
                self.say("failed", why)

    def show_waiting(self, detail: str) -> None:
        """Why the run does not begin; an empty text: it does."""
        with self.lock:
            if detail != self.waiting:
                self.waiting = detail
                members: dict[str, Any] = {"what": "service", "detail": detail} if detail else {"what": None}
                self.events.add("waiting_for", **members)

    def introduce(self) -> None:
        network = self.spec.get("network") or {}
        given = [name for member, name in NETWORK.items() if network.get(member) is not None]
        if given:
            self.events.add("not_applied", members=given, reason="Flower uses the network as it is.")
        if self.spec.get("policies"):
            self.events.add("log", level="info", message="Policies have no effect on a Flower run.")

    # Submitting and watching, in a thread of its own

    def over(self) -> bool:
        return self.events.final or self.desired == "aborting" or (self.desired == "stopping" and not self.heard)

    def submit(self, link: SuperLink) -> bool:
        config = {
            "configuration": json.dumps(self.spec["configuration"]),
            "report-url": self.listener.url,
            "report-token": self.token,
            "data-dirs": os.environ.get("FLOPYNET_DATA_DIR", ""),
        }
        until = time.monotonic() + SUBMIT_PATIENCE_S
        while not self.over():
            try:
                self.run = link.start(Path(__file__).resolve().parent.parent / "app", config)
                self.events.add("log", level="info", message=f"Run {self.run} of the SuperLink at {self.link.address}.")
                return True
            except SuperLinkError as e:
                if not e.away:
                    self.fail(f"The SuperLink at {self.link.address} refused the run: {e}")
                elif time.monotonic() > until:
                    self.fail(f"The SuperLink at {self.link.address} does not answer: {e}")
                else:
                    self.show_waiting(f"The SuperLink at {self.link.address} does not answer: {e}")
            self.ended.wait(POLL_S)
        return False

    def judge(self, status: RunStatus | None, since: float) -> None:
        """What the SuperLink says of the run, against what we have heard."""
        now = time.monotonic()
        if status is None:
            self.fail(f"The SuperLink at {self.link.address} does not know the run any more: it was started anew.")
        elif status.status == "finished":
            if now - since < LAST_REPORT_S:
                return
            if status.sub_status == "stopped":
                self.fail("The run was stopped at the SuperLink, by someone else.")
            else:
                self.fail(f"The ServerApp ended without a result ({status.sub_status}): {status.details or 'no details'}")
        elif not self.heard:
            if now - since > SHOW_PENDING_S:
                self.show_waiting(f"The run is {status.status} at the SuperLink: its ServerApp has not begun")
        elif now - self.heard > SILENT_S:
            self.fail(f"The ServerApp has not reported for {SILENT_S:.0f} s.")

    def watch(self, link: SuperLink) -> None:
        good = since = time.monotonic()
        tries, last = 0, ""
        while not self.over() and self.run is not None:
            try:
                status = link.status(self.run)
                good, tries = time.monotonic(), 0
                shown = status.status if status else ""
                if shown != last:
                    last, since = shown, time.monotonic()
                self.judge(status, since)
            except SuperLinkError as e:
                tries += 1
                if not e.away:
                    self.fail(f"The SuperLink at {self.link.address} does not tell about the run: {e}")
                elif tries >= AWAY_TRIES and time.monotonic() - good > AWAY_PATIENCE_S:
                    self.fail(f"The SuperLink at {self.link.address} does not answer any more: {e}")
            self.ended.wait(POLL_S)

    def work(self) -> None:
        try:
            link = SuperLink(self.link, CALL_TIMEOUT_S)
            if self.submit(link):
                self.watch(link)
        except Exception as e:  # whatever it is, the run must not hang
            self.fail(f"The runner failed: {type(e).__name__}: {e}")

    # The end

    def stop_there(self) -> bool:
        """True: it is over there. That it was over before is as good."""
        if self.run is None:
            return True
        try:
            SuperLink(self.link, STOP_TIMEOUT_S).stop(self.run)
            return True
        except SuperLinkError as e:
            print(f"The SuperLink did not stop the run: {e}", file=sys.stderr, flush=True)
            return not e.away

    def end(self, worker: threading.Thread) -> None:
        self.ended.set()
        if self.state in FINAL:
            # The ServerApp still waits for the answer to its last report.
            time.sleep(0.3)
            return
        if self.run is None:
            # One that is being submitted at this very moment has a number soon.
            worker.join(STOP_TIMEOUT_S)
        there = self.stop_there()
        if not self.events.final:
            self.say("aborted" if self.desired == "aborting" else "stopped")
        for _ in range(STOP_TRIES - 1):
            if there:
                break
            there = self.stop_there()

    def main(self, control: Control) -> int:
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "desired", "aborting"))
        signal.signal(signal.SIGINT, lambda *_: setattr(self, "desired", "aborting"))
        self.introduce()
        worker = threading.Thread(target=self.work, daemon=True)
        worker.start()
        while not self.over():
            for action in control.wait(TURN_S):
                self.obey(action)
            self.events.heartbeat(HEARTBEAT_S)
        self.end(worker)
        return 0


def main() -> int:
    events = Events(Path("events.jsonl"))
    try:
        control = Control(Path("control"))
        spec = json.loads(Path("spec.json").read_text(encoding="utf-8"))
        run = Run(spec, connection(home_directory()), events)
    except (OSError, ValueError, HomeError) as e:
        events.add("error", message=str(e))
        events.add("state", state="failed", reason=str(e))
        return 1
    return run.main(control)


if __name__ == "__main__":
    sys.exit(main())
