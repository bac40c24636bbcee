"""A claim is answered by what the report can and cannot say, line by line."""

from __future__ import annotations

import msgspec
import pytest

from sera_coalition.errors import InvalidClaimError, InvalidReportError
from sera_coalition.report import report as codes
from sera_coalition.report.answers import Verdict, answer_claim
from sera_coalition.report.claims import (
    LINES_MOST,
    Claim,
    ClaimLine,
    Comparison,
    check_claim,
    read_claim,
)
from sera_coalition.report.report import (
    Figure,
    Report,
    ReportDistrict,
    SourceTable,
    decode_report,
    digest_of,
    encode_report,
)

TABLE = SourceTable(key="districts", name="living.csv", sha256="0" * 64, rows=8)
PLACES = {"brook": (10, 8, 12), "docks": (67, 60, 71), "hill": (40, 30, 65)}


def figure(measure: str, district: str, **fields: object) -> Figure:
    """One figure of the report."""
    return Figure(measure=measure, district=district, method="share", tables=("districts",), **fields)


def report_of(*more: Figure, hidden: str = "") -> Report:
    """A report of three districts, of which one may be too small."""
    shares = [
        figure("without_outlet", name, reason=codes.TOO_FEW)
        if name == hidden
        else figure("without_outlet", name, value=float(value), low=float(low), high=float(high))
        for name, (value, low, high) in PLACES.items()
    ]
    effort = [
        figure("visits_per_hour", "brook", value=6.4, low=4.0, high=9.0, effort_h=240.0),
        figure("visits_per_hour", "docks", reason=codes.NO_EFFORT),
        figure("nodes_with_readings", "docks", value=7.0, effort_h=3.0),
    ]
    gini = figure(
        "outlets_gini", "", value=0.42, low=0.4, high=0.45, chance_mean=0.3, chance_low=0.2, chance_high=0.41
    )
    return Report(
        community="oak",
        day="2026-11-30",
        code="sera 0.1.0",
        reach_m=800.0,
        method="two_step",
        seed=1,
        draws=99,
        districts=tuple(
            ReportDistrict(id=name, name=name.title(), residents=1000, places=3, effort_h=None)
            for name in PLACES
        ),
        tables=(TABLE,),
        figures=(*shares, *effort, gini, *more),
        gardens=0,
        gardens_hidden=0,
        gardens_coarse=0,
    )


def line(**fields: object) -> ClaimLine:
    """A line about the share of residents without an outlet in Docks."""
    basic = {"sentence": "As the text has it.", "measure": "without_outlet", "district": "docks"}
    return msgspec.convert(basic | {"comparison": "above", "value": 50} | fields, type=ClaimLine)


def answered(**fields: object) -> tuple[str, str]:
    """Verdict and code of one line, held against the report."""
    hidden = str(fields.pop("hidden", ""))
    (answer,) = answer_claim(report_of(hidden=hidden), Claim(title="A claim", lines=(line(**fields),)))
    return answer.verdict.value, answer.code


@pytest.mark.parametrize(
    ("comparison", "value", "verdict"),
    [
        ("above", 59, "supported"), ("above", 60, "cannot"), ("above", 71, "contradicted"),
        ("at_least", 60, "supported"), ("at_least", 71, "cannot"), ("at_least", 72, "contradicted"),
        ("below", 72, "supported"), ("below", 71, "cannot"), ("below", 60, "contradicted"),
        ("at_most", 71, "supported"), ("at_most", 60, "cannot"), ("at_most", 59, "contradicted"),
        ("equals", 67, "supported"), ("equals", 67.5, "supported"), ("equals", 62, "cannot"),
        ("equals", 72, "contradicted"),
    ],
)  # fmt: skip
def test_a_number_is_supported_for_all_between_the_bounds_and_contradicted_for_none(
    comparison: str, value: float, verdict: str
) -> None:
    assert answered(comparison=comparison, value=value)[0] == verdict


