"""The `sera` command: the only place where the parts meet."""

__version__ = "0.1.0"
