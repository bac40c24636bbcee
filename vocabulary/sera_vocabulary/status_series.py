"""Series of InfluxDB that say how things stand: what is expected, what is wrong, how far the gateway is.

No record belongs to them. The gateway's follower writes them again from store and registry, so that a node
which sends nothing, and of which InfluxDB has no series, still stands in a list. Points stand at
the beginning of their hour and are written again until it ends; events at their own time. For hosts alone.
"""

# Each node that stands in a garden, with the facts that it is judged by: tags community, garden, node.
FLEET = "fleet"
# How a fact of `SPREAD_FACTS` is spread over the nodes of a community: tags community, fact.
SPREAD = "spread"
# How bad each rule of `alert_rules` finds it, 0 where it is well: tags as above, code, place.
FINDINGS = "findings"
# Findings that are not well, tags as of `FINDINGS`: few series, where those have one a rule and node. What is
# well again has a last 0.
PROBLEMS = "problems"
# Each garden, district and community that is registered: tags community, scope, scope_id.
PLACES = "places"
# Each comparability class of a garden's detectors: tags community, garden, class.
CLASSES = "classes"
# Dead letters that wait: tag reason, of all that there are.
DEAD_LETTERS = "dead_letters"
# Outputs that follow the store: tag follower.
FOLLOWERS = "followers"
# How evenly watching is shared out: tags community, period, index.
SHARING = "sharing"
# Points of Lorenz curves, from the least to the most watched district: tags community, period, step.
LORENZ = "lorenz"
# What happened: tags community, garden, kind; at its own time.
EVENTS = "events"

TAG_FACT = "fact"
TAG_CODE = "code"
TAG_PLACE = "place"
TAG_CLASS = "class"
TAG_REASON = "reason"
TAG_FOLLOWER = "follower"
TAG_STEP = "step"
TAG_KIND = "kind"

CALIBRATION = "calibration"
RELEASE = "release"

# Fields of `FLEET`: name -> UCUM unit. A fact that is not known is no field.
SEVERITY = "severity"
# As Grafana counts moments; of a node and of a place.
HEARD_MS = "heard_ms"
SILENT_H = "silent_h"
CONTACTS_MISSED = "contacts_missed"
BATTERY_V = "battery_v"
BATTERY_PERCENT = "battery_percent"
QUEUE = "queue"
QUEUE_AGE_S = "queue_age_s"
MISSING = "missing"
LOST = "lost"
UNDATED = "undated"
CLOCK_ERROR_S = "clock_error_s"
SIGNAL_DBM = "signal_dbm"
DOUBTFUL = "doubtful"
REJECTED = "rejected"
FLEET_FIELDS = {
    SEVERITY: "1",
    HEARD_MS: "ms",
    SILENT_H: "h",
    CONTACTS_MISSED: "1",
    BATTERY_V: "V",
    BATTERY_PERCENT: "%",
    QUEUE: "1",
    QUEUE_AGE_S: "s",
    MISSING: "1",
    LOST: "1",
    UNDATED: "1",
    CLOCK_ERROR_S: "s",
    SIGNAL_DBM: "dB[mW]",
    DOUBTFUL: "1",
    REJECTED: "1",
}

# Facts of which boards of many nodes show the spread: lines of 500 nodes nobody can read.
SPREAD_FACTS = (CONTACTS_MISSED, BATTERY_V, QUEUE, QUEUE_AGE_S, CLOCK_ERROR_S, SIGNAL_DBM, DOUBTFUL)
# Fields of `SPREAD`, in the unit of the fact, and `NODES`: how many nodes the fact is known of.
MINIMUM = "minimum"
PERCENTILE_10 = "percentile_10"
MEDIAN = "median"
PERCENTILE_90 = "percentile_90"
MAXIMUM = "maximum"

# Fields of `PLACES` and `CLASSES`; every place has the first one, which is 1.
EXPECTED = "expected"
NODES = "nodes"
NODES_HEARD = "nodes_heard"
RESIDENTS = "residents"
# Of `PLACES`, for gardens whose soil is stated [m3/m3].
WILTING_POINT = "wilting_point"
FIELD_CAPACITY = "field_capacity"
WATER_LIMITS = (WILTING_POINT, FIELD_CAPACITY)

# Fields of `GATEWAY` (a series of `series`), named as its metrics are.
JOURNAL_LAST = "journal_last"
LEDGER_BEHIND = "ledger_behind"
LEDGER_JOBS = "ledger_jobs"
DISK_FREE_BYTES = "disk_free_bytes"
DEAD_LETTERS_WAITING = "dead_letters_waiting"

# Fields of `DEAD_LETTERS` and `FOLLOWERS`.
WAITING = "waiting"
BEHIND = "behind"
REJECTED_LINES = "rejected_lines"
ALARM = "alarm"

# Fields of `SHARING` and `LORENZ`.
VALUE = "value"
CHANCE_LOW = "chance_low"
CHANCE_HIGH = "chance_high"
RESIDENTS_SHARE = "residents_share"
EFFORT_SHARE = "effort_share"
EVEN_SHARE = "even_share"

# Field of `EVENTS`.
TEXT = "text"
