"""What the names of the vocabulary mean, for people, packs, boards and archives; for hosts alone.

A column's label and sentence are for people who are no ecologists. `cf_name` is the standard name of the
Climate and Forecast conventions where there is one for the quantity, else empty; `source` says whose
definition it is.
"""

from collections import namedtuple

from sera_vocabulary import measurements as m
from sera_vocabulary import series as s

Meaning = namedtuple("Meaning", ("label", "meaning", "cf_name", "source"))
Unit = namedtuple("Unit", ("code", "symbol", "grafana"))
FlowerMeaning = namedtuple("FlowerMeaning", ("label", "scientific_name"))

OWN = "Sera"
CF = "CF Standard Name Table, cfconventions.org"
POMS = "UK Pollinator Monitoring Scheme, Flower-Insect Timed Count (FIT count), ukpoms.org.uk"
UCUM = "The Unified Code for Units of Measure, ucum.org"
BEAUFORT = "World Meteorological Organization, Beaufort scale, as used in the FIT count"

# UCUM code, how people write it, and the id of Grafana's unit (`suffix:` is Grafana's own form).
_UNIT_ROWS = (
    Unit("1", "", "none"),
    Unit("1/h", "per hour", "suffix:per hour"),
    Unit("%", "%", "percent"),
    Unit("Cel", "°C", "celsius"),
    Unit("m3/m3", "m³/m³", "suffix:m³/m³"),
    Unit("uS/cm", "µS/cm", "suffix:µS/cm"),
    Unit("[pH]", "pH", "suffix:pH"),
    Unit("hPa", "hPa", "pressurehpa"),
    Unit("lx", "lx", "lux"),
    Unit("dB", "dB", "dB"),
    Unit("mm", "mm", "lengthmm"),
    Unit("s", "s", "s"),
    Unit("ms", "ms", "ms"),
    Unit("h", "h", "suffix:h"),
    Unit("V", "V", "volt"),
    Unit("dB[mW]", "dBm", "suffix:dBm"),
    Unit("By", "B", "bytes"),
    Unit("m2", "m²", "areaM2"),
    Unit("d", "days", "suffix:days"),
    Unit("1/d", "per day", "suffix:per day"),
    Unit("m3/m3/d", "m³/m³ per day", "suffix:m³/m³ per day"),
    Unit("Cel.d", "degree days", "suffix:degree days"),
)
UNITS = {unit.code: unit for unit in _UNIT_ROWS}

_SOIL = {
    m.SOIL_MOISTURE_RAW: Meaning(
        "soil moisture, raw count",
        "What the probe said, before calibration; counts of different probes cannot be compared.",
        "",
        OWN,
    ),
    m.SOIL_MOISTURE: Meaning(
        "soil moisture",
        "Volume of water in a volume of soil, from the raw count and the probe's dated calibration.",
        "volume_fraction_of_condensed_water_in_soil",
        CF,
    ),
    m.SOIL_WETNESS: Meaning(
        "relative wetness of soil",
        "Where a raw count lies between two samples of the garden's soil, 0 at the dry one and 1 at the "
        "wet one; no water content, and no two probes can be compared by it.",
        "",
        OWN,
    ),
    m.SOIL_TEMPERATURE: Meaning(
        "soil temperature", "Temperature of the soil at the probe's depth.", "soil_temperature", CF
    ),
    m.SOIL_CONDUCTIVITY: Meaning(
        "soil conductivity",
        "How well the moist soil conducts electricity; it rises with water, salt and fertiliser together.",
        "",
        OWN,
    ),
    m.SOIL_PH: Meaning("soil pH", "How acid (below 7) or alkaline (above 7) the soil is.", "", OWN),
    m.SURFACE_TEMPERATURE: Meaning(
        "surface temperature", "Temperature at the surface of the ground.", "surface_temperature", CF
    ),
    m.NEAR_GROUND_TEMPERATURE: Meaning(
        "air temperature near the ground",
        "Temperature of the air a hand's breadth above the ground, under the height of a weather station.",
        "air_temperature",
        CF,
    ),
}

_AIR = {
    m.AIR_TEMPERATURE: Meaning("air temperature", "Temperature of the air.", "air_temperature", CF),
    m.AIR_HUMIDITY: Meaning(
        "air humidity",
        "Water vapour in the air, as a share of the most that it could hold at this temperature.",
        "relative_humidity",
        CF,
    ),
    m.AIR_PRESSURE: Meaning(
        "air pressure", "Pressure of the air at the place of the node, not at sea level.", "air_pressure", CF
    ),
    m.ILLUMINANCE: Meaning("light", "Light that falls on the sensor, as the eye would see it.", "", OWN),
    m.SOUND_LEVEL: Meaning(
        "sound level",
        "How loud it was; the sound itself is never kept.",
        "sound_pressure_level_in_air",
        CF,
    ),
    m.RAINFALL: Meaning(
        "rainfall", "Rain that fell since the reading before.", "thickness_of_rainfall_amount", CF
    ),
}

