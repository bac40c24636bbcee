"""Which community a verb is about: the one that is named, or the only one that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_command.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


COMMUNITY: Final = "community"
_BEGIN: Final = {COMMUNITY: "`sera community new` enters one"}
_ENTERED: Final = "it begins with the first thing that somebody enters on the pages"


def whose(data: Path, named: str, there: Sequence[str], what: str = COMMUNITY) -> str:
    """Return the id of the community that a verb is about.

    Parameters
    ----------
    named
        With `--community`; empty where it is left out.
    there
        Communities that have something of the kind.
    what
        The kind, for the message: `chronicle`; a community itself where it is left out.

    Raises
    ------
    BadInputError
        Nothing of the kind is there, the named one has none, or it has to be named.
    """
    if named in there:
        return named
    if not there:
        raise BadInputError(
            f"{data} has no {what} yet: {_BEGIN.get(what, _ENTERED)}. Name another folder with --data"
        )
    listed = ", ".join(there)
    if named:
        of_named = repr(named) if what == COMMUNITY else f"of {named}"
        raise BadInputError(f"{data} has no {what} {of_named}; there are: {listed}")
    if len(there) > 1:
        raise BadInputError(f"{data} has several: {listed}. Name one with --community")
    return there[0]