@pytest.mark.parametrize(
    ("district", "comparison", "than", "verdict"),
    [
        ("docks", "more_than_in", "brook", "supported"),
        ("brook", "more_than_in", "docks", "contradicted"),
        ("hill", "less_than_in", "docks", "cannot"),
        ("brook", "less_than_in", "hill", "supported"),
        ("docks", "highest", "", "cannot"),
        ("brook", "highest", "", "contradicted"),
        ("brook", "lowest", "", "supported"),
    ],
)
def test_districts_are_compared_where_their_bounds_do_not_meet(
    district: str, comparison: str, than: str, verdict: str
) -> None:
    fields = {"district": district, "comparison": comparison, "than": than, "value": None}
    assert answered(**fields)[0] == verdict


def test_none_is_the_first_while_another_is_hidden_but_one_may_be_beaten_already() -> None:
    fields = {"comparison": "highest", "value": None, "hidden": "hill"}
    assert answered(district="docks", **fields) == ("cannot", "others_hidden")
    assert answered(district="brook", **fields) == ("contradicted", "differs")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"because": "poor nature"}, "cause"),
        ({"measure": "species_richness"}, "other_measure"),
        ({"reach_m": 500}, "other_reach"),
        ({"district": "Atlantis"}, "unknown_district"),
        ({"comparison": "more_than_in", "than": "Atlantis", "value": None}, "unknown_district"),
        ({"district": ""}, "no_district_named"),
        ({"measure": "outlets_gini"}, "not_by_district"),
        ({"comparison": "beyond_chance", "value": None}, "no_chance"),
        ({"measure": "visits_per_hour", "comparison": "lowest", "value": None}, "ranks_by_sensors"),
        (
            {"measure": "nodes_with_readings", "comparison": "more_than_in", "than": "hill", "value": None},
            "ranks_by_sensors",
        ),
        ({"measure": "visits_per_hour"}, "no_effort"),
        ({"hidden": "docks"}, "too_few"),
        ({"comparison": "more_than_in", "than": "hill", "value": None, "hidden": "hill"}, "too_few"),
        ({"measure": "outlets_a_thousand"}, "no_table"),
        ({"sentence": "In Docks 80 % have none."}, "sentence_number"),
        ({"sentence": "In Docks ٨٠٪ have none."}, "sentence_number"),
        ({"sentence": "In Docks, unlike Hill, most have none."}, "sentence_district"),
    ],
)
def test_what_cannot_be_said_says_why(fields: dict[str, object], code: str) -> None:
    assert answered(**fields) == ("cannot", code)


@pytest.mark.parametrize(
    "sentence",
    [
        "In Docks over 50 % have none.",
        "In DOCKS over 50,0 % lack one within 0.8 km.",
        "Over 50 within 800 m.",
    ],
)
def test_a_sentence_whose_numbers_are_those_of_its_fields_is_checked(sentence: str) -> None:
    assert answered(sentence=sentence) == ("supported", "holds")


def test_a_district_that_is_called_a_number_hides_no_number() -> None:
    report = report_of()
    numbered = [msgspec.structs.replace(district, name="1") for district in report.districts[:1]]
    report = msgspec.structs.replace(report, districts=(*numbered, *report.districts[1:]))
    fields = {"measure": "without_outlet", "comparison": Comparison.AT_MOST, "district": "1", "value": 5.0}
    for sentence, number in (
        ("In 1, at most 15 % have none.", "15"),
        ("In 1, at most 1 % have none.", "1"),
        ("In 1, at most 5 % have none.", ""),
    ):
        [answer] = answer_claim(report, Claim(title="a", lines=(ClaimLine(sentence=sentence, **fields),)))
        assert (answer.code, answer.arguments.get("number", "")) == (
            "sentence_number" if number else "differs",
            number,
        )


def test_a_name_of_two_districts_answers_nothing_and_an_id_is_that_of_one() -> None:
    report = report_of()
    twin = ReportDistrict(id="docks-2", name="DOCKS", residents=500, places=1, effort_h=None)
    report = msgspec.structs.replace(report, districts=(*report.districts, twin))
    answers = {
        name: answer_claim(report, Claim(title="A claim", lines=(line(district=name),)))[0]
        for name in ("docks", "Docks", "DOCKS")
    }
    assert answers["docks"].verdict is Verdict.SUPPORTED
    for name in ("Docks", "DOCKS"):
        assert (answers[name].verdict, answers[name].code) == (Verdict.CANNOT, "several_districts")


