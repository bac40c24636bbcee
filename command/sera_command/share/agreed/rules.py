"""`sera rules`: hold the rule files of a community against their schemas and against themselves."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sera_coalition.deciding.rule import PURPOSE as DECIDING
from sera_coalition.deciding.rule import read_deciding_rule
from sera_coalition.rule_files import digest_of, purpose_of, read_rule_text
from sera_coalition.surplus.rule import PURPOSE as SURPLUS
from sera_coalition.surplus.rule import read_surplus_rule
from sera_command.errors import BadInputError
from sera_command.terminal import echo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sera_coalition.rule_files import Rule

app = typer.Typer()

# By purpose: what reads its rule.
READERS: Final[Mapping[str, Callable[[str, str], Rule]]] = {
    DECIDING: read_deciding_rule,
    SURPLUS: read_surplus_rule,
}


@app.callback()
def rules() -> None:
    """Check the rule files of a community."""


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A rule file, in TOML.")],
) -> None:
    """Read a rule file, and name what is wrong with it by line; keys that contradict each other both.

    Its last line is its digest, which a proposal keeps, to be compared with what was agreed on.
    """
    text = read_rule_text(file)
    purpose = purpose_of(text, file.name)
    if purpose not in READERS:
        raise BadInputError(
            f"{file.name}: `purpose` {purpose!r} is not known; expected one of {', '.join(READERS)}"
        )
    rule = READERS[purpose](text, file.name)
    echo(f"{file.name}: a rule of {rule.community} for {rule.purpose}, without contradictions")
    echo(f"sha256: {digest_of(text)}")
