"""The vocabulary means the same on a node and on a host; runs on CPython and on MicroPython."""

from sera_vocabulary import measurements, messages, series, topics


def test_every_measurement_has_a_unit_and_a_span() -> None:
    for measurement in measurements.MEASUREMENTS:
        assert measurement.unit
        assert measurement.lowest < measurement.highest
        assert 0 <= measurement.decimals <= 4


def test_every_value_fits_into_the_single_precision_of_boards() -> None:
    # What is sent as a whole number never passes through a float.
    for row in measurements.MEASUREMENTS:
        if row.decimals:
            assert max(abs(row.lowest), abs(row.highest)) * 10**row.decimals < 1 << 23, row.name


def test_a_node_sends_every_column_with_the_decimals_of_its_measurement() -> None:
    for name, row in measurements.COLUMNS.items():
        assert messages.decimals_of(name) == messages.decimals_of(name + "@2") == row.decimals, name
    assert messages.decimals_of("temperature") == 0


def test_every_column_of_a_series_is_a_measurement() -> None:
    for table in series.SERIES:
        for column in table.columns:
            assert column in measurements.COLUMNS, column


def test_a_column_and_its_position_come_apart_again() -> None:
    for name in measurements.COLUMNS:
        for position in (0, 1, 9, 32):
            assert messages.parse_column(messages.column(name, position)) == (name, position)


def test_what_is_no_column_is_refused() -> None:
    wrong = ("", "0", "01", "x", "33", "1@2", "\u00b3", "\u0663")
    texts = ["", "@1"]
    texts.extend("soil_ph@" + digits for digits in wrong)
    for text in texts:
        assert messages.parse_column(text) is None, text


def test_a_topic_comes_apart_again() -> None:
    for channel in topics.UP_CHANNELS + topics.DOWN_CHANNELS:
        text = topics.topic("elm", "node-a1", channel)
        assert topics.parse(text) == ("elm", "node-a1", channel)


def test_what_is_no_topic_of_ours_is_refused() -> None:
    for text in (
        "",
        "sera/v1/elm/node-a1",
        "sera/v2/elm/node-a1/data",
        "sera/v1/elm/Node/data",
        "sera/v1/+/n-1/x",
    ):
        assert topics.parse(text) is None, text


def test_epochs_are_eight_lower_case_digits() -> None:
    assert messages.is_epoch("9f2c01aa")
    for text in ("", "9f2c01a", "9F2C01AA", "9f2c01ag", "9f2c01aa0"):
        assert not messages.is_epoch(text), text


def test_ten_groups_have_ten_ranks() -> None:
    assert [group.rank for group in measurements.INSECT_GROUPS] == list(range(1, 11))
