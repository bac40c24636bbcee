"""What a figure may say beside its number, as codes with arguments; for hosts alone.

Tables of statements: why there is no value or no interval (`REASONS`; of any table, `TABLE_REASONS`), what a
reader must know (`NOTES`; of any table, `TABLE_NOTES`), how an index is made (`METHODS`), how an interval is
made (`INTERVAL_METHODS`). Tables of keys: what the numbers in `parts` and `inputs` of a figure are (`PARTS`,
`INPUTS`). Lists of codes without arguments: what an interval speaks about (`TARGETS`), why a record was left
out (`LEFT_OUT`), what units are (`UNIT_NAMES`).

Each row names the code's arguments and the kind of each, which decides how it is written; the sentences stand
in the catalogues of `sera_words`, one whole English sentence a code. A code and its arguments are kept for
ever, a sentence may be improved.

`OPTIONAL` marks an argument that may be missing; its words are a clause of their own behind the sentence. A
key has at most one argument, and is written `code` or `code:argument`.
"""

# Kinds of argument: how a value is written.
COUNT = "count"  # a whole number
NUMBER = "number"  # three significant digits
HOURS = "hours"  # a number of hours with its unit
DAYS = "days"  # a number of days with its unit
SHARE = "share"  # a share of 1, as a percentage
NAME = "name"  # a name of the vocabulary: an insect group, an index
IDS = "ids"  # ids from the registry
TEXT = "text"  # what a person has written
DATE = "date"  # a local date, as 2026-06-01
NAMES = "names"  # names that a person has written
KEY = "key"  # a key of the same output, which stays as it is
CAUSE = "cause"  # why a record was left out: a code of `LEFT_OUT`
UNITS = "units"  # what is counted: `nodes`; its number is the argument `count`
OPTIONAL = "?"

_COUNTED = {"count": COUNT, "units": UNITS}
_RATE_CLAUSES = {"more_days": COUNT + OPTIONAL, "unmeasured": HOURS + OPTIONAL}

