"""Starts the real programs for a test: see stack.py."""
from .process import Process, children, free_port, wait_until
from .stack import Stack

__all__ = ["Process", "Stack", "children", "free_port", "wait_until"]
