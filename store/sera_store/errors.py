"""What can go wrong in the store, for callers that can do something about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class StoreError(Exception):
    """Base of all errors of the store."""


class StoreUnusableError(StoreError):
    """The folder or database cannot be opened, read or written.

    Parameters
    ----------
    path
        File or folder that cannot be used.
    problem
        What was found there.
    remedy
        What to do next.
    """

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        super().__init__(f"{path}: {problem}; {remedy}")
        self.path = path
        self.problem = problem
        self.remedy = remedy


class UnknownNameError(StoreError):
    """A community, garden, node or other name is not in the registry."""


class InvalidEntryError(StoreError):
    """Something offered to the store does not fit its rules."""


class FieldError(Exception):
    """A field that somebody filled in is not what it may be; rooms make their own error of it.

    Parameters
    ----------
    field
        The field, as `reason`.
    code
        What is wrong, as `too_long`: pages have a sentence for it.
    message
        The same in a sentence, with what was expected and what to do.
    arguments
        What stands in the pages' sentence.
    """

    def __init__(self, field: str, code: str, message: str, **arguments: Any) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.code = code
        self.arguments = arguments


class RejectedEntriesError(InvalidEntryError):
    """Some of the entries offered together cannot be entered, and none was.

    Parameters
    ----------
    problems
        What is wrong with each, by its index.
    """

    def __init__(self, problems: dict[int, str]) -> None:
        super().__init__("; ".join(problems.values()) + "; nothing was entered")
        self.problems = problems


class ExtraMissingError(StoreError):
    """A library that only an optional extra brings is not installed.

    Parameters
    ----------
    library
        The library's name.
    extra
        The extra that brings it.
    """

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed; get it with: pip install 'sera-gardens[{extra}]'")
        self.library = library
        self.extra = extra


class FollowerAwayError(StoreError):
    """A follower's target is away or overloaded: try again later, nothing is left out.

    Parameters
    ----------
    follower
        Name of the follower's cursor.
    reason
        What the target answered, if anything.
    """

    def __init__(self, follower: str, reason: str) -> None:
        super().__init__(f"follower {follower} waits: {reason}")
        self.follower = follower
        self.reason = reason


class FollowerPausedError(StoreError):
    """A follower's target refuses all writes until a person mends the reason.

    Parameters
    ----------
    follower
        Name of the follower's cursor.
    reason
        What the target answered, and what to do.
    """

    def __init__(self, follower: str, reason: str) -> None:
        super().__init__(f"follower {follower} pauses: {reason}")
        self.follower = follower
        self.reason = reason


class JobStuckError(StoreError):
    """A job has come no further in a part of its work, and would go on for ever.

    Parameters
    ----------
    kind, node, name
        The job.
    position
        Where it stands.
    """

    def __init__(self, kind: str, node: str, name: str, position: int) -> None:
        super().__init__(
            f"job {kind!r} of node {node!r} ({name}) stands still at {position}; each part of a job has to "
            "end beyond the one before it: please report this with the journal of that node"
        )
        self.kind = kind
        self.node = node


class TableError(StoreError):
    """A table that somebody keeps cannot be read, or can be read in two ways.

    Parameters
    ----------
    source
        The file.
    problem
        Row, column, what stands there, what was expected, and what to do.
    """

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{source}: {problem}")
        self.source = source
        self.problem = problem
