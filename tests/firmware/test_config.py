"""Settings are checked before anything starts; runs on CPython and on MicroPython."""

from firmware.stand_ins import Scratch, raises, rewrite
from sera_firmware import config
from sera_firmware.errors import ConfigError

GOOD = {"node": "elm-a1", "community": "elm", "broker": {"host": "broker", "port": 8883}}


def changed(**changes: object) -> dict:
    settings = dict(GOOD)
    settings.update(changes)
    return settings


def test_what_is_left_out_has_a_default() -> None:
    assert config.checked(GOOD)["interval_s"] == 900


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
    )
    for name, value in cases:
        said = raises((ConfigError,), config.checked, changed(**{name: value}))
        assert name in said
        assert "expected" in said


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
        settings = config.Settings(config.checked(GOOD), path)
        assert settings.change(3, {"interval_s": 300})
        again = config.Settings(config.checked(GOOD), path)
        assert (again.values["interval_s"], again.values["config"]) == (300, 3)


def test_a_wrong_config_message_changes_nothing_and_says_why() -> None:
    with Scratch() as folder:
        settings = config.Settings(config.checked(GOOD), folder + "/settings.json")
        for changes in ({"interval_s": -1}, {"node": "other-node"}, {"interval_s": 300, "drift_ppm": 1}):
            assert not settings.change(4, changes)
            assert settings.refused
            assert (settings.values["interval_s"], settings.values["config"]) == (900, 0)


def test_a_damaged_settings_file_leaves_the_configuration_in_force() -> None:
    with Scratch() as folder:
        path = folder + "/settings.json"
        for damaged in (b"", b'{"interval_s"', b"[]", b'{"interval_s": "x"}', b"\xff\xfe"):
            rewrite(path, damaged)
            assert config.Settings(config.checked(GOOD), path).values["interval_s"] == 900
