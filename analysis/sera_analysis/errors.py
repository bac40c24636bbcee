"""What can go wrong in the analysis."""

from __future__ import annotations


class AnalysisError(Exception):
    """Base class of the analysis's errors; the message says what was found and what was expected."""


class InvalidSampleError(AnalysisError, ValueError):
    """A sample is no table of counts or of incidence frequencies."""


class InvalidOrderError(AnalysisError, ValueError):
    """An order of diversity, a confidence or a number of replicates lies outside its span."""


class UnknownGardenError(AnalysisError, KeyError):
    """A garden was asked for that the registry does not know."""

    def __init__(self, garden: str, registered: tuple[str, ...]) -> None:
        self.garden = garden
        self.registered = registered
        super().__init__(garden)

    def __str__(self) -> str:
        names = ", ".join(self.registered) or "none"
        return f"garden {self.garden!r} is not in the registry; known gardens: {names}"


class EngineMissingError(AnalysisError):
    """An engine was asked for that is not installed here."""

    def __init__(self, engine: str, extra: str) -> None:
        super().__init__(
            f"the engine {engine} is not installed; get it with pip install 'sera-gardens[{extra}]', "
            "or leave --engine out"
        )


class NoFiguresError(AnalysisError):
    """A place is registered and has no figure, not even one that says what is missing."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(
            f"{place} has no figures: they are made from its first reading on, by `sera up` or `sera analyse "
            "run`; `sera completeness` says which nodes have sent any"
        )


class UnknownPlaceError(AnalysisError):
    """An id was given that is no garden, district or community."""

    def __init__(self, place: str, near: list[str]) -> None:
        self.near = near
        super().__init__(
            f"{place!r} is no garden, district or community{_meant(near)}; `sera garden list` lists gardens"
        )


class UnknownIndexError(AnalysisError):
    """An index was given of which there is no figure."""

    def __init__(self, index: str, near: list[str]) -> None:
        self.near = near
        super().__init__(
            f"no figure here is of the index {index!r}{_meant(near)}; `sera figures` lists all figures"
        )


def _meant(near: list[str]) -> str:
    return f"; did you mean {' or '.join(near)}?" if near else ""


class UnknownResultError(AnalysisError):
    """A name or number was given that means no figure, or several."""

    def __init__(self, name: str, near: list[str], matches: int) -> None:
        self.name = name
        self.near = near
        summary = f"{matches} figures begin with {name!r}" if matches else f"no figure is called {name!r}"
        examples = f": {', '.join(near)}" if matches else _meant(near)
        super().__init__(
            f"{summary}{examples}; expected a change number, or PLACE/INDEX/WINDOW/FIRST-DATE and the group "
            "if it has one, as `sera figures` lists them"
        )
