"""`sera report`: the open report by district, made, shown, and held against claims."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer
from rich.table import Table

from sera_coalition.report.answers import Verdict, answer_claim
from sera_coalition.report.claims import read_claim
from sera_coalition.report.measures import MEASURES
from sera_coalition.report.report import decode_report, digest_of, encode_report, read_report, report_path
from sera_command.consoles import plain_console
from sera_command.errors import BadInputError, ExitCode
from sera_command.importers.district_areas import DistrictColumns, parse_areas
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.installation.moments import now_s
from sera_command.reporting.access import ENHANCED, TWO_STEP, Question
from sera_command.reporting.building import DistrictMap, TableFile, build_report
from sera_command.terminal import echo, echo_json
from sera_command.whose import whose
from sera_pages.district_report.wording import (
    answer_sentences,
    chance_words,
    checked_words,
    figure_words,
    measure_words,
    verdict_words,
)
from sera_store.atomic_file import replacing
from sera_store.private_files import FILE_MODE, make_private
from sera_store.release.handouts import note_handout
from sera_words.sentences import page_words

if TYPE_CHECKING:
    from sera_coalition.report.answers import LineAnswer
    from sera_coalition.report.claims import Claim
    from sera_coalition.report.report import Report
    from sera_words.sentences import Sentences

app = typer.Typer(no_args_is_help=True, help="The open report by district, and claims held against it.")

DRAWS: Final = 999
_KIND: Final = "open report"

Community = Annotated[
    str, typer.Option("--community", help="Whose districts; may be left out where there is only one.")
]
ReportFile = Annotated[
    Path | None,
    typer.Option("--report", help="A report that was handed on, in place of the one here."),
]


@app.command("build")
def build(
    districts: Annotated[
        Path,
        typer.Option(
            "--districts",
            exists=True,
            dir_okay=False,
            help="CSV of where people live: place, district, latitude, longitude, residents.",
        ),
    ],
    outlets: Annotated[
        Path | None,
        typer.Option(
            "--outlets",
            exists=True,
            dir_okay=False,
            help="CSV of food outlets: name, latitude, longitude, and supply if they do not count alike.",
        ),
    ] = None,
    outlines: Annotated[
        Path | None,
        typer.Option(
            "--map",
            exists=True,
            dir_okay=False,
            help="GeoJSON with a polygon a district: says in which a place lies, in place of a column.",
        ),
    ] = None,
    id_from: Annotated[
        str, typer.Option("--id-from", help="Property of the map with each district's name or code.")
    ] = "name",
    reach_m: Annotated[
        float, typer.Option("--reach-m", min=1.0, max=50_000.0, help="How far people go [m].")
    ] = 1000,
    enhanced: Annotated[
        bool, typer.Option("--enhanced", help="Who lives farther away counts less (Luo and Qi 2009).")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random numbers of chance.")] = 1,
    out: Annotated[Path | None, typer.Option("--out", help="Write a copy to hand on into this file.")] = None,
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Make the open report: who can reach a garden or a food outlet, district by district.

    It replaces the one before, and pages show it. Each number names its tables by SHA-256, its method and its
    doubts; fewer than ten people are not shown.
    """
    question = Question(reach_m, ENHANCED if enhanced else TWO_STEP, seed, DRAWS)
    with open_store(data) as store:
        own = whose(data, community, [entity.id for entity in store.registry.communities()])
        files = [
            None if path is None else TableFile(path.name, path.read_bytes()) for path in (districts, outlets)
        ]
        assert files[0] is not None  # noqa: S101 - the option is needed
        areas = None if outlines is None else _map(outlines, own, id_from)
        built = build_report(store, own, files[0], files[1], question, now_s(), areas)
        gardens = [garden.id for garden in store.registry.gardens(own)]
    for remark in built.remarks:
        echo(remark, err=True)
    content, path = encode_report(built.report), report_path(data, own)
    make_private(path.parent)
    with replacing(path, mode=FILE_MODE) as file:
        file.write(content)
    if out is not None:
        with replacing(out, mode=FILE_MODE) as file:
            file.write(content)
        note_handout(data, _KIND, out, gardens, ("", ""), now_s())
    _show(built.report, page_words())


def _map(path: Path, community: str, id_from: str) -> DistrictMap:
    file = TableFile(path.name, path.read_bytes())
    columns = DistrictColumns(id_from, None, None, None)
    return DistrictMap(file, parse_areas(file.content, file.name, community, columns, ""))


@app.command("show")
def show(
    report: ReportFile = None,
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Show the open report, with the tables that it was made from."""
    opened = _opened(report, data, community)
    if as_json:
        echo_json(encode_report(opened).decode().rstrip("\n"))
    else:
        _show(opened, page_words())


@app.command("check")
def check(
    claim: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="Claim in TOML or JSON, a table [[line]] each."),
    ],
    report: ReportFile = None,
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for machines.")] = False,
) -> None:
    """Check a claim against the report, line by line: supported, contradicted, or not to be said, and why.

    Nothing is kept; a claim is entered on the pages. Exit code 1 where any line is not supported.
    """
    opened = _opened(report, data, community)
    read = read_claim(claim.read_bytes(), claim.name)
    answers = answer_claim(opened, read)
    if as_json:
        echo_json(json_text.dumps(_plain(opened, read, answers), ensure_ascii=False))
    else:
        for answer in answers:
            _show_answer(opened, answer, page_words())
    if any(answer.verdict is not Verdict.SUPPORTED for answer in answers):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _opened(file: Path | None, data: Path, community: str) -> Report:
    if file is not None:
        return decode_report(file.read_bytes(), file.name)
    with open_store(data) as store:
        own = whose(data, community, [entity.id for entity in store.registry.communities()])
    opened = read_report(data, own)
    if opened is None:
        raise BadInputError(
            f"{own} has no open report yet; make one with `sera report build --districts FILE`"
        )
    return opened


def _show(report: Report, words: Sentences) -> None:
    console = plain_console()
    for measure in MEASURES:
        figures = [figure for figure in report.figures if figure.measure == measure.name]
        console.print(f"{measure_words(words, measure.name)}", soft_wrap=True)
        grid = Table(box=None, pad_edge=False, show_header=False)
        names = {district.id: district.name for district in report.districts}
        for figure in figures:
            effort = "" if figure.effort_h is None else f"{words.figures.hours(figure.effort_h)} watched"
            name = names.get(figure.district, words.say("district.all"))
            grid.add_row(name, f"{figure_words(words, figure)} {chance_words(words, figure)}".strip(), effort)
        console.print(grid)
    for table in report.tables:
        console.print(f"{table.key}: {table.name}, {table.rows} rows, SHA-256 {table.sha256}", soft_wrap=True)
    console.print(f"{report.code}; made on {report.day}; SHA-256 {digest_of(report)}", soft_wrap=True)


def _show_answer(report: Report, answer: LineAnswer, words: Sentences) -> None:
    echo(f"{answer.number}. {verdict_words(words, answer.verdict)}: {answer.line.sentence}")
    echo(f"   {checked_words(words, report, answer.line)}")
    for sentence in answer_sentences(words, report, answer):
        echo(f"   {sentence}")


def _plain(report: Report, claim: Claim, answers: list[LineAnswer]) -> dict[str, Any]:
    return {
        "title": claim.title,
        "report": digest_of(report),
        "lines": [
            {
                "line": answer.number,
                "verdict": answer.verdict.value,
                "code": answer.code,
                "arguments": dict(answer.arguments),
                "figure": msgspec.to_builtins(answer.figure),
                "other": msgspec.to_builtins(answer.other),
            }
            for answer in answers
        ],
    }
