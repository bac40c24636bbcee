"""The `sera` program: one table of verbs, each loaded only when it runs.

To add a verb, write a module of this package with a Typer `app` in it, and give it one row in `VERBS`::

    app = typer.Typer()


    @app.command()
    def status(data: Path, json: bool = False) -> None:
        '''Say what the gateway has done.'''

A module with one command is a verb (`sera doctor`); a row with `group=True` has its commands below it
(`sera gateway run`). Result on stdout, all else on stderr, `--json` for machines. A verb ends by raising an
error that stands in the table of `errors`, or `typer.Exit(ExitCode.NOT_SO)` where the answer is no.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from sera_command import __version__
from sera_command.errors import ExitCode, exit_code, explain
from sera_command.unwinding import unwinding_at_signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer._click import Command, Context


class Verb(NamedTuple):
    """One row of the table of verbs: the module that holds its `app`, and the line that help shows."""

    module: str
    summary: str
    group: bool = False


VERBS: Final[dict[str, Verb]] = {
    "demo": Verb("sera_command.start.demo.verb", "Run a virtual garden season end to end."),
    "doctor": Verb(
        "sera_command.start.doctor", "List the real parts that are here, and what is missing for what."
    ),
    "up": Verb("sera_command.start.up", "Run broker, gateway and pages for real nodes."),
    "gateway": Verb("sera_command.run.gateway", "Run the gateway, and say how it stands.", group=True),
    "journal": Verb("sera_command.run.journal", "Look at the journal, pack it, take it out.", group=True),
    "deadletters": Verb(
        "sera_command.readings.deadletters", "List what could not become records, and why.", group=True
    ),
    "follower": Verb(
        "sera_command.run.follower", "See, pause, resume and replay what follows the store.", group=True
    ),
    "readings": Verb("sera_command.readings.readings", "Show what was measured, on each garden's clock."),
    "export": Verb("sera_command.readings.export", "Write readings for other tools.", group=True),
    "backup": Verb("sera_command.run.backup", "Copy journal, store and keys while the gateway runs."),
    "backup-key": Verb("sera_command.run.backup_key", "Draw the key pair that backups are encrypted for."),
    "restore": Verb("sera_command.run.restore", "Check a backup and bring it back."),
    "retention": Verb("sera_command.run.retention", "See what a policy would remove, and remove it."),
    "erase": Verb("sera_command.run.erase", "Erase a person's records for good."),
    "completeness": Verb(
        "sera_command.readings.completeness", "Account for each node's records: here, missing or lost."
    ),
    "community": Verb("sera_command.registry.community", "Register a community.", group=True),
    "district": Verb("sera_command.registry.district", "Register districts and their gardens.", group=True),
    "garden": Verb("sera_command.registry.garden", "Register a garden.", group=True),
    "node": Verb(
        "sera_command.registry.node", "Register nodes and make the files for their boards.", group=True
    ),
    "mapping": Verb("sera_command.registry.mapping", "Say what other makers' devices mean.", group=True),
    "ingest": Verb("sera_command.readings.ingest", "Bring recorded readings in as if they came live."),
    "analyse": Verb("sera_command.figures.analyse", "Compute figures from the store's readings.", group=True),
    "explain": Verb("sera_command.figures.explain", "Say what a figure was made from, down to the journal."),
    "equity": Verb("sera_command.tables.equity", "Say how unevenly the values of any table are shared out."),
    "reach": Verb("sera_command.tables.reach", "Say who can reach a garden, from any table of distances."),
    "diversity": Verb("sera_command.tables.diversity", "Estimate diversity from any table of sites."),
    "surveys": Verb(
        "sera_command.tables.surveys", "Say what came per effort, from any table of timed watches."
    ),
    "compare": Verb(
        "sera_command.figures.compare", "Set gardens side by side, and judge an action.", group=True
    ),
    "labels": Verb(
        "sera_command.readings.labels", "Judge a detector by events that people label.", group=True
    ),
    "dissimilarity": Verb("sera_command.tables.dissimilarity", "Say how unlike the sites of any table are."),
    "pack": Verb("sera_command.share.pack", "Write a workshop pack: tables, handout and mural."),
    "mural": Verb("sera_command.share.mural", "Draw the living mural of some gardens."),
    "dashboards": Verb("sera_command.share.dashboards", "Write the Grafana board.", group=True),
    "authority": Verb(
        "sera_command.run.authority", "Replace keys that leaked, and keep the next one elsewhere.", group=True
    ),
    "broker": Verb("sera_command.run.broker", "Write a broker's files from the registry.", group=True),
}


class Verbs(TyperGroup):
    """The group of all verbs, which loads a verb's module only to run it."""

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - the signature of its base
        """Name the verbs in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002 - as above
        """Return a verb's name and summary, without loading it."""
        verb = VERBS.get(cmd_name)
        return TyperCommand(cmd_name, help=verb.summary) if verb else None

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Load the verb that the command line names."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in VERBS else command, rest


def load(name: str) -> Command:
    """Import a verb's module and make its command."""
    verb = VERBS[name]
    verbs: typer.Typer = importlib.import_module(verb.module).app
    verbs._add_completion = False
    verbs.rich_markup_mode = None
    command = typer.main.get_group(verbs) if verb.group else typer.main.get_command(verbs)
    command.name = name
    return command


app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Bring readings home from garden sensor nodes, and turn them into honest figures.",
    epilog="Exit codes: 0 done, 1 not so, 2 usage, 3 bad input, 4 a part is missing, 5 cannot write.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sera {__version__}")
        raise typer.Exit


@app.callback()
def sera(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Take what holds for all verbs."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    Parameters
    ----------
    arguments
        Words after `sera`; those of the process by default.

    Returns
    -------
    int
        The exit code; errors have been shown on stderr by then.
    """
    try:
        with unwinding_at_signals():
            app(args=arguments, prog_name="sera")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else ExitCode.DONE
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last place that can explain it
        if os.environ.get("SERA_TRACEBACK"):
            traceback.print_exc()
        sys.stderr.write(explain(error) + "\n")
        return exit_code(error)
    return ExitCode.DONE


def run() -> None:
    """Run the command line of the process, as the `sera` program."""
    sys.exit(main())
