"""What may be wrong with a node: one row a rule, with its limits and their reasons; for hosts alone.

A finding is a code with arguments, as a figure's note is: `FINDINGS` names the arguments of each and their
kinds, the sentences stand in the catalogues of `sera_words`. `RULES` has what a steward does about it: the
limits from which it is worth a look and from which it is urgent, the reason for them, first checks, and what
to bring where somebody has to walk there.
"""

from collections import namedtuple

from sera_vocabulary.figure_codes import COUNT, DAYS, HOURS, IDS, NAME, NUMBER, SHARE, TEXT

# How bad a finding is, by number, so that the worst is the highest.
NOTE = 1
LOOK = 2
URGENT = 3
SEVERITIES = {NOTE: "note", LOOK: "look", URGENT: "urgent"}

# What becomes of a certificate that is brought over a node's own connection.
# How many of the first checks are told with a finding; a command shows all.
CHECKS_MOST = 3
RENEWAL_WAITING = "waiting"
RENEWAL_REFUSED = "refused"

# What to bring, by code.
BATTERY = "a charged battery"
PROBE = "a spare probe"
LAPTOP = "a laptop and a USB cable"
ANTENNA = "a phone, to see how strong the network is there"

# look, urgent: from which value on; None where the rule has no such step. unit: of both.
# checks: the first ones, in their order. bring: None where nobody has to go there.
Rule = namedtuple("Rule", ("code", "look", "urgent", "unit", "reason", "checks", "bring"))

