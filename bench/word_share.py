"""Prints how many names in 1,000 are a pronoun or a participle instead of a noun, by room; never fails.

    python bench/word_share.py [--words] [FOLDER ...]

counts all packages where no folder is named, and with --words lists the words. A name says what a thing
is: `rows`, `record`, `existing_keys`. Codebases of the field have up to 6 such words in 1,000; the aim is
under 5 in the whole tree. It is a number to look at and no gate, since a gate breeds synonyms.
"""

from __future__ import annotations

import argparse
import io
import keyword
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
    )
)  # fmt: skip


def identifiers(source: str) -> Iterator[str]:
    """Iterate over all names in a source, as often as each stands there; keywords and texts are none."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            yield token.string


def count_words(source: str) -> tuple[int, Counter[str]]:
    """Return how many names a source has, and how often each of the words is one of them.

    Underscores around a name do not count: `_found` is `found`, `found_rows` is a noun.
    """
    names = [name.strip("_") for name in identifiers(source)]
    return len(names), Counter(name for name in names if name in WORDS)


def count_folder(folder: Path) -> tuple[int, Counter[str]]:
    """Return the sums of `count_words` over a file, or over all Python files below a folder."""
    total, words = 0, Counter[str]()
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]:
        names, counts = count_words(path.read_text(encoding="utf-8"))
        total += names
        words += counts
    return total, words


def line(label: str, total: int, words: Counter[str]) -> str:
    """Return a row of what is printed."""
    share = 1000 * words.total() / total if total else 0.0
    return f"{label:34} {share:5.1f} in 1,000 of {total:7,} names"


def main(arguments: list[str]) -> None:
    """Print a row for each folder and one for all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, help="files or folders, else all packages")
    parser.add_argument("--words", action="store_true", help="also list the words")
    options = parser.parse_args(arguments)
    total, words = 0, Counter[str]()
    for folder in options.folders or sorted(path for path in ROOT.glob("*/sera_*") if path.is_dir()):
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
