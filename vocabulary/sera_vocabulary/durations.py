"""An hour, a plain day and a plain year in seconds, a second in nanoseconds (hosts only)."""

HOUR_S = 3_600
DAY_S = 24 * HOUR_S
YEAR_S = 365 * DAY_S
SECOND_NS = 1_000_000_000
DAY_NS = DAY_S * SECOND_NS
