"""Brokers with the generated files of a registry, for the tests of rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from brokers.certified import GATEWAYS, NOW, PAGES, PLACES, NatsBroker, Site, broker_tls, start_mosquitto
from sera_command.installation import parts
from sera_gateway.security.authority import Authority
from sera_gateway.security.broker_files import nats_rights
from sera_gateway.security.embedded_broker import EmbeddedBroker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["nats", "mosquitto"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    authority = Authority.open(tmp_path / "authority", lambda: NOW)
    request.getfixturevalue(f"new_{request.param}")  # skips where the machine lacks it
    if request.param == "nats":
        rights = nats_rights(PLACES, GATEWAYS, pages=PAGES)
        with EmbeddedBroker(tmp_path / "broker", tls=broker_tls(authority), rights=rights) as embedded:
            created = Site(NatsBroker(embedded), authority, tmp_path)
            yield created
            created.close()
    else:
        program = parts.find("mosquitto")
        assert program is not None
        mosquitto = start_mosquitto(tmp_path / "broker", authority, program.path)
        created = Site(mosquitto, authority, tmp_path)
        yield created
        created.close()
        mosquitto.process.kill()
        mosquitto.process.wait()
