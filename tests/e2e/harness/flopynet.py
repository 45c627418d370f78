"""The command `flopynet` as a user runs it: in an environment of its own, with nothing of the person's who runs the tests."""
import os
import subprocess
import sys

from .stack import SOURCE


class Flopynet:
    """flopynet("list", "--json") runs it to its end; start() leaves it running. It knows the stack's address and token from its environment."""

    def __init__(self, home, url=None, token=None, program=None):
        self.program = [str(a) for a in program] if program else [sys.executable, "-m", "flopy_net_client"]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("FLOPYNET_", "XDG_", "PYTHON"))}
        self.env = {**kept, "HOME": str(home), "PYTHONPATH": str(SOURCE / "sdk/python"), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8", "COLUMNS": "120"}
        if program:
            del self.env["PYTHONPATH"]
        if url:
            self.env["FLOPYNET_URL"] = url
        if token:
            self.env["FLOPYNET_TOKEN"] = token

    def __call__(self, *args, input=None, status=0, env=None, timeout=120):
        """Standard output; the exit status is checked unless it is None, which gives the CompletedProcess."""
        done = subprocess.run([*self.program, *map(str, args)], input=input, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={**self.env, **(env or {})}, timeout=timeout)
        assert "Traceback" not in done.stderr, done.stderr
        if status is None:
            return done
        assert done.returncode == status, f"{args}: status {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def start(self, *args, **more):
        # What is started in the background of a script, as this may be, would not hear a SIGINT.
        return subprocess.Popen(["env", "--default-signal=INT", *self.program, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.env, **more)
