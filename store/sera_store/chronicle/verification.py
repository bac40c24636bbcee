"""Hold a chain against its own rules, against heads that somebody noted, and against what it stands for."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sera_store.chronicle.commitments import ATTACHMENT, AUTHOR, BODY, commitment
from sera_store.chronicle.entries import ERASURE, NO_HASH, Entry, hash_of, read_header
from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sera_store.chronicle.chronicle import Chronicle
    from sera_store.chronicle.drafts import Proof
    from sera_store.chronicle.head_words import Head


class ChainProblem(NamedTuple):
    """What is wrong, and at which entry.

    Parameters
    ----------
    number
        The entry, as it should be numbered.
    code
        `unreadable`, `altered`, `number`, `link`, `other_chronicle`, `erasure`, `head`, `cut_off`, `fork`,
        `missing_contents`, `altered_contents` or `left_contents`.
    message
        The same in a sentence.
    """

    number: int
    code: str
    message: str


class _Walk:
    """Where a walk along the chain stands."""

    def __init__(self) -> None:
        self.number = 0
        self.previous = NO_HASH
        self.chronicle = ""
        self.erased: set[int] = set()
        self.erasures: set[int] = set()

    def step(self, header: bytes, stored_hash: str) -> Iterator[ChainProblem | Entry]:
        """Take one entry: give its problems, then the entry where it can be read at all."""
        expected, hash_now = self.number + 1, hash_of(header)
        self.number = expected
        # Where an entry was changed, what follows it still names it as it was: it alone is to be blamed.
        previous, self.previous = self.previous, stored_hash
        try:
            entry = read_header(header)
        except InvalidEntryError as error:
            yield ChainProblem(expected, "unreadable", f"entry {expected} {error}")
            return
        if stored_hash != hash_now:
            yield ChainProblem(expected, "altered", f"entry {expected} was changed after it was entered")
        self.chronicle = self.chronicle or entry.chronicle
        if entry.chronicle != self.chronicle:
            yield ChainProblem(expected, "other_chronicle", f"entry {expected} is of another chronicle")
        if entry.number != expected:
            yield ChainProblem(
                expected,
                "number",
                f"where entry {expected} should stand there is entry {entry.number}: entries were removed, "
                "put in, or changed places",
            )
            self.number = entry.number
        if entry.previous != previous:
            yield ChainProblem(
                entry.number,
                "link",
                f"entry {entry.number} does not follow the entry that stands before it: one of the two is "
                "not what was entered",
            )
        yield from self._erasure(entry)
        yield entry

    def _erasure(self, entry: Entry) -> Iterator[ChainProblem]:
        if entry.kind == ERASURE:
            self.erasures.add(entry.number)
        for number in entry.erases:
            if number in self.erased or number in self.erasures:
                yield ChainProblem(
                    entry.number,
                    "erasure",
                    f"entry {entry.number} erases entry {number}, which has nothing to erase",
                )
            self.erased.add(number)


def verify_chain(lines: Iterable[tuple[bytes, str]], heads: Sequence[Head] = ()) -> Iterator[ChainProblem]:
    """Find what is wrong with a chain by itself, and beside heads that were noted of it.

    Parameters
    ----------
    lines
        Header and hash of each entry in the order in which they stand.
    heads
        Heads that somebody noted before. Without one, entries cut off at the end cannot be seen.
    """
    walk = _Walk()
    noted: dict[int, list[Head]] = {}
    for head in heads:
        noted.setdefault(head.number, []).append(head)
    for header, stored_hash in lines:
        for result in walk.step(header, stored_hash):
            if isinstance(result, ChainProblem):
                yield result
            elif any(not head.holds_for(result) for head in noted.pop(result.number, ())):
                yield ChainProblem(
                    result.number,
                    "head",
                    f"entry {result.number} is another than when its head was noted: an entry up to it was "
                    "changed, or this is another history",
                )
    for number in sorted(noted):
        yield ChainProblem(
            walk.number + 1,
            "cut_off",
            f"the chain ends at entry {walk.number}, and a head of entry {number} was noted: entries were "
            "cut off, or this is an older copy",
        )


def find_fork(lines: Iterable[tuple[bytes, str]], others: Iterable[tuple[bytes, str]]) -> ChainProblem | None:
    """Find the first entry at which two chains tell different histories; one may be longer than the other."""
    for number, ((header, _), (other, _)) in enumerate(zip(lines, others, strict=False), 1):
        if header != other:
            return ChainProblem(
                number, "fork", f"entry {number} is another one in the other chain: there are two histories"
            )
    return None


def verify_contents(chronicle: Chronicle) -> Iterator[ChainProblem]:
    """Find entries whose contents are missing, are not what was entered, or should have been erased."""
    # What the chain says was erased, not what a table beside it says.
    erased = {number for entry in _entries(chronicle) for number in entry.erases}
    for entry in _entries(chronicle):
        if entry.kind != ERASURE:
            yield from _verify_entry(chronicle, entry, is_erased=entry.number in erased)


def _entries(chronicle: Chronicle) -> Iterator[Entry]:
    """Iterate over the entries that can be read; the chain's own verification names the others."""
    for header, _ in chronicle.lines():
        with suppress(InvalidEntryError):
            yield read_header(header)


def _verify_entry(chronicle: Chronicle, entry: Entry, *, is_erased: bool) -> Iterator[ChainProblem]:
    number = entry.number
    stored = chronicle.proof(number)
    if chronicle.is_erased(number) != is_erased:
        yield ChainProblem(
            number, "erasure", f"entry {number}: whether it was erased is noted otherwise than the chain says"
        )
    if is_erased:
        if stored.author or stored.body or stored.attachments:
            yield ChainProblem(
                number, "left_contents", f"entry {number} was erased, and something is left of it"
            )
        return
    for what, role, digest, proof in _parts(entry, stored):
        if proof is None:
            yield ChainProblem(
                number, "missing_contents", f"entry {number}: its {what} is missing, though nobody erased it"
            )
        elif commitment(proof[0], role, proof[1]) != digest:
            yield ChainProblem(
                number, "altered_contents", f"entry {number}: its {what} is not what was entered"
            )


def _parts(entry: Entry, stored: Proof) -> Iterator[tuple[str, bytes, str, tuple[bytes, bytes] | None]]:
    """Iterate over the digests of an entry, each with its name, its role, and what is kept for it."""
    yield "author", AUTHOR, entry.author, stored.author
    if stored.body is not None or not entry.is_sealed:
        yield "body", BODY, entry.body, stored.body
    for index, digest in enumerate(entry.attachments, 1):
        salt, content = stored.attachments.get(digest, (b"", None))
        yield f"attachment {index}", ATTACHMENT, digest, None if content is None else (salt, content)
