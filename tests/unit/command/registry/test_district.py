"""`sera district`: districts with residents and their gardens, in the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_command.errors import ExitCode
from sera_command.installation.installation import Installation
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def _district(data: Path, *more: str) -> int:
    return main(["district", "new", "brook", "--community", "avonbrook", "--data", str(data), *more])


def test_a_district_takes_its_gardens(tmp_path: Path) -> None:
    assert main(["community", "new", "avonbrook", "--data", str(tmp_path)]) == ExitCode.DONE
    garden = ["--latitude", "51.45", "--longitude", "-2.59", "--timezone", "Europe/London"]
    words = ["garden", "new", "elm-yard", "--community", "avonbrook", *garden, "--data", str(tmp_path)]
    assert main(words) == ExitCode.DONE
    census = ["--residents", "8200", "--deprivation", "21.4", "--source", "Census 2021, IMD 2019"]
    assert _district(tmp_path, *census) == ExitCode.DONE
    assert main(["district", "gardens", "brook", "elm-yard", "--data", str(tmp_path)]) == ExitCode.DONE
    with Installation(tmp_path).store() as store:
        district = store.registry.district("brook")
        assert district is not None
        assert (district.residents, district.deprivation) == (8200, 21.4)
        elm = store.registry.garden("elm-yard")
        assert elm is not None
        assert elm.district == "brook"


def test_numbers_without_their_source_and_unknown_names_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _district(tmp_path, "--residents", "8200") == ExitCode.BAD_INPUT
    assert "--source" in capsys.readouterr().err
    assert main(["community", "new", "frome", "--data", str(tmp_path)]) == ExitCode.DONE
    assert _district(tmp_path) == ExitCode.BAD_INPUT
    assert "'avonbrook' is not in the registry" in capsys.readouterr().err
    assert main(["district", "gardens", "brook", "elm-yard", "--data", str(tmp_path)]) == ExitCode.BAD_INPUT
    assert "sera district new brook" in capsys.readouterr().err
