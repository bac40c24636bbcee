"""Read the gateway's settings from a TOML file; secrets come from the environment or from files."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from urllib.parse import SplitResult, urlsplit

import msgspec

from sera_gateway.errors import SettingsError
from sera_store.toml_text import InvalidTomlError, read_toml
from sera_vocabulary import topic_filters, topics

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN_VARIABLE: Final = "SERA_INFLUXDB_TOKEN"  # noqa: S105 - the name of a variable, no secret
PASSWORD_VARIABLE: Final = "SERA_BROKER_PASSWORD"  # noqa: S105 - the name of a variable, no secret

# How many characters of an invalid filter are shown.
_TEXT_MOST: Final = 200
# In the data folder of `sera up`: brokers of others that are heard too.
BROKERS_FILE: Final = "brokers.toml"
# The name of the broker of `sera up --devices`, in front of the topics that come from there.
DEVICES: Final = "devices"
# What a broker may be offered, and the first level of what we publish there.
FIGURES: Final = "figures"
SOIL: Final = "soil"
HEALTH: Final = "health"
OFFERED: Final = (FIGURES, SOIL, HEALTH)
OFFER_ROOT: Final = "sera-offer"
# In the data folder: which topics each broker was given.
OFFERED_FILE: Final = "offered.json"
_FILE_KEYS: Final = frozenset(
    {"ca_file", "crl_file", "cert_file", "key_file", "client_id_file", "password_file"}
)
PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_INFLUXDB_PORTS: Final = {"http": 8086, "https": 443}
# A server and nothing else; a number of a port is short, a secret is not.
_PLAIN_URL: Final = re.compile(r"(\w+://)?[\w.-]*(:\d{0,5})?/?")


class Address(NamedTuple):
    """Where a broker listens, and whether it speaks TLS."""

    host: str
    port: int
    tls: bool


class BrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The broker and how to prove oneself to it; files are paths, relative to the working folder."""

    url: str = "mqtt://127.0.0.1:1883"
    client_id: str = ""
    client_id_file: str = ""
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    ca_file: str = ""
    crl_file: str = ""
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
        where = f"a user belongs into `user`, a password into {PASSWORD_VARIABLE}"
        parts = _url_parts("[broker]", self.url, PORTS, where)
        return Address(parts.hostname or "", parts.port or PORTS[parts.scheme], parts.scheme == "mqtts")


