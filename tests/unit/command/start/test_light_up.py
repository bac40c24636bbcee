"""`sera up` lives as long as the installation: it loads nothing of what serves pages or makes figures."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sera_command.installation.installation import Installation
from sera_command.start.up_options import UpOptions, become
from sera_gateway.errors import AuthorityError
from sera_store.registry.opening import open_registry

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = (
    "numpy",
    "scipy",
    "babel",
    "starlette",
    "anyio",
    "asyncio",
    "jinja2",
    "pydantic",
    "cryptography",
    "bcrypt",
    "sera_workshop",
    "sera_analysis",
)


@pytest.mark.slow
def test_up_loads_no_library_of_the_pages() -> None:
    script = f"import sera_command.start.up_process, sys; print(*sorted(set({HEAVY!r}) & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.slow
def test_what_makes_pages_loads_nothing_that_solves_equations_before_there_are_some() -> None:
    script = "import sera_command.start.pages, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "scipy.special" in loaded
    assert not loaded & {"scipy.optimize", "scipy.stats", "scipy.spatial", "pint", "pyarrow"}


# What `sera up` asks its authority at every start but the first.
ASKS = """
import sys
from pathlib import Path
from sera_command.installation.boards import boards_elsewhere
from sera_command.installation.installation import Installation
from sera_store.registry.opening import open_registry

installation = Installation(Path(sys.argv[1]), reads_keys=False)
with open_registry(installation.store_folder) as registry:
    installation.broker_tls(["localhost"])
    installation.gateway_broker("localhost", 1)
    installation.pages_broker("localhost", 1)
    installation.rights(registry)
    boards_elsewhere(installation)
    assert installation.authority.expiries()
print(*sorted({"cryptography", "bcrypt"} & sys.modules.keys()))
"""


def test_no_later_start_loads_what_signs(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    with open_registry(installation.store_folder) as registry:
        installation.broker_tls(["localhost"])
        installation.gateway_broker("localhost", 1)
        installation.pages_broker("localhost", 1)
        installation.rights(registry)
    done = subprocess.run(
        [sys.executable, "-c", ASKS, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_a_damaged_authority_is_found_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (Installation(tmp_path).authority.folder / "authority-2.key").write_bytes(b"no key")
    monkeypatch.setattr("os.execv", lambda *_: pytest.fail("it was started"))
    with pytest.raises(AuthorityError, match=r"authority-2.*from a backup"):
        become(tmp_path, UpOptions("127.0.0.1", 0, 0, "", "", 1.0, None, once=True))
