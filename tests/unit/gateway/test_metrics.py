"""The page of the metrics says of each what the code says, and of no other."""

from __future__ import annotations

import re

from sera_gateway.metrics import COUNTER, METRICS
from tree import ROOT

ROW = re.compile(r"^\| `(\w+)` \| (gauge|counter) \| (.+?) \| (.*?) ?\|$", re.MULTILINE)


def test_each_metric_has_its_row_and_each_row_its_metric() -> None:
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    rows = [match.groups() for match in ROW.finditer(page)]
    assert rows == [
        (f"{name}_total", "counter", metric.meaning, metric.alarm)
        if metric.kind is COUNTER
        else (name, "gauge", metric.meaning, metric.alarm)
        for name, metric in METRICS.items()
    ]


def test_the_rules_of_the_page_ask_for_metrics_that_there_are() -> None:
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    names = {f"{name}_total" if metric.kind is COUNTER else name for name, metric in METRICS.items()}
    documented = set(re.findall(r"sera_gateway_(\w+)", page.split("```yaml")[1]))
    assert documented
    assert documented <= names