_VISITS = {
    m.PASSAGES: Meaning(
        "passages",
        "How often something passed the detector; it does not tell what, and not how many animals.",
        "",
        OWN,
    ),
    m.BUZZ_LOW: Meaning(
        "buzzes, low", "How often a low wingbeat was heard; not a group of insects.", "", OWN
    ),
    m.BUZZ_MID: Meaning(
        "buzzes, middle", "How often a middle wingbeat was heard; not a group of insects.", "", OWN
    ),
    m.BUZZ_HIGH: Meaning(
        "buzzes, high", "How often a high wingbeat was heard; not a group of insects.", "", OWN
    ),
    m.FALSE_TRIGGERS: Meaning(
        "false triggers", "How often the detector started and then found that nothing had passed.", "", OWN
    ),
    m.DETECTIONS: Meaning(
        "detections of another maker's device",
        "What a device of another maker counted by a rule of its own; nobody here knows what passed it.",
        "",
        OWN,
    ),
    m.AWAKE_S: Meaning(
        "time watched",
        "Seconds that the detector was really awake; without them a count of zero means nothing.",
        "",
        OWN,
    ),
}

_COUNTS = {
    m.SURVEYS: Meaning("surveys", "How many timed counts are added up in the record.", "", POMS),
    m.TARGET_FLOWER: Meaning("target flower", "The flower that was watched, by its code.", "", POMS),
    m.FLOWER_UNITS: Meaning(
        "flower units", "How many flowers, or heads of flowers, of the target were in the patch.", "", POMS
    ),
    m.PATCH_AREA: Meaning("patch area", "Area of the patch that was watched.", "", POMS),
    m.CLOUD_COVER: Meaning("cloud cover", "Share of the sky under cloud.", "cloud_area_fraction", CF),
    m.GARDEN_ACTION: Meaning(
        "garden action",
        "What was done in a garden, or seen there: the place in the vocabulary's table of garden actions.",
        "",
        OWN,
    ),
    m.WATER_DEPTH: Meaning(
        "water given", "Water given to a bed: litres a square metre, which is millimetres.", "", OWN
    ),
    m.CHRONICLE_ENTRY: Meaning(
        "entry of the chronicle",
        "Number of the entry of the community's chronicle that says more of an action, as of a bed planted.",
        "",
        OWN,
    ),
    m.WITHDRAWN_EPOCH: Meaning(
        "epoch of a withdrawn record", "Of which store of its device the withdrawn record is.", "", OWN
    ),
    m.WITHDRAWN_SEQ: Meaning(
        "sequence of a withdrawn record",
        "Which record its own counter takes back; it is in no series from then on.",
        "",
        OWN,
    ),
    m.WIND_FORCE: Meaning(
        "wind force", "Strength of the wind on the Beaufort scale.", "beaufort_wind_force", BEAUFORT
    ),
    "bumblebees": Meaning("bumblebees", "Visits by bumblebees (genus Bombus).", "", POMS),
    "honeybees": Meaning("honeybees", "Visits by honeybees (Apis mellifera).", "", POMS),
    "solitary_bees": Meaning(
        "solitary bees", "Visits by bees other than bumblebees and honeybees.", "", POMS
    ),
    "wasps": Meaning("wasps", "Visits by wasps, social, solitary and parasitic.", "", POMS),
    "hoverflies": Meaning("hoverflies", "Visits by hoverflies (family Syrphidae).", "", POMS),
    "other_flies": Meaning("other flies", "Visits by flies other than hoverflies.", "", POMS),
    "butterflies_and_moths": Meaning(
        "butterflies and moths", "Visits by butterflies and moths (Lepidoptera).", "", POMS
    ),
    "beetles": Meaning("beetles", "Visits by beetles larger than three millimetres.", "", POMS),
    "small_insects": Meaning(
        "small insects", "Visits by insects of up to three millimetres, of any kind.", "", POMS
    ),
    "other_insects": Meaning("other insects", "Visits by insects of none of the other groups.", "", POMS),
}

