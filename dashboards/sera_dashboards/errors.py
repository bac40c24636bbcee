"""What can go wrong while dashboards are made, written, pushed or drawn."""

from __future__ import annotations


class DashboardError(Exception):
    """Base of all errors of this part."""


class UnknownUnitError(DashboardError):
    """A measurement has a unit that no panel can show."""


class DashboardNotWrittenError(DashboardError):
    """A file of a dashboard cannot be written."""


class DashboardNotReadError(DashboardError):
    """A file is no dashboard."""


class QueryUnansweredError(DashboardError):
    """A query cannot be asked or is not answered."""


class PreviewUnusableError(DashboardError):
    """What draws previews is missing or fails."""


class GrafanaRefusedError(DashboardError):
    """A Grafana server refuses or does not answer."""
