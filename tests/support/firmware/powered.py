"""A powered board with a node on its flash, for tests on stand-ins of the boards."""

import gc
import json

from firmware.board_modules import BATTERY_PIN, DE_PIN, SCL, SDA
from firmware.board_parts import ResetError, World, started_on
from sera_firmware import config

SENSORS = [
    {"model": "capacitive", "position": 1, "pin": 26, "power": 21},
    {"model": "ds18b20", "position": 1, "pin": 21},
    {"model": "sht4x", "bus": 0},
    {"model": "battery", "pin": BATTERY_PIN},
]
VALUES = {
    "soil_moisture_raw@1": 1843,
    "soil_temperature@1": 14.5,
    "air_temperature": 18.5,
    "air_humidity": 62.0,
    "battery_voltage": 3.9,
}


def files(folder: str, sensors: list = SENSORS, **changes: object) -> None:
    settings = {
        "node": "elm-a1",
        "community": "elm",
        "broker": {"host": "127.0.0.1", "port": 1},
        "time_servers": [["127.0.0.1", 0]],  # which no packet can be sent to
        "sensors": sensors,
        "buses": {"i2c0": {"sda": SDA, "scl": SCL}, "uart1": {"tx": 8, "rx": 9, "de": DE_PIN}},
        "capacity_kb": 128,
        "timeout_s": 1,
        "contact_every_s": 900,
        "health_every": 1,
        "issued_s": 1780000000,
    }
    settings.update(changes)
    with open(folder + "/config.json", "w") as file:
        json.dump(settings, file)
    with open(folder + "/network.json", "w") as file:
        json.dump({"ssid": "garden", "password": "sesame"}, file)


class Powered:
    """A board with its flash in a folder, from power-on on; the one before it is switched off."""

    before = None

    def __init__(self, world: World, folder: str) -> None:
        if Powered.before:  # or its buffers would stay in 196 KB as long as a test's variable does
            Powered.before.node = Powered.before.board = Powered.before.world = None
        Powered.before = self
        self.world, self.folder = world, folder
        self.world.values = dict(VALUES)
        self.start = started_on(world)

    def boot(self) -> object:
        """Start the node as `start.live` does, without its endless loop."""
        settings = config.read(self.folder + "/config.json")
        self.node = self.board = None
        gc.collect()
        self.board = self.start.Board(settings, {"ssid": "garden", "password": "sesame"})
        self.node = self.start.start_node(settings, self.board, self.folder)
        return self.node

    def wake(self) -> int:
        return self.start.run_wake(self.node, self.board, self.folder)


def on(kind: str, folder: str, start_ms: int = 0, **changes: object) -> Powered:
    files(folder, **changes)
    powered = Powered(World(kind, start_ms), folder)
    powered.boot()
    return powered


def live_until(powered: Powered, enough: object) -> str:
    """Run `start.live` until it resets; run it again after each deep sleep until there were enough."""
    while True:
        try:
            powered.start.live(powered.folder)
        except ResetError as reset:
            if str(reset) != "deepsleep" or enough():
                return str(reset)
            powered.start = started_on(powered.world)