_HEALTH = {
    m.BATTERY_VOLTAGE: Meaning("battery voltage", "Voltage of the node's battery.", "", OWN),
    m.BATTERY_CHARGE: Meaning("battery charge", "Share of the battery's charge that is left.", "", OWN),
    m.SIGNAL_STRENGTH: Meaning(
        "signal strength", "Strength of the radio signal at the node; nearer to zero is better.", "", OWN
    ),
    m.HEAP_FREE: Meaning("free memory", "Working memory that the node has left.", "", OWN),
    m.HEAP_LARGEST_BLOCK: Meaning(
        "largest free block", "Largest piece of working memory in one that the node has left.", "", OWN
    ),
    m.FLASH_FREE: Meaning("free flash", "Room that the node has left to keep readings.", "", OWN),
    m.QUEUE_LENGTH: Meaning("records waiting", "Records on the node that have not been sent yet.", "", OWN),
    m.QUEUE_AGE_S: Meaning("longest wait", "Age of the oldest record that has not been sent yet.", "", OWN),
    m.SKIPPED_RECORDS: Meaning(
        "readings skipped", "Readings that the node could not keep since it started.", "", OWN
    ),
    m.RESET_CAUSE: Meaning("cause of restart", "Why the node last started, by the chip's code.", "", OWN),
    m.LAST_STEP: Meaning(
        "last step", "What the node was doing when it was last cut off, by the firmware's code.", "", OWN
    ),
    m.WATCHDOG_RESETS: Meaning(
        "watchdog restarts", "How often the node had to restart itself because it hung.", "", OWN
    ),
    m.CLOCK_UNCERTAINTY_S: Meaning(
        "clock uncertainty", "By how much the node's clock may be wrong.", "", OWN
    ),
    m.FIRMWARE_BUILD: Meaning("firmware build", "Number of the node's program.", "", OWN),
    m.CLOCK_STEP_S: Meaning(
        "clock step", "By how much the node's clock was moved when it last asked for the time.", "", OWN
    ),
}

# What each column means, by its name.
MEANINGS = {}
for _table in (_SOIL, _AIR, _VISITS, _COUNTS, _HEALTH):
    MEANINGS.update(_table)

# What a series holds, by its name.
SERIES_MEANINGS = {
    s.SOIL: Meaning("soil", "What soil probes measured, by probe and depth.", "", OWN),
    s.AIR: Meaning("air", "What was measured of air, light, sound and rain.", "", OWN),
    s.VISITS: Meaning("passages", "What detectors counted that cannot tell groups of insects.", "", OWN),
    s.COUNTS: Meaning("insect counts", "What cameras or people counted by group of insects.", "", POMS),
    s.HEALTH: Meaning("node health", "How the node itself is doing.", "", OWN),
    s.ACTION: Meaning("garden log", "What people did in a garden, or saw there.", "", OWN),
    s.WITHDRAWAL: Meaning("withdrawals", "Which records people took back.", "", OWN),
    s.CLOCK: Meaning("clock", "When nodes asked for the time; readings are dated by it.", "", OWN),
}

# The target flowers of a FIT count; the two without a name are no plants.
FLOWER_MEANINGS = {
    "other": FlowerMeaning("another flower", ""),
    "bramble": FlowerMeaning("bramble", "Rubus fruticosus agg."),
    "buddleja": FlowerMeaning("buddleja", "Buddleja davidii"),
    "buttercup": FlowerMeaning("buttercup", "Ranunculus"),
    "dandelion": FlowerMeaning("dandelion", "Taraxacum"),
    "hawthorn": FlowerMeaning("hawthorn", "Crataegus"),
    "heather": FlowerMeaning("heather", "Calluna and Erica"),
    "hogweed": FlowerMeaning("hogweed", "Heracleum sphondylium"),
    "ivy": FlowerMeaning("ivy", "Hedera"),
    "knapweed": FlowerMeaning("knapweed", "Centaurea"),
    "lavender": FlowerMeaning("lavender", "Lavandula"),
    "ragwort": FlowerMeaning("ragwort", "Jacobaea"),
    "thistle": FlowerMeaning("thistle", "Cirsium and Carduus"),
    "white_clover": FlowerMeaning("white clover", "Trifolium repens"),
    "white_dead_nettle": FlowerMeaning("white dead-nettle", "Lamium album"),
    "unrecorded": FlowerMeaning("flower not recorded", ""),
}


def unit_of(name: str) -> Unit:
    """Return the unit of a column with its symbol for people and its id in Grafana.

    Parameters
    ----------
    name
        Name of a measurement or insect group, without a position.

    Examples
    --------
    >>> unit_of("soil_temperature").symbol
    '°C'
    """
    return UNITS[m.COLUMNS[name].unit]


# After Okabe and Ito (2008), with three more: of groups in charts and of petals in murals alike.
_COLOURS = (
    "#e69f00",
    "#f0e442",
    "#d55e00",
    "#933571",
    "#56b4e9",
    "#0072b2",
    "#cc79a7",
    "#009e73",
    "#b8b8b8",
    "#6a5636",
)
GROUP_COLOURS = {group.name: colour for group, colour in zip(m.INSECT_GROUPS, _COLOURS, strict=True)}

# The steps of a node's pass, by their number in `last_step`.
STEPS = (
    "asleep",
    "reading sensors",
    "storing",
    "joining the network",
    "setting the clock",
    "connecting",
    "sending",
    "closing",
)
