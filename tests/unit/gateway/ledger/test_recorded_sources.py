"""Recorded readings are named by their time: nobody numbers them, so no claim of theirs is too large."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_gateway.decode.envelope import Envelope, Rejection, read_envelope
from sera_gateway.ledger.allowances import Claim, is_plausible
from sera_gateway.ledger.ways_in import is_own_epoch
from sera_vocabulary.messages import SEQ_FIRST, SEQ_MOST, UTC_FIRST_S
from sera_vocabulary.recorded import is_recorded, recorded_epoch, recorded_seq
from sera_vocabulary.series import STREAMS

NOW_S = 1_800_000_000


def batch(epoch: str, stream: str = "soil") -> bytes:
    seq = recorded_seq(1_600_000_000)
    rows = [[seq, None, 1_600_000_000, 60, 0, 20.5]]
    envelope = {
        "v": 1,
        "e": epoch,
        "f": seq,
        "n": seq + 1,
        "s": stream,
        "k": ["soil_temperature@1"],
        "r": rows,
    }
    return json.dumps(envelope).encode()


@pytest.mark.parametrize("stream", STREAMS)
def test_the_epoch_of_a_recorded_reading_names_its_stream_and_no_other(stream: str) -> None:
    assert is_recorded(recorded_epoch(stream))
    assert is_own_epoch(recorded_epoch(stream))
    assert isinstance(read_envelope(batch(recorded_epoch(stream), stream)), Envelope)
    rejection = read_envelope(batch(recorded_epoch("other"), stream))
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "wrong_shape"


def test_a_claim_by_time_is_plausible_and_the_same_one_of_a_node_is_not() -> None:
    first, last = recorded_seq(UTC_FIRST_S), recorded_seq(NOW_S)
    assert is_plausible(Claim("recorded-soil", first, last + 1), NOW_S)
    assert not is_plausible(Claim("0a1b2c3d", first, last + 1), NOW_S)


@given(st.integers(UTC_FIRST_S, UTC_FIRST_S + SEQ_MOST - SEQ_FIRST))
def test_each_second_from_2000_on_has_a_sequence_of_its_own(utc_s: int) -> None:
    assert SEQ_FIRST <= recorded_seq(utc_s) <= SEQ_MOST
    assert recorded_seq(utc_s) - recorded_seq(UTC_FIRST_S) == utc_s - UTC_FIRST_S
