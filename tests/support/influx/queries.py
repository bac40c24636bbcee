"""Read a bucket of a real InfluxDB back, for comparison."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from real_parts import Bucket


def query(bucket: Bucket, text: str) -> list[dict[str, Any]]:
    """Ask in InfluxQL, times in nanoseconds."""
    words = urllib.parse.urlencode({"db": bucket.name, "epoch": "ns", "q": text})
    request = urllib.request.Request(
        f"{bucket.url}/query?{words}", headers={"Authorization": f"Token {bucket.token}"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        [result] = json.load(answer)["results"]
    return [
        dict(zip(series["columns"], row, strict=True))
        for series in result.get("series", [])
        for row in series["values"]
    ]
