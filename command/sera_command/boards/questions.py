"""What a board with the node's files is asked before it may start: its network, its way to the broker.

Each question is a few lines of MicroPython that print one tuple. They use the firmware on the board, so that
what they find is what the node will find.
"""

from __future__ import annotations

import ast
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sera_command.errors import BoardStepError
from sera_vocabulary import messages, topics

if TYPE_CHECKING:
    from sera_command.boards.usb import UsbBoard

STEP_BOARD: Final = "board"
STEP_NETWORK: Final = "network"
STEP_BROKER: Final = "broker"

_JOIN_WITHIN_S: Final = 25
# A refusal that lasts is one; a radio that still looks for its network gives them for a moment.
_REFUSED_FOR_S: Final = 8.0
_BROKER_WITHIN_S: Final = 20
_MORE_S: Final = 15
_NAMES_MOST: Final = 8
# OASIS MQTT 3.1.1, table 3.1.
_REFUSALS: Final = {
    1: "another version of the protocol",
    2: "this client id is not taken",
    3: "the server is unavailable",
    4: "user name or password is wrong",
    5: "not authorised",
}

_ABOUT: Final = """
import sys
print(repr((sys.implementation[0], sys.implementation[1][:3], getattr(sys.implementation, '_machine', ''),
 getattr(sys.implementation, '_mpy', 0) & 255)))
"""
# The numbers of a status differ from port to port; their names are MicroPython's, library `network`.
_JOIN: Final = """
import json, network, time
n = json.load(open('network.json'))
if 'country' in n:
 network.country(n['country'])
w = network.WLAN(network.STA_IF)
w.active(True)
w.connect(n['ssid'], n['password'])
refusals = [getattr(network, k) for k in ('STAT_WRONG_PASSWORD', 'STAT_NO_AP_FOUND') if hasattr(network, k)]
t = since = time.ticks_ms()
while not w.isconnected() and time.ticks_diff(time.ticks_ms(), t) < {within_ms}:
 time.sleep_ms(200)
 if w.status() not in refusals:
  since = time.ticks_ms()
 elif time.ticks_diff(time.ticks_ms(), since) > {refused_ms}:
  break
s = w.status()
names = [k for k in dir(network) if k.startswith('STAT_') and getattr(network, k) == s]
seen = []
if not w.isconnected():
 try:
  w.disconnect()
  seen = [str(found[0], 'utf-8') for found in w.scan()]
 except (OSError, ValueError):
  pass
is_in = w.isconnected()
print(repr((is_in, names[0] if names else str(s), w.status('rssi') if is_in else 0, seen)))
"""
_REACH: Final = """
import machine, socket
from sera_firmware import config, lazy_modules, mqtt
machine.RTC().datetime({moment!r})
s = config.read('config.json')
b = s['broker']
lazy_modules.call('renewal', 'extend', '', s)
s = config.Settings(s, '/settings.json')
o = lazy_modules.call('renewal', 'choose', s) if b.get('tls') else (0, None, None)
step = 'name'
has_name = True
try:
 try:
  a = socket.getaddrinfo(b['host'], b['port'])
 except OSError:
  if not b.get('address'):
   raise
  has_name = False
  a = socket.getaddrinfo(b['address'], b['port'])
 step = 'port'
 x = socket.socket()
 x.settimeout({within_s})
 x.connect(a[0][-1])
 x.close()
 step = 'session'
 c = mqtt.Client(o[1] or b.get('client_id') or s.values['node'], {within_s} * 1000, None)
 c.reserve()
 c.connect(dict(b, tls=o[2]), {will_topic!r}, {will!r}, 30)
 c.close()
 step = ''
except Exception as e:
 print(repr((step, type(e).__name__, str(e), has_name)))
else:
 print(repr((step, '', '', has_name)))
"""


def about(board: UsbBoard) -> tuple[str, str]:
    """Return what the board is and which MicroPython it runs; raise where that is too old.

    Raises
    ------
    BoardStepError
        At the step `board`.
    """
    name, version, machine, bytecode = _answer(board.run(_ABOUT, STEP_BOARD), STEP_BOARD)
    text = ".".join(map(str, version))
    if name != "micropython" or bytecode != _BYTECODE:
        raise BoardStepError(
            STEP_BOARD,
            f"it runs {name} {text}, which does not read this firmware (bytecode {bytecode}, expected "
            f"{_BYTECODE}); put MicroPython 1.25 on it: --image FILE, from https://micropython.org/download/",
        )
    return machine or "a board", text


