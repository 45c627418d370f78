"""``python3 -m flopy_net_client`` is ``flopynet``."""

from .cli import run

run()
