"""The one reader of tables: what becomes of a file of any dialect, and the words for what is no table."""

from __future__ import annotations

import codecs
import time

import pytest

from sera_store.errors import TableError
from sera_store.tables.reader import table_of

COUNTS = [["site", "bee", "fly"], ["elm", "3", "4"]]


def refused(text: str | bytes) -> str:
    with pytest.raises(TableError) as refusal:
        table_of(text.encode() if isinstance(text, str) else text, "t.csv")
    assert str(refusal.value).startswith("t.csv: ")
    return refusal.value.problem


def codes(text: str | bytes) -> list[str]:
    return [note.code for note in table_of(text.encode() if isinstance(text, str) else text, "t.csv").notes]


@pytest.mark.parametrize(
    "text",
    [
        "site,bee,fly\nelm,3,4\n",
        "site;bee;fly\r\nelm;3;4\r\n",
        "site\tbee\tfly\relm\t3\t4",
        "site|bee|fly\nelm|3|4\n",
        "sep=;\nsite;bee;fly\nelm;3;4\n",
        '"sep=|"\r\nsite|bee|fly\r\nelm|3|4\r\n',
        "SEP=:\nsite:bee:fly\nelm:3:4",
        '"site","bee","fly"\n"elm", "3", "4"\n',
        " site , bee,fly \n elm,3, 4\n",
        "site,bee,fly,,\nelm,3,4,,\n,,,,\n",
        "site,bee,fly\nelm,3,4,\n",
        "\n;;\nsite;bee;fly\nelm;3;4\n;;\n",
        "\n\nsite,bee,fly\n\nelm,3,4\n\n\n",
    ],
)
def test_one_table_in_many_dialects_has_the_same_cells(text: str) -> None:
    assert table_of(text.encode(), "t.csv").grid == COUNTS


@pytest.mark.parametrize(
    ("head", "separator"),
    [
        # Authors with their year hold as many commas as there are separators, and more.
        ("site;Bombus terrestris (Linnaeus, 1758);Apis mellifera Linnaeus, 1758", ";"),
        ("site\tBombus terrestris (Linnaeus, 1758)\tApis mellifera Linnaeus, 1758", "\t"),
        ("site|Osmia, Linnaeus, 1758|Apis, Linnaeus, 1758", "|"),
    ],
)
def test_the_separator_splits_all_rows_alike_whatever_stands_most_often(head: str, separator: str) -> None:
    table = table_of(f"{head}\nelm{separator}3{separator}4\n".encode(), "t.csv")
    assert table.titles == head.split(separator)
    assert table.rows == [["elm", "3", "4"]]


def test_commas_inside_numbers_and_before_blanks_separate_nothing() -> None:
    table = table_of(b"a, b;c\n1,5;2\n2,5;3\n", "t.csv")
    assert table.grid == [["a, b", "c"], ["1,5", "2"], ["2,5", "3"]]
    assert table_of(b"value\n1,5\n2,25\n", "t.csv").grid == [["value"], ["1,5"], ["2,25"]]
    assert table_of(b"value;;\n1,5;;\n2;;\n", "t.csv").grid == [["value"], ["1,5"], ["2"]]
    assert table_of(b'name\n"a,b"\nLinnaeus, 1758\n', "t.csv").rows == [["a,b"], ["Linnaeus, 1758"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the table is empty"),
        (" \n;;\n", "the table is empty"),
        ("a,b\n", "no row below the columns' names"),
        ("a,b;c\n1,2;3\n", "the comma and the semicolon both split all rows alike"),
        ("a;b\tc\n1;2\t3\n", "the semicolon and the tab both split all rows alike"),
        (
            "a,b,c\n1,2,3\n4,5\n",
            "row 3 ('4') has 2 cells; expected 3, as row 1 (cells are separated by commas)",
        ),
        ("a;b\n1;2;3\n4;5\n", "row 2 ('1') has 3 cells; expected 2"),
        ("Counts of 2024\na,b,c\n1,2,3\n", "row 1 has 1 cell where all rows below have 3"),
        ("site,Apis Linnaeus, 1758\nelm,3\noak,4\n", "row 1 has 3 cells where all rows below have 2"),
        ('a,b\n1,2\n"3,4\n', "row 3 is no CSV (unexpected end of data)"),
        ("sep=;\na,b\n1,2\n", "says sep=;, but the rows are split by the comma"),
        ("sep=7\na7b\n17x\n", "sep=7, which separates nothing"),
        ("value\n1;2\n", "row 2 ('1') has 2 cells; expected 1"),
    ],
)
def test_what_is_no_table_is_refused_by_row_with_what_was_expected(text: str, message: str) -> None:
    assert message in refused(text)


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16", b""),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32", b""),
    ],
)
def test_encodings_that_say_what_they_are_need_no_note(encoding: str, mark: bytes) -> None:
    table = table_of(mark + "site;Käfer\nKöln;3\n".encode(encoding), "t.csv")
    assert table.grid == [["site", "Käfer"], ["Köln", "3"]]
    assert table.notes == []


