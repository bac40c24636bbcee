"""What pages show of an agreement: where it stands, what was given, what came in."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from sera_coalition.agreements.stored_agreements import AgreementStatus
from sera_coalition.agreements.terms import DataClass
from sera_coalition.agreements.wording import sentences_of
from sera_coalition.bundles.issued import issued_bundles, items_ever
from sera_coalition.bundles.received import Aside, Received, received_file
from sera_pages.errors import RefusedRequestError
from sera_store.licence import NO_LICENCE, Licence
from sera_words.isolates import isolated
from sera_words.sentences import agreement_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_coalition.agreements.book import AgreementBook
    from sera_coalition.agreements.stored_agreements import StoredAgreement
    from sera_coalition.agreements.terms import Agreement, Party
    from sera_coalition.bundles.received import ReceivedPart
    from sera_pages.views.visit import Visit

Answer = TypeVar("Answer")
_NAMES: Final = ("measurement", "group", "index")
_VALUES: Final = ("value", "visits", "insects")


class Amount(NamedTuple):
    """How much of one table was given or came in: rows and days in words, empty where nothing did."""

    rows: str = ""
    days: str = ""


class Exchanged(NamedTuple):
    """One line of the table: a class of data, what was given of it, what came in."""

    table: str
    name: str
    issued: Amount
    received: Amount


class AgreementView(NamedTuple):
    """An agreement as pages show it."""

    agreement: Agreement
    own: Party
    other: Party
    status: str
    gives: bool
    takes_back: bool
    sentences: list[str]
    lines: list[Exchanged]
    asides: list[Aside]
    receipts: list[str]


class RowView(NamedTuple):
    """One row that came in: days, place, what, how much, of how many gardens."""

    days: str
    place: str
    name: str
    value: str
    gardens: str


def find_agreement(visit: Visit, community: str, agreement: str) -> tuple[AgreementBook, StoredAgreement]:
    """Return an agreement of a community.

    Raises
    ------
    RefusedRequestError
        There is none (404).
    """
    book = visit.installation.shelves.agreements(community)
    stored = book.find(agreement) if book is not None else None
    if book is None or stored is None:
        raise RefusedRequestError(404, "refused.no_page")
    return book, stored


def with_received(
    visit: Visit,
    book: AgreementBook,
    stored: StoredAgreement,
    ask: Callable[[Received], Answer],
    default: Answer,
) -> Answer:
    """Ask what came in by an agreement and is not too old; where nothing did, no file is made."""
    folder = visit.installation.folder
    if not received_file(folder, book.community, stored.agreement.id).is_file():
        return default
    with Received(folder, book.community, stored.agreement.id) as received:
        received.forget_old(book.today(), stored.agreement.retention_days)
        return ask(received)


def released_rows_of(
    visit: Visit, book: AgreementBook, stored: StoredAgreement, table: str, most: int
) -> list[dict[str, Any]]:
    """Return the newest rows of a table; none once the agreement has ended, though not yet purged."""
    if stored.status_on(book.today()) is AgreementStatus.REVOKED:
        return []
    empty: list[dict[str, Any]] = []
    return with_received(visit, book, stored, lambda source: source.rows(table, most), empty)


def agreement_view(visit: Visit, book: AgreementBook, stored: StoredAgreement) -> AgreementView:
    """Sum up an agreement: what is agreed, where it stands, what went each way."""
    community = book.community
    today = book.today()

    def look(received: Received) -> tuple[list[ReceivedPart], list[Aside]]:
        return received.parts(), received.asides()

    empty: tuple[list[ReceivedPart], list[Aside]] = ([], [])
    parts, asides = with_received(visit, book, stored, look, empty)
    other = stored.agreement.other(community)
    own = next(party for party in stored.agreement.parties if party is not other)
    gives = stored.gives_on(today) and bool(own.gives)
    return AgreementView(
        stored.agreement,
        own,
        other,
        _status(visit, book, stored, other),
        gives,
        not gives and bool(items_ever(issued_bundles(book.chronicle, stored.agreement.id))),
        sentences_of(stored.agreement, agreement_words(visit.words.locale)),
        _lines(visit, book, stored, parts),
        asides,
        [_receipt(visit, receipt.day, receipt.rows) for receipt in book.receipts(stored.agreement.id)],
    )


def _status(visit: Visit, book: AgreementBook, stored: StoredAgreement, other: Party) -> str:
    if book.keys(stored, other.community)[-1].stolen:
        return visit.words.say("neighbours.key_stolen", name=other.name)
    agreement = stored.agreement
    days = {
        "ahead": agreement.begins,
        "in_force": agreement.review,
        "review": agreement.review,
        "notice": stored.ends_on,
        "revoked": stored.ends_on,
    }
    status = stored.status_on(book.today())
    return visit.words.say(f"neighbours.is_{status}", day=_day(visit, days[status]))


def _lines(
    visit: Visit, book: AgreementBook, stored: StoredAgreement, parts: list[ReceivedPart]
) -> list[Exchanged]:
    """Lay both ways side by side, one line for each class of data that is agreed or there."""
    words = agreement_words(visit.words.locale)
    issued = issued_bundles(book.chronicle, stored.agreement.id)
    received = {part.table: part for part in parts}
    agreed = {name.value for party in stored.agreement.parties for name in party.gives}
    lines = []
    for name in DataClass:
        bundles = [bundle for bundle in issued if bundle.rows.get(name)]
        if name.value not in agreed and not bundles and name.value not in received:
            continue
        out = Amount()
        if bundles:
            first = min(bundle.first for bundle in bundles)
            last = max(bundle.last for bundle in bundles)
            out = _amount(visit, sum(bundle.rows[name] for bundle in bundles), first, last)
        part = received.get(name)
        into = Amount() if part is None else _amount(visit, part.rows, part.first, part.last)
        lines.append(Exchanged(name, words.say(f"class.{name}"), out, into))
    return lines


def _amount(visit: Visit, rows: int, first: str, last: str) -> Amount:
    return Amount(visit.words.say("neighbours.rows", count=rows), _days(visit, first, last))


def _receipt(visit: Visit, day: str, rows: int) -> str:
    return visit.words.say("neighbours.erased", count=rows, day=_day(visit, day))


def licence_sentence(visit: Visit, licence: str) -> str:
    """Return the sentence that says under which licence a row came, and that it is not ours."""
    if licence == NO_LICENCE:
        return visit.words.say("neighbours.not_ours_none")
    return visit.words.say("neighbours.not_ours", licence=Licence(licence).deed.name)


def row_view(visit: Visit, row: dict[str, Any]) -> RowView:
    """Write one row that came in for people."""
    figures = visit.words.figures
    name = next(str(row[column]) for column in _NAMES if column in row)
    value = next(row[column] for column in _VALUES if column in row)
    unit = figures.unit(row["unit"]) if row.get("unit", "1") != "1" else ""
    return RowView(
        _days(visit, row["first_day"], row["last_day"]),
        _place(visit, row),
        figures.name(name),
        f"{figures.number(value)} {unit}".strip(),
        figures.whole(row["gardens"]),
    )


def _place(visit: Visit, row: dict[str, Any]) -> str:
    if row.get("grid_deg") is None:
        return visit.words.say("neighbours.whole_community")
    figures = visit.words.figures
    # The centre of a cell has one decimal more than its side.
    decimals = len(f"{row['grid_deg']:g}".partition(".")[2]) + 1
    north, east = (isolated(figures.fixed(row[name], decimals)) for name in ("latitude", "longitude"))
    return visit.words.say("neighbours.cell", north=north, east=east)


def _days(visit: Visit, first: str, last: str) -> str:
    if not first:
        return ""
    # With their years: what came in may be of several.
    return visit.words.figures.full_dates(date.fromisoformat(first), date.fromisoformat(last))


def _day(visit: Visit, text: str) -> str:
    return visit.words.figures.date(date.fromisoformat(text))
