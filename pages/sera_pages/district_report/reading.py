"""The open report of a community: districts by name, a drawing, a table, and where each number is from."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response
from starlette.routing import Route

from sera_coalition.errors import InvalidReportError
from sera_coalition.report import measures
from sera_coalition.report.report import Report, digest_of, encode_report, read_report
from sera_pages.accounts.roles import Deed
from sera_pages.district_report.wording import (
    METHODS,
    bounds_words,
    chance_words,
    figure_words,
    measure_words,
    method_words,
    reason_words,
    value_words,
)
from sera_pages.errors import RefusedRequestError
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from sera_coalition.report.report import Figure
    from sera_pages.views.visit import Visit
    from sera_words.sentences import Sentences

ACCESS: Final = (
    measures.WITHOUT_OUTLET,
    measures.OUTLETS_A_THOUSAND,
    measures.WITHOUT_GARDEN,
    measures.GARDENS_A_THOUSAND,
)
# How evenly something is shared, by what it is that is shared.
_GINIS: Final = {
    measures.OUTLETS_GINI: measures.OUTLETS_A_THOUSAND,
    measures.GARDENS_GINI: measures.GARDENS_A_THOUSAND,
}
_HALF: Final = 5
_PERCENT: Final = 100


def report_of(visit: Visit, community: str) -> Report | None:
    """Return the report of a community; None where none was made, or the file is no longer valid."""
    try:
        return read_report(visit.installation.folder, community)
    except InvalidReportError as error:
        visit.installation.log.warning("report_unreadable", detail=str(error))
        return None


def districts(request: Request) -> Response:
    """Show the open report."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    report = report_of(visit, community.id)
    may_claim = visit.may(Deed.CLAIM, community.id)
    if report is None:
        return page(visit, "districts.html.j2", community=community, report=None, may_claim=may_claim)
    words = visit.words
    return page(
        visit,
        "districts.html.j2",
        community=community,
        report=report,
        may_claim=may_claim,
        made=words.figures.date(date.fromisoformat(report.day)),
        reach=words.figures.number(report.reach_m),
        shorts=[(name, words.say(f"district.short.{name}")) for name in ACCESS],
        strips=_strips(words, report),
        rows=[_row(words, report, number) for number in range(len(report.districts))],
        watching=_watching(words, report),
        sharing=[_sharing(words, report, name) for name in _GINIS],
        curves=_curves(words, report),
        methods=_methods(words, report),
        doubts=[words.say(f"district.doubt.{code}") for code in _doubts(report)],
        tables=[(words.say(f"district.table.{table.key}"), table) for table in report.tables if table.name],
        digest=digest_of(report),
    )


def report_file(request: Request) -> Response:
    """Answer with the report as a file."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    report = report_of(visit, community.id)
    if report is None:
        raise RefusedRequestError(404, "refused.no_page")
    headers = {"Content-Disposition": f'attachment; filename="{community.id}-open-report.json"'}
    return Response(encode_report(report), media_type="application/json", headers=headers)


def _strips(words: Sentences, report: Report) -> list[dict[str, Any]]:
    """Put the share of each district on a strip from 0 to 100 %, with the band in which it may lie."""
    strips = []
    for district in report.districts:
        figure = report.figure(measures.WITHOUT_OUTLET, district.id)
        if figure is None:
            continue
        ends = (figure.low, figure.value, figure.high)
        low, value, high = (0.0 if end is None else end for end in ends)
        strips.append(
            {
                "name": district.name,
                "is_drawn": figure.value is not None,
                "low": low,
                "width": high - low,
                "value": min(max(value - 0.75, 0.0), _PERCENT - 1.5),
                "words": figure_words(words, figure),
            }
        )
    # With a reason in each there is nothing to draw.
    return strips if any(strip["is_drawn"] for strip in strips) else []


def _row(words: Sentences, report: Report, number: int) -> dict[str, Any]:
    """Put a district into a row of the table."""
    district = report.districts[number]
    return {
        "name": district.name,
        "residents": "–" if district.residents is None else words.figures.whole(district.residents),
        "watched": "–" if district.effort_h is None else words.figures.hours(district.effort_h),
        "cells": [_cell(words, report.figure(name, district.id)) for name in ACCESS],
    }


def _cell(words: Sentences, figure: Figure | None) -> dict[str, str]:
    if figure is None or figure.value is None:
        return {"value": "", "behind": reason_words(words, figure) if figure is not None else "–"}
    value = value_words(words, figure.measure, figure.value)
    return {"value": value, "behind": bounds_words(words, figure)}


def _watching(words: Sentences, report: Report) -> dict[str, Any]:
    """Put the figures of watching into a table, each district in its row."""
    return {
        "titles": [measure_words(words, name) for name in measures.OF_SENSORS],
        "rows": [
            (district.name, [_cell(words, report.figure(name, district.id)) for name in measures.OF_SENSORS])
            for district in report.districts
        ],
    }


def _sharing(words: Sentences, report: Report, name: str) -> dict[str, str]:
    """Write how evenly something is shared, beside chance, and what the half with the least has."""
    figure, curve = report.figure(name), report.lorenz.get(name, ())
    half = value_words(words, measures.WITHOUT_OUTLET, _PERCENT * curve[_HALF]) if curve else ""
    return {
        "title": measure_words(words, name),
        "figure": figure_words(words, figure) if figure is not None else "–",
        "chance": chance_words(words, figure) if figure is not None else "",
        "half": words.say("district.lorenz", share=half) if half else "",
    }


def _curves(words: Sentences, report: Report) -> list[dict[str, str]]:
    """Draw the Lorenz curve of each kind of access: residents from those with the least, and their share."""
    curves = []
    for name, shared in _GINIS.items():
        shares = report.lorenz.get(name, ())
        if shares:
            step = _PERCENT / (len(shares) - 1)
            points = [f"{number * step:g},{_PERCENT * (1 - share):g}" for number, share in enumerate(shares)]
            short = words.say(f"district.short.{shared}")
            curves.append({"name": name, "title": short, "points": " ".join(points)})
    return curves


def _methods(words: Sentences, report: Report) -> list[str]:
    """Write the line of each method that the report used, once."""
    used = {figure.method: None for figure in report.figures if figure.method in METHODS}
    return [method_words(words, report, method) for method in used]


def _doubts(report: Report) -> list[str]:
    return list({code: None for figure in report.figures for code in figure.doubts})


ROUTES = (
    Route("/communities/{community}/districts", districts),
    Route("/communities/{community}/districts.json", report_file),
)
