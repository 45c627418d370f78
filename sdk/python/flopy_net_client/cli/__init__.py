"""The command line ``flopynet``."""

from .main import main, run

__all__ = ["main", "run"]
