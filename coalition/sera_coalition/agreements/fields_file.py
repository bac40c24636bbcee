"""Read the fields of an agreement from TOML, as people write them, and write a file to begin from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from sera_coalition.agreements.terms import (
    Agreement,
    DataClass,
    Onward,
    Period,
    Place,
    Purpose,
    check_agreement,
)
from sera_coalition.errors import InvalidAgreementError
from sera_store.toml_text import InvalidTomlError, read_toml

if TYPE_CHECKING:
    from enum import StrEnum

    from sera_coalition.agreements.terms import Party

_BYTES_MOST: Final = 1 << 16
# Drawn, counted or rendered, and never typed.
_OWN: Final = ("form", "id", "version", "texts")
_CHOICES: Final[dict[str, type[StrEnum]]] = {
    "purposes": Purpose,
    "place": Place,
    "period": Period,
    "onward": Onward,
    "gives": DataClass,
}

_SAMPLE: Final = """# An agreement between two communities. Talk it through, fill it in, then:
#   sera agreement new FILE --out agreement.json

# What the receiver may use it for, and nothing else: compare, teach, plan, publish.
purposes = ["compare"]
# The finest place of any row: 1km, 10km (cells of the common grid), or community for no place at all.
place = "10km"
# The finest time of any row: day, week (from Monday on) or month.
period = "week"
# No row is about fewer gardens, nor about fewer persons; at least 3.
smallest_cell = 3
# cc0, cc-by, cc-by-nc; or none, for the purposes above alone.
licence = "none"
# So many days after it came in it is erased.
retention_days = 400
# May it be handed on: no, consent (asked each time), yes.
onward = "no"
# First day, and the day on which both talk again: after it nothing is given.
begins = "2027-01-01"
review = "2028-01-01"
# So many days after one side says so, it ends.
notice_days = 14

{own}
# The other side: paste here what `sera agreement key` prints there, and compare its words by voice.
[[parties]]
community = ""
name = ""
key = ""
language = "en"
gives = []
"""


def read_fields(content: bytes, agreement_id: str, version: int) -> Agreement:
    """Read and check the fields of an agreement.

    Parameters
    ----------
    content
        TOML.
    agreement_id, version
        By which it is named.

    Raises
    ------
    InvalidAgreementError
        It names the field or line, what was expected and what to do.
    """
    if len(content) > _BYTES_MOST:
        raise InvalidAgreementError("file", f"is longer than {_BYTES_MOST} bytes, and no agreement")
    try:
        fields: dict[str, Any] = read_toml(content.decode())
    except (InvalidTomlError, UnicodeDecodeError) as error:
        raise InvalidAgreementError("file", f"is no TOML: {error}; mend that place") from error
    typed = sorted(set(fields).intersection(_OWN))
    if typed:
        raise InvalidAgreementError(", ".join(typed), "is written by Sera; take it out of the file")
    # A day of TOML is as good as one between quotation marks.
    fields = {name: str(value) if name in ("begins", "review") else value for name, value in fields.items()}
    try:
        agreement = msgspec.convert({**fields, "id": agreement_id, "version": version}, Agreement)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at ")
        field = path.strip("`$.") or "fields"
        choices = next((choices for name, choices in _CHOICES.items() if name in field), None)
        expected = f"expected one of {', '.join(choices)}" if choices else "see the sample"
        raise InvalidAgreementError(field, f"{problem}; {expected}") from error
    check_agreement(agreement)
    return agreement


def party_block(party: Party) -> str:
    """Write one side as a block of TOML, to be pasted into an agreement."""
    gives = ", ".join(f'"{name}"' for name in party.gives)
    return (
        f"[[parties]]\ncommunity = {_text(party.community)}\nname = {_text(party.name)}\n"
        f"key = {_text(party.key)}\nlanguage = {_text(party.language)}\n"
        "# readings, visits, counts, indices, stories, media (their pictures and sounds); may stay empty.\n"
        f"gives = [{gives}]\n"
    )


def sample(party: Party) -> str:
    """Write a file to begin from, with one side filled in."""
    return _SAMPLE.format(own=party_block(party))


def _text(value: str) -> str:
    # JSON's strings are strings of TOML too.
    return msgspec.json.encode(value).decode()