REASONS: dict[str, dict[str, str]] = {
    # Windows and places
    "withdrawn": {},
    "district_nodes_too_few": {"needed": COUNT},
    "district_derivable": {},
    # Watching
    "nothing_watches": {},
    "no_camera": {},
    "no_camera_in": {"garden": IDS},
    "no_beam": {},
    "no_survey": {},
    "records_left_out": {"records": COUNT, "cause": CAUSE},
    "no_hours": {},
    "no_node_with_rate": {},
    "no_node_with_readings": {},
    "survey_without_hour": {},
    "hours_too_few": {"hours": HOURS, "needed": HOURS},
    "flight_hours_too_few": {"hours": HOURS, "needed": HOURS, **_RATE_CLAUSES},
    "parts_too_few": {"parts": COUNT, "of": COUNT, "needed": COUNT, "unmeasured": HOURS + OPTIONAL},
    "units_without_rate": dict(_COUNTED),
    "units_too_few": {**_COUNTED, "needed": COUNT},
    "no_insect_on_watched_days": {},
    "no_insect_in_flight_weather": {},
    # Seasons
    "weeks_too_few": {"weeks": COUNT, "needed": COUNT},
    "weeks_missing": {"missing": COUNT, "of": COUNT, "share": SHARE, "most": SHARE},
    "no_insect_in_watched_weeks": {},
    "season_begins_late": {"share": SHARE, "most": SHARE},
    "season_ends_early": {"share": SHARE, "most": SHARE},
    # Surveys, pairs, labels, sites
    "no_effort": {},
    "no_flowers_counted": {},
    "counts_in_sum": {"counts": COUNT},
    "no_visit_in_bouts": {"bouts": COUNT, "most": NUMBER},
    "pairs_too_few": {"pairs": COUNT, "needed": COUNT},
    "pairs_without_visit": {},
    "no_labels": {},
    "group_labels_too_few": {"labels": COUNT, "group": NAME, "needed": COUNT},
    "confusion_too_strong": {"condition": NUMBER, "most": NUMBER},
    "labels_named_too_few": {"labels": COUNT, "group": NAME, "needed": COUNT},
    "labels_being_too_few": {"labels": COUNT, "group": NAME, "needed": COUNT},
    "sites_too_few": {"sites": COUNT, "needed": COUNT},
    "group_at_no_site": {},
    "no_site_twice": {},
    "site_share_at_bound": {},
    # Soil and air
    "no_soil_probe": {},
    "no_calibrated_probe": {},
    "no_soil_day": {},
    "no_soil_texture": {},
    "no_wetting": {},
    "no_air_thermometer": {},
    "no_full_day": {},
    "soil_days_too_few": {"days": DAYS, "needed": COUNT, "more_days": COUNT + OPTIONAL},
    "probe_direction_unknown": {},
    "probe_constant": {},
    "drying_days_too_few": {"days": DAYS, "needed": COUNT},
    "full_days_too_few": {"share": SHARE, "needed": SHARE},
    "days_read_too_few": {"days": COUNT, "of": COUNT, "needed": SHARE},
    # Gardens side by side
    "classes_differ": {"first": IDS, "second": IDS},
    "simulated_beside_real": {"simulated": IDS, "real": IDS},
    "shared_days_too_few": {"days": DAYS, "needed": COUNT},
    "controls_too_few": {"controls": COUNT, "needed": COUNT},
    "days_around_too_few": {"before": DAYS, "after": COUNT, "needed": COUNT},
    "dates_too_few": {"days": DAYS, "needed": COUNT},
    "no_change_ruled_out": {},
    # Sharing out
    "no_district": {},
    "districts_too_few": {"districts": COUNT, "needed": COUNT},
    "residents_missing": {"districts": IDS},
    "district_residents_missing": {},
    "deprivation_missing": {"districts": IDS},
    "no_hours_shared": {},
    # Intervals
    "not_an_estimate": {},
    "all_districts": {},
    "one_unit": dict(_COUNTED),
    "undefined_without_one": dict(_COUNTED),
    "units_agree": dict(_COUNTED),
    "block_days_too_few": {"days": DAYS, "needed": COUNT, "blocks": COUNT, "block_days": DAYS},
    "days_correlated": {"days": DAYS, "correlation": NUMBER, "worth": COUNT, "needed": COUNT},
    "undefined_when_resampled": {},
    "interval_too_wide": {**_COUNTED, "most": NUMBER},
}

# Why a figure of any table, which needs no store, has no value.
TABLE_REASONS: dict[str, dict[str, str]] = {
    # Any table of sites
    "no_individual": {},
    "no_incidence": {},
    "nothing_added": {},
    "one_kind": {},
    "one_individual": {},
    "one_sampling_unit": {},
    "no_kind_once": {},
    "one_kind_once": {},
    "rare_kinds_once": {"estimate": KEY},
    "resamples_undefined": {},
    "coverage_out_of_reach": {},
    "order_infinite": {},
    "order_above_individuals": {"order": NUMBER, "individuals": COUNT},
    "order_above_units": {"order": NUMBER, "units": COUNT},
    "individuals_share_no_kind": {"order": NUMBER},
    "units_share_no_kind": {"order": NUMBER},
    "order_kinds_too_few": {"order": NUMBER},
    "sites_empty": {"sites": NAMES},
    "partition_of_empty_sites": {"sites": NAMES},
    "sites_with_finds_too_few": {},
    "measure_undefined": {},
    "order_infinite_undefined": {},
    # Any table of values
    "values_sum_to_zero": {},
    "sample_correction_of_one": {},
    "zeros_without_logarithm": {"zeros": COUNT, "of": COUNT},
    "no_group_column": {},
}

