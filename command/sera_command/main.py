"""The `sera` program: one table of verbs, each loaded only when it runs.

To add a verb, write a module with a Typer `app` in the folder of its section (`readings`, `figures`), and
add a row to `VERBS`; help shows it below the title that `SECTIONS` has for that folder::

    app = typer.Typer()


    @app.command()
    def status(data: Path, json: bool = False) -> None:
        '''Show how far journal, ledger and followers are.'''

A module with one command is a verb (`sera doctor`); a row with `group=True` has its commands below it
(`sera gateway run`). Result on stdout, all else on stderr, `--json` for machines. A verb ends by raising an
error that stands in the table of `errors`, or `typer.Exit(ExitCode.CHECK_FAILED)` where the answer is no.
"""

from __future__ import annotations

import importlib
import sys
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from sera_command import __version__
from sera_command.unwinding import guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer._click import Command, Context, HelpFormatter


class Verb(NamedTuple):
    """One row of the table of verbs: the module that holds its `app`, and the line that help shows."""

    module: str
    summary: str
    group: bool = False

    @property
    def section(self) -> str:
        """The folder of the verb's module, under whose title help shows it."""
        return self.module.split(".")[1]


SECTIONS: Final = {
    "start": "Start",
    "run": "Run an installation",
    "registry": "Registry",
    "readings": "Readings",
    "figures": "Figures from the store",
    "tables": "Figures from any table",
    "share": "Share",
}

VERBS: Final[dict[str, Verb]] = {
    "demo": Verb("sera_command.start.demo.verb", "Run a virtual garden season end to end."),
    "up": Verb("sera_command.start.up", "Run broker, gateway and pages for real nodes."),
    "room": Verb("sera_command.start.room", "Open the pages to phones in the room.", group=True),
    "workshop": Verb("sera_command.start.workshop", "Run a live workshop, and pack its day.", group=True),
    "doctor": Verb("sera_command.start.doctor", "Check an installation and this machine."),
    "gateway": Verb("sera_command.run.gateway", "Run the gateway alone, or show its status.", group=True),
    "fleet": Verb("sera_command.run.fleet", "Show which nodes need attention, worst first."),
    "alerts": Verb("sera_command.run.alerts", "Send alerts about nodes.", group=True),
    "broker": Verb("sera_command.run.broker", "Write a broker's files from the registry.", group=True),
    "device": Verb(
        "sera_command.run.device", "Register devices that know only user and password.", group=True
    ),
    "authority": Verb(
        "sera_command.run.authority", "Replace leaked keys and store the next one.", group=True
    ),
    "follower": Verb(
        "sera_command.run.follower", "Pause, resume and replay InfluxDB and JSON lines.", group=True
    ),
    "journal": Verb(
        "sera_command.run.journal", "Inspect, compress and export the message journal.", group=True
    ),
    "backup": Verb("sera_command.run.backup", "Back up an installation, rotate and try backups.", group=True),
    "backup-key": Verb("sera_command.run.backup_key", "Create the key pair that backups are encrypted for."),
    "restore": Verb("sera_command.run.restore", "Check a backup and restore it."),
    "retention": Verb("sera_command.run.retention", "List what a retention policy removes, or remove it."),
    "erase": Verb("sera_command.run.erase", "Erase a person's records for good."),
    "registry": Verb(
        "sera_command.registry.entries", "List, change, import and export all entries.", group=True
    ),
    "community": Verb("sera_command.registry.community", "Register a community.", group=True),
    "district": Verb(
        "sera_command.registry.district", "Register districts, and import maps of them.", group=True
    ),
    "garden": Verb(
        "sera_command.registry.garden", "Register and change gardens, soil and actions.", group=True
    ),
    "design": Verb("sera_command.registry.designs", "List, show and export beds drawn together.", group=True),
    "node": Verb(
        "sera_command.registry.node", "Register, move and replace nodes; files for boards.", group=True
    ),
    "probe": Verb("sera_command.registry.probe", "Place and calibrate soil probes.", group=True),
    "person": Verb("sera_command.registry.person", "List people, their roles and sessions.", group=True),
    "invite": Verb("sera_command.registry.invite", "Invite people to the pages.", group=True),
    "mapping": Verb(
        "sera_command.registry.mapping", "Try and enter tables for other makers' devices.", group=True
    ),
    "ingest": Verb("sera_command.readings.ingest", "Import recorded readings from files."),
    "history": Verb(
        "sera_command.readings.history", "Import history from InfluxDB or Home Assistant.", group=True
    ),
    "count": Verb("sera_command.readings.count", "Enter ten-minute counts of insects.", group=True),
    "readings": Verb("sera_command.readings.readings", "Show readings on each garden's clock."),
    "completeness": Verb("sera_command.readings.completeness", "Account for each node's records."),
    "deadletters": Verb("sera_command.readings.deadletters", "List and mend rejected messages.", group=True),
    "labels": Verb("sera_command.readings.labels", "Measure a detector by labelled events.", group=True),
    "export": Verb(
        "sera_command.readings.export", "Write readings: CSV, Parquet, SQLite, SenML, GeoJSON.", group=True
    ),
    "analyse": Verb("sera_command.figures.analyse", "Compute figures from stored readings.", group=True),
    "figures": Verb("sera_command.figures.figures", "List all figures with their names."),
    "explain": Verb("sera_command.figures.explain", "Trace a figure to its formula and readings."),
    "compare": Verb(
        "sera_command.figures.compare", "Compare gardens, or estimate an action's effect.", group=True
    ),
    "diversity": Verb("sera_command.tables.diversity", "Estimate diversity of the sites of a table."),
    "dissimilarity": Verb(
        "sera_command.tables.dissimilarity", "Measure how much the sites of a table differ."
    ),
    "surveys": Verb("sera_command.tables.surveys", "Estimate visit rates from timed surveys."),
    "equity": Verb("sera_command.tables.equity", "Measure how unequally values are distributed."),
    "reach": Verb("sera_command.tables.reach", "Measure who can reach a garden."),
    "report": Verb("sera_command.tables.report", "Open report by district; check claims by it.", group=True),
    "pack": Verb("sera_command.share.pack", "Write a workshop pack: sheets, cards, tables, mural."),
    "handouts": Verb("sera_command.share.handouts", "List the packs and archives that were made."),
    "event": Verb("sera_command.share.events", "List, cancel, withdraw and export events.", group=True),
    "chronicle": Verb(
        "sera_command.share.chronicle", "Show and verify the chain of what people gave.", group=True
    ),
    "story": Verb(
        "sera_command.share.stories", "List, export, import and withdraw stories and recipes.", group=True
    ),
    "agreement": Verb(
        "sera_command.share.agreements", "Sign and end agreements with other communities.", group=True
    ),
    "decision": Verb(
        "sera_command.share.agreed.decisions", "List decisions, and write their minutes.", group=True
    ),
    "rules": Verb("sera_command.share.agreed.rules", "Check the rule files of a community.", group=True),
    "bundle": Verb(
        "sera_command.share.bundles", "Make, verify and take what communities give each other.", group=True
    ),
    "surplus": Verb(
        "sera_command.share.agreed.surplus",
        "List, share, export and forget what a table has.",
        group=True,
    ),
    "exhibit": Verb("sera_command.share.exhibit", "Build an exhibit of stories and recipes.", group=True),
    "archive": Verb("sera_command.share.archive", "Check and build Darwin Core archives.", group=True),
    "publish": Verb("sera_command.share.publish", "Write the public pages as files."),
    "mural": Verb("sera_command.share.mural", "Draw the living mural of some gardens."),
    "home-assistant": Verb(
        "sera_command.share.home_assistant", "Show figures and nodes in Home Assistant.", group=True
    ),
    "dashboards": Verb(
        "sera_command.share.dashboards", "Write, check and push Grafana dashboards.", group=True
    ),
}


