"""`sera fleet`: which nodes need somebody, worst first, and a walking list with what to bring."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from sera_command.errors import BadInputError, ExitCode
from sera_command.installation.alerting import certificate_states
from sera_command.installation.installation import DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import moment_s, now_s
from sera_command.run import fleet_report
from sera_command.terminal import echo, echo_json
from sera_quality.fleet import days_left, first_checks, judge_fleet
from sera_store.fleet.node_facts import fleet_facts
from sera_vocabulary.alert_rules import SEVERITIES, URGENT
from sera_words.words import words

if TYPE_CHECKING:
    from sera_quality.fleet import NodeReport
    from sera_store.fleet.node_facts import NodeState

app = typer.Typer()


@app.command()
def fleet(
    garden: Annotated[str | None, typer.Option(help="Only nodes of this garden.")] = None,
    rounds: Annotated[
        bool, typer.Option("--rounds", help="A walking list by garden, with what to bring.")
    ] = False,
    rules: Annotated[
        bool, typer.Option("--rules", help="What is looked for, from which limits on, and why.")
    ] = False,
    at: Annotated[str | None, typer.Option("--at", help="As of then (UTC); now by default.")] = None,
    data: Data = DEFAULT_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for machines.")] = False,
) -> None:
    """Show the nodes, worst first: what is wrong with each, and what to do about it.

    Exits with 1 where a node needs attention now.
    """
    if rules:
        for line in fleet_report.rules():
            echo(line)
        return
    at_s = now_s() if at is None else moment_s(at, "--at")
    installation = Installation.existing(data)
    with installation.store() as store:
        if garden is not None and store.registry.garden(garden) is None:
            raise BadInputError(f"garden {garden!r} is not registered; `sera garden list` shows them")
        states = fleet_facts(store, at_s, certificate_states(installation))
    reports = [report for report in judge_fleet(states, at_s) if garden in (None, report.facts.garden)]
    if as_json:
        echo_json(json.dumps({"at_s": at_s, "nodes": [_builtins(report) for report in reports]}))
    elif rounds:
        for line in fleet_report.walking_list(reports):
            echo(line)
    else:
        for line in fleet_report.table(reports, at_s):
            echo(line, colour=fleet_report.colour(line))
    if any(report.severity == URGENT for report in reports):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _builtins(report: NodeReport[NodeState]) -> dict[str, Any]:
    state = report.facts
    return {
        **msgspec.to_builtins(state),
        "battery_days_left": days_left(state.battery_v, state.battery_slope_v_d),
        "severity": SEVERITIES.get(report.severity),
        "findings": [
            {
                "code": judgement.finding.code,
                "arguments": judgement.finding.arguments,
                "severity": SEVERITIES[judgement.severity],
                "words": words().statement(judgement.finding),
                "checks": first_checks(state.node, judgement),
            }
            for judgement in report.judgements
        ],
    }
