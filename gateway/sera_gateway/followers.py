"""Open what follows the store of a gateway: roll-ups always, InfluxDB and JSON lines where asked for.

Two follow into InfluxDB: one brings each record and figure, one says how things stand.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_store.database.follower_status import ALARMS, ROLLUPS, FollowerState
from sera_store.outputs.following import Following

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sera_gateway.config import GatewaySettings
    from sera_gateway.process.logs import JsonLog
    from sera_store.fleet.node_facts import CertificateState
    from sera_store.store import Store

INFLUXDB: Final = "influxdb"
JSON_LINES: Final = "json_lines"
AUTHORITY: Final = "authority"
# Each step makes the days that were touched again, so that a step for every record would do them too often:
# where records come all the time, it waits as well.
ROLLUPS_GLANCE_S: Final = 10.0
# So that it takes a twentieth of the time at most, also where the machine is slow.
_ROLLUPS_REST_RATIO: Final = 19.0


class OpenFollower(NamedTuple):
    """A follower that is ready to run, and what ends it."""

    following: Following
    close: Callable[[], None]


def check_followers(settings: GatewaySettings, environ: Mapping[str, str]) -> None:
    """Refuse at the start what `open_followers` would refuse, without loading what it takes to follow.

    Raises
    ------
    SettingsError
        InfluxDB is asked for and its token cannot be read.
    StoreError
        The file of JSON lines cannot be used, or belongs to another store.
    """
    if settings.influxdb.url:
        settings.influxdb.token(environ)
    if settings.json_lines.path:
        from sera_store.outputs.json_lines import JsonLinesFollower  # noqa: PLC0415 - as below
        from sera_store.store import Store  # noqa: PLC0415 - as below

        with Store.open(settings.data.store) as store:
            JsonLinesFollower(store, Path(settings.json_lines.path))


def open_followers(
    settings: GatewaySettings, store: Store, log: JsonLog, environ: Mapping[str, str]
) -> dict[str, OpenFollower]:
    """Open the followers by name.

    Raises
    ------
    SettingsError
        InfluxDB is asked for and its token cannot be read.
    StoreError
        The file of JSON lines cannot be used, or belongs to another store.
    """
    # Here, since it loads arrays, and the receiving process needs of this module what it checks alone.
    from sera_store.aggregates.rollups import ROWS_A_STEP  # noqa: PLC0415

    def report(name: str, state: FollowerState, reason: str) -> None:
        log_state = log.error if state in ALARMS or state is FollowerState.AWAY else log.info
        log_state("follower", follower=name, state=str(state), detail=reason)

    rollups = Following(
        store,
        ROLLUPS,
        store.rollups.step,
        report,
        glance_s=ROLLUPS_GLANCE_S,
        full_step=ROWS_A_STEP,
        rest_ratio=_ROLLUPS_REST_RATIO,
    )
    followers = {ROLLUPS: OpenFollower(rollups, _no_close)}
    if settings.json_lines.path:
        from sera_store.outputs.json_lines import JsonLinesFollower  # noqa: PLC0415

        lines = JsonLinesFollower(store, Path(settings.json_lines.path))
        following = Following(store, JSON_LINES, lines.step, report, rest=lines.rest)
        followers[JSON_LINES] = OpenFollower(following, lines.close)
    if settings.influxdb.url:
        followers |= _open_influxdb(settings, store, report, environ)
    return followers


def _open_influxdb(
    settings: GatewaySettings,
    store: Store,
    report: Callable[[str, FollowerState, str], None],
    environ: Mapping[str, str],
) -> dict[str, OpenFollower]:
    """Open the follower of readings and that of how things stand, which write into InfluxDB."""
    # Its client takes a second to load, which a gateway without InfluxDB does not need.
    from sera_gateway.status import status_follower  # noqa: PLC0415
    from sera_store.outputs.influxdb import InfluxFollower, InfluxTarget  # noqa: PLC0415

    influxdb = settings.influxdb
    target = InfluxTarget(influxdb.url, influxdb.org, influxdb.bucket, influxdb.token(environ))
    follower = InfluxFollower(store, target)
    following = Following(
        store, INFLUXDB, follower.step, report, rest=follower.rest, problem=follower.problem
    )
    followers = {INFLUXDB: OpenFollower(following, follower.close)}
    folders = settings.data.journal, Path(settings.data.folder)
    states = partial(certificate_states, folders[1])
    standing = status_follower.StatusFollower(store, *folders, target, certificates=states)
    following = Following(
        store,
        status_follower.NAME,
        standing.step,
        report,
        glance_s=status_follower.INTERVAL_S,
    )
    followers[status_follower.NAME] = OpenFollower(following, standing.close)
    return followers


def certificate_states(folder: Path) -> dict[str, CertificateState]:
    """Return by node when its certificate ends; none where the folder has no authority."""
    if not (folder / AUTHORITY).is_dir():
        return {}
    from sera_gateway.security.authority import Authority  # noqa: PLC0415
    from sera_store.fleet.node_facts import CertificateState  # noqa: PLC0415

    authority = Authority.open(folder / AUTHORITY, lambda: datetime.now(UTC))
    return {expiry.name: CertificateState(int(expiry.ends.timestamp())) for expiry in authority.expiries()}


def _no_close() -> None:
    """End a follower that holds nothing open."""
