"""`sera registry`: all kinds of entries listed, changed by date and brought as tables, all rows or none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_command.errors import ExitCode
from sera_command.main import main
from sera_command.registration.entry_tables import read_entries, table_text
from sera_store.coarse_grid import ConsentLevel
from sera_store.registry.entities import KIND_OF, KINDS, Calibration, Community, Garden, Node, ProbePlace
from sera_store.release.entries import released_fields
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SINCE_S = 1_780_272_000  # 2026-06-01
EXACT = ("51.50123", "-0.14234")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a community and a garden."""
    with Store.open(tmp_path / "data" / "store") as store:
        store.registry.put(Community("oak", "Oak Street"), since_s=SINCE_S, by="a test")
        garden = Garden("elm-yard", "oak", None, "Elm Yard", *map(float, EXACT), "Europe/London")
        store.registry.put(garden, since_s=SINCE_S, by="a test")
    return tmp_path / "data"


def registry(data: Path, *words: str) -> int:
    return main(["registry", *words, "--data", str(data)])


def node_table(path: Path, *rows: str) -> str:
    path.write_text("\n".join(["id;garden;detector;since", *rows]) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_explained_listed_and_exported(
    data: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["registry", "fields", kind]) == ExitCode.DONE
    assert registry(data, "list", kind) == registry(data, "export", kind) == ExitCode.DONE
    assert main(["registry", "fields", kind, "--json"]) == ExitCode.DONE
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", ["list", "show", "history", "export"])
def test_an_exact_place_is_shown_to_whoever_asks_for_it_alone(
    data: Path, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Wide enough that no cell of the table is folded.
    monkeypatch.setenv("COLUMNS", "240")
    words = [command, "garden", *(["elm-yard"] if command in ("show", "history") else [])]
    assert registry(data, *words) == ExitCode.DONE
    coarse = capsys.readouterr()
    assert EXACT[0] not in coarse.out + coarse.err
    assert registry(data, *words, "--exact") == ExitCode.DONE
    exact = capsys.readouterr()
    assert EXACT[0] in exact.out
    assert "this machine alone" in exact.err


def test_a_place_that_is_hidden_today_is_hidden_in_its_history_too(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert registry(data, "set", "garden", "elm-yard", "consent=street") == ExitCode.DONE
    assert registry(data, "set", "garden", "elm-yard", "consent=hidden") == ExitCode.DONE
    capsys.readouterr()
    assert registry(data, "history", "garden", "elm-yard") == ExitCode.DONE
    assert registry(data, "show", "garden", "elm-yard", "--at", "2026-06-02", "--json") == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "51.5" not in printed
    assert "place = hidden" in printed


def test_a_change_holds_from_its_date_and_the_history_keeps_what_was(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change = ["set", "garden", "elm-yard", "name=Elm Court", "area_m2=120", "--since", "2026-07-01"]
    assert registry(data, *change) == ExitCode.DONE
    assert "made again" in capsys.readouterr().out
    assert registry(data, *change) == ExitCode.DONE
    assert "nothing changed" in capsys.readouterr().out
    with Store.open(data / "store") as store:
        names = [store.registry.garden("elm-yard", at_s) for at_s in (SINCE_S, SINCE_S + 31 * 86_400)]
        assert [garden and garden.name for garden in names] == ["Elm Yard", "Elm Court"]
    assert registry(data, "history", "garden", "elm-yard", "--json") == ExitCode.DONE
    first, second = json.loads(capsys.readouterr().out)
    assert (first["fields"]["area_m2"], second["fields"]["area_m2"]) == (None, 120.0)
    assert (
        registry(data, "set", "garden", "elm-yard", "name=Elm Lane", "--since", "2026-06-10") == ExitCode.DONE
    )
    assert "until 2026-07-01 00:00" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["show", "garden", "nowhere"], "'nowhere' is not in the registry"),
        (["history", "garden", "nowhere"], "'nowhere' is not in the registry"),
        (["show", "garden", "elm-yard", "--at", "2020-01-01"], "first entry is of 2026-06-01"),
        (["set", "garden", "elm-yard", "colour=red"], "is no change of a garden"),
        (["set", "garden", "elm-yard", "consent"], "expected FIELD=VALUE"),
        (["set", "garden", "elm-yard", "id=oak-yard"], "never changes"),
        (["set", "garden", "elm-yard", "name=a", "name=b"], "named twice"),
        (["set", "garden", "elm-yard", "consent=planet"], "expected one of street"),
        (["set", "garden", "elm-yard", "community=ash"], "community 'ash' is not in the registry"),
        (["set", "garden", "ash-yard", "name=Ash"], "a new garden needs community, latitude"),
        (["set", "node", "anna", "garden=elm-yard", "detector=person"], "would say who counts"),
        (["set", "mapping", "shed", "version=2"], "is entered by `sera mapping add`"),
        (["import", "verification", "x.csv"], "is entered by `sera labels estimate`"),
        (["set", "source", "n-1", "garden=elm-yard"], "is entered by `sera ingest`"),
        (["export", "garden", "--out", "/nowhere/garden.csv"], "name another file"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(
    data: Path, words: list[str], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = ExitCode.CANNOT_WRITE if "export" in words else ExitCode.BAD_INPUT
    assert registry(data, *words) == expected
    assert printed in capsys.readouterr().err
    assert main(["registry", "list", "tree", "--data", str(data)]) == ExitCode.USAGE


def test_forty_nodes_come_from_a_table(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = node_table(
        tmp_path / "nodes.csv", *[f"elm-{n};elm-yard;{'camera' if n % 2 else 'beam'};" for n in range(1, 41)]
    )
    assert registry(data, "import", "node", file, "--dry-run") == ExitCode.DONE
    assert "40 would be entered" in capsys.readouterr().out
    assert registry(data, "list", "node") == ExitCode.DONE
    assert "has no node" in capsys.readouterr().out
    assert registry(data, "import", "node", file, "--since", "2026-06-01") == ExitCode.DONE
    assert "40 entered" in capsys.readouterr().out
    with Store.open(data / "store") as store:
        assert len(store.registry.nodes("elm-yard", SINCE_S)) == 40
    assert registry(data, "import", "node", file, "--since", "2026-06-02") == ExitCode.DONE
    assert "0 entered, 40 as they were already" in capsys.readouterr().out


def test_bad_rows_are_named_by_row_and_column_and_none_is_entered(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        "elm-1;elm-yard;camera;",
        "elm-2;elm-yard;cam;",
        "Elm 3;elm-yard;beam;",
        "elm-4;elm-yard;beam;soon",
    ]
    file = node_table(tmp_path / "nodes.csv", *rows, "elm-1;elm-yard;beam;", "anna;elm-yard;person;")
    assert registry(data, "import", "node", file) == ExitCode.BAD_INPUT
    printed = capsys.readouterr().err
    for part in ("5 rows", "(A3)", "'cam' is not known", "(A4)", "(D5)", "'soon'", "(A6)", "repeats", "(A7)"):
        assert part in printed
    file = node_table(tmp_path / "nodes.csv", rows[0], "elm-5;ash-yard;beam;")
    assert registry(data, "import", "node", file) == ExitCode.BAD_INPUT
    assert "row 3, column 'id' (A3): node elm-5: garden 'ash-yard'" in capsys.readouterr().err
    with Store.open(data / "store") as store:
        assert store.registry.nodes() == []


def test_a_column_that_is_no_field_is_refused_and_one_that_lacks_stays(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "gardens.csv"
    table.write_text("id,colour\nelm-yard,red\n", encoding="utf-8")
    assert registry(data, "import", "garden", str(table)) == ExitCode.BAD_INPUT
    assert "(B1): 'colour' is no field of a garden" in capsys.readouterr().err
    table.write_text("id;area_m2\nelm-yard;120,5\n", encoding="utf-8")
    assert registry(data, "import", "garden", str(table)) == ExitCode.DONE
    with Store.open(data / "store") as store:
        garden = store.registry.garden("elm-yard")
    assert garden is not None
    assert (garden.area_m2, garden.latitude) == (120.5, float(EXACT[0]))


def test_a_table_without_exact_places_brings_none_back(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "gardens.csv"
    assert registry(data, "export", "garden", "--out", str(file)) == ExitCode.DONE
    assert registry(data, "import", "garden", str(file)) == ExitCode.DONE
    with Store.open(data / "store") as store:
        assert len(store.registry.history("garden", "elm-yard")) == 1


TEXTS = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"]) | st.just(" "), max_size=20
).map(str.strip)
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
ENTITIES = st.one_of(
    st.builds(
        Garden,
        st.just("ash-yard"),
        st.just("oak"),
        st.none(),
        TEXTS.filter(bool),
        st.floats(-89, 89),
        st.floats(-179, 179),
        st.sampled_from(["Europe/London", "Asia/Tokyo"]),
        st.sampled_from(ConsentLevel),
        st.none() | st.floats(0, 1e5),
    ),
    st.builds(
        Node,
        st.just("ash-1"),
        st.sampled_from([None, "elm-yard"]),
        st.sampled_from(["camera", "beam"]),
        st.dictionaries(TEXTS, TEXTS, max_size=3),
    ),
    st.builds(ProbePlace, TEXTS.filter(bool), st.none(), st.integers(1, 32), st.none() | NUMBERS),
    st.builds(
        Calibration,
        st.just("c-1"),
        TEXTS.filter(bool),
        st.just("a"),
        st.just("b"),
        st.lists(NUMBERS, min_size=1, max_size=4).map(tuple),
        st.integers(0, 2**40),
        reference=TEXTS,
    ),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An empty store."""
    with Store.open(tmp_path_factory.mktemp("empty") / "store") as store:
        yield store


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(entity=ENTITIES)
def test_what_is_exported_exactly_comes_back_the_same(
    entity: Garden | Node | ProbePlace | Calibration,
    store: Store,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    file = tmp_path_factory.getbasetemp() / "table.csv"
    kind = KIND_OF[type(entity)]
    text = table_text(kind, [released_fields(store.registry, entity, exact=True)])
    file.write_text(text, encoding="utf-8")
    [(back, since_s)] = read_entries(file, kind, store.registry, SINCE_S).entries
    assert (back, since_s) == (entity, SINCE_S)
