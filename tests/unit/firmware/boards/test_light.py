"""What a board's light shows, on stand-ins of the three boards; runs on CPython and on MicroPython."""

from errno import ECONNREFUSED, EHOSTUNREACH

from firmware.board_parts import KINDS
from firmware.powered import Powered, on
from firmware.stand_ins import Scratch, raises
from sera_firmware import config, light
from sera_firmware.errors import BrokerError, ConfigError
from sera_firmware.transport import SilenceError

SHORT, LONG = ".", "-"
# How many flashes, and whether they are long: the table of firmware/README.md.
STORED, SENT, NO_NETWORK, NO_BROKER, REFUSED = (1, False), (2, False), (1, True), (2, True), (3, True)


def test_every_end_of_a_contact_has_flashes_of_its_own() -> None:
    refusals = (
        BrokerError("broker refuses this node: code 5"),
        BrokerError("broker closed the connection"),
        ValueError("certificate"),
        OSError(-30592, "MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE"),
    )
    absences = (
        SilenceError("silent"),
        OSError(ECONNREFUSED),
        OSError(EHOSTUNREACH),
        OSError(-2),
        OSError("no way"),
        OSError(),
        MemoryError(),
    )
    assert light.flashes(None, False, False) == STORED
    assert light.flashes(None, True, True) == SENT
    for failure in refusals + absences:
        assert light.flashes(failure, False, False) == NO_NETWORK
    for failure in refusals:
        assert light.flashes(failure, True, False) == REFUSED, failure
    for failure in absences:
        assert light.flashes(failure, True, False) == NO_BROKER, failure


def lit(folder: str, kind: str, **changes: object) -> Powered:
    """A board with a light at the pin LED."""
    settings = {"light": "LED"}
    settings.update(changes)
    powered = on(kind, folder, **settings)
    powered.world.lamp = settings["light"]
    return powered


def light_changes(powered: Powered) -> str:
    """What was shown since the last time: a sign a flash, by how long it was."""
    switched, powered.world.light_changes = powered.world.light_changes, []
    signs, since_ms = "", None
    for at_ms, level in switched:
        if level:
            since_ms = at_ms
        elif since_ms is not None:
            lasted_ms, since_ms = at_ms - since_ms, None
            signs += SHORT if lasted_ms < 500 else LONG
    return signs


def test_a_broker_that_is_not_there_is_two_long_flashes_after_the_light_of_the_contact() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = lit(folder, kind)
            powered.wake()
            # From the network on until the radio goes off, then how it ended.
            assert light_changes(powered) == LONG + LONG * 2, kind
            assert powered.world.levels["LED"] == 0


def test_a_network_that_lets_nobody_in_is_one_long_flash() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = lit(folder, kind)
            powered.world.password = "another"
            powered.wake()
            assert light_changes(powered) == LONG + LONG, kind


def test_a_wake_without_a_contact_is_one_short_flash_and_one_that_sent_two() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = lit(folder, kind)
            powered.node.contact_in_s = 100000
            powered.wake()
            assert light_changes(powered) == SHORT, kind
            powered.node.contact_in_s = 0
            powered.node._speak = lambda *_: None
            powered.wake()
            assert light_changes(powered) == LONG + SHORT * 2, kind


def test_a_record_that_flash_does_not_take_and_a_wake_that_fails_are_four_long_flashes() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = lit(folder, kind)
            powered.node.contact_in_s = 100000
            powered.node.store.append = lambda _: raise_(OSError(28))
            powered.wake()
            assert light_changes(powered) == LONG * 4, kind
            powered.node.read_and_store = lambda _: raise_(RuntimeError())
            powered.wake()
            assert light_changes(powered) == LONG * 4, kind


def raise_(error: Exception) -> None:
    raise error


def test_the_light_is_dark_an_hour_after_the_start_without_a_pin_and_where_it_is_unwanted() -> None:
    for changes in ({"light_s": 900}, {"light_s": 0}, {"light": None}):
        with Scratch() as folder:
            powered = lit(folder, KINDS[0], **changes)
            powered.world.lamp = "LED"
            powered.wake()
            before = light_changes(powered)
            assert bool(before) == (changes == {"light_s": 900})
            powered.board.sleep_ms(900000)
            powered.wake()
            assert light_changes(powered) == ""


def test_flashes_take_nothing_from_the_interval() -> None:
    with Scratch() as folder:
        powered = lit(folder, KINDS[0])
        began_us = powered.world.now_us
        sleep_ms = powered.wake()
        assert abs(powered.world.now_us - began_us + sleep_ms * 1000 - 900000000) < 2000000


def test_a_module_of_the_light_that_is_lost_costs_no_wake() -> None:
    with Scratch() as folder:
        powered = lit(folder, KINDS[0])
        powered.node.contact_in_s = 100000
        call = powered.start.lazy_modules.call
        powered.start.lazy_modules.call = lambda *_: raise_(OSError("module light cannot be loaded"))
        try:
            powered.wake()
        finally:
            powered.start.lazy_modules.call = call
        assert powered.board.failures == 0


def test_a_light_that_cannot_be_is_refused() -> None:
    good = {"node": "elm-a1", "community": "elm", "broker": {"host": "broker", "port": 8883}}
    for pin in ("led", True, -1, 49, 2.0, []):
        assert "expected null, LED or the number of a pin" in raises(
            (ConfigError,), config.with_defaults, dict(good, light=pin)
        )
    beam = [{"model": "break-beam", "pin": 2}]
    assert "light has pin 2, which break-beam has too" in raises(
        (ConfigError,), config.with_defaults, dict(good, light=2, sensors=beam)
    )
    assert config.with_defaults(dict(good, light=2))["light"] == 2
    assert config.with_defaults(good)["light"] is None