class Verbs(TyperGroup):
    """The group of all verbs, which loads a verb's module only to run it."""

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - the signature of its base
        """Return the names of the verbs in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002 - as above
        """Return a verb's name and summary, without loading it."""
        verb = VERBS.get(cmd_name)
        return TyperCommand(cmd_name, help=verb.summary) if verb else None

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - as above
        """Write the verbs below the titles of their sections, with all summaries in one column."""
        width = max(map(len, VERBS))
        for section, title in SECTIONS.items():
            rows = [
                (f"{name:{width}}", verb.summary) for name, verb in VERBS.items() if verb.section == section
            ]
            with formatter.section(title):
                formatter.write_dl(rows)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Load the verb that the command line names."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in VERBS else command, rest


@cache
def load(name: str) -> Command:
    """Import a verb's module and make its command, once a process."""
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
    help="Collect readings from garden sensor nodes, and compute figures with their effort and uncertainty.",
    epilog="Exit codes: 0 done, 1 a check failed, 2 usage, 3 bad input, 4 a part is missing, 5 cannot write.",
)


def _show_version(requested: bool) -> None:
    if requested:
        typer.echo(f"sera {__version__}")
        raise typer.Exit


@app.callback()
def sera(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Read the options that hold for all verbs."""


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
    return guarded(lambda: _all_verbs()(args=arguments, prog_name="sera"))


@cache
def _all_verbs() -> Command:
    """Make the command that finds verbs, once a process."""
    return typer.main.get_command(app)


def run() -> None:
    """Run the command line of the process, as the `sera` program."""
    sys.exit(main())
