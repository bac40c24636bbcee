"""When who is told of what is wrong with a node: one row a rule of `alert_rules`; for hosts alone.

Limits, their reasons and first checks stand in `alert_rules.RULES`; here is how long a finding must hold, and
how long it must be gone, so that what comes and goes wakes nobody.
"""

from collections import namedtuple

from sera_vocabulary.alert_rules import LOOK, URGENT

STEWARD = "steward"
HOST = "host"
RECEIVERS = (STEWARD, HOST)

# code: of `alert_rules.RULES`. meaning: what it says, for a list. least: from which severity on it is told.
# hold_h, clear_h: for how long [h] it must hold, and be gone. reason: of both. receiver: who can do something
# about it first. command: what shows more, `NODE` for the node's id.
Alert = namedtuple(
    "Alert", ("code", "meaning", "least", "hold_h", "clear_h", "reason", "receiver", "command")
)

_FACTS = "it is made of a day or more of facts, and changes no faster"
_CONTACT = "the limit counts contacts itself; one that comes through may be followed by three that do not"

ALERTS = (
    Alert(
        "never_heard",
        "a node that was entered has never been heard",
        LOOK,
        0,
        0,
        "heard once is heard",
        STEWARD,
        "sera fleet",
    ),
    Alert("silent", "a node does not come any more", LOOK, 0, 6, _CONTACT, STEWARD, "sera fleet"),
    Alert(
        "battery_low",
        "its battery is nearly empty",
        LOOK,
        2,
        24,
        "a cold night lowers the voltage, a sunny noon raises it; well again is a whole day of it",
        HOST,
        "sera readings battery_voltage --node NODE",
    ),
    Alert(
        "charge_low",
        "its battery is nearly empty",
        LOOK,
        2,
        24,
        "as for the voltage",
        HOST,
        "sera readings battery_charge --node NODE",
    ),
    Alert(
        "battery_falling",
        "its battery will soon be empty",
        LOOK,
        12,
        48,
        "the slope of a week turns with one cloudy day",
        HOST,
        "sera readings battery_voltage --node NODE --by day",
    ),
    Alert(
        "records_missing",
        "records that it holds are not here",
        LOOK,
        6,
        6,
        "a node sends them again at its next contact",
        STEWARD,
        "sera completeness --node NODE",
    ),
    Alert(
        "records_lost",
        "records are gone for good",
        URGENT,
        0,
        24,
        "it cannot heal; a few are no reason to be woken",
        STEWARD,
        "sera completeness --node NODE",
    ),
    Alert("doubtful", "many of its values are doubtful", LOOK, 6, 24, _FACTS, STEWARD, "sera fleet"),
    Alert("stuck", "a sensor gives the very same number", LOOK, 0, 12, _FACTS, HOST, "sera fleet"),
    Alert("drifting", "a sensor moves away from its neighbours", LOOK, 24, 72, _FACTS, STEWARD, "sera fleet"),
    Alert(
        "clock_wrong",
        "its clock is wrong",
        LOOK,
        6,
        6,
        "each contact sets a clock; one that stays wrong for a quarter of a day is not set",
        STEWARD,
        "sera completeness --node NODE",
    ),
    Alert(
        "undated",
        "records of it have no time",
        URGENT,
        6,
        24,
        "most are dated at its next contact",
        STEWARD,
        "sera completeness --node NODE",
    ),
    Alert(
        "signal_weak",
        "its radio is weak",
        URGENT,
        24,
        48,
        "leaves, rain and a parked van come and go",
        HOST,
        "sera readings signal_strength --node NODE --by day",
    ),
    Alert(
        "wrong_community",
        "its readings are in no garden",
        LOOK,
        0,
        1,
        "each is lost to the figures until somebody enters it",
        STEWARD,
        "sera deadletters list --node NODE",
    ),
    Alert(
        "rejected",
        "messages of it were rejected",
        URGENT,
        1,
        1,
        "what is entered late mends most of them within the hour",
        STEWARD,
        "sera deadletters list --node NODE",
    ),
    Alert(
        "flooding",
        "it sends far more than it may",
        LOOK,
        0,
        24,
        "its budget holds it already; it is counted over a week",
        STEWARD,
        "sera completeness --node NODE",
    ),
    Alert(
        "probe_swapped", "another probe is there", LOOK, 1, 1, "boards name it at once", STEWARD, "sera fleet"
    ),
    Alert(
        "calibration_missing",
        "a probe has no calibration",
        URGENT,
        0,
        0,
        "a note of the fleet alone: it changes with an entry and wakes nobody",
        STEWARD,
        "sera fleet",
    ),
    Alert(
        "calibration_due",
        "a calibration is old",
        URGENT,
        0,
        0,
        "four years old is worth a letter, two are for the next round",
        STEWARD,
        "sera fleet",
    ),
    Alert(
        "certificate_ends",
        "its certificate ends",
        LOOK,
        0,
        0,
        "the date is known half a year before",
        STEWARD,
        "sera fleet",
    ),
    Alert(
        "renewal_waiting",
        "its next certificate waits for it",
        LOOK,
        0,
        0,
        "a note of the fleet for its first month",
        STEWARD,
        "sera fleet",
    ),
    Alert(
        "renewal_refused",
        "its next certificate did not let it in",
        LOOK,
        0,
        0,
        "it says so itself, and goes on with the one before",
        STEWARD,
        "sera node list",
    ),
    Alert(
        "firmware_old",
        "others run newer firmware",
        URGENT,
        0,
        0,
        "a note of the fleet alone: nobody is woken for it",
        STEWARD,
        "sera fleet",
    ),
    Alert(
        "config_refused",
        "it did not take its settings",
        LOOK,
        0,
        0,
        "it says so itself, and goes on as before",
        STEWARD,
        "sera fleet",
    ),
)
INSTALLATION_ALERTS = (
    Alert(
        "disk_filling", "the disk fills", LOOK, 6, 24, "its pace changes by the hour", STEWARD, "sera doctor"
    ),
    Alert("disk_full", "the disk is nearly full", LOOK, 0, 1, "what is gone is room", STEWARD, "sera doctor"),
    Alert(
        "broker_silent",
        "the broker does not answer",
        URGENT,
        0,
        0,
        "what answers again is well; it was looked at ten minutes apart",
        STEWARD,
        "sera doctor --quick",
    ),
    Alert("backup_old", "the newest backup is old", LOOK, 0, 0, "its age is known", STEWARD, "sera doctor"),
    Alert("backup_missing", "there is no backup", LOOK, 24, 0, "a day to begin with", STEWARD, "sera doctor"),
    Alert(
        "service_certificate_ends",
        "a certificate of the installation ends",
        LOOK,
        0,
        0,
        "the date is known half a year before",
        STEWARD,
        "sera doctor",
    ),
    Alert(
        "ledger_behind",
        "the ledger is behind",
        LOOK,
        2,
        1,
        "twenty thousand messages take a minute, so that hours are no backlog",
        STEWARD,
        "sera gateway status",
    ),
    Alert(
        "dead_letters_growing",
        "many messages are rejected",
        LOOK,
        1,
        24,
        "what is entered late mends most of them within the hour; it is counted over a day",
        STEWARD,
        "sera deadletters list",
    ),
    Alert(
        "output_waits",
        "an output waits for somebody",
        LOOK,
        1,
        1,
        "most mend themselves",
        STEWARD,
        "sera follower list",
    ),
)
ALERTS_BY_CODE = {alert.code: alert for alert in ALERTS + INSTALLATION_ALERTS}
