"""Serve what the gateway is doing to Prometheus, read at the moment it is asked for."""

from __future__ import annotations

import selectors
import socket
import threading
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import ThreadingWSGIServer

from sera_gateway.errors import AddressUnusableError
from sera_gateway.own_hosts import is_own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from wsgiref.simple_server import WSGIServer

    from prometheus_client.metrics_core import Metric

PREFIX: Final = "sera_gateway_"

GAUGE, COUNTER = GaugeMetricFamily, CounterMetricFamily


class MetricMeaning(NamedTuple):
    """What one number means, and which value needs a person.

    Parameters
    ----------
    kind
        A gauge goes up and down; a counter grows until the next start, and has `_total` behind its name.
    meaning
        What is counted or measured, with its unit.
    alarm
        Which value needs a person, and why; empty where none does by itself.
    """

    kind: type[GaugeMetricFamily | CounterMetricFamily]
    meaning: str
    alarm: str = ""


METRICS: Final[dict[str, MetricMeaning]] = {
    "connected": MetricMeaning(
        GAUGE, "1 while the broker lets us in and the subscriptions stand", "0 for 10 minutes"
    ),
    "connection": MetricMeaning(
        GAUGE, "Number of the connection to the broker, over all starts", "more than 10 in an hour"
    ),
    "further_brokers_away": MetricMeaning(
        GAUGE, "Brokers of others that are configured and do not let us in", "above 0 for an hour"
    ),
    "waiting_messages": MetricMeaning(
        GAUGE, "Messages in memory only, not journaled yet", "thousands: the disk is slow or full"
    ),
    "journaled_messages": MetricMeaning(
        COUNTER, "Messages journaled since the start", "none for longer than any node sleeps"
    ),
    "journal_last": MetricMeaning(GAUGE, "Number of the newest message in the journal"),
    "journal_full": MetricMeaning(GAUGE, "1 while the journal cannot be written", "1: make room"),
    "disk_free_bytes": MetricMeaning(
        GAUGE, "Room on the disk of the data folder [bytes]", "less than 1 GiB and the largest database"
    ),
    "ledger_position": MetricMeaning(GAUGE, "Number of the last message that became records"),
    "ledger_behind": MetricMeaning(
        GAUGE, "Messages in the journal that are not records yet", "growing for an hour"
    ),
    "ledger_jobs": MetricMeaning(
        GAUGE, "Pieces of revision that the ledger has begun and not finished", "growing for a day"
    ),
    "ledger_left_out": MetricMeaning(
        GAUGE, "Revisions and orders that failed or came no further, and were left out", "above 0: report it"
    ),
    "dead_letters_waiting": MetricMeaning(
        GAUGE, "Rejected messages that wait for a person", "above 0: `sera deadletters list`"
    ),
    "follower_position": MetricMeaning(GAUGE, "Change number up to which InfluxDB follows"),
    "beyond_budget_senders": MetricMeaning(
        GAUGE, "Senders beyond one of their budgets today", "above 0: `sera gateway status`"
    ),
    "beyond_budget_messages": MetricMeaning(
        COUNTER, "Messages beyond a budget since the start: only head and hash are kept"
    ),
    "beyond_budget_bytes": MetricMeaning(COUNTER, "Bytes of these messages"),
    "other_gateways": MetricMeaning(
        GAUGE, "Other gateways heard on the same broker", "above 0: end one, or name it in `replaces`"
    ),
    "clock_behind_s": MetricMeaning(
        GAUGE,
        "Seconds by which this machine's clock is behind the journal's last arrival, from 60",
        "above 0: set the clock",
    ),
}


class _Figures:
    """Reads all figures when Prometheus asks for them."""

    def __init__(self, figures: Callable[[], Mapping[str, float]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        for name, value in self._figures().items():
            metric = METRICS[name]
            yield metric.kind(PREFIX + name, metric.meaning, value=value)


class _Server6(ThreadingWSGIServer):
    address_family = socket.AF_INET6


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Write nothing: who asks for figures is no event."""


def _for_own_hosts(host: str, application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if is_own(environ.get("HTTP_HOST", ""), host):
            return application(environ, start_response)
        start_response("421 Misdirected Request", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"This server has another name.\n"]

    return answer


def serve(address: tuple[str, int], figures: Callable[[], Mapping[str, float]]) -> Callable[[], None]:
    """Serve the figures over HTTP and return what ends that.

    Parameters
    ----------
    address
        Host and port. Requests for another host are answered with 421.
    figures
        Gives a value for each name in `METRICS`.

    Raises
    ------
    AddressUnusableError
        The address cannot be listened on.
    """
    registry = CollectorRegistry()
    registry.register(_Figures(figures))
    host, port = address[0].strip("[]"), address[1]
    application = _for_own_hosts(host, make_wsgi_app(registry))
    kind = _Server6 if ":" in host else ThreadingWSGIServer
    try:
        server = make_server(host, port, application, kind, handler_class=_Quiet)
    except OSError as error:
        raise AddressUnusableError(
            f"[metrics] address {host}:{port} cannot be used ({error.strerror or error}); choose another port"
        ) from error

    own_end, other_end = socket.socketpair()
    thread = threading.Thread(target=_serve_until, args=(server, own_end), name="metrics", daemon=True)
    thread.start()

    def end() -> None:
        other_end.close()
        thread.join()
        server.server_close()

    return end


def _serve_until(server: WSGIServer, closed: socket.socket) -> None:
    """Answer requests until a socket's other end is closed; `serve_forever` would look twice a second."""
    server.timeout = 0
    with closed, selectors.DefaultSelector() as selector:
        selector.register(closed, selectors.EVENT_READ)
        selector.register(server, selectors.EVENT_READ)
        while not any(key.fileobj is closed for key, _ in selector.select()):
            server.handle_request()
