"""The check of config.json as a whole; needed at a node's start only."""

from sera_firmware import wiring
from sera_firmware.errors import ConfigError
from sera_firmware.portable import Any
from sera_vocabulary import topics

POWERS = ("battery", "solar", "mains")
_REQUIRED = ("node", "community", "broker")


def check(settings: dict[str, Any], defaults: dict[str, Any]) -> None:
    """Check all settings but the numbers.

    Raises
    ------
    ConfigError
        If one of them is missing, unknown or wrong; the message names it and says what was expected.
    """
    for name in settings:
        if name not in defaults and name not in _REQUIRED:
            known = ", ".join(sorted(list(defaults) + list(_REQUIRED)))
            raise ConfigError("config: %s is no setting; expected one of %s" % (name, known))
    for name in ("node", "community"):
        text = settings.get(name)
        if not isinstance(text, str) or not topics.is_name(text):
            raise ConfigError("config: %s is %r; expected 3 to 32 letters of a-z, 0-9 and -" % (name, text))
    _check_broker(settings.get("broker"))
    if settings["power"] not in POWERS:
        raise ConfigError("config: power is %r; expected %s" % (settings["power"], " or ".join(POWERS)))
    _check_time_servers(settings["time_servers"])
    wiring.check(settings["sensors"])
    wiring.check_buses(settings["buses"])


def _check_broker(broker: Any) -> None:
    """Check the broker; the message never shows its password."""
    if not isinstance(broker, dict) or not broker.get("host") or not isinstance(broker.get("port"), int):
        raise ConfigError("config: broker lacks host or port; expected an object with both")
    tls = broker.get("tls")
    if tls is not None and not (
        isinstance(tls, dict) and all(isinstance(tls.get(name), str) for name in ("ca", "cert", "key"))
    ):
        raise ConfigError("config: broker.tls is %r; expected null, or files ca, cert and key" % (tls,))


def _check_time_servers(servers: Any) -> None:
    if not isinstance(servers, list) or not 1 <= len(servers) <= 2 or not all(servers):
        raise ConfigError("config: time_servers is %r; expected one or two host names" % (servers,))
