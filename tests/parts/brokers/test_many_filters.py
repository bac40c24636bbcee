"""More filters than the embedded broker takes in one session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from brokers.scripted import receiving, settings_in
from real_parts import wait_until
from sera_gateway.mqtt.subscriptions import NATS_FILTERS_MOST, node_subscriptions
from sera_gateway.security.embedded_broker import EmbeddedBroker

if TYPE_CHECKING:
    from pathlib import Path


def filters(count: int, folder: Path) -> tuple[str, ...]:
    """As many filters of our own as make `count` with those that each gateway has."""
    own = sum(qos for _, qos in node_subscriptions(settings_in(folder, "mqtt://127.0.0.1")))
    return tuple(f"garden/sensor/{number}" for number in range(count - own))


@pytest.mark.nats
@pytest.mark.usefixtures("new_nats")
@pytest.mark.parametrize("too_many", [0, 5])
def test_the_report_names_the_limit_where_it_is_the_cause(too_many: int, tmp_path: Path) -> None:
    with EmbeddedBroker(tmp_path / "broker") as broker:
        expected_filters = filters(NATS_FILTERS_MOST + too_many, tmp_path)
        with receiving(settings_in(tmp_path, broker.url, subscribe=expected_filters)) as own_gateway:
            own_gateway.wait_online()
            if not too_many:
                assert own_gateway.receiver.refused_subscriptions == []
                return
            wait_until(lambda: "subscription_refused" in own_gateway.log.events(), label="the report")
            [expected] = [
                fields["expected"]
                for _, event, fields in own_gateway.log.lines
                if event == "subscription_refused"
            ]
            assert (
                f"at most {NATS_FILTERS_MOST} filters a session, not {NATS_FILTERS_MOST + too_many}"
                in expected
            )
            assert "wildcards" in expected
            assert len(own_gateway.receiver.refused_subscriptions) == too_many
