"""Devices that know only a user and a password: which topics each may use, and a hash of its password.

They meet a broker of their own, where nothing under `sera/` exists. Passwords are drawn, shown once and
stored as bcrypt, which is all that NATS takes besides the password itself.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import msgspec

from sera_gateway.errors import DeviceUserError
from sera_gateway.security.broker_files import NATS_DELIVERY
from sera_store.private_files import write_private
from sera_vocabulary import services, topic_filters, topics

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEVICES_FILE: Final = "devices.json"
# 20 of 32 letters and digits that are not taken for one another: 100 bits.
_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_PASSWORD_LENGTH: Final = 20
# A drawn password of 100 bits is guessed by nobody, however fast it can be tried; and each login costs the
# broker as much as this says, also one with a wrong password.
_ROUNDS: Final = 6
_PREFIX_LONGEST: Final = 200
NOT_IN_SUBJECTS: Final = frozenset(".*>")


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A user of the broker for devices.

    Parameters
    ----------
    name
        The user's name.
    prefix
        Topic that it may publish on, and below which it may publish and read.
    password_hash
        Its password as bcrypt.
    since_s
        When that password was made, Unix time [s].
    """

    name: str
    prefix: str
    password_hash: str
    since_s: int


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    devices: tuple[Device, ...] = ()
    services: dict[str, str] = {}


class DeviceUsers:
    """The file of an installation's devices, read again at each question.

    Parameters
    ----------
    path
        `devices.json` in the data folder; where there is none, there are no devices.
    clock_s
        Unix time [s].
    """

    def __init__(self, path: Path, clock_s: Callable[[], float]) -> None:
        self._path = path
        self._clock_s = clock_s

    def devices(self) -> tuple[Device, ...]:
        """List the devices by name.

        Raises
        ------
        DeviceUserError
            The file cannot be read.
        """
        return self._read().devices

    def service_hashes(self) -> dict[str, str]:
        """Return the hashes of the passwords of gateway and guard, by name."""
        return self._read().services

    def add(self, name: str, prefix: str = "") -> tuple[Device, str]:
        """Enter a device; return it, and its password, which is kept nowhere.

        Raises
        ------
        DeviceUserError
            The name is no id, is taken or reserved; the prefix is invalid, or shares topics with another's.
        """
        content = self._read()
        _check_name(name, content.devices)
        prefix = prefix.removesuffix("#").rstrip("/") or name
        _check_prefix(name, prefix, content.devices)
        return self._put(content, Device(name=name, prefix=prefix, password_hash="", since_s=0))

    def rotate(self, name: str) -> tuple[Device, str]:
        """Replace the password of a device; the one before ends.

        Raises
        ------
        DeviceUserError
            There is no such device.
        """
        content = self._read()
        return self._put(content, _find(name, content.devices))

    def revoke(self, name: str) -> None:
        """Take a device out.

        Raises
        ------
        DeviceUserError
            There is no such device.
        """
        content = self._read()
        device = _find(name, content.devices)
        kept = tuple(other for other in content.devices if other is not device)
        self._write(msgspec.structs.replace(content, devices=kept))

    def draw_services(self, *names: str) -> dict[str, str]:
        """Draw new passwords for services; return them, and store their hashes."""
        passwords = {name: _draw_password() for name in names}
        hashes = {name: _hash(password) for name, password in passwords.items()}
        self._write(msgspec.structs.replace(self._read(), services=hashes))
        return passwords

    def _put(self, content: _Content, device: Device) -> tuple[Device, str]:
        password = _draw_password()
        entered = msgspec.structs.replace(device, password_hash=_hash(password), since_s=int(self._clock_s()))
        others = [other for other in content.devices if other.name != device.name]
        devices = tuple(sorted([*others, entered], key=lambda user: user.name))
        self._write(msgspec.structs.replace(content, devices=devices))
        return entered, password

    def _read(self) -> _Content:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Content)
        except FileNotFoundError:
            return _Content()
        except (OSError, msgspec.DecodeError) as error:
            raise DeviceUserError(
                f"{self._path} cannot be read ({error}); expected the file that `sera device` writes: bring "
                "it back from a backup, or remove it and give each device a new password"
            ) from error

    def _write(self, content: _Content) -> None:
        write_private(self._path, msgspec.json.format(msgspec.json.encode(content), indent=1))


