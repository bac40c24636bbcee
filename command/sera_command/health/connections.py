"""Checks of what answers: the broker with its certificate, the pages, InfluxDB."""

from __future__ import annotations

import socket
import ssl
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from sera_command.health.check import Check, State
from sera_command.health.progress import is_running
from sera_command.installation.installation import PAGES_ADDRESS, is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_command.health.check import Examined
    from sera_gateway.config import BrokerSettings

_WAIT_S: Final = 5.0


def broker(examined: Examined) -> Iterator[Check]:
    """Connect to the broker as the gateway does, as far as TLS goes; no session is begun or ended."""
    if examined.settings is None:
        return
    yield from own_broker(examined)
    for further in examined.settings.brokers:
        # One of somebody else may be away for long, and holds nobody.
        for check in _answering(examined, further, f"broker {further.name}"):
            yield replace(check, state=min(check.state, State.WARN, key=list(State).index))


def own_broker(examined: Examined) -> Iterator[Check]:
    """Connect to the installation's own broker."""
    if examined.settings is not None:
        yield from _answering(examined, examined.settings.broker, "broker")


def _answering(examined: Examined, settings: BrokerSettings, name: str) -> Iterator[Check]:
    host, port, has_tls = settings.address
    try:
        with closing(socket.create_connection((host, port), _WAIT_S)) as plain:
            if has_tls:
                with _context(settings).wrap_socket(plain, server_hostname=host):
                    pass
    except ssl.SSLCertVerificationError as error:
        step = "restart `sera up`, which renews it; for a broker of your own: `sera broker files`"
        yield Check(name, State.FAIL, f"{settings.url}: certificate refused ({error.verify_message})", step)
    except OSError as error:
        text = f"{settings.url} does not answer ({error.strerror or error})"
        yield Check(name, *_unanswered(examined, text, "broker"))
    else:
        proof = "answers, and its certificate is good" if has_tls else "answers, without TLS"
        yield Check(name, State.OK, f"{settings.url} {proof}")


def pages(examined: Examined) -> Iterator[Check]:
    """Ask the pages of `sera up` whether they are well."""
    try:
        address = (examined.folder / PAGES_ADDRESS).read_text(encoding="utf-8").strip()
    except OSError:
        return
    parts = urlsplit(address)
    if parts.scheme != "http":
        yield Check("pages", State.OK, f"a proxy serves {address}; this machine does not ask it")
        return
    try:
        with _opener().open(f"{address}/health", timeout=_WAIT_S) as answer:
            answer.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        yield Check("pages", *_unanswered(examined, f"{address} does not answer ({reason})", "pages"))
    else:
        reach = "this machine alone" if is_loopback(parts.hostname or "") else "the local network"
        yield Check("pages", State.OK, f"{address} answers, for {reach}")


def influxdb(examined: Examined) -> Iterator[Check]:
    """Ask InfluxDB whether it is well, where there is one."""
    if examined.settings is None or not examined.settings.influxdb.url:
        return
    url = examined.settings.influxdb.url.rstrip("/")
    try:
        with _opener().open(f"{url}/ping", timeout=_WAIT_S) as answer:
            answer.read()
    except (OSError, ValueError) as error:
        step = "start it; nothing is lost meanwhile, the follower goes on where it was"
        text = f"{url} does not answer ({getattr(error, 'reason', error)})"
        yield Check("influxdb", State.WARN, text, step)
    else:
        yield Check("influxdb", State.OK, f"{url} answers")


def _unanswered(examined: Examined, text: str, part: str) -> tuple[State, str, str]:
    """Judge a part that does not answer: no fault where nothing is meant to run."""
    if is_running(examined):
        return State.FAIL, text, f"read {part}.log in the data folder, then start it again"
    return State.WARN, text, "it answers once `sera up` or your own broker runs"


def _context(settings: BrokerSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    if settings.cert_file:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context


def _opener() -> urllib.request.OpenerDirector:
    # What is asked stands in this network: no proxy of the environment is between.
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