@pytest.mark.parametrize(
    ("text", "encoding"), [("Köln", "Latin-1"), ("Łódź €", None), ("Köln €", "Windows-1252")]
)
def test_one_byte_a_character_is_read_with_a_note_that_shows_a_word(text: str, encoding: str | None) -> None:
    content = f"site;Beet\n{text};3\n"
    if encoding is None:
        assert "is not UTF-8" in refused(content.encode() + "Köln;1\n".encode("cp1252"))
        return
    table = table_of(content.encode("cp1252"), "t.csv")
    assert table.rows == [[text, "3"]]
    (note,) = table.notes
    assert note.arguments == {"encoding": encoding, "word": "Köln"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04...", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1", "workbook"),
        (b"a\x00,\x00b\x00", "NUL bytes"),
        (codecs.BOM_UTF16_LE + b"a\x00b", "UTF-16"),
        (b"site,a\n" + b"K\x81ln,3\n", "byte 9, in line 2, is neither UTF-8 nor Windows-1252"),
    ],
)
def test_what_is_no_text_is_named_for_what_it_is(content: bytes, message: str) -> None:
    assert message in refused(content)


def test_blank_rows_and_columns_are_skipped_and_counted() -> None:
    text = "site,,bee,\nelm,,3,\n,,,\n\noak,,4,\n,,,\n"
    table = table_of(text.encode(), "t.csv")
    assert table.grid == [["site", "bee"], ["elm", "3"], ["oak", "4"]]
    assert [(note.code, note.arguments) for note in table.notes] == [
        ("blank_rows", {"rows": 3}),
        ("blank_columns", {"columns": 2}),
    ]
    # The places are those of the file.
    assert table.place(1, 1) == "row 5, column 'bee' (C5)"
    assert table.transpose().place(0, 2) == "row 5, column 'bee' (C5)"
    assert codes("a,b\n1,2\n\n\n") == []


def test_a_row_is_what_a_spreadsheet_calls_so() -> None:
    """Neither a line break within quotes nor a first line `sep=` is a row of its own."""
    table = table_of(b'sep=,\nsite,count\n"elm\nyard",3\noak,4\n', "t.csv")
    assert table.place(0, 1) == "row 2, column 'count' (B2)"
    assert table.place(1, 0) == "row 3, column 'site' (A3)"
    assert table.place(-1, 1) == "row 1, column 2 (B1)"
    wide = table_of((",".join(f"c{n}" for n in range(60)) + "\n" + ",".join("1" * 60)).encode(), "t.csv")
    assert [wide.reference(0, column) for column in (25, 26, 51, 52)] == ["Z2", "AA2", "AZ2", "BA2"]


def test_a_column_is_found_by_its_name_with_or_without_case_and_unit() -> None:
    table = table_of("site;Temp (°C);height [cm];Apis (Linnaeus, 1758)\nelm;1;2;3\n".encode(), "t.csv")
    assert [table.find(name) for name in ("temp", "TEMP (°C)", "height", "apis", "width")] == [
        1,
        1,
        2,
        None,
        None,
    ]
    assert [table.unit(column) for column in range(4)] == ["", "°C", "cm", ""]
    with pytest.raises(
        TableError, match="row 1 has no column 'width' for the effort; its columns are 'site'"
    ):
        table.column("width", " for the effort")


@pytest.mark.parametrize(
    "variant",
    ["bombus terrestris", "Bombus  terrestris", "Bombus\u00a0terrestris", "Bombus\u00ad terrestris"],
)
def test_names_that_differ_in_what_nobody_means_are_one_name(variant: str) -> None:
    table = table_of(f"site,Bombus terrestris,{variant}\nelm,1,2\n".encode(), "t.csv")
    with pytest.raises(TableError) as refusal:
        table.check_names()
    assert "row 1, column 3 (C1)" in str(refusal.value)
    assert "of row 1, column 2 (B1), but for case, blanks or the form of Unicode" in str(refusal.value)
    with pytest.raises(TableError, match="repeats the name"):
        table.find("bombus terrestris")
    turned = table_of(f"kind,x\nBombus terrestris,1\n{variant},2\n".encode(), "t.csv")
    for form in (turned, turned.transpose()):
        with pytest.raises(TableError, match=r"row 3, column .*\(A3\).* of row 2, column .*\(A2\)"):
            form.check_names()


def test_unicode_forms_of_one_letter_are_one_name() -> None:
    table = table_of("site,Käfer,Ka\u0308fer\nelm,1,2\n".encode(), "t.csv")
    with pytest.raises(TableError, match="the form of Unicode"):
        table.check_names()


@pytest.mark.slow
def test_the_time_of_reading_grows_with_the_rows_and_not_with_their_square() -> None:
    """Ten thousand rows took minutes once, and take a tenth of a second."""
    rows = "\n".join(f"s{row};{row};2,5;NA" for row in range(30_000))
    start_s = time.process_time()
    table = table_of(f"site;a;b;c\n{rows}\n".encode(), "t.csv")
    table = table.without(rows=range(0, 30_000, 2))
    assert table.numbers([1, 2]).sum() == sum(range(1, 30_000, 2)) + 15_000 * 2.5
    assert time.process_time() - start_s < 20
