"""The servers that all other tests stand on: they answer, and they keep what they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from real_parts import mqtt_answers, port_answers

if TYPE_CHECKING:
    from real_parts import Bucket, InfluxDB, Mosquitto, Nats


def test_mosquitto_answers_until_it_is_killed_and_again_after_a_restart(mosquitto: Mosquitto) -> None:
    assert mqtt_answers(mosquitto.port)
    mosquitto.kill()
    assert not port_answers(mosquitto.port)
    mosquitto.start()
    assert mqtt_answers(mosquitto.port)


def test_nats_answers_until_it_is_killed_and_again_after_a_restart(nats: Nats) -> None:
    assert mqtt_answers(nats.port)
    nats.kill()
    assert not port_answers(nats.port)
    nats.start()
    assert mqtt_answers(nats.port)


def test_each_test_has_an_empty_bucket_of_its_own(influxdb: InfluxDB, influx_bucket: Bucket) -> None:
    names = [bucket["name"] for bucket in influxdb.request("GET", "/api/v2/buckets?limit=100")["buckets"]]
    assert names.count(influx_bucket.name) == 1


def test_a_server_that_ends_early_shows_its_log(new_mosquitto: object) -> None:
    with pytest.raises(Exception, match="no_such_setting"):
        new_mosquitto(settings="no_such_setting 1")  # type: ignore[operator]
