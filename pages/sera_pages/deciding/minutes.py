"""The minutes of a decision as Markdown that says what people wrote, and does nothing that they wrote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sera_coalition.deciding.steps import State, StepKind
from sera_coalition.rule_files import digest_of
from sera_pages.deciding.wording import rows_of, rule_sentences, sums_of, title_of

if TYPE_CHECKING:
    from sera_coalition.deciding.decision import Decision
    from sera_pages.deciding.wording import StepRow
    from sera_words.sentences import Sentences

# CommonMark 0.31, section 2.4: a backslash before punctuation makes it a character as others are. What means
# nothing inside a line has none, so that the file reads well as it is. Of GitHub's dialect an address, a
# person and a sign between colons would be more than characters.
_MARKS: Final = re.compile(r"([\\`*_\[\]{}<>&~|$@^]|:(?=[^\s\d])|(?<=www)\.)", re.IGNORECASE)
# What begins a heading, a list, a table, a line or a definition.
_BEGINS: Final = re.compile(r"^([#+=:-])|^(\d+)([.)])")


def escaped(text: str) -> str:
    r"""Return a text of one line so that Markdown shows it as it is.

    Examples
    --------
    >>> escaped("# *not* a [head](x)")
    '\\# \\*not\\* a \\[head\\](x)'
    """
    line = _MARKS.sub(r"\\\1", " ".join(text.split()))
    return _BEGINS.sub(lambda match: f"{match[2] or ''}\\{match[3] or match[1]}", line)


def paragraphs(text: str) -> str:
    """Return a text of several lines as paragraphs, each shown as it is."""
    lines = [escaped(line) for line in text.splitlines()]
    return "\n\n".join(line for line in lines if line)


def minutes_of(words: Sentences, decision: Decision, where: str, rule_text: str, head: str) -> str:
    """Write the minutes of a decision.

    Parameters
    ----------
    words
        Sentences in the language of the minutes.
    decision
        Open, or ended.
    where
        Where it is, as a sentence.
    rule_text
        Text of the rule with which it began.
    head
        Head of the chronicle as words, which shows later that nothing was changed.

    Returns
    -------
    str
        CommonMark, with a line end at its end.
    """
    say = words.say
    parts = [f"# {escaped(title_of(words, decision))}", escaped(where)]
    parts += _texts(words, decision)
    if decision.result is not None:
        parts += [f"## {escaped(say('decide.result'))}", _points(sums_of(words, decision.result))]
    parts += _objections(words, decision)
    parts += _comments(words, decision)
    if decision.rule is not None:
        sentences = [*rule_sentences(words, decision.rule)]
        parts += [f"## {escaped(say('decide.rule'))}", _points(sentences)]
        parts += [escaped(say("decide.rule_digest", digest=digest_of(rule_text)))]
    if head:
        parts += [f"## {escaped(say('decide.chronicle'))}", escaped(say("decide.chronicle_hint"))]
        numbers = ", ".join(str(step.number) for step in decision.steps)
        parts += [_points([say("decide.entries", numbers=numbers), say("decide.head", head=head)])]
    return "\n\n".join(part for part in parts if part) + "\n"


def _points(sentences: list[str]) -> str:
    return "\n".join(f"- {escaped(sentence)}" for sentence in sentences)


def _texts(words: Sentences, decision: Decision) -> list[str]:
    """Write the text that was decided, or that was proposed last, and its reasons."""
    text = rows_of(words, decision, StepKind.PROPOSAL)[-1]
    decided = decision.result.text if decision.result is not None else ""
    reasons = text.parts.get("reasons", "")
    heading = "decide.decided_text" if decision.state is State.DECIDED else "decide.text"
    return [
        f"## {escaped(words.say(heading))}",
        paragraphs(decided or text.parts.get("text", "") or text.notice),
        *((f"## {escaped(words.say('decide.reasons'))}", paragraphs(reasons)) if reasons else ()),
        escaped(text.by),
    ]


def _objections(words: Sentences, decision: Decision) -> list[str]:
    rows = rows_of(words, decision, StepKind.OBJECTION)
    standing, lifted = [row for row in rows if row.stands], [row for row in rows if not row.stands]
    has_ended = decision.state is not State.OPEN
    first = "decide.minority" if has_ended else "decide.objections"
    parts = [f"## {escaped(words.say(first))}", *_words_of(words, standing)] if standing else []
    if lifted:
        parts += [f"## {escaped(words.say('decide.lifted_objections'))}", *_words_of(words, lifted)]
    return parts or [
        f"## {escaped(words.say('decide.objections'))}",
        escaped(words.say("decide.no_objections")),
    ]


def _words_of(words: Sentences, rows: list[StepRow]) -> list[str]:
    parts = []
    for number, row in enumerate(rows, 1):
        parts.append(f"### {number}")
        if row.notice:
            parts.append(escaped(row.notice))
        else:
            parts += [f"**{escaped(words.say('decide.reason'))}**", paragraphs(row.parts["reason"])]
            parts += [f"**{escaped(words.say('decide.change'))}**", paragraphs(row.parts["change"])]
        parts += [escaped(row.by), escaped(row.status)]
    return parts


def _comments(words: Sentences, decision: Decision) -> list[str]:
    rows = rows_of(words, decision, StepKind.COMMENT)
    if not rows:
        return []
    parts = [f"## {escaped(words.say('decide.comments'))}"]
    for number, row in enumerate(rows, 1):
        parts += [f"### {number}", paragraphs(row.parts.get("text", "") or row.notice), escaped(row.by)]
    return parts
