"""`NAME.local` by real multicast: answered, announced, another machine's, withdrawn, without the library."""

from __future__ import annotations

import ipaddress
import sys
from typing import TYPE_CHECKING

import pytest
from zeroconf import ServiceInfo, Zeroconf

from brokers.local_network import LOOPBACK, queried_by_board, require_multicast, resolved_elsewhere
from real_parts import wait_until
from sera_command.errors import BadInputError
from sera_command.installation.installation import Installation, own_address
from sera_command.installation.local_responder import owner_of, responder_at
from sera_command.start.local_name import BROKER, PAGES, LocalName, answered_name, checked_host
from sera_command.start.up_options import UpOptions
from sera_store.registry.entities import Community
from sera_store.registry.opening import open_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Of documentation (RFC 5737), and so no machine's.
ELSEWHERE = "198.51.100.7"


@pytest.fixture
def responder() -> Iterator[Zeroconf]:
    opened = responder_at(require_multicast(LOOPBACK))
    yield opened
    opened.close()


def options(address: str, name: str = "") -> UpOptions:
    return UpOptions(address, 8883, 8080, "", "", 600, None, once=True, lan_name=name)


def claim(responder: Zeroconf, host: str, address: str = ELSEWHERE) -> None:
    """Answer to a name as the machine at another address does."""
    responder.register_service(
        ServiceInfo(
            BROKER,
            f"other.{BROKER}",
            port=8883,
            server=f"{host}.",
            addresses=[ipaddress.ip_address(address).packed],
        )
    )


def services_of(responder: Zeroconf, kind: str, name: str) -> ServiceInfo | None:
    return responder.get_service_info(kind, f"Sera {name}.{kind}", 3000)


@pytest.mark.slow  # it waits for answers that do not come
def test_a_name_is_answered_to_other_programs_and_to_a_board_until_it_is_closed(responder: Zeroconf) -> None:
    local_name = LocalName("sera-one.local", LOOPBACK, responder_at(LOOPBACK))
    local_name.announce(BROKER, 8884)
    assert wait_until(lambda: resolved_elsewhere("sera-one.local", LOOPBACK), label="an answer") == LOOPBACK
    assert wait_until(lambda: queried_by_board("sera-one.local", LOOPBACK), label="an answer") == LOOPBACK
    assert queried_by_board("sera-two.local", LOOPBACK) == ""
    local_name.close()
    assert owner_of("sera-one.local", responder) is None
    assert queried_by_board("sera-one.local", LOOPBACK) == ""


@pytest.mark.slow  # it waits for answers that do not come
def test_services_are_announced_with_their_ports_and_withdrawn(responder: Zeroconf) -> None:
    local_name = LocalName("sera-one.local", LOOPBACK, responder_at(LOOPBACK))
    try:
        local_name.announce(BROKER, 8884)
        local_name.announce(PAGES, 8081)
        broker, pages = services_of(responder, BROKER, "sera-one"), services_of(responder, PAGES, "sera-one")
        assert broker is not None
        assert (broker.port, broker.server) == (8884, "sera-one.local.")
        assert pages is not None
        assert (pages.port, pages.properties) == (8081, {b"path": b"/"})
        local_name.announce(PAGES, 8082)
        wait_until(
            lambda: getattr(services_of(responder, PAGES, "sera-one"), "port", 0) == 8082,
            label="the new port",
        )
        local_name.withdraw(PAGES)
        wait_until(lambda: services_of(responder, PAGES, "sera-one") is None, label="the end of the pages")
        assert services_of(responder, BROKER, "sera-one") is not None
    finally:
        local_name.close()


@pytest.mark.slow  # it waits for answers that do not come
def test_the_name_comes_of_the_community_and_is_kept(tmp_path: Path) -> None:
    address = require_multicast(own_address())
    installation = Installation(tmp_path)
    with open_registry(installation.store_folder) as registry:
        registry.put(Community("oak-test"), since_s=0, by="test")
        with answered_name(installation, registry, options(address)) as local_name:
            assert local_name.host == "sera-oak-test.local"
            installation.settle(address, 8883, local_name.host)
        registry.put(Community("alder-test"), since_s=0, by="test")
        with answered_name(installation, registry, options(address)) as local_name:
            assert local_name.host == "sera-oak-test.local"


@pytest.mark.slow  # it waits for answers that do not come
def test_a_name_of_another_machine_is_passed_over_refused_or_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = require_multicast(own_address())
    installation, other = Installation(tmp_path), responder_at(address)
    claim(other, "sera-ash-test.local")
    try:
        with open_registry(installation.store_folder) as registry:
            registry.put(Community("ash-test"), since_s=0, by="test")
            with answered_name(installation, registry, options(address)) as local_name:
                assert local_name.host == "sera-ash-test-2.local"
            named_options = options(address, "sera-ash-test")
            with (
                pytest.raises(BadInputError, match=f"is the machine at {ELSEWHERE}"),
                answered_name(installation, registry, named_options),
            ):
                pass
            installation.settle(address, 8883, "sera-ash-test.local")
            with answered_name(installation, registry, options(address)) as local_name:
                assert local_name.host == ""
            assert "which boards look for, is the machine at" in capsys.readouterr().err
    finally:
        other.close()


def test_without_the_library_nothing_is_announced_and_a_wanted_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zeroconf", None)
    installation = Installation(tmp_path)
    with open_registry(installation.store_folder) as registry:
        with answered_name(installation, registry, options("192.0.2.7")) as local_name:
            assert local_name.host == ""
            local_name.announce(BROKER, 8883)
        with (
            pytest.raises(BadInputError, match=r"pip install 'sera-gardens\[lan\]'"),
            answered_name(installation, registry, options("192.0.2.7", "sera-oak")),
        ):
            pass


def test_this_machines_own_address_is_never_announced(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    with open_registry(installation.store_folder) as registry:
        with answered_name(installation, registry, options(LOOPBACK)) as local_name:
            assert local_name.host == ""
        with (
            pytest.raises(BadInputError, match="this machine's alone"),
            answered_name(installation, registry, options(LOOPBACK, "sera-oak")),
        ):
            pass


def test_an_address_without_multicast_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    installation = Installation(tmp_path)
    with (
        open_registry(installation.store_folder) as registry,
        answered_name(installation, registry, options(ELSEWHERE)) as local_name,
    ):
        assert local_name.host == ""
    assert f"multicast at {ELSEWHERE} failed" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "-oak", "oak-", "oak.garden", "öak", "o" * 64, "oak_1", "two words"])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    with pytest.raises(BadInputError, match="expected up to 63"):
        checked_host(name)


@pytest.mark.parametrize("name", ["sera-oak", "Sera-Oak.local", "sera-oak.local."])
def test_a_name_is_taken_with_its_end_and_without(name: str) -> None:
    assert checked_host(name) == "sera-oak.local"
