"""A node's battery under a small solar panel, and whether it has the power to keep its camera awake."""

from typing import NamedTuple

import numpy as np

from sera_simulator.world.chance import Floats, Truths

# State of charge [0 to 1] against the voltage [V] of a lithium-ion cell under a light load.
_CHARGE = (0.0, 0.05, 0.2, 0.5, 0.8, 1.0)
_VOLTAGE = (3.00, 3.40, 3.62, 3.75, 3.95, 4.18)


class Power(NamedTuple):
    """A node's supply: battery [Wh], panel at 1000 W/m2 [W], load asleep and awake [W]."""

    battery_wh: float = 9.25
    panel_w: float = 2.0
    asleep_w: float = 0.012
    awake_w: float = 0.30
    sleep_below: float = 0.10


class Charge(NamedTuple):
    """Hour by hour: state of charge [0 to 1] at its end, and whether there was power for the detector."""

    state: Floats
    powered: Truths


def battery_charge(irradiance_w_m2: Floats, duty: Floats, power: Power, start: float) -> Charge:
    """Follow a battery hour by hour.

    Parameters
    ----------
    irradiance_w_m2
        Irradiance on the panel [W/m2], shape (hours,).
    duty
        Share of each hour that the detector wants to be awake, shape (hours,).
    power
        The supply.
    start
        State of charge before the first hour, 0 to 1.

    Notes
    -----
    Below `sleep_below` the detector stays asleep until the charge is back at twice that.
    """
    gain = (0.8 * power.panel_w / 1000 * irradiance_w_m2 / power.battery_wh).tolist()
    asleep, awake = power.asleep_w / power.battery_wh, power.awake_w / power.battery_wh
    state, on = start, True
    states, powered = [], []
    for charged, hour_duty in zip(gain, duty.tolist(), strict=True):
        on = state > (power.sleep_below if on else 2 * power.sleep_below)
        state = min(max(state + charged - asleep - (awake * hour_duty if on else 0.0), 0.0), 1.0)
        states.append(state)
        powered.append(on)
    return Charge(np.array(states), np.array(powered, dtype=np.bool_))


def battery_voltage(state: Floats) -> Floats:
    """Voltage [V] of a lithium-ion cell at a state of charge of 0 to 1."""
    return np.interp(state, _CHARGE, _VOLTAGE)
