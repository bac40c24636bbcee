"""What becomes of a record by what holds its key: the whole truth table, every combination exactly once."""

from __future__ import annotations

from itertools import product

import pytest

from sera_gateway.ledger.decision import Action, Attempt, Holder, decide, is_contested
from sera_store.records.keys import ERASED_HASH, KeyState

SAME, OTHER = b"same", b"other"
STATES = {
    "nothing": None,
    "dead letter": KeyState(b"", damaged=False, record=None, dead_letter=4),
    "erased": KeyState(ERASED_HASH, damaged=False, record=None, dead_letter=None),
    "same": KeyState(SAME, damaged=False, record=7, dead_letter=None),
    "same, damaged": KeyState(SAME, damaged=True, record=7, dead_letter=None),
    "other": KeyState(OTHER, damaged=False, record=7, dead_letter=None),
    "other, damaged": KeyState(OTHER, damaged=True, record=7, dead_letter=None),
    "other, once a dead letter": KeyState(OTHER, damaged=False, record=7, dead_letter=4),
}
ARRIVAL, RETRY, AMENDMENT = Attempt.ARRIVAL, Attempt.RETRY, Attempt.AMENDMENT
OTHER_CONTENT = "other | other, once a dead letter"
NOT_AMENDED = (ARRIVAL, RETRY)

# What holds the key; why the message is looked at; whether the row is damaged; of the holder: is later, is
# replaced, is amended, has other content. None stands for either.
TABLE = (
    ("nothing", None, None, None, None, None, None, Action.NEW),
    ("erased", None, None, None, None, None, None, Action.ERASED),
    ("same | same, damaged", None, None, None, None, None, None, Action.REPEAT),
    # A dead letter holds its key for the content that it has.
    ("dead letter", NOT_AMENDED, False, False, False, None, True, Action.CONFLICT),
    ("dead letter", NOT_AMENDED, False, False, False, None, False, Action.NEW),
    ("dead letter", NOT_AMENDED, False, True, None, None, None, Action.NEW),
    ("dead letter", NOT_AMENDED, False, False, True, None, None, Action.NEW),
    ("dead letter", NOT_AMENDED, True, None, None, None, None, Action.NEW),
    ("dead letter", AMENDMENT, None, None, None, None, None, Action.NEW),
    # An amendment replaces what it names, sound or damaged.
    (f"{OTHER_CONTENT} | other, damaged", AMENDMENT, None, None, True, None, None, Action.TAKES_OVER),
    # A damaged row never conflicts, and gives way.
    (f"{OTHER_CONTENT} | other, damaged", AMENDMENT, True, None, False, None, None, Action.REPEAT),
    (f"{OTHER_CONTENT} | other, damaged", NOT_AMENDED, True, None, None, None, None, Action.REPEAT),
    ("other, damaged", AMENDMENT, False, None, False, False, None, Action.REPLACES_DAMAGED),
    ("other, damaged", NOT_AMENDED, False, None, None, False, None, Action.REPLACES_DAMAGED),
    # What a person entered holds, also where its flag still says that it was damaged.
    ("other, damaged", AMENDMENT, False, None, False, True, None, Action.CONFLICT),
    ("other, damaged", NOT_AMENDED, False, None, None, True, None, Action.CONFLICT),
    # Of two contents the one that came first stays, but an amendment holds.
    (OTHER_CONTENT, RETRY, False, True, None, False, None, Action.DISPLACES),
    (OTHER_CONTENT, RETRY, False, True, None, True, None, Action.CONFLICT),
    (OTHER_CONTENT, RETRY, False, False, None, None, None, Action.CONFLICT),
    (OTHER_CONTENT, ARRIVAL, False, None, None, None, None, Action.CONFLICT),
    (OTHER_CONTENT, AMENDMENT, False, None, False, None, None, Action.CONFLICT),
)


def test_every_combination_has_one_row_of_the_table_and_is_decided_so() -> None:
    combinations = list(product(STATES, Attempt, *[(False, True)] * 5))
    for name, attempt, is_damaged, *facts in combinations:
        rows = [row for row in TABLE if _matches(row, (name, attempt, is_damaged, *facts))]
        assert len(rows) == 1, (name, attempt, is_damaged, facts)
        holder = Holder(*facts)
        action = decide(STATES[name], SAME, is_damaged=is_damaged, attempt=attempt, holder=holder)
        assert action is rows[0][-1], (name, attempt, is_damaged, holder)
    assert len(combinations) == 8 * 3 * 32
    assert {row[-1] for row in TABLE} == set(Action)


def _matches(row: tuple[object, ...], combination: tuple[object, ...]) -> bool:
    names, attempts, *facts = row[:-1]
    name, attempt, *own = combination
    return (
        name in str(names).split(" | ")
        and (attempts in (None, attempt) or (isinstance(attempts, tuple) and attempt in attempts))
        and all(fact in (None, value) for fact, value in zip(facts, own, strict=True))
    )


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("attempt", Attempt)
def test_a_holder_is_needed_exactly_where_the_key_is_contested(name: str, attempt: Attempt) -> None:
    state = STATES[name]
    if is_contested(state, SAME):
        with pytest.raises(ValueError, match="read its holder first"):
            decide(state, SAME, attempt=attempt)
    else:
        without = decide(state, SAME, attempt=attempt)
        assert all(
            decide(state, SAME, attempt=attempt, holder=Holder(*facts)) is without
            for facts in product((False, True), repeat=4)
        )
