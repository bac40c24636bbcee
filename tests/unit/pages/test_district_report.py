"""The open report is read by everybody; a claim is answered on a form, entered, and taken back."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from commons_parts.story_forms import FormReader, send
from open_report.town import CLAIM, OUTLETS, WRONG_LINES, open_report
from sera_coalition.report.report import decode_report, read_report, report_path
from sera_pages.installation import PageSettings
from sera_pages.publishing.site import publish
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.schema import chronicle_folder
from sera_store.registry.persons import CURATOR, MEMBER, STEWARD
from web.parts import pages_of, press

if TYPE_CHECKING:
    from pathlib import Path

    from web.parts import Answer, Client, Pages

REPORT, CLAIMS = "/communities/oak/districts", "/communities/oak/claims"
LINE = {
    "title": "Food in our town",
    "sentence-1": "In Docks more than half of the people lack a food outlet.",
    "measure-1": "without_outlet",
    "district-1": "docks",
    "comparison-1": "above",
    "value-1": "50",
}


@pytest.fixture
def member(pages: Pages) -> Client:
    return pages.signed_in(pages.person(MEMBER))


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """The folder of the application, with the report of a town in it."""
    open_report(tmp_path, tmp_path / "town")
    return tmp_path


def claim(client: Client, files: dict[str, tuple[str, bytes]] | None = None, **fields: str) -> Answer:
    """Fill in the form of a claim, and press a button; all else stays as the form has it."""
    form = typed(client.get(f"{CLAIMS}/new"))
    return send(client, {**form, "go": "check", **fields}, files, f"{CLAIMS}/new")


def typed(answer: Answer) -> dict[str, str]:
    """The fields of the form as a browser would send them again."""
    return {name: values[0] for name, values in FormReader(answer.body, "claim").fields.items()}


def text_of(answer: Answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.body))


@pytest.mark.usefixtures("town")
def test_everybody_reads_each_number_with_its_bounds_effort_and_the_digests_of_its_tables(
    pages: Pages,
) -> None:
    answer = pages.client().get(REPORT)
    assert answer.status == 200
    text = text_of(answer)
    for words in (
        "67 %", "74 % 0 % to 100 %", "240 h", "Too few to say", hashlib.sha256(OUTLETS.encode()).hexdigest(),
        "outlets.csv", "Luo and Wang 2003", "straight lines", "By chance alone it would be",
        "Hidden, and in no figure: 1",
    ):  # fmt: skip
        assert words in text, words
    assert text.index("Brook") < text.index("Docks") < text.index("Hill")
    assert "claims/new" not in answer.body
    assert f'href="{REPORT}"' in pages.client().get("/communities/oak").body


def test_how_evenly_access_is_shared_is_drawn_from_the_curve_of_the_report(pages: Pages, town: Path) -> None:
    report = read_report(town, "oak")
    assert report is not None
    body = pages.client().get(REPORT).body
    drawn = dict(re.findall(r'<polyline class="(\w+)" points="([^"]+)"', body))
    assert drawn.keys() == report.lorenz.keys() == {"outlets_gini", "gardens_gini"}
    for name, points in drawn.items():
        places = [tuple(map(float, point.split(","))) for point in points.split()]
        assert [round(1 - up / 100, 3) for _, up in places] == list(report.lorenz[name])
        assert [across for across, _ in places] == [10.0 * number for number in range(11)]
        # On the line of equality or below it: the poorest tenth never has more than a tenth.
        assert all(100 - up <= across + 1e-9 for across, up in places)
    assert "where all have the same" in body


def test_the_file_that_is_handed_on_is_the_report_that_is_shown(pages: Pages, town: Path) -> None:
    answer = pages.client().get(f"{REPORT}.json")
    assert answer.content == report_path(town, "oak").read_bytes()
    digest = hashlib.sha256(answer.content).hexdigest()
    assert digest in pages.client().get(REPORT).body
    assert decode_report(answer.content, "report.json").community == "oak"


def test_without_a_report_pages_say_so_and_a_damaged_one_is_none(
    pages: Pages, member: Client, tmp_path: Path
) -> None:
    assert "No report was made yet" in pages.client().get(REPORT).body
    assert REPORT not in pages.client().get("/communities/oak").body
    assert pages.client().get(f"{REPORT}.json").status == 404
    assert member.get(f"{CLAIMS}/new").status == 404
    steward = pages.signed_in(pages.person(STEWARD, number=2))
    assert "sera report build" in steward.get(REPORT).body
    report_path(tmp_path, "oak").parent.mkdir()
    report_path(tmp_path, "oak").write_bytes(b"{}")
    assert "No report was made yet" in pages.client().get(REPORT).body
    assert "report_unreadable" in pages.log.getvalue()


def test_a_machines_claim_as_a_file_is_answered_and_each_error_stands_at_its_line(
    member: Client, town: Path
) -> None:
    answer = claim(member, {"file": ("claim.toml", CLAIM.encode())})
    assert answer.status == 200
    lines = re.findall(r'<li class="answer (\w+)">', answer.body)
    assert [number for number, verdict in enumerate(lines, 1) if verdict != "supported"] == [*WRONG_LINES]
    assert [lines[number - 1] for number in WRONG_LINES] == ["contradicted", "cannot", "cannot"]
    assert "It names a cause (poor nature)" in answer.body
    assert "Checked: Residents without a food outlet within reach, Hill: above 30 %." in text_of(answer)
    assert not chronicle_folder(town, "oak").exists()
    # The form holds what the file said, so that it can be entered as it was checked.
    entered = send(member, {**typed(answer), "go": "keep"}, {}, f"{CLAIMS}/new")
    assert entered.status == 303
    claim_page = member.get(entered.header("location"))
    assert "Supported: 4. Contradicted: 1. Cannot be said: 2." in claim_page.body
    assert "A program wrote it" in claim_page.body


def test_a_claim_entered_is_an_entry_of_the_chronicle_that_its_community_reads_and_its_giver_takes_back(
    pages: Pages, member: Client, town: Path
) -> None:
    answer = claim(member, go="keep", **LINE)
    path = answer.header("location")
    assert answer.status == 303
    number = int(path.rpartition("/")[2])
    with Chronicle.open(chronicle_folder(town, "oak")) as chronicle:
        entry = chronicle.entry(number)
        assert entry is not None
        assert entry.kind == "claim"
    neighbour = pages.signed_in(pages.person(MEMBER, number=2))
    assert "Supported" in neighbour.get(path).body
    assert "Food in our town" in neighbour.get(CLAIMS).body
    assert pages.client().get(path).status == 401
    assert "/withdraw" not in neighbour.get(path).body
    assert neighbour.post(f"{path}/withdraw", {"form_token": token(neighbour)}).status == 403
    assert press(member, path, f"{path}/withdraw").status == 303
    assert member.get(path).status == 404
    assert "Nothing was entered yet" in member.get(CLAIMS).body


def token(client: Client) -> str:
    return client.get("/mine").field("form_token")


@pytest.mark.usefixtures("town")
def test_who_moderates_takes_a_claim_away(pages: Pages, member: Client) -> None:
    path = claim(member, go="keep", **LINE).header("location")
    curator = pages.signed_in(pages.person(CURATOR, number=2))
    assert press(curator, path, f"{path}/withdraw").status == 303
    assert member.get(path).status == 404


@pytest.mark.usefixtures("town")
def test_what_is_kept_about_oneself_names_claims_which_go_one_by_one_by_a_slip_and_all_with_leaving(
    pages: Pages, member: Client
) -> None:
    paths = [
        claim(member, go="keep", **LINE | {"title": f"Claim {number}"}).header("location")
        for number in range(3)
    ]
    first, second, third = (path.rpartition("/")[2] for path in paths)
    assert "Claims that you entered: 3" in text_of(member.get("/kept"))
    answer = member.post("/kept/claims", {"form_token": token(member), "claim": first})
    assert (answer.status, member.get(paths[0]).status) == (303, 404)
    code = pages.installation.slips.draw("member-0001")
    stranger = pages.client()
    assert "Claim 1" in stranger.get(f"/slip/{code}").body
    assert stranger.post(f"/slip/{code}/claims", {"claim": second}).status == 303
    assert stranger.post(f"/slip/{code}/claims", {"claim": second}).status == 404
    assert member.get(paths[1]).status == 404
    assert member.get(paths[2]).status == 200
    assert member.post("/kept/leave", {"form_token": token(member)}).status == 303
    neighbour = pages.signed_in(pages.person(MEMBER, number=2))
    assert neighbour.get(f"{CLAIMS}/{third}").status == 404


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"title": ""}, "Write a title of at most 120 characters."),
        ({"value-1": "many"}, "Write a number with this comparison"),
        ({"value-1": ""}, "Write a number with this comparison"),
        ({"comparison-1": "lowest"}, "Write a number with this comparison"),
        ({"comparison-1": "bigger"}, "Write a number with this comparison"),
        ({"comparison-1": "more_than_in", "value-1": ""}, "Choose the other district"),
        ({"comparison-1": "highest", "value-1": "", "district-1": ""}, "Choose a district"),
        ({"sentence-1": "x" * 401}, "Write the sentence, in at most 400 characters."),
        ({"sentence-1": "", "value-1": "4"}, "Write the sentence"),
        ({"sentence-1": "", "value-1": ""}, "Write at least one line."),
        ({"reach_m-1": "-5"}, "Write metres above 0"),
        ({"reach_m-1": "far"}, "Write metres above 0"),
    ],
)
def test_what_cannot_be_checked_is_said_at_its_field_and_nothing_typed_is_lost(
    member: Client, fields: dict[str, str], problem: str
) -> None:
    answer = claim(member, go="keep", **LINE | fields)
    assert answer.status == 422
    assert problem in answer.body
    again = typed(answer)
    assert again["because-1"] == ""
    assert again["measure-1"] == "without_outlet"
    assert again["title"] == (LINE | fields)["title"]


@pytest.mark.usefixtures("town")
def test_a_file_that_is_no_claim_is_said_with_its_line_and_markup_in_one_stays_text(member: Client) -> None:
    wrong = b"title = 'x'\n[[line]]\nsentence = 's'\nmeasure = 'm'\ncomparison = 'bigger'\n"
    answer = claim(member, {"file": ("claim.toml", wrong)})
    assert answer.status == 422
    assert "claim.toml, line 1" in answer.body
    answer = claim(member, **LINE | {"title": "<b>x", "sentence-1": "<script>alert(1)</script> in Docks"})
    assert "<script>alert" not in answer.body
    assert "&lt;script&gt;alert" in answer.body


@pytest.mark.usefixtures("town")
def test_what_a_file_says_of_no_district_or_measure_of_ours_is_entered_as_it_was_checked(
    member: Client,
) -> None:
    text = CLAIM.replace('"Docks"', '"Atlantis"').replace('"outlets_a_thousand"', '"species_richness"')
    answer = claim(member, {"file": ("claim.toml", text.encode())})
    again = typed(answer)
    assert (again["district-1"], again["measure-7"]) == ("Atlantis", "species_richness")
    entered = send(member, {**again, "go": "keep"}, {}, f"{CLAIMS}/new")
    claim_page = text_of(member.get(entered.header("location")))
    assert "The report has no district Atlantis." in claim_page
    assert "The report does not measure species_richness." in claim_page


@pytest.mark.usefixtures("town")
def test_more_lines_keep_what_was_typed(member: Client) -> None:
    again = typed(claim(member, **LINE | {"go": "more"}))
    assert again["sentence-1"] == LINE["sentence-1"]
    assert again["value-1"] == "50"
    assert again["measure-6"] == "without_outlet"


def test_it_is_published_with_its_file_and_without_a_way_to_claims(tmp_path: Path) -> None:
    with pages_of(tmp_path / "data", PageSettings(is_published=True, languages=("en", "ar"))) as opened:
        open_report(tmp_path / "data", tmp_path / "town")
        files = publish(opened.installation, tmp_path / "out")
        assert {"communities/oak/districts.html", "ar/communities/oak/districts.html"} <= set(files)
        text = (tmp_path / "out/communities/oak/districts.html").read_text(encoding="utf-8")
        assert 'href="districts.json"' in text
        assert "/claims" not in text
        content = (tmp_path / "out/communities/oak/districts.json").read_bytes()
        assert content == report_path(tmp_path / "data", "oak").read_bytes()


def test_after_a_new_report_the_claim_says_that_the_answers_are_todays(member: Client, town: Path) -> None:
    path = claim(member, go="keep", **LINE).header("location")
    assert "made again since" not in member.get(path).body
    report = report_path(town, "oak")
    report.write_bytes(report.read_bytes().replace(b'"seed": 1', b'"seed": 2'))
    assert "made again since" in member.get(path).body