@pytest.mark.parametrize("field", ["sentence", "district", "because"])
@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x1b[2J", "\u2067"])
def test_characters_that_cannot_be_seen_are_refused_at_their_line(field: str, hidden: str) -> None:
    claim = Claim(title="A claim", lines=(line(**{field: f"Docks{hidden} are fine"}),))
    with pytest.raises(InvalidClaimError, match=rf"line 1: {field}"):
        check_claim(claim, "claim.toml")


def test_blanks_that_do_not_break_and_joined_pictures_are_what_people_write() -> None:
    sentence = "Aux Docks, 50\u202f% n’ont rien\u00a0; \U0001f469\u200d\U0001f33e le sait."
    check_claim(Claim(title="Une affirmation", lines=(line(sentence=sentence),)), "claim.toml")


def test_inequality_is_held_against_chance() -> None:
    fields = {"measure": "outlets_gini", "district": "", "comparison": "beyond_chance", "value": None}
    assert answered(**fields) == ("supported", "holds")
    usual = figure("gardens_gini", "", value=0.4, chance_low=0.2, chance_high=0.5)
    claim = Claim(title="A claim", lines=(line(**{**fields, "measure": "gardens_gini"}),))
    assert answer_claim(report_of(usual), claim)[0].verdict is Verdict.CONTRADICTED


HEAD = "title = 'x'\n"
LINE = "[[line]]\nsentence = 's'\nmeasure = 'm'\ndistrict = 'd'\n"
NUMBER = "comparison = 'above'\nvalue = 1\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (HEAD, "has no line"),
        (HEAD + LINE + "comparison = 'bigger'", "line 1: .*bigger"),
        (HEAD + LINE + "comparison = 'above'", "line 1: value"),
        (HEAD + LINE + "comparison = 'above'\nvalue = nan", "line 1: value"),
        (HEAD + LINE + "comparison = 'highest'\nvalue = 1", "line 1: value"),
        (HEAD + LINE + "comparison = 'more_than_in'", "line 1: than"),
        (HEAD + LINE + NUMBER + "reach_m = 0", "line 1: reach_m"),
        (HEAD + LINE + NUMBER + LINE.replace("'d'", "''") + "comparison = 'highest'", "line 2: district"),
        (HEAD + LINE.replace("'s'", "' '") + NUMBER, "line 1: sentence"),
        (HEAD + "[[line]]\nword = 's'", "line 1: .*its fields are sentence"),
        (LINE + NUMBER, "title"),
        ("not toml", "cannot be read"),
    ],
)
def test_a_claim_that_cannot_be_checked_is_refused_at_its_line(text: str, place: str) -> None:
    with pytest.raises(InvalidClaimError, match=place):
        read_claim(text.encode(), "claim.toml")


def test_a_claim_has_an_end_and_json_is_read_like_toml() -> None:
    fields = {"sentence": "s", "measure": "m", "district": "d", "comparison": "above", "value": 1}
    claim = read_claim(msgspec.json.encode({"title": "x", "line": [fields]}), "claim.json")
    assert claim.lines[0].comparison is Comparison.ABOVE
    many = msgspec.json.encode({"title": "x", "line": [fields] * (LINES_MOST + 1)})
    with pytest.raises(InvalidClaimError, match=f"expected 1 to {LINES_MOST}"):
        read_claim(many, "claim.json")


def test_a_report_comes_back_the_same_and_one_that_was_changed_into_none_is_refused() -> None:
    report = report_of()
    content = encode_report(report)
    assert encode_report(decode_report(content, "report.json")) == content
    assert digest_of(report) == digest_of(decode_report(content, "report.json"))
    for before, after in (
        (b'"too_few"', b'"because"'),
        (b'"living.csv"', b"7"),
        (b'"form": 1', b'"form": 2'),
    ):
        changed = encode_report(report_of(hidden="hill")).replace(before, after)
        with pytest.raises(InvalidReportError, match=r"report\.json"):
            decode_report(changed, "report.json")
