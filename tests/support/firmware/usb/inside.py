"""Runs in real MicroPython behind `board.py`: a littlefs as the whole file system, and a board's modules.

micropython inside.py board.json live     runs boot.py and main.py, then code from stdin
micropython inside.py board.json list     prints what is on its flash
"""

import io
import json
import os
import sys

import vfs

_BLOCK = 4096
_RESET, _BOOTLOADER = 42, 43


class Flash:
    """A file as a block device, as `vfs.VfsLfs2` wants it."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "r+b")
        self._blocks = os.stat(path)[6] // _BLOCK

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        self._file.seek(block * _BLOCK + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block: int, buffer: bytes, offset: object = None) -> None:
        self._file.seek(block * _BLOCK + (offset or 0))
        self._file.write(buffer)
        self._file.flush()

    def ioctl(self, operation: int, argument: int) -> object:
        if operation == 4:
            return self._blocks
        if operation == 5:
            return _BLOCK
        return 0


class Module:
    """A module of names."""

    def __init__(self, **names: object) -> None:
        for name, value in names.items():
            setattr(self, name, value)


class Pin:
    IN, OUT, OPEN_DRAIN, PULL_UP = 0, 1, 2, 1

    def __init__(self, number: object, mode: int = -1, pull: int = -1, value: object = None) -> None:
        self._level = value or 0

    def value(self, level: object = None) -> object:
        if level is None:
            return self._level
        self._level = level
        return None

    on = off = toggle = lambda self: None


class Converter:
    """Reads what the host has written into a file."""

    file = None

    def __init__(self, pin: Pin) -> None:
        pass

    def read_u16(self) -> int:
        self.file.seek(0)
        return int(self.file.read())


class Unused:
    """A watchdog, a timer or a clock that does nothing: time and patience are the host's."""

    PERIODIC = ONE_SHOT = 1

    def __init__(self, *arguments: object, **names: object) -> None:
        pass

    init = feed = datetime = deinit = lambda self, *arguments, **names: None


def station_of(access: dict) -> object:
    """Make `network.WLAN` of a radio that finds one network, and sees others."""

    class Station:
        PM_NONE = 16

        def __init__(self, interface: int) -> None:
            self._status = 0

        def active(self, on: object = None) -> None:
            pass

        def config(self, **settings: object) -> None:
            pass

        def connect(self, ssid: str, password: object = None) -> None:
            if ssid != access["ssid"]:
                self._status = -2
            else:
                self._status = 3 if password == access["password"] else -3

        def disconnect(self) -> None:
            pass

        def isconnected(self) -> bool:
            return self._status == 3

        def status(self, what: object = None) -> int:
            return -61 if what else self._status

        def scan(self) -> list:
            return [
                (name.encode(), b"", 1, -60, 5, False) for name in [access["ssid"]] + access.get("seen", [])
            ]

    return Station


def machine_of() -> object:
    return Module(
        Pin=Pin,
        ADC=Converter,
        WDT=Unused,
        Timer=Unused,
        RTC=Unused,
        mem32={0x4005800C: 0},
        reset=lambda: sys.exit(_RESET),
        bootloader=lambda: sys.exit(_BOOTLOADER),
        reset_cause=lambda: 1,
        idle=lambda: None,
    )


def mount(path: str) -> None:
    flash = Flash(path)
    try:
        system = vfs.VfsLfs2(flash)
    except OSError:
        vfs.VfsLfs2.mkfs(flash)
        system = vfs.VfsLfs2(flash)
    vfs.umount("/")
    vfs.mount(system, "/")
    os.chdir("/")


def listed(folder: str = "") -> dict:
    contents = {}
    for entry in os.ilistdir(folder or "/"):
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            contents.update(listed(path))
        else:
            with open(path, "rb") as file:
                contents[path[1:]] = file.read().hex()
    return contents


def run(text: str, names: dict) -> None:
    """Run code as the raw REPL does: what it prints, 4, its error, 4."""
    error = ""
    try:
        exec(text, names)
    except SystemExit:
        raise
    except BaseException as problem:  # noqa: BLE001 - as the prompt of a board does
        trace = io.StringIO()
        sys.print_exception(problem, trace)
        error = trace.getvalue()
    sys.stdout.write("\x04" + error.replace("\n", "\r\n") + "\x04")


def live(names: dict) -> None:
    """Run the programs of a start; an interrupt or an error leads to the prompt, as on a board."""
    for program in ("boot.py", "main.py"):
        try:
            with open(program) as file:
                text = file.read()
        except OSError:
            continue
        try:
            exec(text, names)
        except SystemExit:
            raise
        except BaseException as problem:  # noqa: BLE001 - as the prompt of a board does
            sys.print_exception(problem, sys.stderr)
            return


def main() -> None:
    with open(sys.argv[1]) as file:
        settings = json.load(file)
    network = Module(WLAN=station_of(settings["network"]), STA_IF=0, country=lambda name: None)
    for name, number in (("GOT_IP", 3), ("NO_AP_FOUND", -2), ("WRONG_PASSWORD", -3), ("IDLE", 0)):
        setattr(network, "STAT_" + name, number)
    sys.modules["machine"], sys.modules["network"] = machine_of(), network
    sys.modules["onewire"] = Module(OneWire=Unused)
    Converter.file = open(settings["adc"])
    mount(settings["flash"])
    sys.path[:] = ["", ".frozen", "/lib"]
    if sys.argv[2] == "list":
        print(json.dumps(listed()))
        return
    names = {"__name__": "__main__"}
    sys.stdout.write("\x06")
    live(names)
    sys.stdout.write("\x07")
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        run(bytes.fromhex(line.strip()).decode(), names)


main()
