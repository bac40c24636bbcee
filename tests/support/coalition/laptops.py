"""Communities on laptops of their own, as the tests of agreements and bundles use them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from sera_coalition.agreements.book import AgreementBook
from sera_coalition.agreements.envelope import unsigned
from sera_coalition.agreements.key_files import draw_key, read_key
from sera_coalition.agreements.keys import fingerprint, public_of
from sera_coalition.agreements.signing import sign_agreement
from sera_coalition.agreements.statements import AGREEMENT, REVOCATION, revoke
from sera_coalition.agreements.terms import Agreement, DataClass, Onward, Party, Period, Place, Purpose
from sera_coalition.agreements.wording import with_texts
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.schema import chronicle_folder
from sera_store.registry.entities import Community
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sera_coalition.agreements.envelope import Signed

# Thursday, 1 July 2027, noon.
NOW_S = 1_814_443_200
ID = "0123456789abcdef0123456789abcdef"


@dataclass
class Laptop:
    """One community's installation, with a clock that the test sets."""

    data: Path
    community: str
    now_s: float = NOW_S

    @property
    def key(self) -> Ed25519PrivateKey:
        return read_key(self.data, self.community)

    @property
    def public(self) -> str:
        return public_of(self.key)

    @property
    def words(self) -> str:
        return fingerprint(self.public)

    def party(self, *gives: DataClass, language: str = "en") -> Party:
        return Party(
            community=self.community,
            name=self.community.title(),
            key=self.public,
            language=language,
            gives=gives,
        )

    @contextmanager
    def book(self) -> Iterator[AgreementBook]:
        folder = chronicle_folder(self.data, self.community)
        with Chronicle.open(folder, clock=lambda: self.now_s) as chronicle:
            yield AgreementBook(chronicle, self.community)

    def add(self, content: bytes) -> str:
        with self.book() as book:
            return book.add(content, self.public)

    def sign(self, signed: Signed, read_aloud: str = "") -> Signed:
        with self.book() as book:
            return sign_agreement(signed, book, self.key, read_aloud)

    def enter(self, kind: str, statement: msgspec.Struct) -> bytes:
        """Sign a statement, enter it here, and return it for the other side."""
        content = unsigned(kind, statement).signed_with(self.key, self.public).encode()
        self.add(content)
        return content

    def revoke(self, agreement: Agreement) -> bytes:
        with self.book() as book:
            statement = revoke(agreement, self.community, book.today())
        return self.enter(REVOCATION, statement)


def laptop(folder: Path, community: str) -> Laptop:
    """Begin an installation with one community and its key."""
    data = folder / community
    data.mkdir(parents=True)
    with Store.open(data / "store") as store:
        store.registry.put(Community(community, community.title()), since_s=0, by="test")
    draw_key(data, community)
    return Laptop(data, community)


def terms(first: Party, second: Party, **fields: Any) -> Agreement:
    """Return an agreement that holds at `NOW_S`, with texts."""
    agreement = Agreement(
        id=ID,
        parties=(first, second),
        purposes=(Purpose.COMPARE,),
        place=Place.ONE_KM,
        period=Period.DAY,
        smallest_cell=3,
        licence="none",
        retention_days=400,
        onward=Onward.NO,
        begins="2027-01-01",
        review="2028-01-01",
        notice_days=0,
    )
    return with_texts(msgspec.structs.replace(agreement, **fields))


def agree(first: Laptop, second: Laptop, agreement: Agreement) -> bytes:
    """Sign on both sides, after their words were compared, and enter it."""
    signed = second.sign(first.sign(unsigned(AGREEMENT, agreement), second.words), first.words)
    content = signed.encode()
    first.add(content)
    second.add(content)
    return content