class FurtherBroker(BrokerSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A broker of somebody else that is heard beside the own one.

    Parameters
    ----------
    name
        Stands in front of each topic that comes from it, in journal and mappings: `home/zigbee2mqtt/bed-1`.
        So nothing of it is under `sera/`, and no two brokers share a topic.
    password_file
        File with the password of `user`, read at each connection.
    subscribe
        MQTT filters as that broker knows them, without the name.
    offer
        What is published there for Home Assistant: figures, soil, health.
    gardens
        Ids of the gardens that it is offered; none for all.
    """

    name: str
    password_file: str = ""
    subscribe: tuple[str, ...] = ()
    offer: tuple[Literal["figures", "soil", "health"], ...] = ()
    gardens: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """What stands in front of the topics that come from it."""
        return f"{self.name}/"

    def password(self) -> str | None:
        """Read the password, None where there is no file of it.

        Raises
        ------
        SettingsError
            The file cannot be read.
        """
        if not self.password_file:
            return None
        return _secret(self.password_file, f"[[brokers]] {self.name} password_file", "the password")


class GatewayIdentity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who this gateway is, whom it listens to, and what it tells nodes."""

    id: str = "gateway-1"
    communities: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    have_interval_s: float = 10.0
    replaces: tuple[str, ...] = ()
    yields_to_other: bool = True


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


class BudgetSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much one sender may bring; docs/gateway.md has the reason of each number."""

    packet_bytes: int = 65_536
    bytes_a_day: int = 33_554_432
    messages_at_once: int = 5_000
    messages_a_second: float = 50.0
    crowd_senders: int = 16


# For those who bring recorded readings in at once, and for measuring how fast the gateway is.
UNBUDGETED: Final = BudgetSettings(packet_bytes=2**28, bytes_a_day=2**60, messages_at_once=2**50)


class InfluxSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The InfluxDB 2 server that follows the store; without a url there is none."""

    url: str = ""
    org: str = "sera"
    bucket: str = "sera"
    token_file: str = ""

    def check(self) -> None:
        """Refuse a url that names no server, or that a secret stands in, since urls are shown and logged.

        Raises
        ------
        SettingsError
            The url cannot be used; the message does not repeat what may be a secret.
        """
        if self.url:
            where = f"a token belongs into {TOKEN_VARIABLE} or the file of token_file"
            _url_parts("[influxdb]", self.url, _INFLUXDB_PORTS, where)

    def token(self, environ: Mapping[str, str] = os.environ) -> str:
        """Read the token from the environment or from its file.

        Raises
        ------
        SettingsError
            There is none, or the file cannot be read.
        """
        token = environ.get(TOKEN_VARIABLE, "").strip()
        if token:
            return token
        if not self.token_file:
            raise SettingsError(
                f"[influxdb] has a url but no token; set {TOKEN_VARIABLE}, or name a file in token_file"
            )
        return _secret(self.token_file, "[influxdb] token_file", "the token")


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
    budget: BudgetSettings = BudgetSettings()
    influxdb: InfluxSettings = InfluxSettings()
    json_lines: JsonLinesSettings = JsonLinesSettings()
    metrics: MetricsSettings = MetricsSettings()
    brokers: tuple[FurtherBroker, ...] = ()

    @property
    def client_id(self) -> str:
        """The MQTT client id: that of the file, read again each time; else the one set, or the gateway's id.

        Raises
        ------
        SettingsError
            The file cannot be read.
        """
        if self.broker.client_id_file:
            return _secret(self.broker.client_id_file, "[broker] client_id_file", "the MQTT client id")
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
        table = read_toml(text)
    except InvalidTomlError as error:
        raise SettingsError(f"{path} is no TOML: {error}") from error
    return settings_from(table, str(path))


def read_brokers(path: Path) -> tuple[FurtherBroker, ...]:
    """Read the further brokers of an installation: a file of `[[brokers]]` alone; none where it is not there.

    Paths of files in it are relative to its folder.

    Raises
    ------
    SettingsError
        The file is unreadable, holds something else, or names a file that is not there.
    """
    if not path.exists():
        return ()
    try:
        table = read_toml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, InvalidTomlError) as error:
        raise SettingsError(f"{path} cannot be read as TOML: {error}") from error
    if table.keys() - {"brokers"}:
        raise SettingsError(f"{path} holds {', '.join(sorted(table))}; expected [[brokers]] and nothing else")
    for broker in table.get("brokers", ()):
        for key in _FILE_KEYS & broker.keys():
            broker[key] = str(path.parent.absolute() / str(broker[key]))
    brokers = settings_from(table, str(path)).brokers
    if any(broker.name == DEVICES for broker in brokers):
        raise SettingsError(
            f"{path}: {DEVICES!r} is the name of the broker of `sera up --devices`; choose another name"
        )
    return brokers


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
        settings.influxdb.check()
        settings.metrics.host_and_port  # noqa: B018 - reading it checks it
        settings.client_id  # noqa: B018 - as above
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error
    _check_tls(settings.broker, address, where, "[broker]")
    _check_brokers(settings.brokers, where)
    names = (settings.gateway.id, *settings.gateway.communities, *settings.gateway.replaces)
    for name in names:
        if not topics.is_name(name):
            raise SettingsError(
                f"{where}: {name!r} in [gateway] is no id; expected {topics.NAME_SHORTEST} to "
                f"{topics.NAME_LONGEST} of the characters a-z, 0-9 and -"
            )
    _check_filters(settings.gateway.subscribe, where, "[gateway]")
    receive, budget = settings.receive, settings.budget
    positive = {
        "[receive] commit_messages": receive.commit_messages,
        "[receive] waiting_messages": receive.waiting_messages,
        "[receive] waiting_bytes": receive.waiting_bytes,
        "[budget] packet_bytes": budget.packet_bytes,
        "[budget] bytes_a_day": budget.bytes_a_day,
        "[budget] messages_at_once": budget.messages_at_once,
        "[budget] crowd_senders": budget.crowd_senders,
        "[broker] keepalive_s": settings.broker.keepalive_s,
    }
    for key, value in positive.items():
        if value < 1:
            raise SettingsError(f"{where}: {key} is {value}; expected 1 or more")
    if min(settings.gateway.have_interval_s, receive.commit_ms, budget.messages_a_second) < 0:
        raise SettingsError(
            f"{where}: [gateway] have_interval_s, [receive] commit_ms and [budget] messages_a_second cannot "
            "be negative"
        )


