"""`sera rules`: begin the rule files of a community, hold them against their schemas and themselves."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sera_coalition.deciding.rule import PURPOSE as DECIDING
from sera_coalition.deciding.rule import read_deciding_rule
from sera_coalition.deciding.rule import sample_text as deciding_text
from sera_coalition.rule_files import digest_of, purpose_of, read_rule_text, rule_path
from sera_coalition.surplus.rule import PURPOSE as SURPLUS
from sera_coalition.surplus.rule import read_surplus_rule
from sera_coalition.surplus.rule import sample_text as surplus_text
from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.terminal import echo
from sera_command.whose import whose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sera_coalition.rule_files import Rule

app = typer.Typer()

# By purpose: what reads its rule.
READERS: Final[Mapping[str, Callable[[str, str], Rule]]] = {
    DECIDING: read_deciding_rule,
    SURPLUS: read_surplus_rule,
}


# By purpose: the file that Sera brings, for a community to change.
SAMPLES: Final[Mapping[str, Callable[[str], str]]] = {
    DECIDING: deciding_text,
    SURPLUS: surplus_text,
}


@app.callback()
def rules() -> None:
    """Begin and check the rule files of a community."""


@app.command("new")
def new(
    purpose: Annotated[str, typer.Argument(help="What the file rules: deciding or surplus.")],
    community: Annotated[
        str, typer.Option("--community", help="Whose rule; may be left out where there is only one.")
    ] = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Write a rule file that says what holds without one, to be changed with an editor.

    A file that is there is left as it is. Pages show each change at once, and name what is wrong by line.
    """
    if purpose not in SAMPLES:
        raise BadInputError(f"{purpose!r} is no purpose of a rule; expected one of {', '.join(SAMPLES)}")
    with open_store(data) as store:
        own = whose(data, community, [one.id for one in store.registry.communities()])
    path = rule_path(data, purpose, own)
    try:
        path.parent.mkdir(exist_ok=True, mode=0o700)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(SAMPLES[purpose](own))
    except FileExistsError as error:
        raise BadInputError(f"{path} is there; change that file, or move it away first") from error
    except OSError as error:
        raise CannotWriteError(f"{path} cannot be written ({error.strerror}); make room") from error
    echo(f"{path} is written. Next: change it, then sera rules check {path}")


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
