"""Who is told and where, from a file that names channels; their addresses stand in files of their own.

::

    [[channel]]
    name = "stewards"
    receivers = ["steward", "host"]
    addresses_file = "stewards.addresses"   # one Apprise address a line; its owner alone may read it
    urgent_only = false
    language = "en"                         # or de, es, fr, ar
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sera_alerts.errors import ChannelsUnusableError
from sera_store.toml_text import InvalidTomlError, read_toml
from sera_vocabulary.alerts import RECEIVERS
from sera_vocabulary.topics import is_name
from sera_words.language import LANGUAGES

if TYPE_CHECKING:
    from pathlib import Path

CHANNELS_FILE: Final = "alerts.toml"
_GROUP_AND_OTHER_BITS: Final = stat.S_IRWXG | stat.S_IRWXO


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One group of people who are told together.

    Parameters
    ----------
    name
        What it is called in lists and logs.
    addresses_file
        File with an Apprise address a line, from the folder of the file of channels.
    receivers
        For whose alerts it is: steward, host.
    urgent_only
        Whether it gets nothing but what is urgent, and its recovery.
    language
        In which its messages are written: en, de, es, fr, ar.
    """

    name: str
    addresses_file: str
    receivers: tuple[str, ...] = RECEIVERS
    urgent_only: bool = False
    language: str = LANGUAGES[0]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    channel: tuple[Channel, ...] = ()


def read_channels(path: Path) -> tuple[Channel, ...]:
    """Read a file of channels; none where there is no file.

    Raises
    ------
    ChannelsUnusableError
        It is not what it must be; it says where and what was expected.
    """
    try:
        table = read_toml(path.read_text(encoding="utf-8"))
        channels = msgspec.convert(table, _File).channel
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, InvalidTomlError, msgspec.ValidationError) as error:
        raise ChannelsUnusableError(f"{path}: {error}; see docs/how-to/alerts.md") from error
    names = [channel.name for channel in channels]
    for channel in channels:
        _check(path, channel, names)
    return channels


def read_addresses(path: Path, channel: Channel) -> list[str]:
    """Read the addresses of a channel, beside the file of channels.

    Raises
    ------
    ChannelsUnusableError
        The file is missing, empty, or may be read by others; no address is named.
    """
    file = path.parent / channel.addresses_file
    try:
        mode = file.stat().st_mode
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise ChannelsUnusableError(
            f"{file}: cannot be read ({type(error).__name__}); write one Apprise address a line into it"
        ) from None
    if os.name == "posix" and mode & _GROUP_AND_OTHER_BITS:
        raise ChannelsUnusableError(
            f"{file}: others may read it (mode {stat.S_IMODE(mode):o}), and it holds passwords; "
            f"chmod 600 {file}"
        )
    addresses = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not addresses:
        raise ChannelsUnusableError(f"{file}: holds no address; write one Apprise address a line into it")
    return addresses


def _check(path: Path, channel: Channel, names: list[str]) -> None:
    problem: Any = None
    if not is_name(channel.name):
        problem = f"name {channel.name!r} is not possible; expected 3 to 32 of the characters a-z, 0-9 and -"
    elif names.count(channel.name) > 1:
        problem = f"two channels are called {channel.name}; expected another name for each"
    elif not channel.receivers or not set(channel.receivers) <= set(RECEIVERS):
        problem = f"receivers {list(channel.receivers)}; expected some of {', '.join(RECEIVERS)}"
    elif channel.language not in LANGUAGES:
        problem = f"language {channel.language!r}; expected one of {', '.join(LANGUAGES)}"
    if problem:
        raise ChannelsUnusableError(f"{path}: channel {channel.name}: {problem}")
