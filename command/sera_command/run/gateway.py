"""`sera gateway`: run the gateway, and say how it stands."""

from __future__ import annotations

import json as json_format
import threading
import time
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from sera_command.errors import BadInputError
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.run.follower import as_object, follower_statuses, in_words
from sera_command.run.gateway_alerts import clock_figures, key_figures, lines
from sera_command.terminal import echo, echo_json
from sera_gateway.config import (
    BrokerSettings,
    DataSettings,
    GatewayIdentity,
    GatewaySettings,
    InfluxSettings,
    read_settings,
)
from sera_gateway.errors import NoRoomError
from sera_gateway.journal.journal import JournalReader
from sera_gateway.process.disk_space import shortage
from sera_gateway.process.logs import json_log
from sera_gateway.process.stopping import stopping_at_signals
from sera_gateway.service import serve
from sera_store.database.cursors import LEDGER_CURSOR
from sera_store.store import Store
from sera_vocabulary.durations import DAY_S

app = typer.Typer(no_args_is_help=True, help="Run the gateway alone, or show its status.")

_PRINTED_APART: Final = (
    "followers",
    "beyond_budget",
    "clock_behind_s",
    "clock_was_behind",
    "keys_stopped",
    "keys_unread",
)

Data = Annotated[Path, typer.Option("--data", help="Folder of journal and store.")]


@app.command()
def run(
    config: Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")] = None,
    broker: Annotated[str, typer.Option("--broker", help="mqtt://host:1883 or mqtts://host:8883.")] = "",
    data: Annotated[Path | None, typer.Option("--data", help="Folder of journal and store.")] = None,
    gateway_id: Annotated[str, typer.Option("--id", help="This gateway's id.")] = "gateway-1",
    influxdb: Annotated[str, typer.Option("--influxdb", help="URL of an InfluxDB 2 that follows.")] = "",
    org: Annotated[str, typer.Option("--influxdb-org", help="Organisation in InfluxDB.")] = "sera",
    bucket: Annotated[str, typer.Option("--influxdb-bucket", help="Bucket in InfluxDB.")] = "sera",
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="On a full disk: wait for room, or end with exit 5.")
    ] = True,
) -> None:
    """Take messages from the broker into journal and store, until SIGTERM or Ctrl-C.

    Secrets come from SERA_BROKER_PASSWORD and SERA_INFLUXDB_TOKEN, or from files named in the settings.
    """
    if config is not None and (broker or data or influxdb):
        raise BadInputError("--config names a settings file; put broker, data and influxdb into it")
    if config is not None:
        settings = read_settings(config)
    elif broker and data is not None:
        settings = GatewaySettings(
            broker=BrokerSettings(url=broker),
            gateway=GatewayIdentity(id=gateway_id),
            data=DataSettings(folder=str(data)),
            influxdb=InfluxSettings(url=influxdb, org=org, bucket=bucket),
        )
    else:
        raise BadInputError("say where to run: --config FILE, or --broker URL and --data DIR")
    _serve(settings, waits=wait)


@app.command()
def status(
    data: Data = DEFAULT_FOLDER,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Show how far journal, ledger and followers are, and what was rejected."""
    settings = DataSettings(folder=str(data))
    full = shortage(data)
    if full is not None:
        # At once: where no gateway has the store open, reading it may take room too.
        echo(f"ALARM: {NoRoomError(data, full)}; until then a gateway acknowledges nothing", err=True)
    if not settings.store.is_dir():
        raise BadInputError(f"{data} holds no store; name the folder of a gateway with --data")
    with Store.open(settings.store) as store, JournalReader(settings.journal) as journal:
        summary, followers = (
            _status_summary(store, journal) | {"disk_full": full is not None},
            follower_statuses(store),
        )
        beyond = store.excess(from_day=int(time.time()) // DAY_S - 1)
    for excess in beyond:
        echo(
            f"ALARM: {excess.sender} is beyond its budget of {excess.kind}: {excess.messages} messages, "
            f"{excess.total_bytes} bytes since yesterday; see `sera deadletters list --reason quota`",
            err=True,
        )
    summary["beyond_budget"] = [excess._asdict() for excess in beyond]
    if json:
        echo_json(json_format.dumps(summary))
        return
    for name, value in summary.items():
        if name in _PRINTED_APART:
            continue
        echo(f"{name.replace('_', ' ')}: {value if not isinstance(value, dict) else _counts_text(value)}")
    for line in lines(summary):
        echo(line)
    for follower in followers:
        echo(f"follower {in_words(follower)}")


def _serve(settings: GatewaySettings, *, waits: bool) -> None:
    stop = threading.Event()
    with stopping_at_signals(stop):
        serve(settings, json_log(gateway=settings.gateway.id), stop, waits=waits)


def _status_summary(store: Store, journal: JournalReader) -> dict[str, Any]:
    last, position = journal.last_number(), store.cursors.position(LEDGER_CURSOR)
    counts = msgspec.to_builtins(store.records.counts())
    letters: dict[str, int] = {}
    for (reason, _node), count in store.dead_letters.counts().items():
        letters[reason] = letters.get(reason, 0) + count
    return {
        "journal_last": last,
        "ledger_position": position,
        "ledger_behind": last - position,
        **counts,
        "last_change": store.records.last_change(),
        **clock_figures(store),
        **key_figures(store),
        "followers": [as_object(follower) for follower in follower_statuses(store)],
        "dead_letters_waiting": letters,
    }


def _counts_text(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
