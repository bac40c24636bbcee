"""What can go wrong with alerts, for callers that can do something about it."""

from __future__ import annotations


class AlertError(Exception):
    """Base of all errors of the alerts."""


class ChannelsUnusableError(AlertError):
    """The file of channels, or a file of addresses that it names, is not what it must be."""