def device_rights(users: DeviceUsers, suspended: frozenset[str] = frozenset()) -> str:
    """Write who may do what on the broker for devices: the text of `rights.conf`.

    Parameters
    ----------
    users
        The devices, and the gateway and guard that were drawn passwords.
    suspended
        Devices that are left out for now.

    Notes
    -----
    A device publishes on its prefix and below it, and reads below it, so that firmware which waits for
    commands does not stumble. The gateway reads everything and publishes nothing.
    """
    rights = {
        # Not what guard and server say to one another.
        services.GATEWAY: 'publish: { deny: ">" }, '
        'subscribe: { allow: [">"], deny: ["_INBOX.>", "$SYS.>", "$JS.>"] }',
        services.SESSION_GUARD: "publish: { allow: ["
        '"$JS.API.STREAM.INFO.*", "$JS.API.STREAM.UPDATE.*", "$JS.API.STREAM.MSG.GET.*", '
        '"$SYS.REQ.ACCOUNT.PING.CONNZ"] }, subscribe: { allow: ["_INBOX.>"] }',
    }
    lines = [
        _user(name, password_hash, rights[name], standard=name == services.SESSION_GUARD)
        for name, password_hash in users.service_hashes().items()
    ]
    for device in users.devices():
        if device.name not in suspended:
            subject = device.prefix.replace("/", ".")
            own = f'"{subject}", "{subject}.>"'
            allowed = f'publish: {{ allow: [{own}] }}, subscribe: {{ allow: [{own}, "{NATS_DELIVERY}"] }}'
            lines.append(_user(device.name, device.password_hash, allowed, standard=False))
    body = ",\n".join(lines)
    return f"# Written by Sera; changes made here are lost.\nauthorization {{\n  users: [\n{body}\n  ]\n}}\n"


def _user(name: str, password_hash: str, rights: str, *, standard: bool) -> str:
    types = '"STANDARD", "MQTT"' if standard else '"MQTT"'
    return (
        f'    {{ user: "{name}", password: "{password_hash}", allowed_connection_types: [{types}],\n'
        f"      permissions: {{ {rights} }} }}"
    )


def _draw_password() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_PASSWORD_LENGTH))


def _hash(password: str) -> str:
    # Here, since only who makes a password needs it.
    import bcrypt  # noqa: PLC0415

    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_ROUNDS)).decode()


def _find(name: str, devices: tuple[Device, ...]) -> Device:
    for device in devices:
        if device.name == name:
            return device
    known = ", ".join(device.name for device in devices) or "none"
    raise DeviceUserError(f"there is no device {name!r}; the devices are: {known}")


def _check_name(name: str, devices: tuple[Device, ...]) -> None:
    if not topics.is_name(name) or services.kind_of(name) is not None:
        raise DeviceUserError(
            f"{name!r} is no name of a device; expected {topics.NAME_SHORTEST} to {topics.NAME_LONGEST} of "
            "the characters a-z, 0-9 and -, and none of Sera's own services"
        )
    if any(device.name == name for device in devices):
        raise DeviceUserError(
            f"the device {name} is there already; `sera device rotate {name}` changes its password"
        )


def _check_prefix(name: str, prefix: str, devices: tuple[Device, ...]) -> None:
    problem = topic_filters.filter_problem(prefix) or topic_filters.nats_problem(prefix)
    if (
        problem
        or set(prefix) & (set("+#") | NOT_IN_SUBJECTS)
        or "" in prefix.split("/")
        or prefix.startswith("$")
        or len(prefix) > _PREFIX_LONGEST
    ):
        raise DeviceUserError(
            f"device {name}: {prefix[:_PREFIX_LONGEST]!r} is no topic to publish below; expected levels "
            f"as in tele/bed-3, of at most {_PREFIX_LONGEST} characters, without + # . * > $ and blanks"
        )
    if prefix.split("/", maxsplit=1)[0] == topics.ROOT:
        raise DeviceUserError(
            f"device {name}: {topics.ROOT}/ belongs to nodes with certificates, and does not exist on the "
            "broker for devices; choose another topic"
        )
    for other in devices:
        if topic_filters.overlap(f"{prefix}/#", f"{other.prefix}/#"):
            raise DeviceUserError(
                f"device {name}: {prefix} shares topics with {other.prefix}, which belongs to {other.name}; "
                "choose topics that no other device has"
            )
