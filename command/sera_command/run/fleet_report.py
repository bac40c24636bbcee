"""The fleet in lines of 80 columns: a table, worst first, and a walking list by garden."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Final

from sera_command.terminal import quantity_text
from sera_quality.fleet import days_left, first_checks
from sera_vocabulary.alert_rules import LOOK, NOTE, RULES, RULES_BY_CODE, URGENT
from sera_vocabulary.durations import HOUR_S
from sera_words.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sera_quality.fleet import Judgement, NodeReport
    from sera_store.fleet.node_facts import NodeState

    Report = NodeReport[NodeState]

WIDTH: Final = 80
_NODE_WIDTH: Final = 14
_MARKS: Final = {URGENT: "!!", LOOK: "! ", NOTE: "- ", 0: "  "}
_COLOURS: Final = {"!!": "red", "!": "yellow"}
_VERSION_WIDTH: Final = 7


def table(reports: Sequence[Report], at_s: int) -> Iterator[str]:
    """Write the nodes as a table with headings and units, what is wrong below each."""
    if not reports:
        yield "no node stands in a garden; sera node new --help registers one"
        return
    counts = Counter(report.severity for report in reports)
    yield (
        f"{quantity_text(len(reports), 'nodes')}: {counts[URGENT]} urgent (!!), {counts[LOOK]} to look at "
        f"(!), {counts[NOTE]} with a note (-), {counts[0]} well"
    )
    yield ""
    for row in (_HEADINGS, _UNITS):
        yield _line("  ", row)
    for report in reports:
        node = report.facts.node
        if len(node) > _NODE_WIDTH:
            yield f"{_MARKS[report.severity]} {node}"
        yield _line(
            _MARKS[report.severity],
            [node if len(node) <= _NODE_WIDTH else "", *[cell(report.facts, at_s) for cell in _CELLS]],
        )
        yield from _findings(report)


def colour(line: str) -> str | None:
    """Return in which colour a line of the table is shown: by the mark that it begins with."""
    return _COLOURS.get(line.strip().partition(" ")[0])


def rules() -> Iterator[str]:
    """Write what is looked for, from which limits on, and why."""
    for rule in RULES:
        limits = f"to look at from {rule.look:g}"
        if rule.urgent is not None:
            limits += f", urgent from {rule.urgent:g}"
        yield f"{rule.code}: {limits} {rule.unit}"
        yield from _wrapped(rule.reason, "    ")
        for check in rule.checks:
            yield from _wrapped(f"- {check}", "    ")
        if rule.bring is not None:
            yield from _wrapped(f"bring {rule.bring}", "    ")


def walking_list(reports: Sequence[Report]) -> Iterator[str]:
    """Write which gardens to go to, worst first, what to look at there and what to bring."""
    by_garden: dict[str, list[Report]] = {}
    for report in reports:
        if any(_bring(judgement) for judgement in report.judgements):
            by_garden.setdefault(report.facts.garden, []).append(report)
    if not by_garden:
        yield "no node needs a visit; `sera fleet` says what can be done from here"
        return
    bring = Counter(thing for group in by_garden.values() for report in group for thing in _things(report))
    yield f"{quantity_text(len(by_garden), 'gardens')} to visit. Bring, in all:"
    for thing, count in sorted(bring.items()):
        yield f"  [ ] {count} x {thing}"
    for garden, group in by_garden.items():
        yield ""
        title = group[0].facts.title
        yield title if title in ("", garden) else f"{title} ({garden})"
        for report in group:
            yield from _visit(report)


def _visit(report: Report) -> Iterator[str]:
    yield f"  [ ] {report.facts.node}: bring {', '.join(_things(report))}"
    for judgement in report.judgements:
        if _bring(judgement):
            yield from _wrapped(words().statement(judgement.finding), "      ")
            for check in first_checks(report.facts.node, judgement):
                yield from _wrapped(f"- {check}", "        ")


def _findings(report: Report) -> Iterator[str]:
    for judgement in report.judgements:
        text = f"{_MARKS[judgement.severity].strip()} {words().statement(judgement.finding)}"
        yield from _wrapped(text, "     ")
    if report.judgements:
        first = first_checks(report.facts.node, report.judgements[0])[0]
        yield from _wrapped(f"in {report.facts.garden}; first: {first}", "       ")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")


def _things(report: Report) -> list[str]:
    """Return what to bring for a node, each thing once."""
    return sorted({thing for judgement in report.judgements if (thing := _bring(judgement))})


def _bring(judgement: Judgement) -> str | None:
    """Return what to bring for a finding that somebody has to go there for."""
    is_worth_it = judgement.severity > NOTE
    return RULES_BY_CODE[judgement.finding.code].bring if is_worth_it else None


def _line(mark: str, cells: Iterable[str]) -> str:
    node, *numbers = cells
    texts = [f"{text:>{width}}" for text, width in zip(numbers, _WIDTHS, strict=True)]
    return f"{mark} {node:<{_NODE_WIDTH}}{''.join(texts)}".rstrip()


def _silent(state: NodeState, at_s: int) -> str:
    return "never" if state.heard_s is None else _number((at_s - state.heard_s) / HOUR_S)


def _days(state: NodeState, _: int) -> str:
    return _number(days_left(state.battery_v, state.battery_slope_v_d))


def _doubtful(state: NodeState, _: int) -> str:
    return _number(100 * max(state.doubtful.values())) if state.doubtful else "-"


def _battery(state: NodeState, _: int) -> str:
    if state.battery_v is None and state.battery_charge is not None:
        return f"{state.battery_charge:.0f}%"
    return "-" if state.battery_v is None else f"{state.battery_v:.2f}"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if 0 < abs(value) < 10 else f"{value:.0f}"


_COLUMNS: Final[tuple[tuple[str, str, int, Callable[[NodeState, int], str]], ...]] = (
    ("silent", "h", 7, _silent),
    ("battery", "V", 8, _battery),
    ("left", "days", 5, _days),
    ("queue", "rec", 6, lambda state, _: "-" if state.queue is None else str(state.queue)),
    ("gaps", "rec", 5, lambda state, _: str(state.missing)),
    ("lost", "rec", 5, lambda state, _: str(state.lost)),
    ("doubt", "%", 6, _doubtful),
    ("clock", "± s", 6, lambda state, _: "-" if state.clock_error_s is None else str(state.clock_error_s)),
    ("signal", "dBm", 7, lambda state, _: _number(state.signal_dbm)),
    ("version", "", 8, lambda state, _: state.firmware[:_VERSION_WIDTH] or "-"),
)
_HEADINGS: Final = ["node", *[column[0] for column in _COLUMNS]]
_UNITS: Final = ["", *[column[1] for column in _COLUMNS]]
_WIDTHS: Final = [column[2] for column in _COLUMNS]
_CELLS: Final = [column[3] for column in _COLUMNS]
