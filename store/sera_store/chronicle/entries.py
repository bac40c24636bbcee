"""One entry of the chain: what everybody may know of it for ever, and nothing else.

Contents, author and exact time are no part of an entry, only salted digests of them are: they can be erased,
an entry never (ADR 71).
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Final

import msgspec
import rfc8785

from sera_store.errors import InvalidEntryError

FORM: Final = 1
NO_HASH: Final = "0" * 64
ERASURE: Final = "erasure"
WITHDRAWN: Final = "withdrawn"
MODERATED: Final = "moderated"
# Why contents were erased; nothing further is said of it, since it stays for ever.
REASONS: Final = (WITHDRAWN, MODERATED, "expired", "law")
ATTACHMENTS_MOST: Final = 20
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
DRAWN_ID: Final = re.compile(r"[0-9a-f]{32}")
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_HEADER_BYTES_MOST: Final = 4096


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry, as it stands in the chain.

    Parameters
    ----------
    form
        Version of this layout.
    chronicle
        Drawn id of the chronicle (32 hexadecimal digits), so that no entry passes for one of another.
    number
        1, 2, 3 and so on, without a gap.
    day
        Day in UTC on which it was entered, `YYYY-MM-DD`; the exact time goes with the contents.
    kind
        What it is: `story`, `recipe`, `design`, `erasure`.
    item, version
        Drawn id of what is told (32 hexadecimal digits), and which version of it; empty and 0 for an erasure.
    author, body
        Salted digests of the author's id and of the body; empty for an erasure.
    attachments
        Salted digests of what belongs to it, in order.
    erases
        Numbers of the entries whose contents this one took away.
    reason
        Why: one of `REASONS`; empty where nothing is erased.
    is_sealed
        Whether its giver kept the body to themselves when it was entered, to open it later.
    previous
        Hash of the entry before; 64 zeros for the first.
    """

    form: int
    chronicle: str
    number: int
    day: str
    kind: str
    item: str
    version: int
    author: str
    body: str
    attachments: tuple[str, ...]
    erases: tuple[int, ...]
    reason: str
    is_sealed: bool
    previous: str

    @property
    def header(self) -> bytes:
        """The entry as JSON in the canonical form of RFC 8785: what is hashed, kept and handed on."""
        return rfc8785.dumps(msgspec.to_builtins(self))

    @property
    def hash(self) -> str:
        """SHA-256 of the header as 64 hexadecimal digits."""
        return hash_of(self.header)


def hash_of(header: bytes) -> str:
    """Return the hash of a header: SHA-256 behind a line that names the form."""
    return hashlib.sha256(b"sera chronicle 1\n" + header).hexdigest()


def read_header(header: bytes) -> Entry:
    """Read an entry and hold it against all rules that it must meet by itself.

    Raises
    ------
    InvalidEntryError
        It is no entry, or is not written as the canonical form writes it; the message says what is wrong.
    """
    if len(header) > _HEADER_BYTES_MOST:
        raise InvalidEntryError(f"is longer than {_HEADER_BYTES_MOST} bytes")
    try:
        entry = msgspec.json.decode(header, type=Entry)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidEntryError(f"is no entry of a chronicle: {error}") from error
    check(entry)
    if entry.header != header:
        raise InvalidEntryError("is not in the canonical form of RFC 8785")
    return entry


def check(entry: Entry) -> None:
    """Check an entry by the rules that need no other entry.

    Raises
    ------
    InvalidEntryError
        A field is not what it may be.
    """
    problems = [
        (entry.form == FORM, f"form {entry.form} is not known; this Sera knows {FORM}"),
        (DRAWN_ID.fullmatch(entry.chronicle), "chronicle is no drawn id"),
        (entry.number >= 1, "number is below 1"),
        (_is_day(entry.day), f"day {entry.day!r} is no date"),
        (_NAME.fullmatch(entry.kind), f"kind {entry.kind!r} is no name"),
        (DIGEST.fullmatch(entry.previous), "previous is no hash"),
        (all(map(DIGEST.fullmatch, entry.attachments)), "an attachment is no digest"),
        (len(entry.attachments) <= ATTACHMENTS_MOST, f"has more than {ATTACHMENTS_MOST} attachments"),
        (_is_erasure(entry) if entry.kind == ERASURE else _is_gift(entry), "its fields do not fit its kind"),
    ]
    for holds, problem in problems:
        if not holds:
            raise InvalidEntryError(problem)


def _is_erasure(entry: Entry) -> bool:
    is_empty = not any(
        (entry.item, entry.version, entry.author, entry.body, entry.attachments, entry.is_sealed)
    )
    is_ordered = list(entry.erases) == sorted({number for number in entry.erases if number >= 1})
    is_before = all(number < entry.number for number in entry.erases)
    return bool(is_empty and entry.erases and is_ordered and is_before and entry.reason in REASONS)


def _is_gift(entry: Entry) -> bool:
    has_digests = DIGEST.fullmatch(entry.body) and DIGEST.fullmatch(entry.author)
    has_item = DRAWN_ID.fullmatch(entry.item) and entry.version >= 1
    is_whole = not (entry.is_sealed and entry.attachments)
    return bool(has_digests and has_item and is_whole and not entry.erases and not entry.reason)


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True
