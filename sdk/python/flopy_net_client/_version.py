"""The version of the whole project, in one place for Python: a test compares it with configure.ac."""

__version__ = "1.0.0"
