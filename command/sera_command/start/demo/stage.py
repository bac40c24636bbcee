"""The demo itself: broker, gateway and nodes through a season, then figures, pack, mural and page."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from sera_analysis.runs.jobs import analyse
from sera_command.boards.processes import Boards
from sera_command.installation.gateway_process import running_gateway
from sera_command.simulated.registering import register
from sera_command.start.demo import folder
from sera_command.start.demo import plan as planning
from sera_command.start.demo.accounting import accounts
from sera_command.start.demo.outcome import Outcome
from sera_gateway.config import UNBUDGETED, BrokerSettings, DataSettings, GatewayIdentity, GatewaySettings
from sera_gateway.process.ownership import owned
from sera_gateway.security.embedded_broker import EmbeddedBroker
from sera_simulator.flash import keys_on_flash
from sera_simulator.world.season import season
from sera_store.local_clock import local_date, local_time
from sera_store.store import Store
from sera_words.language import LANGUAGES
from sera_workshop.packs.pack import write_pack
from sera_workshop.report.page import write_page
from sera_workshop.views.days import days_of
from sera_workshop.views.diary import diary
from sera_workshop.views.display_results import display_results
from sera_workshop.views.facts import garden_facts
from sera_workshop.views.noticed import noticed

if TYPE_CHECKING:
    from pathlib import Path

    from sera_command.start.demo.accounting import Accounts
    from sera_command.start.demo.outcome import ProgressListener
    from sera_command.start.demo.plan import DemoPlan, Interpreter
    from sera_simulator.world.season import Season
    from sera_store.results.results import Result

GARDENS: Final = 4
_HOME_WITHIN_S: Final = 60.0
_GLANCE_S: Final = 0.2
_HAVE_INTERVAL_S: Final = 0.25


def play(plan: DemoPlan, listener: ProgressListener) -> Outcome:
    """Run a demo from its planned season to its page.

    Raises
    ------
    CannotWriteError
        The folder holds something that is no demo, or cannot be written.
    PartDidNotStartError
        Broker, gateway or a node ended before its time.
    """
    began = time.monotonic()
    folder.prepare(plan.out)
    with owned(plan.data, "demo"):
        folder.clear(plan.out)
        outcome = _play(plan, listener, began)
        folder.finish(plan.out)
    return outcome


def _play(plan: DemoPlan, listener: ProgressListener, began: float) -> Outcome:
    listener.step(f"Planning {plan.days} days of {plan.nodes} nodes (seed {plan.seed})")
    planned = season(
        gardens=GARDENS, nodes=plan.nodes, days=plan.days, start=plan.start, seed=plan.seed, unlike=True
    )
    interpreter = planning.interpreter()
    with Store.open(plan.data / "store") as store:
        register(planned, store)
        _live_through(planned, plan, interpreter, store, listener)
        listener.step("Comparing the keys on the nodes' flash with the keys in the store")
        account = audit(planned, plan, interpreter, store)
        listener.step("Making figures, pack, mural and page")
        analyse(store, seed=plan.seed)
        outcome = Outcome(
            interpreter=interpreter.name,
            season=planned,
            accounts=account,
            refused=sum(store.dead_letters.counts().values()),
            gardens=garden_facts(store, [garden.id for garden in planned.gardens]),
            results=_whole_span(store),
            seconds=time.monotonic() - began,
            files={},
            noticed=[],
        )
        outcome.files.update(_write_files(outcome, plan, store))
    return outcome


def audit(planned: Season, plan: DemoPlan, interpreter: Interpreter, store: Store) -> Accounts:
    """Read each node's flash and make the accounts."""
    flashes = {
        node.id: keys_on_flash(planning.flash_path(plan, node.id, has_littlefs=interpreter.has_littlefs))
        for node in planned.nodes
    }
    return accounts(flashes, store)


def _live_through(
    planned: Season, plan: DemoPlan, interpreter: Interpreter, store: Store, listener: ProgressListener
) -> None:
    """Run broker, gateway and nodes until the season is over and every record has come home."""
    with ExitStack() as running:
        listener.step("Starting the embedded broker and the gateway")
        broker = running.enter_context(EmbeddedBroker(plan.data / "broker"))
        settings = GatewaySettings(
            broker=BrokerSettings(url=broker.url),
            gateway=GatewayIdentity(have_interval_s=_HAVE_INTERVAL_S),
            data=DataSettings(folder=str(plan.data)),
            # A season is sent within minutes.
            budget=UNBUDGETED,
        )
        running.enter_context(
            running_gateway(settings, plan.data / "gateway.toml", plan.data / "gateway.log")
        )
        nodes = planning.boards(
            planned, plan, (broker.host, broker.port), has_littlefs=interpreter.has_littlefs
        )
        listener.step(f"Starting {len(nodes)} nodes on {interpreter.name}")
        boards = running.enter_context(Boards(interpreter.start, planning.board_script(), nodes))
        while not boards.are_done:
            _report(planned, boards, store, listener)
            time.sleep(_GLANCE_S)
        _await_home(planned, boards, store, listener)


def _report(planned: Season, boards: Boards, store: Store, listener: ProgressListener) -> None:
    """Report to the listener where the slowest node is."""
    at_s = min(int(board.report.get("t", planned.start_s)) for board in boards.all)
    record_count = sum(int(board.report.get("made", 0)) for board in boards.all)
    counts = store.records.counts()
    arrived_count = counts.stored + counts.undated + counts.dead_lettered
    share = (at_s - planned.start_s) / (planned.end_s - planned.start_s)
    day = local_time(at_s, planned.gardens[0].timezone)
    listener.season(share, f"{day:%a %d %b}", record_count, arrived_count)


def _await_home(planned: Season, boards: Boards, store: Store, listener: ProgressListener) -> None:
    """Wait until the ledger has taken in all that was made; what is missing then shows in the accounts."""
    record_count = sum(int(board.report["made"]) for board in boards.all)
    ends_at = time.monotonic() + _HOME_WITHIN_S
    while time.monotonic() < ends_at:
        _report(planned, boards, store, listener)
        counts = store.records.counts()
        if counts.stored + counts.undated + counts.dead_lettered >= record_count:
            return
        time.sleep(_GLANCE_S)


def _whole_span(store: Store) -> list[Result]:
    return store.results.current(period="span")


def _write_files(outcome: Outcome, plan: DemoPlan, store: Store) -> dict[str, Path]:
    planned = outcome.season
    facts = outcome.gardens
    gardens = [garden.id for garden in facts]
    # Beside the page, so that its links lead there when it is served.
    to = plan.out / "page" / "pack"
    pack = write_pack(to, store, gardens, planned.start_s, planned.end_s)
    files = {
        "journal": plan.data / "journal",
        "store": store.folder,
        "pack": pack.folder,
        "mural": pack.mural,
    }
    results = display_results(store, gardens)
    first, last = (local_date(moment, facts[0].timezone) for moment in (planned.start_s, planned.end_s - 1))
    diaries = {garden.id: diary(store, garden, first, last) for garden in facts}
    days = {garden.id: days_of(results, garden) or diaries[garden.id].passages for garden in facts}
    outcome.noticed.extend(noticed(store, facts, days, planned.start_s, planned.end_s))
    page = write_page(
        plan.out / "page",
        community=planned.community.name,
        gardens=facts,
        results=results,
        accounts=outcome.accounts.as_dict(),
        files=files,
        days=days,
        noticed=outcome.noticed,
        diaries=diaries,
        languages=LANGUAGES,
    )
    return {**files, "page": page}