def broker_password(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the broker's password from the environment, or None."""
    return environ.get(PASSWORD_VARIABLE) or None


def _check_brokers(brokers: tuple[FurtherBroker, ...], where: str) -> None:
    names = [broker.name for broker in brokers]
    for broker in brokers:
        table = f"[[brokers]] {broker.name[:_TEXT_MOST]!r}"
        if not topics.is_name(broker.name) or names.count(broker.name) > 1 or broker.name == topics.ROOT:
            raise SettingsError(
                f"{where}: {table}: expected a name of its own, not {topics.ROOT!r}, of "
                f"{topics.NAME_SHORTEST} to {topics.NAME_LONGEST} of the characters a-z, 0-9 and -"
            )
        if not broker.subscribe and not broker.offer:
            raise SettingsError(
                f'{where}: {table}: subscribe is empty; expected filters: ["zigbee2mqtt/+"], or an offer: '
                '["figures"]'
            )
        if bool(broker.user) != bool(broker.password_file):
            raise SettingsError(f"{where}: {table}: user and password_file go together; one is missing")
        _check_filters(broker.subscribe, where, table)
        try:
            address = broker.address
            broker.password()
        except SettingsError as error:
            raise SettingsError(f"{where}: {table}: {error}") from error
        _check_tls(broker, address, where, table)


def _check_filters(filters: tuple[str, ...], where: str, table: str) -> None:
    for topic_filter in filters:
        if problem := topic_filters.filter_problem(topic_filter):
            raise SettingsError(
                f"{where}: {topic_filter[:_TEXT_MOST]!r} in {table} subscribe is no MQTT filter: {problem}; "
                'expected levels as in "zigbee2mqtt/+"'
            )


def _check_tls(broker: BrokerSettings, address: Address, where: str, table: str) -> None:
    if broker.client_id and broker.client_id_file:
        raise SettingsError(f"{where}: {table} client_id and client_id_file are both set; keep one of them")
    names = ("ca_file", "crl_file", "cert_file", "key_file")
    files = {name: str(getattr(broker, name)) for name in names}
    configured_files = {key: name for key, name in files.items() if name}
    if configured_files and not address.tls:
        raise SettingsError(
            f"{where}: {table} {', '.join(configured_files)} is set but url is {broker.url}; expected mqtts://"
        )
    if bool(broker.cert_file) != bool(broker.key_file):
        raise SettingsError(f"{where}: {table} cert_file and key_file go together; one is missing")
    for key, name in configured_files.items():
        try:
            with open(name, "rb"):  # noqa: PTH123 - opened only to see that it can be
                pass
        except OSError as error:
            raise SettingsError(
                f"{where}: {table} {key} {name} cannot be read ({error.strerror}); expected a PEM file"
            ) from error


def _secret(name: str, key: str, content: str) -> str:
    try:
        with open(name, encoding="utf-8") as file:  # noqa: PTH123 - settings hold texts, not paths
            secret = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{key} {name} cannot be read ({error}); expected a file with {content}"
        ) from error
    if not secret:
        raise SettingsError(f"{key} {name} is empty; expected a file with {content}")
    return secret


def _url_parts(table: str, url: str, ports: dict[str, int], where: str) -> SplitResult:
    """Take a url apart that names a server and nothing else.

    Raises
    ------
    SettingsError
        It does not; the url is repeated only where nothing in it can be a secret.
    """
    expected = f"expected {' or '.join(f'{scheme}://host:{port}' for scheme, port in ports.items())}"
    try:
        parts = urlsplit(url)
        port_is_wrong = parts.port == 0
    except ValueError:
        # The error's own text repeats what stands in the place of the port.
        raise SettingsError(f"{table} url {_printable_url(url)} cannot be read; {expected}") from None
    if "@" in url or parts.query or parts.fragment:
        raise SettingsError(f"{table} url holds more than a server; {expected}: {where}")
    if parts.scheme not in ports or not parts.hostname or port_is_wrong:
        raise SettingsError(f"{table} url {_printable_url(url)} names no server; {expected}")
    return parts


def _printable_url(url: str) -> str:
    return url if _PLAIN_URL.fullmatch(url) else "(not shown)"


def _in_words(error: str) -> str:
    # msgspec names the place as `$.broker.url`; people know it as [broker] url.
    problem, _, place = error.partition(" - at `$")
    table, _, key = place.rstrip("`").lstrip(".").partition(".")
    if not table:
        tables = ", ".join(f"[{name}]" for name in GatewaySettings.__struct_fields__)
        return f"{problem}; the tables are {tables}"
    return f"[{table}] {key}: {problem}" if key else f"[{table}]: {problem}"
