"""A simulated season in InfluxDB with all that dashboards ask for, one for all tests of dashboards here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from influx.dashboard_season import SEASON_START_S, LoadedSeason, follow, write_dashboard_season
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from real_parts import InfluxDB


@pytest.fixture(scope="session")
def loaded(influxdb: InfluxDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedSeason]:
    """A store with a season, and the bucket that has followed it."""
    folder = tmp_path_factory.mktemp("dashboards")
    bucket = influxdb.make_bucket("dashboards")
    with Store.open(folder / "store", clock=lambda: SEASON_START_S) as store:
        written = write_dashboard_season(store)
        follow(store, bucket, folder, written)
        yield LoadedSeason(store, bucket, folder, written)
    influxdb.remove_bucket(bucket.name)
