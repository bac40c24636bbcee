"""Files of TOML and JSON that break readers: each is refused by the error of what it should have been."""

from __future__ import annotations

import pytest

from sera_coalition.agreements.fields_file import read_fields
from sera_coalition.deciding.rule import read_deciding_rule, sample_text
from sera_coalition.errors import InvalidAgreementError, InvalidClaimError, RuleFileError
from sera_coalition.report.claims import read_claim

TOO_DEEP = "key = " + "[" * 30_000
TOO_LONG = "key = " + "9" * 5_000


@pytest.mark.parametrize("text", [TOO_DEEP, TOO_LONG, "key = " + "{a = " * 3_000])
def test_toml_that_no_reader_bears_is_refused(text: str) -> None:
    with pytest.raises(InvalidClaimError, match=r"claim\.toml cannot be read"):
        read_claim(text.encode(), "claim.toml")
    with pytest.raises(InvalidAgreementError, match="is no TOML"):
        read_fields(text.encode(), "0" * 32, 1)
    with pytest.raises(RuleFileError, match="is no TOML"):
        read_deciding_rule(text, "deciding-oak.toml")


def test_a_claim_of_json_nested_too_deeply_is_refused() -> None:
    with pytest.raises(InvalidClaimError, match=r"claim\.json cannot be read"):
        read_claim(b'{"line": ' + b"[" * 100_000, "claim.json")


def test_a_share_with_a_line_end_behind_it_is_a_share() -> None:
    text = sample_text("oak").replace('quorum = "50 %"', 'quorum = "50 %\\n"')
    assert text != sample_text("oak")
    assert read_deciding_rule(text, "deciding-oak.toml").quorum_of(7) == 4


@pytest.mark.parametrize("day", ["20270101", "2027-W01-1", "9999-12-31", "0001-01-01"])
def test_a_day_has_one_spelling(day: str) -> None:
    fields = f"""
purposes = ["compare"]
place = "10km"
period = "week"
smallest_cell = 3
licence = "none"
retention_days = 400
onward = "no"
begins = "{day}"
review = "2028-01-01"
notice_days = 14
parties = [
  {{ community = "elm", name = "Elm", key = "{"0" * 64}", gives = ["visits"] }},
  {{ community = "oak", name = "Oak", key = "{"1" + "0" * 63}" }},
]
"""
    with pytest.raises(InvalidAgreementError, match="begins: expected a day"):
        read_fields(fields.encode(), "0" * 32, 1)
