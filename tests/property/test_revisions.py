"""Whatever arrives, is entered, amended or interrupted, in any order: one state, that of a rebuild."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway_parts import COMMUNITY, GARDEN, NOW_S, SINCE_S, batch, data_topic, message, plant, row
from ledger_parts import Way, assert_closes, assert_same, replayed
from sera_gateway.checks import series_checks, series_revision
from sera_gateway.checks.garden import beside, ranges
from sera_gateway.ledger import dead_letter_retry, redating, revision
from sera_quality.limits import LIMITS
from sera_store.database import inserts
from sera_store.ledger import keys
from sera_store.registry.check_limits import CheckLimit
from sera_store.registry.dead_letter_actions import AMEND, DISMISS, REPLAY, RESTORE
from sera_store.registry.entities import Calibration, Community, Garden, Node, ProbePlace
from sera_vocabulary import messages, topics

if TYPE_CHECKING:
    from types import ModuleType

# Other scripts than the ones of another seed; without one, other scripts each time.
SEED = os.environ.get("SERA_LEDGER_SEED")
NODES = ("node-a", "node-b")
PROBE, TABLE = "c-0007", "a1b2c3d4"
FAR_GARDEN, FAR = "far-yard", "severn"
STARTS = {1: NOW_S - 90_000, 2: NOW_S - 60_000, 3: NOW_S - 30_000}
MOMENTS = [SINCE_S, NOW_S - 85_000, NOW_S - 59_000, NOW_S - 29_000, NOW_S - 28_000, NOW_S + 10]

# What each node made, by sequence: boot, stream, uptime, and whether the clock was set. The second boot has
# no clock record; the third has two.
RECORDS = {
    1: (1, "air", 60, False),
    2: (1, "soil", 120, False),
    3: (1, "clock", 300, True),
    4: (1, "air", 360, True),
    5: (2, "air", 60, False),
    6: (2, "soil", 700, False),
    7: (2, "air", 900, False),
    8: (3, "air", 60, False),
    9: (3, "soil", 500, False),
    10: (3, "clock", 600, True),
    11: (3, "soil", 900, True),
    12: (3, "clock", 450, True),
    13: (3, "air", 1800, True),
}
# While it is disturbed, what the ledger does in parts it does in parts that are smaller than what there is. A
# rebuild knows nothing of that.
SMALL: tuple[tuple[ModuleType, str, float], ...] = (
    (inserts, "_ROWS_A_STATEMENT", 2),
    (keys, "_KEYS_A_QUERY", 2),
    (dead_letter_retry, "_LETTERS_A_TRANSACTION", 4),
    (dead_letter_retry, "_EMPTY_JOBS_AT_ONCE", 2),
    (ranges, "BINS_MOST", 2),
    (redating, "ROWS_A_TRANSACTION", 3),
    (redating, "BOOTS_A_TRANSACTION", 1),
    (revision, "ROWS_A_TRANSACTION", 3),
    (series_checks, "_ROWS_A_TRANSACTION", 3),
    (series_revision, "SPANS_AT_ONCE", 2),
    (series_revision, "_ROWS_A_TRANSACTION", 3),
)
# What a node reads stands still, but where a script has it move; so short a time makes it suspect, and fail.
STILL = {"air": 12.0, "soil": 20.0}
STILL_S = {"air_temperature": (250, 1000), "soil_moisture_raw": (250, 1000)}
COLUMN = {"air": "air_temperature", "soil": "soil_moisture_raw@1", "clock": "clock_step_s"}


def packet(seq: int, *, value: float | None = None, damaged: bool = False, lowest_seq: int = 1) -> bytes:
    """One record of a node as a batch of its own."""
    boot, stream, uptime_s, is_set = RECORDS[seq]
    utc_s = STARTS[boot] + uptime_s + seq if is_set else None
    report = None if damaged else STILL.get(stream, float(seq)) if value is None else value
    flags = messages.FLAG_DAMAGED if damaged else 0
    values = row(seq, report, utc_s=utc_s, uptime_s=uptime_s, flags=flags)
    return batch([values], [COLUMN[stream]], b=boot, s=stream, p=TABLE, f=lowest_seq, n=len(RECORDS) + 1)


# A script's work takes some hundred steps of the ledger; what takes so many more does not come to an end.
STEPS_MOST = 20_000


class Death(BaseException):
    """Stands for the death of the process, which nothing catches."""


class EndlessError(BaseException):
    """The ledger has not come to rest; no mender of the ledger catches it."""


class Ledgers(RuleBasedStateMachine):
    """One gateway's ledger, disturbed."""

    def __init__(self) -> None:
        super().__init__()
        self._patch = pytest.MonkeyPatch()
        for module, name, value in SMALL:
            self._patch.setattr(module, name, value)
        self._limits = pytest.MonkeyPatch()
        for name, still_s in STILL_S.items():
            self._limits.setitem(LIMITS, name, LIMITS[name]._replace(still_s=still_s))
        # Two nodes measure the same air: one other is enough here, and what a script moves is far apart.
        air = LIMITS["air_temperature"]._replace(suspect_apart=2.0, suspect_rate=2.0)
        self._limits.setitem(LIMITS, "air_temperature", air)
        self._limits.setattr(beside, "NEIGHBOURS_LEAST", 1)
        self._folder = TemporaryDirectory()
        self._steps_left = STEPS_MOST
        self.way = Way(Path(self._folder.name) / "live")
        self.way.on_step = self._count

    @initialize()
    def result(self) -> None:
        plant(self.way.store, ["node-b"])
        registry = self.way.store.registry
        registry.put(Community(FAR), since_s=SINCE_S, by="a test")
        for name, community in (("oak-yard", COMMUNITY), (FAR_GARDEN, FAR)):
            garden = Garden(name, community, None, name, 51.4, -2.6, "Europe/London")
            registry.put(garden, since_s=SINCE_S, by="a test")

    @rule(
        node=st.sampled_from(NODES),
        seqs=st.lists(st.sampled_from(sorted(RECORDS)), min_size=1, max_size=6),
        limit=st.integers(1, 4),
    )
    def arrive(self, node: str, seqs: list[int], limit: int) -> None:
        self._arrive(node, [packet(seq) for seq in seqs], limit)

    @rule(node=st.sampled_from(NODES))
    def all_arrive(self, node: str) -> None:
        self._arrive(node, [packet(seq) for seq in RECORDS], 5000)

    @rule(
        node=st.sampled_from(NODES), seq=st.sampled_from(sorted(RECORDS)), value=st.sampled_from([7.5, 8.5])
    )
    def conflict(self, node: str, seq: int, value: float) -> None:
        self._arrive(node, [packet(seq, value=value)], 1)

    @rule(node=st.sampled_from(NODES), seq=st.sampled_from(sorted(RECORDS)))
    def arrive_damaged(self, node: str, seq: int) -> None:
        self._arrive(node, [packet(seq, damaged=True)], 1)

    @rule(node=st.sampled_from(NODES), seq=st.sampled_from(sorted(RECORDS)))
    def arrive_unreadable(self, node: str, seq: int) -> None:
        self._arrive(node, [packet(seq).replace(b'"k":["', b'"k":["un')], 1)

    @rule(node=st.sampled_from(NODES), seq=st.sampled_from(sorted(RECORDS)))
    def forget_below(self, node: str, seq: int) -> None:
        self._arrive(node, [packet(seq, lowest_seq=seq)], 1)

    @rule(node=st.sampled_from(NODES))
    def name_probes(self, node: str) -> None:
        table = {"v": 1, "p": TABLE, "probes": [[1, "capacitive", PROBE]]}
        topic = topics.topic(COMMUNITY, node, topics.PROBES)
        self._arrive(node, [json.dumps(table).encode()], 1, topic)

    @rule(
        node=st.sampled_from(NODES),
        garden=st.sampled_from([GARDEN, "oak-yard", FAR_GARDEN, None]),
        since_s=st.sampled_from(MOMENTS),
    )
    def place(self, node: str, garden: str | None, since_s: int) -> None:
        self.way.store.registry.put(Node(node, garden), since_s=since_s, by="a test")

    @rule(
        name=st.sampled_from(["c-1", "c-2"]),
        slope=st.sampled_from([0.1, 0.2]),
        since_s=st.sampled_from(MOMENTS),
        until_s=st.sampled_from([None, NOW_S - 29_000, NOW_S + 20]),
    )
    def calibrate(self, name: str, slope: float, since_s: int, until_s: int | None) -> None:
        until_s = until_s if until_s is None or until_s > since_s else None
        entity = Calibration(
            name, PROBE, "soil_moisture_raw", "soil_moisture", (0.0, slope), since_s, until_s
        )
        self.way.store.registry.put(entity, since_s=SINCE_S, by="a test")

    @rule(
        garden=st.sampled_from([GARDEN, FAR_GARDEN]),
        check=st.sampled_from(["rate", "neighbours", "spike"]),
        suspect=st.sampled_from([None, 0.5, 20.0]),
        since_s=st.sampled_from(MOMENTS),
        withdrawn=st.booleans(),
    )
    def limit(self, garden: str, check: Any, suspect: float | None, since_s: int, withdrawn: bool) -> None:
        entity = CheckLimit("own", garden, "air_temperature", check, suspect=suspect, withdrawn=withdrawn)
        self.way.store.registry.put(entity, since_s=since_s, by="a test")

    @rule(
        since_s=st.sampled_from(MOMENTS), highest=st.sampled_from([11.0, 12.0]), last=st.sampled_from([4, 12])
    )
    def climate(self, since_s: int, highest: float, last: int) -> None:
        entity = CheckLimit(
            "climate", GARDEN, "air_temperature", "climate", lowest=0, highest=highest, first=1, last=last
        )
        self.way.store.registry.put(entity, since_s=since_s, by="a test")

    @rule(node=st.sampled_from(NODES), depth_m=st.sampled_from([0.1, 0.3]), since_s=st.sampled_from(MOMENTS))
    def bury(self, node: str, depth_m: float, since_s: int) -> None:
        self.way.store.registry.put(Node(node, GARDEN), since_s=SINCE_S - 1, by="a test")
        self.way.store.registry.put(ProbePlace(PROBE, node, 1, depth_m), since_s=since_s, by="a test")

    @precondition(lambda self: self.way.letters())
    @rule(action=st.sampled_from([REPLAY, DISMISS, RESTORE]), place=st.integers(0, 50), now=st.booleans())
    def decide(self, action: str, place: int, now: bool) -> None:
        self._order(action, place, now=now)

    @precondition(lambda self: self.way.letters())
    @rule(place=st.integers(0, 50), value=st.sampled_from([21.5, 22.5]), now=st.booleans())
    def amend(self, place: int, value: float, now: bool) -> None:
        letter = self._letter(place)
        if topics.DATA not in letter.topic:
            return
        # The rows stay, their value is another one; what could not be read is spelled right.
        answer = json.loads(letter.payload.replace(b'"k":["un', b'"k":["'))
        answer[messages.KEY_ROWS][0][messages.ROW_VALUES] = value
        self._order(AMEND, place, now=now, payload=json.dumps(answer).encode())

    @rule(steps=st.integers(1, 9))
    def be_interrupted(self, steps: int) -> None:
        left = iter(range(steps))

        def on_step(step: str) -> None:
            self._count(step)
            if next(left, None) is None:
                raise Death

        self.way.on_step = on_step
        try:
            self.way.ledger.catch_up()
        except Death:
            self.way.close()
            self.way.on_step = self._count
            self.way.open()
        self.way.on_step = self._count

    @rule()
    def go_on(self) -> None:
        self.way.ledger.catch_up()

    @invariant()
    def accounts_close(self) -> None:
        for account in self.way.store.completeness():
            assert_closes(account)

    @invariant()
    def a_record_is_seen_once(self) -> None:
        """Each key with a record has its one current row in the timeline or among the undated, once."""
        rows = self.way.sql(
            "SELECT k.seq, (SELECT count(*) FROM timeline t WHERE t.id = k.record)"
            " + (SELECT count(*) FROM undated u WHERE u.id = k.record) FROM keys k WHERE k.record IS NOT NULL"
        )
        assert [count for _, count in rows] == [1] * len(rows)
        output = "(SELECT count(*) FROM timeline) + (SELECT count(*) FROM undated)"
        assert self.way.sql(f"SELECT {output}") == [(len(rows),)]

    def teardown(self) -> None:
        try:
            self.way.ledger.catch_up()
            self.accounts_close()
            self.a_record_is_seen_once()
            self._patch.undo()
            for chunk in (1, 5000):
                with replayed(self.way, Path(self._folder.name) / f"rebuilt-{chunk}", chunk) as fresh:
                    assert_same(self.way, fresh)
        finally:
            self.way.close()
            self._folder.cleanup()
            self._patch.undo()
            self._limits.undo()

    def _arrive(self, node: str, payloads: list[bytes], limit: int, topic: str = "") -> None:
        self.way.journal.append([message(topic or data_topic(node), payload) for payload in payloads])
        self.way.ledger.step(limit)

    def _count(self, _: str) -> None:
        self._steps_left -= 1
        if self._steps_left < 0:
            raise EndlessError(f"the ledger has not come to rest within {STEPS_MOST} steps")

    def _letter(self, place: int) -> Any:
        letters = self.way.store.dead_letters.list(state=None, limit=1000)
        return letters[place % len(letters)]

    def _order(self, action: str, place: int, *, now: bool, **amendment: Any) -> None:
        letter = self._letter(place)
        self.way.store.dead_letter_actions.put(
            action, journal=letter.journal, reason=letter.reason, by="a test", **amendment
        )
        if now:
            self.way.ledger.catch_up()