# What a reader of a figure from any table must know of how the table was read.
TABLE_NOTES: dict[str, dict[str, str]] = {
    "encoding_single_bytes": {"encoding": TEXT, "word": TEXT},
    "blank_rows": {"rows": COUNT},
    "blank_columns": {"columns": COUNT},
    "two_readings": {"place": TEXT, "cell": TEXT, "number": TEXT},
    "total_left_out": {"name": TEXT, "cell": TEXT},
    "sum_of_others": {"name": TEXT, "cell": TEXT, "parts": NAMES},
    "empty_is_absent": {"cells": COUNT},
    "records_added": {"records": COUNT, "first": COUNT, "again": COUNT},
    "rows_not_noted": {"rows": COUNT, "columns": TEXT},
    "watches_not_noted": {"watches": COUNT},
    "total_group_left_out": {"group": TEXT, "watches": COUNT},
    "total_group_counted": {"group": TEXT, "cell": TEXT},
    "counts_not_whole": {"counts": COUNT},
    "name_variants": {"name": TEXT, "variant": TEXT, "column": TEXT},
    "profile_rises": {
        "profile": KEY,
        "before": NUMBER,
        "low": NUMBER,
        "after": NUMBER,
        "high": NUMBER,
    },
    "survey_rows_added": {"rows": COUNT},
    "division_rows_added": {"rows": COUNT, "columns": NAMES},
    "surveys_without_effort": {"surveys": COUNT},
    "insects_without_effort": {"insects": NUMBER, "surveys": NAMES},
}

# Why the interval of these nodes is missing beside another one: the reason's code behind this prefix.
NOT_THESE_NODES = "not_these_nodes_"
_OF_THESE_NODES = ("block_days_too_few", "days_correlated", "undefined_when_resampled")

NOTES: dict[str, dict[str, str]] = {
    "all_weathers": {},
    "detection_not_individual": {},
    "from_cameras": {},
    "from_people": {},
    "counts_left_out": {"records": COUNT, "cause": CAUSE},
    "simulated": {},
    "simulated_nodes_left_out": {"nodes": COUNT},
    "simulated_gardens_left_out": {"gardens": COUNT},
    "parts_unwatched": {},
    "independent_units": {**_COUNTED, "independent": COUNT},
    "shortfall_these_nodes": {"days": DAYS, "enough": COUNT},
    "shortfall_action": {},
    "other_class": {"nodes": IDS},
    "group_absent": {"group": NAME, "hours": HOURS},
    "group_absent_unmeasured": {"group": NAME, "hours": HOURS},
    "group_absent_bound": {"group": NAME, "hours": HOURS, "hours_a_visit": HOURS},
    "minutes_inferred": {},
    "rain_unmeasured": {},
    "light_unmeasured": {},
    "own_scale": {},
    "soil_values_failed": {"values": COUNT},
    "soil_values_missing": {"values": COUNT},
    "direction_inferred": {},
    "soil_limits": {"sand": SHARE, "clay": SHARE, "organic": SHARE, "source": TEXT},
    "soil_limits_unsourced": {"sand": SHARE, "clay": SHARE, "organic": SHARE},
    "warmth_base": {},
    "visits_in_flight_weather": {},
    "one_place": {},
    "ratio_beside": {},
    "weeks_as_visits": {},
    "set_right_by_labels": {},
    "few_hosts": {},
    "residents_source": {"source": TEXT},
    "units_matter": {},
    "no_ranking": {},
    "first_minus_second": {"first": IDS, "second": IDS, "shared": IDS},
    "action_controls": {"action": NAME, "garden": IDS, "controls": IDS},
    "action_without_controls": {"action": NAME, "garden": IDS},
    "left_out_action": {"garden": IDS, "action": NAME},
    "left_out_class": {"garden": IDS, "shared": IDS},
    "came_with_the_date": {},
    "days_of_window": {"days": COUNT, "of": COUNT},
}
NOTES.update({NOT_THESE_NODES + code: REASONS[code] for code in _OF_THESE_NODES})

METHODS: dict[str, dict[str, str]] = {
    "awake_seconds": {},
    "standard_day": {},
    "watched_day_share": {},
    "hill_order_1": {},
    "hill_order_2": {},
    "visit_sum": {},
    "survey_mean": {},
    "own_percentiles": {},
    "calibrated_daily_means": {},
    "daily_means": {},
    "half_of_standard_day": {},
    "weekly_poisson": {},
    "label_correction": {},
    "site_use": {},
    "flower_survey_mean": {},
    "paired_ratio": {},
    "available_water": {},
    "drying_runs": {},
    "degree_days": {},
    "frost_hours": {},
    "heat_hours": {},
    "same_day_differences": {},
    "before_after_control": {},
    "condition_days": {},
    "node_count": {},
    "hours_over_residents": {},
    "gini": {},
    "theil": {},
    "atkinson": {},
    "concentration": {},
}

