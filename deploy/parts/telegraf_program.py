"""Telegraf, which the benchmark of the gateway is measured against, built from its Go module."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from machine import RecipeError, run, say

MODULE = Path(__file__).resolve().parent / "telegraf"
PROGRAM = "github.com/influxdata/telegraf/cmd/telegraf"
# Nothing but what the benchmark needs: MQTT in, JSON read, InfluxDB 2 out.
TAGS = "custom,inputs.mqtt_consumer,outputs.influxdb_v2,parsers.json_v2"


def install_telegraf(target: Path) -> str:
    """Build Telegraf at the version that go.mod pins, and keep it in the cache."""
    if not shutil.which("go"):
        raise RecipeError("building Telegraf needs go; install it, or name a telegraf in SERA_TELEGRAF")
    target.parent.mkdir(parents=True, exist_ok=True)
    version = pinned_version()
    say(f"telegraf: building Telegraf {version} from source, one or two minutes on two cores")
    with tempfile.TemporaryDirectory(prefix="sera-telegraf-", dir=target.parent) as scratch:
        built = Path(scratch, "telegraf")
        run(build_command(built, version), folder=MODULE)
        built.replace(target)
    return f"built {target}; Go's own caches have grown"


def build_command(built: Path, version: str) -> tuple[str, ...]:
    """Return the words that build the program, with the version it reports."""
    stamp = f"-s -w -X github.com/influxdata/telegraf/internal.Version={version}"
    return ("go", "build", "-mod=readonly", "-tags", TAGS, "-ldflags", stamp, "-o", str(built), PROGRAM)


def pinned_version() -> str:
    """Read the version from go.mod."""
    pinned = re.search(r"influxdata/telegraf v([\d.]+)", (MODULE / "go.mod").read_text(encoding="utf-8"))
    if pinned is None:
        raise RecipeError(f"{MODULE / 'go.mod'} pins no version of telegraf")
    return pinned.group(1)