# Version of .mpy files that mpy-cross 1.25 writes: py/persistentcode.h.
_BYTECODE: Final = 6


def join_network(board: UsbBoard, network: bytes) -> int:
    """Join the board's network; return the signal [dBm].

    Parameters
    ----------
    board
        The board, with `network.json` on it.
    network
        Content of that file: names the network in messages. The password is not shown.

    Raises
    ------
    BoardStepError
        At the step `network`, with the network's own reason.
    """
    code = _JOIN.format(within_ms=_JOIN_WITHIN_S * 1000, refused_ms=int(_REFUSED_FOR_S * 1000))
    joined, status, signal_dbm, networks = _answer(
        board.run(code, STEP_NETWORK, _JOIN_WITHIN_S + _MORE_S), STEP_NETWORK
    )
    if joined:
        return int(signal_dbm)
    name = json.loads(network)["ssid"]
    more_names = ", ".join(sorted({other for other in networks if other})[:_NAMES_MOST])
    if name not in networks and more_names:
        raise BoardStepError(
            STEP_NETWORK,
            f"the board does not see the network {name!r} ({status}); it sees: {more_names}. These boards "
            "hear 2.4 GHz only",
        )
    raise BoardStepError(
        STEP_NETWORK,
        f"the network {name!r} did not let the board in ({status}); see to its password: "
        "sera node files NODE --wifi NETWORK asks for it again",
    )


def reach_broker(board: UsbBoard, config: dict[str, Any]) -> bool:
    """Set the board's clock from this machine's, and open and close a session with the broker.

    Parameters
    ----------
    board
        The board, with the firmware and its keys on it.
    config
        Content of its `config.json`.

    Returns
    -------
    bool
        Whether the broker's host was found by its name; else by the address that is named beside it.

    Raises
    ------
    BoardStepError
        At the step `broker`: its name, its port, or its session.
    """
    now = datetime.now(UTC)
    moment = (now.year, now.month, now.day, now.weekday(), now.hour, now.minute, now.second, 0)
    host, port = config["broker"]["host"], config["broker"]["port"]
    will_topic = topics.topic(config["community"], config["node"], topics.STATUS)
    # Published only should the board vanish in the middle of this; an empty one would be no CONNECT.
    will = json.dumps(
        {messages.KEY_VERSION: messages.PROTOCOL_VERSION, messages.KEY_STATE: messages.STATE_LOST}
    )
    code = _REACH.format(moment=moment, within_s=_BROKER_WITHIN_S, will_topic=will_topic, will=will.encode())
    printed = board.run(code, STEP_BROKER, 3 * _BROKER_WITHIN_S + _MORE_S)
    step, kind, text, has_name = _answer(printed, STEP_BROKER)
    if not step:
        return bool(has_name)
    detail = f"{kind}: {text}{_refusal(text)}" if text else kind
    if step == "name":
        raise BoardStepError(
            STEP_BROKER,
            f"the board does not find the name {host} ({detail}); start `sera up --lan` with this machine's "
            "address, then `sera node files NODE`",
        )
    if step == "port":
        raise BoardStepError(
            STEP_BROKER,
            f"nothing answers the board at {host} port {port} ({detail}); see that `sera up` runs, that this "
            "machine's firewall lets that port in, and that guests of the network may reach other machines",
        )
    raise BoardStepError(
        STEP_BROKER,
        f"the broker at {host} port {port} did not let the board in ({detail}); was the node revoked, or "
        "were its files made by another installation? sera node files NODE --new-key",
    )


def _refusal(text: str) -> str:
    """Return what the code means with which a broker refused a session."""
    code = text.rpartition("code ")[2]
    return f", {_REFUSALS[int(code)]}" if code.isdecimal() and int(code) in _REFUSALS else ""


def _answer(printed: str, step: str) -> Any:
    lines = printed.strip().splitlines()
    try:
        return ast.literal_eval(lines[-1])
    except (IndexError, ValueError, SyntaxError) as error:
        raise BoardStepError(
            step, f"the board printed something else than expected: {printed.strip()[-200:]!r}"
        ) from error
