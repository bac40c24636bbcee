"""Settings: the sample is the defaults, and what is wrong is named with file, key and what was expected."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sera_gateway.config import GatewaySettings, read_settings
from sera_gateway.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = "gateway/sera-gateway.sample.toml"


def _written(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _uncommented(sample: Path) -> dict[str, Any]:
    text = re.sub(r"(?m)^# ([a-z_]+ = )", r"\1", sample.read_text(encoding="utf-8"))
    return tomllib.loads(text)


def test_the_sample_as_it_stands_changes_nothing(root: Path) -> None:
    assert read_settings(root / SAMPLE) == GatewaySettings()


def test_the_sample_shows_every_setting_with_its_default(root: Path) -> None:
    defaults = msgspec.to_builtins(GatewaySettings())
    # Tables of which there are none by default: an example shows one.
    assert not defaults.pop("brokers")
    lines = _uncommented(root / SAMPLE)
    assert list(lines) == list(defaults)
    assert {name: list(table) for name, table in lines.items()} == {
        name: list(table) for name, table in defaults.items()
    }
    assert msgspec.convert(lines, GatewaySettings) == GatewaySettings()


def test_the_example_of_a_further_broker_can_be_used(root: Path, tmp_path: Path) -> None:
    lines = re.findall(r"(?m)^#   (.*)$", (root / SAMPLE).read_text(encoding="utf-8"))
    (tmp_path / "home-password").write_text("pass word\n")
    text = "\n".join(lines).replace('"home-password"', f'"{tmp_path}/home-password"')
    [broker] = read_settings(_written(tmp_path, text)).brokers
    assert (broker.prefix, broker.password(), broker.subscribe) == ("home/", "pass word", ("zigbee2mqtt/+",))


BROKER = '[[brokers]]\nname = "home"\nurl = "mqtt://127.0.0.1"\nsubscribe = ["a/+"]\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[broker]\nurll = "mqtt://x"', ["[broker]", "urll"]),
        ('[brooker]\nurl = "mqtt://x"', ["brooker", "[broker]", "[gateway]"]),
        ('[receive]\ncommit_messages = "many"', ["[receive] commit_messages", "int"]),
        ('[broker]\nprotocol = "4"', ["[broker] protocol", "4"]),
        ("[receive]\ncommit_messages = 0", ["[receive] commit_messages", "1 or more"]),
        ("[gateway]\nhave_interval_s = -1.0", ["[gateway] have_interval_s", "negative"]),
        ('[gateway]\nid = "Gateway One"', ["[gateway]", "'Gateway One'", "a-z"]),
        ('[gateway]\ncommunities = ["+"]', ["[gateway]", "'+'", "a-z"]),
        ("broker = [", ["TOML"]),
        (BROKER + BROKER, ["[[brokers]] 'home'", "name of its own"]),
        (BROKER.replace("home", "sera"), ["[[brokers]] 'sera'", "not 'sera'"]),
        (BROKER.replace("home", "a/b"), ["[[brokers]] 'a/b'", "a-z"]),
        (BROKER.replace('"a/+"', ""), ["[[brokers]] 'home'", "subscribe is empty"]),
        (BROKER.replace("a/+", "a/b+"), ["[[brokers]] 'home' subscribe", "'a/b+'"]),
        (BROKER + 'user = "x"', ["[[brokers]] 'home'", "password_file"]),
        (BROKER + 'user = "x"\npassword_file = "/no/such"', ["[[brokers]] home password_file /no/such"]),
        (BROKER + 'ca_file = "/no/such"', ["[[brokers]] 'home' ca_file", "mqtts://"]),
        (BROKER.replace("mqtt:", "http:"), ["[[brokers]] 'home'", "mqtt://host:1883"]),
        ('[[brokers]]\nname = "home"', ["brokers", "subscribe"]),
        ('[broker]\nurl = "http://127.0.0.1"', ["[broker] url", "mqtt://host:1883"]),
        ('[broker]\nurl = "127.0.0.1:1883"', ["[broker] url", "mqtt://host:1883"]),
        ('[broker]\nurl = "mqtt://host:99999"', ["[broker] url", "mqtt://host:1883"]),
        ('[broker]\nca_file = "ca.pem"', ["[broker] ca_file", "mqtts://"]),
        (
            '[broker]\nurl = "mqtts://host"\ncert_file = "node.pem"',
            ["[broker] cert_file and key_file", "missing"],
        ),
        ('[broker]\nurl = "mqtts://host"\nca_file = "none.pem"', ["[broker] ca_file none.pem", "PEM"]),
        ('[metrics]\naddress = "9108"', ["[metrics] address", "host:port"]),
    ],
)
def test_what_is_wrong_is_named_with_file_key_and_what_was_expected(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    path = _written(tmp_path, text)
    with pytest.raises(SettingsError) as raised:
        read_settings(path)
    missing = [word for word in (str(path), *expected) if word not in str(raised.value)]
    assert not missing, str(raised.value)


def test_a_missing_file_is_named_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml cannot be read .*sera-gateway\.sample\.toml"):
        read_settings(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("table", "url"),
    [
        ("broker", "mqtt://ann:hunter2@host"),
        ("broker", "http://ann:hunter2@host"),
        ("broker", "mqtt://host:hunter2"),
        ("broker", "mqtt://ann:hunter2@host:99999"),
        ("broker", "ann:hunter2@host:1883"),
        ("broker", "mqtt://host?password=hunter2"),
        ("influxdb", "http://ann:hunter2@host:8086"),
        ("influxdb", "http://hunter2@host:8086"),
        ("influxdb", "http://ann:hunter2@host:99999"),
        ("influxdb", "http://host:8086/api/v2/write?token=hunter2"),
        ("influxdb", "http://host:8086/#hunter2"),
        ("influxdb", "ann:hunter2@host:8086"),
        ("influxdb", "mqtt://ann:hunter2@host"),
    ],
)
def test_a_secret_in_a_url_is_refused_and_not_repeated(tmp_path: Path, table: str, url: str) -> None:
    path = _written(tmp_path, f'[{table}]\nurl = "{url}"')
    with pytest.raises(SettingsError, match=rf"\[{table}\] url") as raised:
        read_settings(path)
    assert "hunter2" not in str(raised.value)


def test_an_influxdb_behind_a_path_is_taken(tmp_path: Path) -> None:
    url = "https://garden.example/influx"
    assert read_settings(_written(tmp_path, f'[influxdb]\nurl = "{url}"')).influxdb.url == url


def test_the_token_comes_from_the_environment_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from the file\n", encoding="utf-8")
    path = _written(tmp_path, f'[influxdb]\nurl = "http://127.0.0.1:8086"\ntoken_file = "{file}"')
    settings = read_settings(path).influxdb
    assert settings.token({"SERA_INFLUXDB_TOKEN": "from the environment"}) == "from the environment"
    assert settings.token({}) == "from the file"
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"token_file .* is empty"):
        settings.token({})