RULES = (
    Rule(
        "never_heard",
        24.0,
        72.0,
        "h",
        "a node that was registered is carried out within a day; after three nobody thinks of it any more",
        (
            "is its board flashed and powered",
            "does its network.json name the garden's network",
            "does the broker's address in its config.json reach this machine",
        ),
        LAPTOP,
    ),
    Rule(
        "silent",
        3.0,
        12.0,
        "times its contact",
        "one contact fails on a bad day of radio, three in a row do not; twelve are half a day of hours",
        (
            "was its battery low or falling",
            "is the garden's network there",
            "does the board's light or reset button answer",
        ),
        BATTERY,
    ),
    Rule(
        "battery_low",
        3.5,
        3.3,
        "V",
        "the firmware's own limits: below 3.5 V contacts become rare, below 3.3 V there is none",
        ("is the panel clean and in the sun", "is the cable of the panel whole", "change the battery"),
        BATTERY,
    ),
    Rule(
        "charge_low",
        25.0,
        10.0,
        "%",
        "devices of other makers tell a charge; most stop at a tenth",
        ("change the battery",),
        BATTERY,
    ),
    Rule(
        "battery_falling",
        14.0,
        5.0,
        "days left",
        "a steward who walks each fortnight must see it before; five days are the next weekend. Days until "
        "the cell is at 3.3 V, by the straight line through a week of daily means",
        ("is the panel clean and in the sun", "did it get a shorter interval", "change the battery"),
        BATTERY,
    ),
    Rule(
        "records_missing",
        24.0,
        168.0,
        "h",
        "records are sent again at the next contact, so that a gap of a day is none that heals by itself; "
        "flash holds weeks",
        ("does the node come at all (silent)", "is its signal weak", "sera completeness --node NODE"),
        None,
    ),
    Rule(
        "records_lost",
        1.0,
        100.0,
        "records",
        "nothing is ever lost while flash has room: one lost record says that it had none",
        (
            "how long was the node out of reach",
            "is its interval too short for its flash",
            "sera completeness",
        ),
        None,
    ),
    Rule(
        "doubtful",
        0.2,
        0.6,
        "share",
        "of a good sensor few in a hundred values are flagged; a fifth is a loose wire, over half a dead one",
        ("sera readings NAME --node NODE --by day", "is the plug dry and tight", "swap the probe"),
        PROBE,
    ),
    Rule(
        "stuck",
        1.0,
        2.0,
        "times its limit",
        "the checks' own limit of how long a quantity may stay the very same number",
        ("sera readings NAME --node NODE", "is the plug dry and tight", "swap the probe: sera probe swap"),
        PROBE,
    ),
    Rule(
        "drifting",
        4.0,
        8.0,
        "Cel",
        "shade and depth make neighbours differ, but by the same each week: in two weeks of weather the "
        "difference to their median moves by less than 4 degrees",
        ("sera readings NAME --node NODE --by day", "was the probe moved, or dug out", "swap the probe"),
        PROBE,
    ),
    Rule(
        "clock_wrong",
        300.0,
        3600.0,
        "s",
        "readings are minutes apart: five minutes mix them up, an hour moves them into another hour",
        (
            "does the garden's network let time servers through",
            "does the board lose its clock at each wake",
            "sera completeness --node NODE: which records are undated",
        ),
        LAPTOP,
    ),
    Rule(
        "undated",
        1.0,
        100.0,
        "records",
        "a record waits for a clock that is set; where none was, it is in no figure",
        ("does the node reach a time server", "sera completeness --node NODE"),
        None,
    ),
    Rule(
        "signal_weak",
        -85.0,
        -92.0,
        "dB[mW]",
        "below -85 dBm frames are repeated, which costs battery; below -92 dBm most contacts fail",
        ("is something new in between", "turn or lift the antenna", "an access point nearer by"),
        ANTENNA,
    ),
    Rule(
        "wrong_community",
        1.0,
        10.0,
        "messages",
        "each is a reading that came and is in no garden",
        (
            "where does it stand: sera registry show node NODE",
            "enter it: sera node move NODE --garden GARDEN --since DATE",
            "or give the board its files: sera node files NODE",
        ),
        None,
    ),
    Rule(
        "rejected",
        1.0,
        100.0,
        "messages",
        "each is kept and waits for a decision",
        ("sera deadletters list --node NODE", "sera deadletters show NUMBER says what to do"),
        None,
    ),
    Rule(
        "flooding",
        1.0,
        1000.0,
        "messages in a week",
        "budgets are far above what a good node sends: one message beyond is a fault or an attack",
        ("sera completeness --node NODE", "was its interval changed", "shut it out: sera node revoke NODE"),
        LAPTOP,
    ),
    Rule(
        "probe_swapped",
        1.0,
        None,
        "probes",
        "the board names another probe than the registry: depth and calibration are those of the wrong one",
        ("sera registry list probe", "enter it: sera probe swap NODE@POSITION SERIAL --since DATE"),
        None,
    ),
    Rule(
        "calibration_missing",
        1.0,
        None,
        "probes",
        "a raw count says nothing that can be compared with another garden",
        ("sera probe calibrate NODE@POSITION --help",),
        PROBE,
    ),
    Rule(
        "calibration_due",
        730.0,
        1461.0,
        "days",
        "coating and contact of a capacitive probe change over seasons; two years are two summers of drying",
        ("sera probe calibrate NODE@POSITION --help",),
        PROBE,
    ),
    Rule(
        "certificate_ends",
        180.0,
        30.0,
        "days",
        "the authority's own alarm: half a year is enough for a walk to each node",
        ("sera node rotate NODE",),
        LAPTOP,
    ),
    Rule(
        "renewal_waiting",
        30.0,
        None,
        "days",
        "a node that comes at all takes its next certificate within a day; one that sleeps for a month is to "
        "be looked at anyway",
        (
            "does the node come at all (silent)",
            "has its firmware learnt it yet: copy the firmware to the board",
            "bring it by cable: sera node rotate NODE --usb",
        ),
        None,
    ),
    Rule(
        "renewal_refused",
        1.0,
        None,
        "certificates",
        "the next certificate did not let it in, so that it uses the one before: nothing is lost",
        (
            "has the broker the new rights: sera broker files mosquitto, and reload it",
            "once more: sera node rotate NODE",
            "by cable: sera node rotate NODE --usb",
        ),
        None,
    ),
    Rule(
        "firmware_old",
        1.0,
        None,
        "versions",
        "other nodes of the fleet run a newer one",
        ("copy the firmware to the board",),
        LAPTOP,
    ),
    Rule(
        "config_refused",
        1.0,
        None,
        "configurations",
        "the node goes on with the settings before",
        ("correct what it names, and send it again",),
        None,
    ),
)
# What may be wrong with the installation itself.
INSTALLATION_RULES = (
    Rule(
        "disk_filling",
        30.0,
        7.0,
        "days left",
        "a month to buy a disk, a week to make room; at the pace of the journal's last month",
        ("sera doctor", "what else lies on that disk", "move the data folder to a larger one"),
        None,
    ),
    Rule(
        "disk_full",
        1024.0,
        64.0,
        "MiB",
        "a database needs room to be copied for a backup; under 64 MiB a start may not succeed",
        ("sera doctor", "what else lies on that disk", "sera journal pack"),
        None,
    ),
    Rule(
        "broker_silent",
        1.0,
        1.0,
        "brokers",
        "nothing comes in; nodes keep what they measure until their flash is full",
        ("does sera up run", "sera doctor --quick", "broker/nats.log in the data folder"),
        None,
    ),
    Rule(
        "backup_old",
        2.0,
        14.0,
        "days",
        "one missed night may happen; other makers' devices send nothing again after a loss",
        ("is its disk mounted", "does its timer run", "sera backup rotate FOLDER"),
        None,
    ),
    Rule(
        "backup_missing",
        1.0,
        None,
        "backups",
        "a disk that dies takes with it what no backup has",
        ("sera backup create FILE --encrypt", "a timer for it: docs/how-to/run-as-a-service.md"),
        None,
    ),
    Rule(
        "service_certificate_ends",
        180.0,
        30.0,
        "days",
        "half a year, as for nodes: sera up renews its own at its start, the authority's needs a plan",
        ("sera doctor", "restart sera up", "docs/security.md"),
        None,
    ),
    Rule(
        "ledger_behind",
        20_000.0,
        1_000_000.0,
        "messages",
        "a backlog after a restart is ordinary and gets smaller; a million is a ledger that stands still",
        ("sera gateway status", "gateway.log in the data folder", "is the machine busy with something else"),
        None,
    ),
    Rule(
        "dead_letters_growing",
        10.0,
        1000.0,
        "messages a day",
        "a few strangers a day are usual; ten are a device whose messages no table reads any more",
        ("sera deadletters list", "was a device, or a table of one, changed", "sera mapping try"),
        None,
    ),
    Rule(
        "output_waits",
        1.0,
        1.0,
        "outputs",
        "it waits for a person, and brings nothing until then; nothing is lost",
        ("sera follower list", "does its server answer", "is its token still good"),
        None,
    ),
)
RULES_BY_CODE = {rule.code: rule for rule in RULES + INSTALLATION_RULES}
# What stands in the place of a node's id; no node can be called so.
INSTALLATION = "(installation)"