# How a method puts units together, where a mean of their own figures and a ratio of their sums are two
# numbers that could both be meant. What is missing here is neither.
AVERAGES = {
    "awake_seconds": "sum",
    "visit_sum": "sum",
    "standard_day": "unit_mean",
    "own_percentiles": "unit_mean",
    "calibrated_daily_means": "unit_mean",
    "daily_means": "unit_mean",
    "half_of_standard_day": "unit_mean",
    "available_water": "unit_mean",
    "drying_runs": "unit_mean",
    "degree_days": "unit_mean",
    "frost_hours": "unit_mean",
    "heat_hours": "unit_mean",
    "condition_days": "unit_mean",
    "survey_mean": "place_mean",
    "flower_survey_mean": "place_mean",
    "watched_day_share": "day_ratio",
    "hill_order_1": "day_ratio",
    "hill_order_2": "day_ratio",
    "paired_ratio": "rate_ratio",
    "hours_over_residents": "sum_ratio",
}

INTERVAL_METHODS: dict[str, dict[str, str]] = {
    "t": dict(_COUNTED),
    "jackknife_t": dict(_COUNTED),
    "bca_bootstrap": dict(_COUNTED),
    "moving_blocks": {"days": DAYS},
    "exact_poisson": {},
    "quasi_poisson": {"bouts": COUNT},
    "logit_normal": {"sites": COUNT},
    "profile_likelihood": {"sites": COUNT},
    "korn_graubard": {},
    "circular_shifts": {"days": DAYS},
    "label_bootstrap": {},
}

# What units of a figure are: the values of arguments of kind UNITS, and of a result's `n_of`.
UNIT_NAMES = (
    "nodes",
    "gardens",
    "places",
    "districts",
    "pairs",
    "bouts",
    "days",
    "node_days_watched",
    "garden_node_days_watched",
    "counting_days",
    "place_counting_days",
)

# What an interval speaks about: the values of a result's `target`.
THESE_NODES = "these_nodes"
THIS_GARDEN = "this_garden"
THIS_DISTRICT = "this_district"
THIS_COMMUNITY = "this_community"
TARGETS = (THESE_NODES, THIS_GARDEN, THIS_DISTRICT, THIS_COMMUNITY)

# Numbers that a figure was made from or that stand beside it. Other keys of `parts` are names of insect
# groups and ids of nodes and gardens, as they are: each code has an underscore, which no id has.
PARTS: dict[str, dict[str, str]] = {
    # Hours of watching
    "camera_hours": {},
    "beam_hours": {},
    "person_hours": {},
    "daylight_hours": {},
    "flight_weather_hours": {},
    # Rates, groups, counts
    "these_nodes_low": {},
    "these_nodes_high": {},
    "visits_an_hour_most": {},
    "ten_minute_counts": {},
    "count_dispersion": {},
    "as_named": {},
    "gardens_with_group": {},
    "noticed_in_a_week": {},
    # Courses of day and season
    "part_of_day": {"part": COUNT},
    "week_of": {"monday": DATE},
    # Gardens side by side
    "days_before": {},
    "days_after": {},
    "chance_of_dates": {},
    # Sharing out
    "district_residents": {},
    "watched_hours": {},
    "hours_a_thousand": {"district": IDS},
    "chance_mean": {},
    "chance_low": {},
    "chance_high": {},
    "chance_as_far": {},
    "over_gardens": {},
    "merged_low": {},
    "merged_high": {},
    "within_districts": {},
    "between_districts": {},
    "watched_days_erreygers": {},
}

# What went into a figure: numbers of records, change numbers, hours, ids.
INPUTS: dict[str, dict[str, str]] = {
    "records": {},
    "first_change": {},
    "last_change": {},
    "hours_cut": {},
    "left_out": {"cause": CAUSE},
    "verification": {},
}

# Why a record was looked at and left out.
LEFT_OUT = ("value_failed", "no_watching", "time_uncertain", "no_time_since")
