"""What Sera measures: one row a quantity, with its one unit and its plausible span.

Units are UCUM codes. `lowest` and `highest` bound what the gross-range check calls possible;
`decimals` is how many places a node sends. A new quantity is a new row here and a row in `meanings`.
"""

from collections import namedtuple

Measurement = namedtuple("Measurement", ("name", "unit", "lowest", "highest", "decimals"))
InsectGroup = namedtuple("InsectGroup", ("name", "rank"))

SOIL_MOISTURE_RAW = "soil_moisture_raw"
SOIL_MOISTURE = "soil_moisture"
SOIL_WETNESS = "soil_wetness"
SOIL_TEMPERATURE = "soil_temperature"
SOIL_CONDUCTIVITY = "soil_conductivity"
SOIL_PH = "soil_ph"
SURFACE_TEMPERATURE = "surface_temperature"
NEAR_GROUND_TEMPERATURE = "near_ground_temperature"
AIR_TEMPERATURE = "air_temperature"
AIR_HUMIDITY = "air_humidity"
AIR_PRESSURE = "air_pressure"
ILLUMINANCE = "illuminance"
SOUND_LEVEL = "sound_level"
RAINFALL = "rainfall"
PASSAGES = "passages"
BUZZ_LOW = "buzz_low"
BUZZ_MID = "buzz_mid"
BUZZ_HIGH = "buzz_high"
FALSE_TRIGGERS = "false_triggers"
DETECTIONS = "detections"
AWAKE_S = "awake_s"
SURVEYS = "surveys"
TARGET_FLOWER = "target_flower"
FLOWER_UNITS = "flower_units"
PATCH_AREA = "patch_area"
CLOUD_COVER = "cloud_cover"
WIND_FORCE = "wind_force"
GARDEN_ACTION = "garden_action"
WATER_DEPTH = "water_depth"
CHRONICLE_ENTRY = "chronicle_entry"
WITHDRAWN_EPOCH = "withdrawn_epoch"
WITHDRAWN_SEQ = "withdrawn_seq"
BATTERY_VOLTAGE = "battery_voltage"
BATTERY_CHARGE = "battery_charge"
SIGNAL_STRENGTH = "signal_strength"
HEAP_FREE = "heap_free"
HEAP_LARGEST_BLOCK = "heap_largest_block"
FLASH_FREE = "flash_free"
QUEUE_LENGTH = "queue_length"
QUEUE_AGE_S = "queue_age_s"
SKIPPED_RECORDS = "skipped_records"
RESET_CAUSE = "reset_cause"
LAST_STEP = "last_step"
WATCHDOG_RESETS = "watchdog_resets"
CLOCK_UNCERTAINTY_S = "clock_uncertainty_s"
FIRMWARE_BUILD = "firmware_build"
CLOCK_STEP_S = "clock_step_s"