def test_what_stands_still_is_among_what_is_disturbed() -> None:
    state = Ledgers()
    state.result()
    state.all_arrive(node="node-b")
    state.go_on()
    notes = [record.detail for record in state.way.current() if "flat line" in str(record.detail)]
    state.teardown()
    assert len(notes) >= 4


@pytest.mark.slow
def test_what_differs_from_another_node_is_among_what_is_disturbed() -> None:
    state = Ledgers()
    state.result()
    state.place(garden=GARDEN, node="node-a", since_s=SINCE_S)
    state.all_arrive(node="node-a")
    state.go_on()
    state.conflict(node="node-b", seq=13, value=7.5)
    state.go_on()
    notes = [str(record.detail) for record in state.way.current()]
    state.limit(garden=GARDEN, check="neighbours", suspect=20.0, since_s=SINCE_S, withdrawn=False)
    state.go_on()
    later = [str(record.detail) for record in state.way.current()]
    state.climate(since_s=SINCE_S, highest=7.0, last=12)
    state.go_on()
    last = [str(record.detail) for record in state.way.current()]
    state.teardown()
    assert any("other probes" in note for note in notes)
    assert not any("other probes" in note for note in later)
    assert any("climate" in note for note in last)


def test_a_boot_that_went_round_for_ever_comes_to_rest() -> None:
    state = Ledgers()
    state.result()
    state.all_arrive(node="node-a")
    state.bury(depth_m=0.3, node="node-a", since_s=NOW_S + 10)
    state.arrive_damaged(node="node-a", seq=13)
    state.place(garden=None, node="node-a", since_s=NOW_S - 28_000)
    state.go_on()
    state.teardown()


