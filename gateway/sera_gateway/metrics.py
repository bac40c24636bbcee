"""Serve what the gateway is doing to Prometheus, read at the moment it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily

from sera_gateway.errors import AddressUnusableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from prometheus_client.metrics_core import Metric

PREFIX: Final = "sera_gateway_"

METRICS: Final = {
    "connected": "1 while the broker lets us in and the subscriptions stand",
    "connection": "Number of the connection to the broker, over all starts",
    "waiting_messages": "Messages in memory only, not journaled yet",
    "journaled_messages": "Messages journaled since the start",
    "journal_last": "Number of the newest message in the journal",
    "journal_full": "1 while the journal cannot be written",
    "ledger_position": "Number of the last message that became records",
    "ledger_behind": "Messages in the journal that are not records yet",
    "follower_position": "Change number up to which InfluxDB follows",
    "other_gateways": "Other gateways heard on the same broker",
    "clock_behind_s": "Seconds by which this machine's clock is behind the journal's last arrival, from 60",
}


class _Figures:
    """Reads all figures when Prometheus asks for them."""

    def __init__(self, figures: Callable[[], Mapping[str, float]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        for name, value in self._figures().items():
            yield GaugeMetricFamily(PREFIX + name, METRICS[name], value=value)


def serve(address: tuple[str, int], figures: Callable[[], Mapping[str, float]]) -> Callable[[], None]:
    """Serve the figures over HTTP and return what ends that.

    Parameters
    ----------
    address
        Host and port.
    figures
        Gives a value for each name in `METRICS`.

    Raises
    ------
    AddressUnusableError
        The address cannot be listened on.
    """
    registry = CollectorRegistry()
    registry.register(_Figures(figures))
    host, port = address
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise AddressUnusableError(
            f"[metrics] address {host}:{port} cannot be used ({error.strerror or error}); choose another port"
        ) from error

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end