MEASUREMENTS = (
    Measurement(SOIL_MOISTURE_RAW, "1", 0, 65535, 0),
    Measurement(SOIL_MOISTURE, "m3/m3", 0, 1, 4),
    Measurement(SOIL_WETNESS, "1", -1, 2, 3),
    Measurement(SOIL_TEMPERATURE, "Cel", -40, 70, 2),
    Measurement(SOIL_CONDUCTIVITY, "uS/cm", 0, 20000, 0),
    Measurement(SOIL_PH, "[pH]", 2, 12, 2),
    Measurement(SURFACE_TEMPERATURE, "Cel", -50, 90, 2),
    Measurement(NEAR_GROUND_TEMPERATURE, "Cel", -50, 60, 2),
    Measurement(AIR_TEMPERATURE, "Cel", -50, 60, 2),
    Measurement(AIR_HUMIDITY, "%", 0, 100, 1),
    Measurement(AIR_PRESSURE, "hPa", 500, 1100, 1),
    Measurement(ILLUMINANCE, "lx", 0, 200000, 0),
    Measurement(SOUND_LEVEL, "dB", 0, 140, 1),
    Measurement(RAINFALL, "mm", 0, 150, 2),
    Measurement(PASSAGES, "1", 0, 100000, 0),
    Measurement(BUZZ_LOW, "1", 0, 100000, 0),
    Measurement(BUZZ_MID, "1", 0, 100000, 0),
    Measurement(BUZZ_HIGH, "1", 0, 100000, 0),
    Measurement(FALSE_TRIGGERS, "1", 0, 100000, 0),
    Measurement(DETECTIONS, "1", 0, 100000, 0),
    Measurement(AWAKE_S, "s", 0, 86400, 0),
    Measurement(SURVEYS, "1", 1, 1000, 0),
    Measurement(TARGET_FLOWER, "1", 0, 15, 0),
    Measurement(FLOWER_UNITS, "1", 0, 100000, 0),
    Measurement(PATCH_AREA, "m2", 0, 1000, 2),
    Measurement(CLOUD_COVER, "%", 0, 100, 0),
    Measurement(WIND_FORCE, "1", 0, 12, 0),
    Measurement(GARDEN_ACTION, "1", 0, 6, 0),
    Measurement(WATER_DEPTH, "mm", 0, 500, 1),
    Measurement(CHRONICLE_ENTRY, "1", 1, 2147483647, 0),
    Measurement(WITHDRAWN_EPOCH, "1", 0, 4294967295, 0),
    Measurement(WITHDRAWN_SEQ, "1", 1, 2147483647, 0),
    Measurement(BATTERY_VOLTAGE, "V", 0, 30, 3),
    Measurement(BATTERY_CHARGE, "%", 0, 100, 0),
    Measurement(SIGNAL_STRENGTH, "dB[mW]", -130, 0, 0),
    Measurement(HEAP_FREE, "By", 0, 16777216, 0),
    Measurement(HEAP_LARGEST_BLOCK, "By", 0, 16777216, 0),
    Measurement(FLASH_FREE, "By", 0, 1073741824, 0),
    Measurement(QUEUE_LENGTH, "1", 0, 16777216, 0),
    Measurement(QUEUE_AGE_S, "s", 0, 2147483647, 0),
    Measurement(SKIPPED_RECORDS, "1", 0, 16777216, 0),
    Measurement(RESET_CAUSE, "1", 0, 255, 0),
    Measurement(LAST_STEP, "1", 0, 255, 0),
    Measurement(WATCHDOG_RESETS, "1", 0, 16777216, 0),
    Measurement(CLOCK_UNCERTAINTY_S, "s", 0, 2147483647, 0),
    Measurement(FIRMWARE_BUILD, "1", 0, 16777216, 0),
    Measurement(CLOCK_STEP_S, "s", -2147483648, 2147483647, 0),
)

# The ten groups of the UK Pollinator Monitoring Scheme's Flower-Insect Timed (FIT) count.
INSECT_GROUPS = (
    InsectGroup("bumblebees", 1),
    InsectGroup("honeybees", 2),
    InsectGroup("solitary_bees", 3),
    InsectGroup("wasps", 4),
    InsectGroup("hoverflies", 5),
    InsectGroup("other_flies", 6),
    InsectGroup("butterflies_and_moths", 7),
    InsectGroup("beetles", 8),
    InsectGroup("small_insects", 9),
    InsectGroup("other_insects", 10),
)

# The target flowers of a FIT count; the code on the wire is the place in this table.
TARGET_FLOWERS = (
    "other",
    "bramble",
    "buddleja",
    "buttercup",
    "dandelion",
    "hawthorn",
    "heather",
    "hogweed",
    "ivy",
    "knapweed",
    "lavender",
    "ragwort",
    "thistle",
    "white_clover",
    "white_dead_nettle",
    "unrecorded",
)

# What people do in a garden, or see there; the code on the wire is the place in this table.
GARDEN_ACTIONS = ("other", "watering", "mowing", "planting", "pruning", "flowering", "treatment")

# A count of one insect group is a column named after the group.
GROUP_NAMES = tuple([group.name for group in INSECT_GROUPS])
GROUP_COUNTS = tuple([Measurement(name, "1", 0, 10000, 0) for name in GROUP_NAMES])
COLUMNS = {measurement.name: measurement for measurement in MEASUREMENTS + GROUP_COUNTS}

# All that a node needs of these tables: `;name=decimals` of what is not sent as a whole number. One text
# takes a third of the memory of a dictionary.
DECIMALS = "".join([";%s=%d" % (row.name, row.decimals) for row in MEASUREMENTS if row.decimals])