def test_an_amendment_holds_also_where_a_later_message_brought_the_same_record_first() -> None:
    state = Ledgers()
    state.result()
    state.all_arrive(node="node-a")
    state.go_on()
    state.bury(depth_m=0.1, node="node-a", since_s=SINCE_S)
    # Its letters are tried a few a transaction, and meanwhile all of it comes again.
    state.all_arrive(node="node-a")
    state.amend(place=10, value=22.5, now=False)
    state.go_on()
    assert [record.values[0] for record in state.way.current() if record.seq == 11] == [22.5]
    state.teardown()


def test_a_conflict_is_tried_again_where_a_damaged_record_takes_its_key_from_a_letter() -> None:
    state = Ledgers()
    state.result()
    state.place(garden=GARDEN, node="node-a", since_s=SINCE_S)
    state.arrive_unreadable(node="node-b", seq=1)
    state.all_arrive(node="node-b")
    state.arrive_damaged(node="node-b", seq=1)
    state.go_on()
    assert [record.values for record in state.way.current() if record.seq == 1] == [(12.0,)]
    state.teardown()


def test_content_that_came_first_as_a_dead_letter_stays_first() -> None:
    state = Ledgers()
    state.result()
    state.all_arrive(node="node-a")
    state.bury(depth_m=0.1, node="node-a", since_s=SINCE_S)
    # Other content, and the first again, while the dead letters are tried a few a transaction.
    state.conflict(node="node-a", seq=9, value=7.5)
    state.all_arrive(node="node-a")
    state.go_on()
    assert [record.values for record in state.way.current() if record.seq == 9] == [(20.0,)]
    state.teardown()


def test_an_amendment_of_a_damaged_record_holds_where_its_sound_form_comes_too() -> None:
    state = Ledgers()
    state.result()
    state.arrive_damaged(node="node-a", seq=1)
    state.amend(place=0, value=21.5, now=False)
    state.all_arrive(node="node-a")
    state.place(garden=GARDEN, node="node-a", since_s=SINCE_S)
    state.go_on()
    assert [record.values for record in state.way.current() if record.seq == 1] == [(21.5,)]
    state.teardown()


TestLedgers = pytest.mark.slow((seed(int(SEED))(Ledgers) if SEED else Ledgers).TestCase)
TestLedgers.settings = settings(
    max_examples=int(os.environ.get("SERA_LEDGER_SCRIPTS", "30")),
    stateful_step_count=18,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
