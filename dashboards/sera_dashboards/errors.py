"""What can go wrong while dashboards are made or written."""

from __future__ import annotations


class DashboardError(Exception):
    """Base of all errors of this part."""


class UnknownUnitError(DashboardError):
    """A measurement has a unit that no panel can show."""


class BoardNotWrittenError(DashboardError):
    """The dashboard's file cannot be written."""
