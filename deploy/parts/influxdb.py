"""InfluxDB's server, built from its source with Go and Rust, since no registry carries the program."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from machine import RecipeError, run, say

HERE = Path(__file__).resolve().parent
MODULE = HERE / "influxd"
SERVER = "github.com/influxdata/influxdb/v2/cmd/influxd"
PKG_CONFIG = "github.com/influxdata/pkg-config"


def install_influxd(target: Path) -> str:
    """Build influxd at the version that go.mod pins, and keep it in the cache."""
    need_compilers()
    target.parent.mkdir(parents=True, exist_ok=True)
    version = pinned_version()
    say(f"influxd: building InfluxDB {version} from source, about five minutes on two cores")
    with tempfile.TemporaryDirectory(prefix="sera-influxd-", dir=target.parent) as scratch:
        pkg_config, built = Path(scratch, "pkg-config"), Path(scratch, "influxd")
        run(("go", "build", "-mod=readonly", "-o", pkg_config, PKG_CONFIG), folder=MODULE)
        run(build_command(built, version), folder=MODULE, extra=build_environment(pkg_config))
        built.replace(target)
    return f"built {target}; Go's and Cargo's own caches have grown"


def build_command(built: Path, version: str) -> tuple[str, ...]:
    """Return the words that build the server, with the version it reports."""
    tags, stamp = "sqlite_foreign_keys,sqlite_json", f"-s -w -X main.version={version}"
    return ("go", "build", "-mod=readonly", "-tags", tags, "-ldflags", stamp, "-o", str(built), SERVER)


def build_environment(pkg_config: Path) -> dict[str, str]:
    """Return what the build must see: its own pkg-config, and a stable Rust where rustup chooses one."""
    toolchain = os.environ.get("RUSTUP_TOOLCHAIN", "stable")
    return {"PKG_CONFIG": str(pkg_config), "RUSTUP_TOOLCHAIN": toolchain, "CGO_ENABLED": "1"}


def pinned_version() -> str:
    """Read the server's version from go.mod."""
    pinned = re.search(r"influxdb/v2 (v[\d.]+)", (MODULE / "go.mod").read_text(encoding="utf-8"))
    if pinned is None:
        raise RecipeError(f"{MODULE / 'go.mod'} pins no version of influxdb/v2")
    return pinned.group(1)


def need_compilers() -> None:
    """Fail early where Go, Rust or a C compiler is missing."""
    missing = [name for name in ("go", "cargo", "cc") if not shutil.which(name)]
    if missing:
        raise RecipeError(
            f"building InfluxDB needs {', '.join(missing)}; install what is missing, "
            "or name an influxd of version 2 in SERA_INFLUXD"
        )
