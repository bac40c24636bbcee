"""Files for the folders that Grafana reads at its start: data source, dashboards, alerts where asked for.

Everything is written as JSON, which is YAML too. Secrets are not in the files: Grafana puts variables of its
environment in the places of `$SERA_INFLUXDB_TOKEN` and `$SERA_INFLUXDB_URL`.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sera_dashboards.files import dashboard_text
from sera_dashboards.panels.targets import FIXED_SOURCE_UID
from sera_dashboards.provisioning.alerts import alert_groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sera_dashboards.style import Json
    from sera_words.dashboard_words import DashboardWords

FOLDER: Final = "Sera"
# Where the dashboards lie on the machine of Grafana.
DASHBOARDS_PATH: Final = "/var/lib/grafana/dashboards/sera"
ALERTING_FILE: Final = "provisioning/alerting/sera.yaml"


class Rules(StrEnum):
    """What is written of rules of alerts.

    Grafana goes on with rules whose file is gone, and 13.2 does not delete what it has read from a file
    (https://github.com/grafana/grafana/issues/131777): who had them gets them once more, paused.
    """

    NONE = "none"
    ACTIVE = "active"
    PAUSED = "paused"


def data_source(bucket: str) -> Json:
    """Return InfluxDB 2 as a data source in InfluxQL: the bucket by its name, the token in a header."""
    return {
        "name": "Sera",
        "uid": FIXED_SOURCE_UID,
        "type": "influxdb",
        "access": "proxy",
        "url": "$SERA_INFLUXDB_URL",
        "jsonData": {
            "version": "InfluxQL",
            "dbName": bucket,
            "httpMode": "GET",
            "httpHeaderName1": "Authorization",
        },
        "secureJsonData": {"httpHeaderValue1": "Token $SERA_INFLUXDB_TOKEN"},
        "editable": False,
    }


def provider() -> Json:
    """Return what makes Grafana read the dashboards' folder; people may not change them in Grafana."""
    return {
        "name": "sera",
        "folder": FOLDER,
        "folderUid": "sera",
        "type": "file",
        "disableDeletion": True,
        "allowUiUpdates": False,
        "options": {"path": DASHBOARDS_PATH, "foldersFromFilesStructure": False},
    }


def provisioning_texts(
    dashboards: Mapping[str, Json], words: DashboardWords, bucket: str, *, rules: Rules
) -> dict[str, str]:
    """Write all files by their paths below one folder.

    Parameters
    ----------
    dashboards
        By name.
    words
        Texts of alerts.
    bucket
        Name of InfluxDB's bucket.
    rules
        Whether Grafana is to wake people; then nobody else may.
    """
    texts = {f"dashboards/{name}.json": dashboard_text(dashboard) for name, dashboard in dashboards.items()}
    texts["provisioning/datasources/sera.yaml"] = _text({"datasources": [data_source(bucket)]})
    texts["provisioning/dashboards/sera.yaml"] = _text({"providers": [provider()]})
    if rules is not Rules.NONE:
        groups = alert_groups(words, paused=rules is Rules.PAUSED)
        texts[ALERTING_FILE] = _text({"groups": groups})
    return texts


def _text(content: Json) -> str:
    return json.dumps({"apiVersion": 1, **content}, indent=2, ensure_ascii=False) + "\n"
