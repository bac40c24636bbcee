"""Settings are checked before anything starts; runs on CPython and on MicroPython."""

import json

from firmware.stand_ins import Scratch, raises, rewrite
from sera_firmware import config
from sera_firmware.errors import ConfigError

GOOD = {"node": "elm-a1", "community": "elm", "broker": {"host": "broker", "port": 8883}}


def changed(**changes: object) -> dict:
    settings = dict(GOOD)
    settings.update(changes)
    return settings


def test_what_is_left_out_has_a_default() -> None:
    assert config.with_defaults(GOOD)["interval_s"] == 900


def test_every_wrong_setting_is_named_with_what_was_expected() -> None:
    cases = (
        ("node", "Elm A1"),
        ("node", None),
        ("community", "x"),
        ("interval_s", 0),
        ("interval_s", "900"),
        ("interval_s", True),
        ("contact_every_s", 9.5),
        ("capacity_kb", 1),
        ("broker", None),
        ("broker", {"host": "broker"}),
        ("broker", {"host": "broker", "port": 1, "tls": {"ca": "ca.pem"}}),
        ("broker", {"host": "broker", "port": 1, "tls": True}),
        ("power", "wind"),
        ("time_servers", []),
        ("time_servers", ["a", "b", "c"]),
        ("time_servers", "pool"),
        ("budget_s", 5),
        ("intervall_s", 900),
        ("sensors", {"model": "sht4x"}),
        ("buses", {"i2c0": [4, 5]}),
    )
    for name, value in cases:
        message = raises((ConfigError,), config.with_defaults, changed(**{name: value}))
        assert name in message
        assert "expected" in message


def test_a_file_that_is_missing_or_no_json_says_what_to_do() -> None:
    with Scratch() as folder:
        assert "sera node new" in raises((ConfigError,), config.read, folder + "/config.json")
        rewrite(folder + "/config.json", b"hello")
        assert "sera node new" in raises((ConfigError,), config.read, folder + "/config.json")
        rewrite(folder + "/config.json", b"[1]")
        assert "object" in raises((ConfigError,), config.read, folder + "/config.json")


def test_a_config_message_is_in_force_after_a_reboot_too() -> None:
    with Scratch() as folder:
        path = folder + "/settings.json"
        settings = config.Settings(config.with_defaults(GOOD), path)
        assert settings.change(3, {"interval_s": 300})
        again = config.Settings(config.with_defaults(GOOD), path)
        assert (again.values["interval_s"], again.values["config"]) == (300, 3)


def test_a_wrong_config_message_changes_nothing_and_says_why() -> None:
    with Scratch() as folder:
        settings = config.Settings(config.with_defaults(GOOD), folder + "/settings.json")
        for changes in ({"interval_s": -1}, {"node": "other-node"}, {"interval_s": 300, "drift_ppm": 1}):
            assert not settings.change(4, changes)
            assert settings.refused
            assert (settings.values["interval_s"], settings.values["config"]) == (900, 0)


def test_a_damaged_settings_file_leaves_the_configuration_in_force() -> None:
    with Scratch() as folder:
        path = folder + "/settings.json"
        for damaged in (b"", b'{"interval_s"', b"[]", b'{"interval_s": "x"}', b"\xff\xfe"):
            rewrite(path, damaged)
            assert config.Settings(config.with_defaults(GOOD), path).values["interval_s"] == 900


def test_the_settings_before_are_in_force_again_when_the_last_cannot_be_read() -> None:
    with Scratch() as folder:
        path = folder + "/settings.json"
        settings = config.Settings(config.with_defaults(GOOD), path)
        assert settings.change(1, {"interval_s": 300})
        assert settings.change(2, {"interval_s": 600})
        rewrite(path, b"half of it")
        again = config.Settings(config.with_defaults(GOOD), path)
        assert (again.values["interval_s"], again.values["config"]) == (300, 1)


def test_an_older_version_is_refused_and_the_one_in_force_comes_again_in_silence() -> None:
    with Scratch() as folder:
        path = folder + "/settings.json"
        assert config.Settings(config.with_defaults(GOOD), path).change(9, {"interval_s": 300})
        settings = config.Settings(config.with_defaults(GOOD), path)
        assert not settings.change(3, {"interval_s": 600})
        assert settings.refused == "version 3: config: version: expected 10 to 2147483647, is 3"
        assert not settings.change(9, {"interval_s": 600})
        assert settings.refused == ""
        assert (settings.values["interval_s"], settings.values["config"]) == (300, 9)


def test_a_version_that_is_no_whole_number_from_1_is_refused() -> None:
    with Scratch() as folder:
        settings = config.Settings(config.with_defaults(GOOD), folder + "/settings.json")
        for version in ("1", 1.5, -1, None, [], True, 1 << 31, 10**850):
            assert not settings.change(version, {"interval_s": 300})
            assert "version: expected 1 to 2147483647" in settings.refused or len(settings.refused) == 80
            assert settings.values["config"] == 0


def test_a_refusal_is_80_bytes_of_ascii_at_most_whatever_was_in_the_message() -> None:
    with Scratch() as folder:
        settings = config.Settings(config.with_defaults(GOOD), folder + "/settings.json")
        for text in ("\u00e9" * 400, "\\" * 800, '"' * 400, "\x01" * 300, "\U0001f41d" * 200):
            for version, changes in (
                (4, {"interval_s": text}),
                (4, {text: 300}),
                (4, text),
                (4, [text]),
                (text, {"interval_s": 300}),
            ):
                assert not settings.change(version, changes)
                assert settings.refused.startswith("version ")
                assert len(json.dumps(settings.refused)) <= 82


def test_what_stands_in_every_connect_is_short_enough_for_it() -> None:
    for broker in ({"username": "u" * 129}, {"password": "\u00e9" * 65}, {"password": 5}):
        full = dict(GOOD["broker"])
        full.update(broker)
        assert "expected null or up to 128 bytes" in raises(
            (ConfigError,), config.with_defaults, changed(broker=full)
        )


def test_serials_are_short_and_plain_so_that_the_table_of_probes_fits_into_a_message() -> None:
    for serial in ("c" * 21, "c\u00e9", 'c"', "c\\", "c\n", 7, None):
        sensor = {"model": "capacitive", "pin": 26, "position": 1, "serial": serial}
        assert "serial" in raises((ConfigError,), config.with_defaults, changed(sensors=[sensor]))
    probes = [{"model": "ds18b20", "pin": 22, "position": 1}] * 33
    assert "more than 32" in raises((ConfigError,), config.with_defaults, changed(sensors=probes))


def test_a_refusal_names_its_version_and_is_over_with_the_next_good_one() -> None:
    with Scratch() as folder:
        settings = config.Settings(config.with_defaults(GOOD), folder + "/settings.json")
        assert not settings.change(4, {"interval_s": -1})
        assert settings.refused.startswith("version 4: ")
        assert not settings.change(5, ["interval_s"])
        assert not settings.change(6, None)
        assert settings.refused.startswith("version 6: ")
        assert settings.change(7, {"interval_s": 300})
        assert settings.refused == ""


def test_a_password_is_in_no_message() -> None:
    for broker in ({"password": "sesame", "port": 1}, {"host": "b", "port": "x", "password": "sesame"}):
        assert "sesame" not in raises((ConfigError,), config.with_defaults, changed(broker=broker))
