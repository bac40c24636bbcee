"""What somebody gives before it is an entry of a chronicle, and what comes back of it later."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final, NamedTuple

from sera_store.chronicle.commitments import BODY, commitment, draw_salt
from sera_store.chronicle.entries import ATTACHMENTS_MOST
from sera_store.errors import InvalidEntryError

BODY_BYTES_MOST: Final = 1 << 20
ATTACHMENT_BYTES_MOST: Final = 20 << 20


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or sound, as it was given and made safe before."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody gives, before it is an entry.

    Parameters
    ----------
    kind
        `story`, `recipe`, `design` and so on: a lower-case name.
    item, version
        Drawn id of what is told (32 hexadecimal digits; `draw_item`), and which version of it, from 1 on.
    author
        Drawn id of whoever gives it.
    body
        What is given, 1 MiB at most.
    attachments
        What belongs to it, 20 of at most 20 MiB.
    """

    kind: str
    item: str
    version: int
    author: str
    body: bytes
    attachments: tuple[Attachment, ...] = ()


class Contents(NamedTuple):
    """What an entry stands for, while it is not erased.

    Parameters
    ----------
    author, time_s
        Drawn id of the author; when it was entered, Unix time [s].
    body
        What was given; None while it is sealed.
    attachments
        Digest and media type of each, in order.
    """

    author: str
    time_s: int
    body: bytes | None
    attachments: tuple[tuple[str, str], ...]


NO_CONTENTS: Final = Contents("", 0, None, ())
"""Of an entry that was erased."""


class Proof(NamedTuple):
    """Salts and contents of one entry, as far as they are kept: what its digests can be held against.

    Parameters
    ----------
    author, body
        Salt and content; None where there is none.
    attachments
        Salt and content by digest; the content is None where its file is missing.
    """

    author: tuple[bytes, bytes] | None
    body: tuple[bytes, bytes] | None
    attachments: dict[str, tuple[bytes, bytes | None]]


def draw_item() -> str:
    """Draw the id of a new item: 128 bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


def seal(body: bytes) -> tuple[bytes, str]:
    """Return salt and digest of a body whose giver keeps both body and salt, to open it later."""
    salt = draw_salt()
    return salt, commitment(salt, BODY, body)


def check_sizes(draft: Draft) -> None:
    """Check the sizes of a draft against those that a chronicle keeps.

    Raises
    ------
    InvalidEntryError
        It is too large; the message says how large it may be.
    """
    if len(draft.body) > BODY_BYTES_MOST:
        raise InvalidEntryError(f"a body has at most {BODY_BYTES_MOST} bytes, and this one {len(draft.body)}")
    if len(draft.attachments) > ATTACHMENTS_MOST:
        raise InvalidEntryError(f"an item has at most {ATTACHMENTS_MOST} attachments")
    for attachment in draft.attachments:
        if len(attachment.content) > ATTACHMENT_BYTES_MOST:
            raise InvalidEntryError(
                f"an attachment has at most {ATTACHMENT_BYTES_MOST >> 20} MiB, and this one "
                f"{len(attachment.content) / (1 << 20):.1f}"
            )
