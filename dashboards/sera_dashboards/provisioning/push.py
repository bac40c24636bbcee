"""Push dashboards to a Grafana through its HTTP interface, and never over what people have changed there.

Each push leaves a message with the digest of what was pushed in the dashboard's history. The newest message
says whether there is anything to do, and whether somebody has saved something else since.
"""

from __future__ import annotations

import hashlib
import json
from difflib import unified_diff
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from sera_dashboards.errors import GrafanaRefusedError
from sera_dashboards.files import dashboard_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sera_dashboards.style import Json

FOLDER_UID: Final = "sera"
FOLDER_TITLE: Final = "Sera"
TIMEOUT_S: Final = 30.0
_MESSAGE: Final = "sera dashboards push "
_NOT_FOUND: Final = 404
# What a server adds, and no push brings.
_OF_SERVER: Final = ("id", "version")


class Outcome(StrEnum):
    """What a push did with one dashboard."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CHANGED_BY_HAND = "changed by hand, left as it is"
    OVERWRITTEN = "overwritten, was changed by hand"


class ServerDashboard(NamedTuple):
    """A dashboard as it is on a server: its JSON, its folder, and the newest message of its history."""

    dashboard: Json
    folder: str
    message: str


class Grafana(Protocol):
    """What is asked of a server."""

    def present(self, uid: str) -> ServerDashboard | None:
        """Return a dashboard, None where there is none."""

    def ensure_folder(self) -> None:
        """Make the folder for new dashboards, where there is none."""

    def save(self, dashboard: Json, folder: str, message: str) -> None:
        """Create or overwrite a dashboard in a folder."""


class GrafanaServer:
    """A server, through `grafana-client` and a service account's token.

    Parameters
    ----------
    url
        Where it is.
    token
        Of a service account that may write dashboards and folders.

    Raises
    ------
    GrafanaRefusedError
        The client is not installed.
    """

    def __init__(self, url: str, token: str) -> None:
        try:
            from grafana_client.api import GrafanaApi  # noqa: PLC0415 - an extra that only pushing needs
            from grafana_client.client import GrafanaException  # noqa: PLC0415
        except ImportError as error:
            raise GrafanaRefusedError(
                "pushing needs grafana-client: pip install sera-gardens[grafana]"
            ) from error
        self._url = url
        self._refusal: type[Exception] = GrafanaException
        self._api: Any = GrafanaApi.from_url(url, credential=token, timeout=TIMEOUT_S)

    def present(self, uid: str) -> ServerDashboard | None:
        """Return a dashboard, None where there is none."""
        answer = self._ask(lambda: self._api.dashboard.get_dashboard(uid), missing=None)
        if answer is None:
            return None
        history = self._ask(
            lambda: self._api.dashboard_versions.get_dashboard_versions_by_uid(uid), missing=[]
        )
        # A list up to Grafana 11; with a token to go on behind it from then on.
        versions = history.get("versions", []) if isinstance(history, dict) else history
        newest: Json = max(versions, key=lambda version: int(version.get("version", 0)), default={})
        return ServerDashboard(
            answer["dashboard"], answer["meta"].get("folderUid", ""), newest.get("message", "")
        )

    def ensure_folder(self) -> None:
        """Make the folder for new dashboards, where there is none."""
        if self._ask(lambda: self._api.folder.get_folder(FOLDER_UID), missing=None) is None:
            self._ask(lambda: self._api.folder.create_folder(FOLDER_TITLE, uid=FOLDER_UID))

    def save(self, dashboard: Json, folder: str, message: str) -> None:
        """Create or overwrite a dashboard in a folder."""
        payload = {"dashboard": dashboard, "folderUid": folder, "overwrite": True, "message": message}
        self._ask(lambda: self._api.dashboard.update_dashboard(payload))

    def _ask(self, request: Callable[[], Any], **missing: Any) -> Any:
        """Ask the server; where something is not there, return `missing` if it is given."""
        try:
            return request()
        except self._refusal as error:
            status = getattr(error, "status_code", None)
            if status == _NOT_FOUND and missing:
                return missing["missing"]
            raise GrafanaRefusedError(
                f"{self._url} answers {status}: {getattr(error, 'message', error)}; the token must be of "
                "a service account that may write dashboards and folders"
            ) from error
        except OSError as error:
            raise GrafanaRefusedError(f"{self._url} does not answer: {error}") from error


def digest(dashboard: Json) -> str:
    """Return what tells one dashboard from another."""
    return hashlib.sha256(json.dumps(dashboard, sort_keys=True).encode()).hexdigest()[:16]


def push(
    grafana: Grafana, dashboards: Mapping[str, Json], *, force: bool = False
) -> Iterator[tuple[str, Outcome]]:
    """Push dashboards by name, and return what became of each.

    Parameters
    ----------
    grafana
        The server.
    dashboards
        By name.
    force
        Whether to overwrite what was changed by hand.

    Notes
    -----
    The same dashboards pushed again change nothing. A dashboard stays in the folder that people moved it to.

    Raises
    ------
    GrafanaRefusedError
        The server refuses or does not answer; what was pushed before stays.
    """
    for name, dashboard in dashboards.items():
        yield name, _push_dashboard(grafana, dashboard, force=force)


def _push_dashboard(grafana: Grafana, dashboard: Json, *, force: bool) -> Outcome:
    message = _MESSAGE + digest(dashboard)
    present = grafana.present(dashboard["uid"])
    if present is None:
        grafana.ensure_folder()
        grafana.save(dashboard, FOLDER_UID, message)
        return Outcome.CREATED
    is_by_hand = not present.message.startswith(_MESSAGE)
    if present.message == message:
        return Outcome.UNCHANGED
    if is_by_hand and not force:
        return Outcome.CHANGED_BY_HAND
    grafana.save(dashboard, present.folder, message)
    return Outcome.OVERWRITTEN if is_by_hand else Outcome.UPDATED


def diff(grafana: Grafana, dashboards: Mapping[str, Json]) -> Iterator[str]:
    """Return the lines by which dashboards of a server differ from these; none where they are the same."""
    for name, dashboard in dashboards.items():
        present = grafana.present(dashboard["uid"])
        there = {} if present is None else present.dashboard
        remote = {key: value for key, value in there.items() if key not in _OF_SERVER}
        if remote == dashboard:
            continue
        yield from unified_diff(
            _sorted_text(remote).splitlines(),
            _sorted_text(dashboard).splitlines(),
            f"server/{name}",
            name,
            lineterm="",
        )


def _sorted_text(dashboard: Json) -> str:
    return dashboard_text(json.loads(json.dumps(dashboard, sort_keys=True))) if dashboard else ""
