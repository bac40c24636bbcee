"""The messages of the node protocol, version 1: keys, flags and states, spelled once.

data (up), one compact JSON object, at most `ROWS_MOST` rows and `BATCH_BYTES_MOST` bytes::

    {"v":1,"e":"9f2c01aa","b":17,"f":4600,"n":4712,"s":"soil","p":"a1b2c3d4",
     "k":["soil_moisture_raw@1","soil_temperature@1"],
     "r":[[4711,90061,1780000000,2,0,1843,14.6]]}

A row is seq, uptime_s, utc_s or null, uncertainty_s, flags, then one value or null a column.

status (up, retained; also the last will)::

    {"v":1,"e":"9f2c01aa","state":"asleep","next_contact_s":900,"firmware":"0.1.0","config":3}

probes (up, retained)::

    {"v":1,"p":"a1b2c3d4","probes":[[1,"ds18b20","28ff641d8fdf18c1"],[2,"capacitive","c-0007"]]}

have (down, retained): all below `next` are here, `top` is the highest here::

    {"v":1,"g":"gateway-1","e":"9f2c01aa","next":4711,"top":4720}

config (down, retained)::

    {"v":1,"g":"gateway-1","version":3,"settings":{"interval_s":900}}

update (down, retained)::

    {"v":1,"version":"0.2.0","url":"...","sha256":"...","signature":"..."}

credentials (down): the order is retained and holds no secret, its answers are at QoS 0, never retained::

    {"v":1,"g":"gateway-1","generation":2}
    {"v":1,"g":"gateway-1","generation":2,"mqtt_id":"...","good_until_s":2411000000,
     "cert_der":"<base64>","key_der":"<base64>"}
    {"v":1,"g":"gateway-1","generation":2,"confirmed":true}

A node asks for them by a status, not retained: `"certificate"` is what it uses, `"wants"` what it was
ordered to take, `"certificate_refused"` what did not let it in::

    {"v":1,"e":"9f2c01aa","state":"online","firmware":"0.1.0","config":3,"certificate":1,"wants":2}
"""

from sera_vocabulary import measurements

PROTOCOL_VERSION = 1

KEY_VERSION = "v"
KEY_EPOCH = "e"
KEY_BOOT = "b"
KEY_LOWEST = "f"
KEY_NEXT = "n"
KEY_STREAM = "s"
KEY_PROBES = "p"
KEY_COLUMNS = "k"
KEY_ROWS = "r"

KEY_STATE = "state"
KEY_NEXT_CONTACT_S = "next_contact_s"
KEY_FIRMWARE = "firmware"
KEY_CONFIG = "config"
KEY_REFUSED = "refused"

KEY_PROBE_TABLE = "probes"

KEY_GATEWAY = "g"
KEY_HAVE_NEXT = "next"
KEY_HAVE_TOP = "top"

KEY_CONFIG_VERSION = "version"
KEY_SETTINGS = "settings"
KEY_GENERATION = "generation"
KEY_CLIENT_ID = "mqtt_id"
KEY_ENDS_S = "good_until_s"
KEY_CERT = "cert_der"
KEY_KEY = "key_der"
KEY_CONFIRMED = "confirmed"
KEY_CERTIFICATE = "certificate"
KEY_WANTS = "wants"
KEY_CERTIFICATE_REFUSED = "certificate_refused"

STATE_ONLINE = "online"
STATE_ASLEEP = "asleep"
STATE_LOST = "lost"

# Where the sequence and the flags stand in a row, and where its values begin.
ROW_SEQ = 0
ROW_FLAGS = 4
ROW_VALUES = 5

FLAG_DAMAGED = 1
FLAG_CLOCK_NOT_SET = 2
FLAG_AFTER_WATCHDOG = 4
FLAG_BATTERY_LOW = 8
FLAG_PROBE_CHANGED = 16

ROWS_MOST = 8
BATCH_BYTES_MOST = 1536
COLUMNS_MOST = 32
SEQ_FIRST = 1
SEQ_MOST = 2147483647
EPOCH_DIGITS = 8
POSITION_MARK = "@"
NO_POSITION = 0
POSITION_MOST = 32

# No record is older than this (2000-01-01T00:00:00Z): an unset clock says 1970 or 2000.
UTC_FIRST_S = 946684801


def column(name: str, position: int = NO_POSITION) -> str:
    """Write a column's key: the measurement's name, with `@position` where a probe measures it."""
    return name if position == NO_POSITION else name + POSITION_MARK + str(position)


def parse_column(text: str) -> tuple[str, int] | None:
    """Take a column's key apart into (name, position), or None where it is not one."""
    name, mark, digits = text.partition(POSITION_MARK)
    if not mark:
        return (name, NO_POSITION) if name else None
    if not name or not 1 <= len(digits) <= 2 or digits[0] == "0":
        return None
    # isdigit() takes other scripts' digits too, which int() of some letters does not.
    if not all(letter in "0123456789" for letter in digits):
        return None
    position = int(digits)
    return (name, position) if position <= POSITION_MOST else None


def decimals_of(text: str) -> int:
    """Look up with how many decimals a node sends the values of a column."""
    table, entry = measurements.DECIMALS, ";%s=" % text.partition(POSITION_MARK)[0]
    at = table.find(entry)
    return 0 if at < 0 else int(table[at + len(entry)])


def is_epoch(text: str) -> bool:
    """Return whether a text is an epoch: eight lower-case hexadecimal digits."""
    return len(text) == EPOCH_DIGITS and not text.strip("0123456789abcdef")
