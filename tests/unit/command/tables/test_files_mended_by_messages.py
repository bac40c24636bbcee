"""Files that people bring with a fault: what the message says, and the figure of the file mended by it.

Each was mended by somebody who read nothing but the message: `docs/methods/mended-files.md` has the table.
The right figures are worked out by hand, in the last column of a case.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

SURVEYS = (
    *("surveys", "{}", "--watch", "site", "--watch", "date"),
    *("--visits", "count", "--effort", "minutes", "--group", "group"),
)
LONG = ("diversity", "{}", "--site", "site", "--kind", "kind", "--count", "count")
DIVERSITY = ("diversity", "{}")
HEAD = "site,date,group,count,minutes\n"


class Case(NamedTuple):
    """A command, a file with a fault, what its message says, the mended file, and a right figure of that."""

    command: tuple[str, ...]
    broken: str
    says: tuple[str, ...]
    mended: str
    figure: tuple[str, ...]
    right: float


ELM = ("sites", "elm", "n")
CASES = {
    "a year beside the kinds": Case(
        DIVERSITY,
        "site,year,bee,fly\nelm,2025,3,2\noak,2025,4,1\n",
        ("column 2 (B1)", "'year' would be counted", "leave out columns that hold no counts"),
        "site,bee,fly\nelm,3,2\noak,4,1\n",
        ELM,
        3 + 2,
    ),
    "numbers of rows, as R writes them": Case(
        DIVERSITY,
        '"","site","bee"\n"1",1,3\n"2",2,4\n',
        ("'site' would be counted", "if it only numbers the rows, leave that one out"),
        "site,bee\n1,3\n2,4\n",
        ("sites", "1", "n"),
        3,
    ),
    "a place in degrees": Case(
        DIVERSITY,
        "site;Latitude;Longitude;bee\nelm;50;14;3\noak;51;14;4\n",
        ("'Latitude', 'Longitude' would be counted",),
        "site;bee\nelm;3\noak;4\n",
        ELM,
        3,
    ),
    "a long table without its options": Case(
        DIVERSITY,
        "site,kind,count\nelm,bee,3\nelm,fly,2\n",
        ("name their columns with --site, --kind and --count",),
        "kind,elm\nbee,3\nfly,2\n",
        ("sites", "bee", "n"),
        3,
    ),
    "an error of a formula": Case(
        DIVERSITY,
        "site,bee,fly\nelm,3,#DIV/0!\n",
        ("(C2): found '#DIV/0!'", "mend the formula"),
        "site,bee,fly\nelm,3,2\n",
        ELM,
        5,
    ),
    "a bound": Case(
        DIVERSITY,
        "site,bee,fly\nelm,<5,3\n",
        ("(B2): found '<5'", "a bound or a guess", "leave the row out"),
        "site,bee,fly\nelm,4,3\n",
        ELM,
        7,
    ),
    "a dash": Case(
        LONG,
        "site;kind;count\nelm;bee;3\nelm;fly;-\n",
        ("row 3, column 'count' (C3)", "none or not noted; write 0 where somebody looked"),
        "site;kind;count\nelm;bee;3\nelm;fly;0\n",
        ELM,
        3,
    ),
    "not noted": Case(
        DIVERSITY,
        "site,bee,fly\nelm,n/a,2\n",
        ("which is no zero", "leave the row or column out"),
        "site,fly\nelm,2\n",
        ELM,
        2,
    ),
    "blanks between thousands": Case(
        DIVERSITY,
        "site;bee;fly\nelm;1 234;12\n",
        ("(B2): found '1 234'", "write 1234"),
        "site;bee;fly\nelm;1234;12\n",
        ELM,
        1246,
    ),
    "a date that a spreadsheet made": Case(
        DIVERSITY,
        "site,bee,fly\nelm,3-Apr,2\n",
        ("found '3-Apr'", "It is a date"),
        "site,bee,fly\nelm,3,2\n",
        ELM,
        5,
    ),
    "a note below the table": Case(
        DIVERSITY,
        "site,bee,fly\nelm,3,2\n,,\nCounted by Ada,,\n",
        ("row 4", "'Counted by Ada' has nothing beside it; leave titles and notes out"),
        "site,bee,fly\nelm,3,2\n",
        ELM,
        5,
    ),
    "two rows of names": Case(
        DIVERSITY,
        "site,Bees,Flies\n,Bombus,Eristalis\nelm,3,2\n",
        ("(A2)", "leave a second row of columns' names"),
        "site,Bombus,Eristalis\nelm,3,2\n",
        ELM,
        5,
    ),
    "decimal commas between commas": Case(
        SURVEYS,
        HEAD + "elm,d1,bee,3,7,5\noak,d1,bee,1,10,0\n",
        ("row 1 has 5 cells where all rows below have 6", "quote numbers with a decimal comma"),
        HEAD + 'elm,d1,bee,3,"7,5"\noak,d1,bee,1,"10,0"\n',
        ("effort",),
        7.5 + 10,
    ),
    "a row that was cut off": Case(
        DIVERSITY,
        "site,bee,fly\nelm,3,2\noak,4\n",
        (
            "row 3 ('oak') has 2 cells; expected 3",
            "may have been cut off here",
            "complete it, or leave it out",
        ),
        "site,bee,fly\nelm,3,2\n",
        ELM,
        5,
    ),
    "one number split by its comma": Case(
        DIVERSITY,
        "site,bee,fly\nelm,3,2\noak,1,5,0\n",
        ("row 3 ('oak') has 4 cells", "quote a number with a decimal comma"),
        'site,bee,fly\nelm,3,2\noak,"1,0",0\n',
        ELM,
        5,
    ),
    "a web page as a workbook": Case(
        DIVERSITY,
        "<html><body><table><tr><td>site</td><td>bee</td></tr></table></body></html>",
        ("a web page (HTML)", "save the sheet as CSV"),
        "site,bee\nelm,3\n",
        ELM,
        3,
    ),
    "merged cells in surveys": Case(
        SURVEYS,
        HEAD + "elm,2026-05-01,bee,3,10\n,,fly,2,\noak,2026-05-01,bee,1,10\n",
        ("row 3, column 'site' (A3)", "merged over several rows", "--required 'site'"),
        HEAD + "elm,2026-05-01,bee,3,10\nelm,2026-05-01,fly,2,10\noak,2026-05-01,bee,1,10\n",
        ("rate", "value"),
        6 / 20,
    ),
    "merged cells in a long table": Case(
        LONG,
        "site,kind,count\nelm,bee,3\n,fly,2\n",
        ("row 3, column 'site' (A3)", "merged over several rows"),
        "site,kind,count\nelm,bee,3\nelm,fly,2\n",
        ELM,
        5,
    ),
    "one day in two forms": Case(
        SURVEYS,
        HEAD + "elm,3/4/2026,bee,3,10\nelm,03.04.2026,fly,2,10\n",
        ("'03.04.2026' is a date with points", "'3/4/2026' in row 2", "write all dates alike"),
        HEAD + "elm,2026-04-03,bee,3,10\nelm,2026-04-03,fly,2,10\n",
        ("rate", "value"),
        5 / 10,
    ),
    "a day as a number": Case(
        SURVEYS,
        HEAD + "elm,2026-04-03,bee,3,10\nelm,46115,fly,2,10\n",
        ("'46115' is a date as a spreadsheet's number of days",),
        HEAD + "elm,2026-04-03,bee,3,10\nelm,2026-04-03,fly,2,10\n",
        ("rate", "value"),
        5 / 10,
    ),
    "all names in another language": Case(
        SURVEYS,
        "site,Datum,Gruppe,Anzahl,Minuten\nelm,2026-05-01,bee,3,10\n",
        ("'date' (--watch), 'count' (--visits), 'minutes' (--effort), 'group' (--group)",),
        HEAD + "elm,2026-05-01,bee,3,10\n",
        ("rate", "value"),
        3 / 10,
    ),
    "a duration": Case(
        SURVEYS,
        HEAD + "elm,d1,bee,3,00:10:00\n",
        ("found '00:10:00'", "as 10 for ten minutes"),
        HEAD + "elm,d1,bee,3,10\n",
        ("effort",),
        10,
    ),
    "a unit in the cell": Case(
        SURVEYS,
        HEAD + "elm,d1,bee,3,10 min\n",
        ("found '10 min'", "write 10 alone", "'name [min]'"),
        HEAD.replace("minutes", "minutes [min]") + "elm,d1,bee,3,10\n",
        ("effort",),
        10,
    ),
    "a share in percent": Case(
        ("equity", "{}"),
        "value,weight\n41%,1200\n12%,800\n",
        ("(A2): found '41%'", "as 0.41 for 41%"),
        "value,weight\n0.41,1200\n0.12,800\n",
        ("gini",),
        0.29 / 2 / (0.41 + 0.12),
    ),
    "euros": Case(
        ("equity", "{}"),
        "value;weight\n1.234,50 €;1200\n999,90 €;800\n",
        ("found '1.234,50 €'", "write 1.234,50 alone"),
        "value [€];weight\n1.234,50;1200\n999,90;800\n",
        ("gini",),
        (1234.5 - 999.9) / 2 / (1234.5 + 999.9),
    ),
    "kilometres": Case(
        ("reach", "{}", "--reach-m", "800"),
        "place,residents,elm\nnorth,1000,0.4 km\n",
        ("found '0.4 km'", "one unit a column"),
        "place,residents,elm\nnorth,1000,400\n",
        ("mean",),
        1 / 1000,
    ),
    "degrees beside gardens": Case(
        ("reach", "{}", "--reach-m", "800"),
        "place,residents,lat,elm\nnorth,1000,50,900\nsouth,1000,51,400\n",
        ("(C1)", "'lat' would be read as metres to a garden"),
        "place,residents,elm\nnorth,1000,900\nsouth,1000,400\n",
        ("access", "north"),
        0,
    ),
    "a garden out of reach": Case(
        ("reach", "{}", "--reach-m", "800"),
        "place,residents,elm,oak\nnorth,1000,400,\n",
        ("(D2): found an empty cell", "any distance above --reach-m"),
        "place,residents,elm,oak\nnorth,1000,400,801\n",
        ("mean",),
        1 / 1000,
    ),
}


def figure(answer: Any, path: tuple[str, ...]) -> float:
    for name in path:
        answer = answer[name]
    return float(answer)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_file_is_mended_by_its_message_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], case: Case
) -> None:
    table = tmp_path / "table.csv"
    command = [word.format(table) for word in case.command]
    table.write_text(case.broken, encoding="utf-8")
    assert main(command) == ExitCode.BAD_INPUT
    output = capsys.readouterr()
    assert output.out == ""
    for words in case.says:
        assert words in output.err
    table.write_text(case.mended, encoding="utf-8")
    command = [
        word for word in command if case.mended[:4] != "kind" or word == command[0] or word == str(table)
    ]
    assert main([*command, "--json"]) == ExitCode.DONE
    assert figure(json.loads(capsys.readouterr().out), case.figure) == pytest.approx(case.right)


def test_rows_without_a_survey_are_left_out_where_nobody_was_seen_or_somebody_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.csv"
    command = [word.format(table) for word in SURVEYS]
    table.write_text(HEAD + "elm,d1,bee,3,10\nelm,,NA,NA,10\noak,,bee,0,10\n", encoding="utf-8")
    assert main(command) == ExitCode.DONE
    assert "2 rows left out" in capsys.readouterr().out
    table.write_text(HEAD + "elm,d1,bee,3,10\nelm,NA,bee,4,10\n", encoding="utf-8")
    assert main(command) == ExitCode.BAD_INPUT
    assert "(B3): found 'NA'" in capsys.readouterr().err
    assert main([*command, "--required", "date"]) == ExitCode.DONE
    assert "1 row left out" in capsys.readouterr().out
