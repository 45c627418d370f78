"""Starts the real programs for a test: see stack.py."""
from .flopynet import Flopynet
from .process import Process, children, free_port, wait_until
from .stack import Stack

__all__ = ["Flopynet", "Process", "Stack", "children", "free_port", "wait_until"]
