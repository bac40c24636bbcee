"""Look at a database without opening it for writing: is it ours, whole, and of which schema."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class DatabaseCondition(NamedTuple):
    """What looking at one database file found.

    Parameters
    ----------
    schema
        Schema steps that it has taken; 0 where it cannot be read.
    problem
        What is wrong with it, in words; empty where nothing is.
    """

    schema: int
    problem: str


def inspect_database(path: Path, application_id: int, newest_schema: int) -> DatabaseCondition:
    """Read a database through, and change nothing, not even its schema.

    Parameters
    ----------
    path
        The file.
    application_id
        SQLite's number of that name, by which a file of ours is recognised.
    newest_schema
        How many schema steps this version of Sera knows.

    Notes
    -----
    SQLite's `quick_check` reads every page of tables, but does not compare indices with them.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            schema = int(connection.execute("PRAGMA user_version").fetchone()[0])
            mark = int(connection.execute("PRAGMA application_id").fetchone()[0])
            if mark != application_id:
                return DatabaseCondition(schema, "is a database of another program")
            if schema > newest_schema:
                return DatabaseCondition(
                    schema, f"has schema {schema}, and this Sera knows {newest_schema}: a newer one wrote it"
                )
            answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            # Of several lines the last one names what is wrong.
            return DatabaseCondition(schema, "" if answer == "ok" else answer.splitlines()[-1])
    except sqlite3.Error as error:
        return DatabaseCondition(0, f"cannot be read ({error})")
