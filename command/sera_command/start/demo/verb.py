"""The verb `sera demo`."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from sera_command.errors import ExitCode
from sera_command.installation import page_server
from sera_command.installation.installation import LOOPBACK
from sera_command.start.demo.plan import DemoPlan
from sera_command.start.demo.show import LiveProgress, closing_screen
from sera_command.start.demo.stage import play
from sera_command.terminal import echo, echo_json
from sera_vocabulary import series
from sera_words.words import words

if TYPE_CHECKING:
    from sera_command.start.demo.outcome import Outcome
    from sera_store.results.results import Result

app = typer.Typer()


@app.command()
def demo(
    days: Annotated[int, typer.Option(min=1, max=366, help="Garden days to live through.")] = 14,
    nodes: Annotated[int, typer.Option(min=1, max=200, help="Virtual nodes, spread over four gardens.")] = 14,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same figures.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder for everything; an earlier demo in it goes.")] = Path(
        "sera-demo"
    ),
    serve: Annotated[bool, typer.Option(help="Serve the page on loopback when a person is there.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and no tables.")] = False,
) -> None:
    """Run a virtual garden season through the real firmware, broker, gateway and analysis."""
    plan = DemoPlan(days=days, nodes=nodes, seed=seed, out=out.absolute())
    with LiveProgress() as progress:
        outcome = play(plan, progress)
    if json:
        echo_json(msgspec.json.encode(as_json(outcome)).decode())
    else:
        closing_screen(outcome)
    if serve and not json and sys.stdin.isatty() and sys.stdout.isatty():
        _serve(outcome.files["page"])
    if not outcome.accounts.closes:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _serve(page: Path) -> None:
    """Serve the page until the person ends it."""
    with page_server.listening_socket(LOOPBACK, 0) as listener:
        host, port = listener.getsockname()[:2]
        echo(f"The page is at http://{host}:{port}/ until you press Ctrl-C.", err=True)
        # Ctrl-C is how a person ends it, not a failure.
        with suppress(KeyboardInterrupt):
            page_server.server(page.parent).run(sockets=[listener])


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return a demo's outcome in the form of `--json`."""
    return {
        "interpreter": outcome.interpreter,
        "days": outcome.season.timeline.days,
        "nodes": len(outcome.season.nodes),
        **outcome.accounts.as_dict(),
        "refused_messages": outcome.refused,
        "seconds": round(outcome.seconds, 1),
        "noticed": [one.sentence(one.garden) for one in outcome.noticed],
        "files": {name: str(path) for name, path in outcome.files.items()},
        "indices": [figure_object(result) for result in outcome.results],
    }


def figure_object(result: Result) -> dict[str, Any]:
    """Return a figure with its codes, and beside each code the words that the tables print."""
    reason = result.reason or result.interval_reason
    return {
        "garden": result.scope_id if result.scope == "garden" else "",
        series.TAG_SCOPE: result.scope,
        series.TAG_SCOPE_ID: result.scope_id,
        "name": result.index,
        "name_words": words().name(result.index),
        "group": result.group,
        "group_words": words().name(result.group) if result.group else "",
        "value": result.value,
        "low": result.low,
        "high": result.high,
        "target": result.target,
        "target_words": words().target(result.target),
        "effort_h": result.effort_h,
        "n": result.n,
        "reason": msgspec.to_builtins(reason),
        "reason_words": words().statement(reason) if reason else "",
    }
