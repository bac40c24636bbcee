"""A battery never holds more than all or less than nothing, and a flat one puts the camera to sleep."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_simulator.world.energy import Power, battery_charge, battery_voltage
from strategies import examples


@settings(max_examples=examples(60))
@given(st.lists(st.floats(0, 1100), min_size=1, max_size=100), st.floats(0, 1), st.floats(0, 1))
def test_the_charge_stays_between_empty_and_full(light: list[float], duty: float, start: float) -> None:
    charge = battery_charge(np.array(light), np.full(len(light), duty), Power(), start)
    assert np.all((charge.state >= 0) & (charge.state <= 1))
    voltage = battery_voltage(charge.state)
    assert np.all((voltage >= 3.0) & (voltage <= 4.18))


def test_a_flat_battery_puts_the_camera_to_sleep_until_it_is_charged_again() -> None:
    light = np.concatenate([np.zeros(60), np.full(20, 800.0)])
    charge = battery_charge(light, np.ones(80), Power(), start=0.3)
    asleep = np.flatnonzero(~charge.powered)
    assert 0 < asleep[0] < 60 <= asleep[-1] < 79
    assert np.all(np.diff(asleep) == 1)