# Arguments of each finding, and their kinds; `place` is `@1` where a probe measured it, else empty.
FINDINGS = {
    "never_heard": {"hours": HOURS},
    "silent": {"hours": HOURS, "expected": HOURS},
    "battery_low": {"volts": NUMBER},
    "charge_low": {"percent": NUMBER},
    "battery_falling": {"days": DAYS, "volts": NUMBER},
    "records_missing": {"records": COUNT, "hours": HOURS},
    "records_lost": {"records": COUNT},
    "doubtful": {"name": NAME, "place": TEXT, "share": SHARE},
    "stuck": {"name": NAME, "place": TEXT, "hours": HOURS},
    "drifting": {"name": NAME, "place": TEXT, "change": NUMBER},
    "clock_wrong": {"seconds": COUNT},
    "undated": {"records": COUNT},
    "signal_weak": {"dbm": NUMBER},
    "wrong_community": {"messages": COUNT},
    "rejected": {"messages": COUNT, "reasons": IDS},
    "flooding": {"messages": COUNT},
    "probe_swapped": {"position": COUNT, "node_serial": TEXT, "registry_serial": TEXT},
    "calibration_missing": {"position": COUNT},
    "calibration_due": {"position": COUNT, "days": DAYS},
    "certificate_ends": {"days": DAYS},
    "renewal_waiting": {"days": DAYS},
    "renewal_refused": {},
    "firmware_old": {"firmware": TEXT, "newest": TEXT},
    "config_refused": {"why": TEXT},
    "disk_filling": {"days": DAYS},
    "disk_full": {"mib": COUNT},
    "broker_silent": {"address": TEXT},
    "backup_old": {"days": DAYS},
    "backup_missing": {},
    "service_certificate_ends": {"holder": TEXT, "days": DAYS},
    "ledger_behind": {"messages": COUNT},
    "dead_letters_growing": {"messages": COUNT},
    "output_waits": {"output": TEXT},
}
