"""Prints how many names in 1,000 are a pronoun or a participle instead of a noun, by room; never fails.

    python bench/word_share.py [--words] [FOLDER ...]

counts all packages, tests and benchmarks where no folder is named, and with --words lists the words. A name
counts where any of its words is one of these: `kept_s` and `found_rows` count like `kept` and `found`. A name
says what a thing is: `rows`, `record`, `existing_keys`. Codebases of the field have up to 6 such words in
1,000; the aim is under 4 in each folder. It is a number to look at and no gate, since a gate breeds synonyms.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import io
import keyword
import re
import sys
import tokenize
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[1]

WORDS: Final = frozenset(
    (
        "asked", "chosen", "each", "everything", "found", "given", "gone", "held", "here", "kept", "known",
        "made", "named", "nothing", "one", "others", "passed", "said", "seen", "shown", "taken", "those",
        "told", "tried", "troubled", "wanted", "what", "which", "who",
        # Their other forms, and the pronouns beside them.
        "asking", "choosing", "giving", "holding", "keeping", "knowing", "saying", "seeing", "taking",
        "telling", "wanting", "another", "alone", "heard", "hearing", "hosted", "looks", "past", "passing",
        "spoken", "together", "touched", "watched", "wired", "wishes",
        "anything", "everybody", "everyone", "it", "mine",
        "nobody", "ours", "somebody", "someone", "something", "such", "that", "theirs", "them", "these",
        "they", "this", "whom", "whose", "yours",
    )
)  # fmt: skip

# A predicate says whether something is so, and a test's name is a sentence.
_SENTENCE: Final = re.compile(r"_*(is|are|has|have|was|were|test)_")
_BEFORE_NOUNS: Final = frozenset(("one", "this", "these"))
_WORD_ENDS: Final = re.compile(r"_|(?<=[a-z0-9])(?=[A-Z])")


def identifiers(source: str) -> Iterator[str]:
    """Iterate over all names in a source, as often as each stands there; keywords and texts are none."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            yield token.string


def foreign_names(source: str, own_modules: frozenset[str]) -> set[str]:
    """Return a source's names of libraries: `given` of hypothesis and `shutil.which` are none of ours."""
    nodes = list(ast.walk(ast.parse(source)))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    foreign = [node for node in imports if (node.module or "").partition(".")[0] not in own_modules]
    names = {alias.asname or alias.name for node in foreign for alias in node.names}
    aliases = [alias for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    modules = {
        alias.asname or alias.name for alias in aliases if alias.name.partition(".")[0] not in own_modules
    }
    attributes = [
        node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    ]
    return names | {node.attr for node in attributes if getattr(node.value, "id", "") in modules | names}


def private_word(name: str) -> str:
    """Return the first of a name's words that is one of the words; otherwise the empty text.

    In front of a noun `one` is a number, and `this` and `these` are no pronouns.

    Examples
    --------
    >>> private_word("_found"), private_word("rows_found"), private_word("GardenKept"), private_word("kept_s")
    ('found', 'found', 'kept', 'kept')
    >>> private_word("THESE_NODES"), private_word("is_known"), private_word("test_a_word_is_said")
    ('', '', '')
    """
    if _SENTENCE.match(name) or hasattr(builtins, name):
        return ""
    *first, last = (word.lower() for word in _WORD_ENDS.split(name.strip("_")))
    return next(
        (word for word in [*(word for word in first if word not in _BEFORE_NOUNS), last] if word in WORDS), ""
    )


def count_words(source: str, own_modules: frozenset[str] = frozenset()) -> tuple[int, Counter[str]]:
    """Return how many names a source has, and how many have each of the words.

    Underscores around a name do not count: `_found` is `found`.
    """
    names, foreign = list(identifiers(source)), foreign_names(source, own_modules)
    words = [private_word(name) for name in names if name not in foreign]
    return len(names), Counter([word for word in words if word])


def modules_of(root: Path) -> frozenset[str]:
    """Return the names that modules and packages of ours are imported by."""
    packages = {path.name for path in root.glob("*/sera_*")}
    beside = [path for folder in ("tests", "bench", "deploy") for path in (root / folder).rglob("*.py")]
    return frozenset(packages | {path.stem for path in beside} | {path.parent.name for path in beside})


def count_folder(folder: Path) -> tuple[int, Counter[str]]:
    """Return the sums of `count_words` over a file, or over all Python files below a folder."""
    total, words, own_modules = 0, Counter[str](), modules_of(ROOT)
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]:
        names, counts = count_words(path.read_text(encoding="utf-8"), own_modules)
        total += names
        words += counts
    return total, words


def all_folders(root: Path) -> list[Path]:
    """Return the folders of all packages, of the tests and of the benchmarks."""
    return [*sorted(path for path in root.glob("*/sera_*") if path.is_dir()), root / "bench", root / "tests"]


def line(label: str, total: int, words: Counter[str]) -> str:
    """Return a row of what is printed."""
    share = 1000 * words.total() / total if total else 0.0
    return f"{label:34} {share:5.1f} in 1,000 of {total:7,} names"


def main(arguments: list[str]) -> None:
    """Print a row for each folder and one for all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, help="files or folders, else all there is")
    parser.add_argument("--words", action="store_true", help="also list the words")
    options = parser.parse_args(arguments)
    total, words = 0, Counter[str]()
    for folder in options.folders or all_folders(ROOT):
        names, counts = count_folder(folder)
        label = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
        print(line(str(label), names, counts))
        total += names
        words += counts
    print(line("pronouns and participles as names", total, words))
    if options.words:
        print(", ".join(f"{word} {count}" for word, count in words.most_common()))


if __name__ == "__main__":
    main(sys.argv[1:])
