"""Read what the gateway is told to do from a TOML file; secrets come from the environment or from files."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from sera_gateway.errors import SettingsError
from sera_vocabulary import topic_filters, topics

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN_VARIABLE: Final = "SERA_INFLUXDB_TOKEN"  # noqa: S105 - the name of a variable, no secret
PASSWORD_VARIABLE: Final = "SERA_BROKER_PASSWORD"  # noqa: S105 - the name of a variable, no secret

# Of a filter that is none, so many characters are shown.
_SHOWN: Final = 200
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


class Address(NamedTuple):
    """Where a broker listens, and whether it speaks TLS."""

    host: str
    port: int
    tls: bool


class BrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The broker and how to prove oneself to it; files are paths, relative to the working folder."""

    url: str = "mqtt://127.0.0.1:1883"
    client_id: str = ""
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    user: str = ""
    keepalive_s: int = 60

    @property
    def address(self) -> Address:
        """The broker's host, port and whether TLS is spoken.

        Raises
        ------
        SettingsError
            The url names no broker.
        """
        try:
            parts = urlsplit(self.url)
            port = parts.port
        except ValueError as error:
            raise _unusable_url(self.url, str(error)) from error
        if parts.scheme not in _PORTS or not parts.hostname:
            raise _unusable_url(self.url, "scheme or host is missing")
        if parts.username or parts.password:
            raise _unusable_url("...", f"a user belongs into `user`, a password into {PASSWORD_VARIABLE}")
        return Address(parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "mqtts")


class GatewayIdentity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who this gateway is, whom it listens to, and what it tells nodes."""

    id: str = "gateway-1"
    communities: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    have_interval_s: float = 10.0
    replaces: tuple[str, ...] = ()
    yields_to_another: bool = True


class DataSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where journal and store lie."""

    folder: str = "sera-data"

    @property
    def journal(self) -> Path:
        """Folder of the journal's months."""
        return Path(self.folder) / "journal"

    @property
    def store(self) -> Path:
        """Folder of records and registry."""
        return Path(self.folder) / "store"


class ReceiveSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much is written at once, and how much may wait in memory."""

    commit_messages: int = 1000
    commit_ms: float = 20.0
    waiting_messages: int = 10_000
    waiting_bytes: int = 33_554_432


class InfluxSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The InfluxDB 2 server that follows the store; without a url there is none."""

    url: str = ""
    org: str = "sera"
    bucket: str = "sera"
    token_file: str = ""

    def token(self, environ: Mapping[str, str] = os.environ) -> str:
        """Read the token from the environment or from its file.

        Raises
        ------
        SettingsError
            There is none, or the file cannot be read.
        """
        named = environ.get(TOKEN_VARIABLE, "").strip()
        if named:
            return named
        if not self.token_file:
            raise SettingsError(
                f"[influxdb] has a url but no token; set {TOKEN_VARIABLE}, or name a file in token_file"
            )
        return _secret(self.token_file, "[influxdb] token_file")


class JsonLinesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file of JSON lines that follows the store; without a path there is none."""

    path: str = ""


class MetricsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where metrics are served for Prometheus, as host:port; empty for nowhere."""

    address: str = ""

    @property
    def host_and_port(self) -> tuple[str, int] | None:
        """The address taken apart, or None where no metrics are wanted."""
        if not self.address:
            return None
        host, _, port = self.address.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise SettingsError(f"[metrics] address is {self.address!r}; expected host:port, 127.0.0.1:9108")
        return host, int(port)


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of one gateway."""

    broker: BrokerSettings = BrokerSettings()
    gateway: GatewayIdentity = GatewayIdentity()
    data: DataSettings = DataSettings()
    receive: ReceiveSettings = ReceiveSettings()
    influxdb: InfluxSettings = InfluxSettings()
    json_lines: JsonLinesSettings = JsonLinesSettings()
    metrics: MetricsSettings = MetricsSettings()

    @property
    def client_id(self) -> str:
        """The MQTT client id: the gateway's own unless another one is set."""
        return self.broker.client_id or self.gateway.id


