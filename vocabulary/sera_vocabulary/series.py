"""The series a record can belong to: which tags it carries and which columns it may hold."""

from collections import namedtuple

from sera_vocabulary import measurements as m

Series = namedtuple("Series", ("name", "tags", "columns"))

SOIL = "soil"
AIR = "air"
VISITS = "visits"
COUNTS = "counts"
HEALTH = "health"
CLOCK = "clock"
ACTION = "action"
# A record of it names the key of another one of the same counter, which from then on is in no series.
WITHDRAWAL = "withdrawal"
INDEX = "index"
GATEWAY = "gateway"

TAG_COMMUNITY = "community"
TAG_GARDEN = "garden"
TAG_NODE = "node"
TAG_PROBE = "probe"
TAG_DEPTH = "depth"
TAG_GROUP = "group"
TAG_SCOPE = "scope"
TAG_SCOPE_ID = "scope_id"
TAG_INDEX = "index"
TAG_PERIOD = "period"
TAG_TARGET = "target"

# The one field of `counts` in the time series store, where the group is a tag.
FIELD_COUNT = "count"
FLAG_SUFFIX = "_flag"

_WHERE = (TAG_COMMUNITY, TAG_GARDEN, TAG_NODE)

SERIES = (
    Series(
        SOIL,
        _WHERE + (TAG_PROBE, TAG_DEPTH),
        (
            m.SOIL_MOISTURE_RAW,
            m.SOIL_MOISTURE,
            m.SOIL_WETNESS,
            m.SOIL_TEMPERATURE,
            m.SOIL_CONDUCTIVITY,
            m.SOIL_PH,
            m.SURFACE_TEMPERATURE,
            m.NEAR_GROUND_TEMPERATURE,
        ),
    ),
    Series(
        AIR,
        _WHERE,
        (m.AIR_TEMPERATURE, m.AIR_HUMIDITY, m.AIR_PRESSURE, m.ILLUMINANCE, m.SOUND_LEVEL, m.RAINFALL),
    ),
    Series(
        VISITS,
        _WHERE,
        (m.PASSAGES, m.BUZZ_LOW, m.BUZZ_MID, m.BUZZ_HIGH, m.FALSE_TRIGGERS, m.DETECTIONS, m.AWAKE_S),
    ),
    Series(
        COUNTS,
        _WHERE + (TAG_GROUP,),
        m.GROUP_NAMES
        + (
            m.AWAKE_S,
            m.SURVEYS,
            m.TARGET_FLOWER,
            m.FLOWER_UNITS,
            m.PATCH_AREA,
            m.AIR_TEMPERATURE,
            m.CLOUD_COVER,
            m.WIND_FORCE,
        ),
    ),
    Series(
        HEALTH,
        _WHERE,
        (
            m.BATTERY_VOLTAGE,
            m.BATTERY_CHARGE,
            m.SIGNAL_STRENGTH,
            m.HEAP_FREE,
            m.HEAP_LARGEST_BLOCK,
            m.FLASH_FREE,
            m.QUEUE_LENGTH,
            m.QUEUE_AGE_S,
            m.SKIPPED_RECORDS,
            m.RESET_CAUSE,
            m.LAST_STEP,
            m.WATCHDOG_RESETS,
            m.CLOCK_UNCERTAINTY_S,
            m.FIRMWARE_BUILD,
        ),
    ),
    Series(CLOCK, _WHERE, (m.CLOCK_STEP_S,)),
    Series(ACTION, _WHERE, (m.GARDEN_ACTION, m.WATER_DEPTH, m.PATCH_AREA, m.CHRONICLE_ENTRY)),
    Series(WITHDRAWAL, _WHERE, (m.WITHDRAWN_EPOCH, m.WITHDRAWN_SEQ)),
)

SERIES_BY_NAME = {series.name: series for series in SERIES}

# What a node may name as the stream of a batch. A stream becomes the series of the same name.
STREAMS = tuple(series.name for series in SERIES)
