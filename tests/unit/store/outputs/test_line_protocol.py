"""Rows as points, and points as lines."""

from hypothesis import example, given
from hypothesis import strategies as st

from sera_store.outputs.line_protocol import Point, PointKey, clean, encode, points, time_ns
from sera_store.records.rows import Record, StoredRecord
from sera_store.results.results import Result, StoredResult
from sera_vocabulary.measurements import COLUMNS
from sera_words.statements import Reason


def stored(**changes: object) -> StoredRecord:
    fields: dict[str, object] = {
        "node": "node-a",
        "epoch": "9f2c01aa",
        "seq": 7,
        "boot": 1,
        "series": "air",
        "community": "avon",
        "garden": "elm-yard",
        "uptime_s": 60,
        "time_s": 1_750_000_000,
        "uncertainty_s": 2,
        "flags": 0,
        "columns": ("air_temperature",),
        "values": (14.5,),
        "quality": (1,),
        "probe_table": None,
        "journal": 1,
        "detail": None,
    }
    return StoredRecord(1, None, Record(**(fields | changes)))


def result(**changes: object) -> Result:
    fields: dict[str, object] = {
        "scope": "garden",
        "scope_id": "elm-yard",
        "index": "visits_per_hour",
        "period": "day",
        "start_s": 1_750_000_000,
        "end_s": 1_750_086_400,
        "unit": "1/h",
        "method": "mean",
        "version": "1",
        "value": 3.5,
        "interval_reason": Reason.of("one_unit", count=1, units="nodes"),
    }
    return Result(**(fields | changes))  # type: ignore[arg-type]


def test_an_undated_record_has_no_point() -> None:
    assert points(stored(time_s=None)) == []


def test_a_record_carries_its_flag_beside_each_value_and_its_place_as_tags() -> None:
    [point] = points(stored())

    assert encode(point) == (
        "air,community=avon,garden=elm-yard,node=node-a air_temperature_flag=1.0,air_temperature=14.5 "
        "1750000000000000007"
    )


def test_an_uncertain_time_says_so_from_a_minute_on() -> None:
    [certain], [uncertain] = points(stored(uncertainty_s=59)), points(stored(uncertainty_s=60))

    assert uncertain.fields == certain.fields | {"uncertainty_s": 60.0}


def test_notes_are_text_but_the_table_that_read_a_message_is_none_of_them() -> None:
    [point] = points(stored(detail={"mapping": "garden-obs 1", "dated_by": "clock 5"}))

    assert point.fields == points(stored())[0].fields | {"dated_by": "clock 5"}


@given(st.lists(st.tuples(st.sampled_from(["refused:", "check:", ":", "a:b:"]), st.text()), max_size=20))
def test_no_word_from_outside_becomes_the_name_of_a_field(words: list[tuple[str, str]]) -> None:
    detail = {prefix + word: "why" for prefix, word in words if word.partition("@")[0] not in COLUMNS}
    [point] = points(stored(detail=detail))
    plain = points(stored())[0].fields
    assert point.fields.keys() - plain.keys() <= {"notes"}
    assert all(f"{key}: why" in point.fields["notes"] for key in detail)  # type: ignore[operator]


def test_notes_about_a_measurement_keep_a_field_of_their_own() -> None:
    detail = {"check:air_temperature": "spike", "refused": "leaf_wetness: unknown", "refused:leaf": "unknown"}
    [point] = points(stored(detail=detail))
    assert point.fields == points(stored())[0].fields | {
        "check:air_temperature": "spike",
        "refused": "leaf_wetness: unknown",
        "notes": "refused:leaf: unknown",
    }


def test_the_parts_of_a_result_are_one_field_whatever_gardens_they_name() -> None:
    own_points = [
        points(StoredResult(1, None, result(parts=dict.fromkeys(gardens, 0.5))))[0]
        for gardens in (("elm-yard",), ("oak-bed", "fern-lot"), ())
    ]
    assert len({frozenset(point.fields) for point in own_points}) == 1
    assert own_points[1].fields["parts"] == '{"fern-lot":0.5,"oak-bed":0.5}'


def test_the_flags_of_a_node_are_a_field_where_there_are_any() -> None:
    [plain], [flagged] = points(stored()), points(stored(flags=9))

    assert flagged.fields == plain.fields | {"flags": 9.0}


def test_a_missing_value_leaves_its_flag_and_no_field() -> None:
    [point] = points(stored(values=(None,), quality=(9,)))

    assert "air_temperature" not in point.fields
    assert point.fields["air_temperature_flag"] == 9.0


def test_soil_has_one_point_a_position_with_probe_and_depth() -> None:
    own_points = points(
        stored(
            series="soil",
            columns=("soil_moisture_raw@1", "soil_temperature@2", "soil_moisture@1"),
            values=(1800.0, 12.0, 0.21),
            quality=(1, 1, 1),
            detail={"probe@1": "c-01", "depth_m@1": "0.1"},
        )
    )

    first, second = own_points
    assert dict(first.key.tags)["probe"] == "c-01"
    assert dict(first.key.tags)["depth"] == "0.1"
    assert {"soil_moisture_raw", "soil_moisture"} <= first.fields.keys()
    assert dict(second.key.tags)["probe"] == "2"
    assert "depth" not in dict(second.key.tags)


def test_counts_have_a_point_a_group_and_their_effort_once() -> None:
    own_points = points(
        stored(
            series="counts",
            columns=("wasps", "beetles", "awake_s"),
            values=(0.0, 3.0, 900.0),
            quality=(1, 1, 1),
        )
    )

    assert [(p.key.measurement, dict(p.key.tags).get("group")) for p in own_points] == [
        ("counts", "wasps"),
        ("counts", "beetles"),
        ("visits", None),
    ]
    assert own_points[0].fields["count"] == 0.0
    assert own_points[2].fields["awake_s"] == 900.0


@given(st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1))
def test_two_records_of_one_second_never_share_a_time_within_a_thousand_million(
    first: int, second: int
) -> None:
    times = {time_ns(1_750_000_000, first), time_ns(1_750_000_000, second)}

    assert (len(times) == 2) == (first % 10**9 != second % 10**9)


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=30)


@given(
    st.dictionaries(texts, texts, max_size=4),
    st.dictionaries(texts, texts | st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=4),
)
@example({"garden": "\\"}, {"count": 1.0})
def test_no_text_breaks_out_of_its_place_in_a_line(
    tags: dict[str, str], fields: dict[str, float | str]
) -> None:
    line = encode(Point(PointKey("air", tuple(sorted(tags.items())), 5), fields))

    head, _, rest = _split(line)
    assert line.endswith(" 5")
    # A tag of backslashes alone has no form that a server reads, and is left out.
    assert head.count("=") - head.count(r"\=") >= len([value for value in tags.values() if clean(value)])
    assert rest


def _split(line: str) -> tuple[str, str, str]:
    """Split at the first space that is not escaped."""
    for index, letter in enumerate(line):
        if letter == " " and line[index - 1] != "\\":
            return line[:index], " ", line[index + 1 :]
    return line, "", ""