def read_settings(path: Path) -> GatewaySettings:
    """Read and check a settings file.

    Raises
    ------
    SettingsError
        The file is missing or unreadable, or one of its keys is unknown or of the wrong kind.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} cannot be read ({error}); name a settings file, or start from sera-gateway.sample.toml"
        ) from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is no TOML: {error}") from error
    return settings_from(table, str(path))


def settings_from(table: dict[str, Any], where: str) -> GatewaySettings:
    """Check a table of settings that came from `where`."""
    try:
        settings = msgspec.convert(table, GatewaySettings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{where}: {_in_words(str(error))}") from error
    check_settings(settings, where)
    return settings


def check_settings(settings: GatewaySettings, where: str) -> None:
    """Refuse settings that no gateway could run with, before anything is started."""
    try:
        address = settings.broker.address
        settings.metrics.host_and_port  # noqa: B018 - reading it checks it
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error
    _check_tls(settings.broker, address, where)
    names = (settings.gateway.id, *settings.gateway.communities, *settings.gateway.replaces)
    for name in names:
        if not topics.is_name(name):
            raise SettingsError(
                f"{where}: {name!r} in [gateway] is no id; expected {topics.NAME_SHORTEST} to "
                f"{topics.NAME_LONGEST} of the characters a-z, 0-9 and -"
            )
    for wanted in settings.gateway.subscribe:
        if problem := topic_filters.filter_problem(wanted):
            raise SettingsError(
                f"{where}: {wanted[:_SHOWN]!r} in [gateway] subscribe is no MQTT filter: {problem}; expected "
                'levels as in "zigbee2mqtt/+"'
            )
    receive = settings.receive
    positive = {
        "[receive] commit_messages": receive.commit_messages,
        "[receive] waiting_messages": receive.waiting_messages,
        "[receive] waiting_bytes": receive.waiting_bytes,
        "[broker] keepalive_s": settings.broker.keepalive_s,
    }
    for key, value in positive.items():
        if value < 1:
            raise SettingsError(f"{where}: {key} is {value}; expected 1 or more")
    if settings.gateway.have_interval_s < 0 or receive.commit_ms < 0:
        raise SettingsError(f"{where}: [gateway] have_interval_s and [receive] commit_ms cannot be negative")


def broker_password(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the broker's password from the environment, or None."""
    return environ.get(PASSWORD_VARIABLE) or None


def _check_tls(broker: BrokerSettings, address: Address, where: str) -> None:
    files = {"ca_file": broker.ca_file, "cert_file": broker.cert_file, "key_file": broker.key_file}
    given = {key: name for key, name in files.items() if name}
    if given and not address.tls:
        raise SettingsError(
            f"{where}: [broker] {', '.join(given)} is set but url is {broker.url}; expected mqtts://"
        )
    if bool(broker.cert_file) != bool(broker.key_file):
        raise SettingsError(f"{where}: [broker] cert_file and key_file go together; one is missing")
    for key, name in given.items():
        try:
            with open(name, "rb"):  # noqa: PTH123 - opened only to see that it can be
                pass
        except OSError as error:
            raise SettingsError(
                f"{where}: [broker] {key} {name} cannot be read ({error.strerror}); expected a PEM file"
            ) from error


def _secret(name: str, key: str) -> str:
    try:
        with open(name, encoding="utf-8") as file:  # noqa: PTH123 - settings hold texts, not paths
            secret = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{key} {name} cannot be read ({error}); expected a file with the token"
        ) from error
    if not secret:
        raise SettingsError(f"{key} {name} is empty; expected a file with the token")
    return secret


def _unusable_url(url: str, why: str) -> SettingsError:
    return SettingsError(
        f"[broker] url {url} cannot be used ({why}); expected mqtt://host:1883 or mqtts://host:8883"
    )


def _in_words(error: str) -> str:
    # msgspec names the place as `$.broker.url`; people know it as [broker] url.
    what, _, place = error.partition(" - at `$")
    table, _, key = place.rstrip("`").lstrip(".").partition(".")
    if not table:
        return (
            f"{what}; the tables are {', '.join(f'[{name}]' for name in GatewaySettings.__struct_fields__)}"
        )
    return f"[{table}] {key}: {what}" if key else f"[{table}]: {what}"
