"""The kill test for as long as one likes: rounds with faults drawn by chance, counted over all runs.

    python tests/support/kill/soak.py --rounds 1000 --minutes 30 --state out/soak/kill.json

It goes on where the state file says that it stopped, prints a table, and ends with 1 where anything was lost.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console
from rich.table import Table

from kill.installation import FAULTS, KillSite, Outcome
from real_parts import InfluxDB, Mosquitto, Nats
from sera_command.installation import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROUNDS_A_SITE = 10
FAULTS_MOST = 3
RELAXED = "autosave_on_changes false\nautosave_interval 60"
STRICT = "autosave_on_changes true\nautosave_interval 1"
KINDS: dict[str, tuple[str, Callable[[Path, Path], Mosquitto | Nats]]] = {
    "Mosquitto, saves each change": ("mosquitto", lambda program, to: Mosquitto(program, to, STRICT)),
    "Mosquitto, saves once a minute": ("mosquitto", lambda program, to: Mosquitto(program, to, RELAXED)),
    "NATS": ("nats-server", lambda program, to: Nats(program, to, ack_wait_s=2)),
}


class State(msgspec.Struct):
    """What all runs together have done, by broker; the next round's number is its seed."""

    rounds: int = 0
    outcomes: dict[str, Outcome] = {}
    failures: list[str] = []


def read_state(path: Path) -> State:
    """Read where the last run stopped, or begin."""
    return msgspec.json.decode(path.read_bytes(), type=State) if path.exists() else State()


def write_state(path: Path, state: State) -> None:
    """Note how far this run is, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_bytes(msgspec.json.encode(state))
    new.replace(path)


def add(total: Outcome, more: Outcome) -> Outcome:
    """Add what one site has seen."""
    result: dict[str, Any] = {
        name: getattr(total, name) + getattr(more, name)
        for name in Outcome.__dataclass_fields__
        if name != "faults"
    }
    return Outcome(**result, faults=dict(Counter(total.faults) + Counter(more.faults)))


def run_site(name: str, first: int, rounds: int, ends_at: float) -> Outcome:
    """Hurt one fresh site for some rounds, or until the time is over, and check both stores at the end."""
    part, start = KINDS[name]
    influxd = parts.find("influxd")
    with ExitStack() as started:
        folder = Path(started.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        broker = start(parts.require(part), folder / "broker").start()
        started.callback(broker.kill)
        influxdb = InfluxDB(influxd.path, folder / "influxdb").start() if influxd else None
        if influxdb is not None:
            started.callback(influxdb.kill)
            influxdb.set_up()
        (folder / "site").mkdir()
        bucket = influxdb.make_bucket("soak") if influxdb else None
        with KillSite(folder / "site", broker, influxdb, bucket) as site:
            for number in range(first, first + rounds):
                chance = random.Random(number)
                site.round(chance.sample(list(FAULTS), chance.randint(1, FAULTS_MOST)), chance)
                if time.monotonic() > ends_at:
                    break
            check(site)
            return site.outcome


def check(site: KillSite) -> None:
    """Compare what was made with both stores, and read the whole journal."""
    outcome = site.outcome
    site.settle()
    wrong = [
        f"{count} {label}"
        for label, count in (
            ("records lost", outcome.lost),
            ("records doubled", outcome.doubled),
            ("foreign records doubled", site.foreign_doubled()),
            ("foreign messages lost while the broker lived", outcome.foreign_lost_without_broker_kill),
            ("foreign messages lost by NATS", outcome.foreign_lost if isinstance(site.broker, Nats) else 0),
            ("rows that count messages beyond a budget", site.refused()),
            ("problems of the journal", len(site.verified())),
        )
        if count
    ]
    for node in site.nodes if site.influxdb else []:
        points = site.influx_count(node.name)
        if points != node.made:
            wrong.append(f"{node.name}: {points} points in InfluxDB, {node.made} made")
    if wrong:
        raise AssertionError("; ".join(wrong))


def table(state: State) -> Table:
    """Lay out what all runs have done."""
    output = Table(title=f"{state.rounds} rounds")
    output.add_column("")
    for name in state.outcomes:
        output.add_column(name, justify="right")
    outcomes = list(state.outcomes.values())
    for label, field in (
        ("rounds", "rounds"),
        ("records made", "made"),
        ("sent again", "sent_again"),
        ("lost", "lost"),
        ("doubled", "doubled"),
        ("foreign messages", "foreign"),
        ("foreign lost, broker killed or not", "foreign_lost"),
        ("foreign lost while the broker lived", "foreign_lost_without_broker_kill"),
    ):
        output.add_row(label, *(f"{getattr(outcome, field):,}" for outcome in outcomes))
    for fault in FAULTS:
        output.add_row(fault, *(f"{outcome.faults.get(fault, 0):,}" for outcome in outcomes))
    return output


def main(arguments: Sequence[str] | None = None) -> int:
    """Run rounds until there are enough or the time is over."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=1000, help="rounds in all, over all runs")
    parser.add_argument("--minutes", type=float, default=30.0, help="most time of this run")
    parser.add_argument("--state", type=Path, default=Path("out/soak/kill.json"))
    args = parser.parse_args(arguments)
    state, ends_at = read_state(args.state), time.monotonic() + args.minutes * 60
    names = [name for name, (part, _) in KINDS.items() if parts.find(part)]
    while names and state.rounds < args.rounds and time.monotonic() < ends_at:
        name = names[state.rounds // ROUNDS_A_SITE % len(names)]
        rounds = min(ROUNDS_A_SITE - state.rounds % ROUNDS_A_SITE, args.rounds - state.rounds)
        try:
            outcome = run_site(name, state.rounds, rounds, ends_at)
        except Exception as error:  # noqa: BLE001 - noted with its seed, and the next site begins
            state.failures.append(f"{name}, rounds from seed {state.rounds}: {type(error).__name__}: {error}")
            outcome = Outcome(rounds=rounds)
        state.rounds += outcome.rounds
        state.outcomes[name] = add(state.outcomes.get(name, Outcome()), outcome)
        write_state(args.state, state)
        sys.stderr.write(f"{state.rounds} of {args.rounds} rounds\n")
    console = Console()
    console.print(table(state))
    for failure in state.failures:
        console.print(failure, markup=False)
    return 1 if state.failures else 0


if __name__ == "__main__":
    sys.exit(main())
