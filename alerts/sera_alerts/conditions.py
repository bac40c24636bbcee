"""What holds now, as the alerts see it: one condition a finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sera_quality.fleet import judge_fleet
from sera_quality.installation import judge_installation
from sera_vocabulary.alert_rules import INSTALLATION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_quality.fleet import Judgement
    from sera_quality.installation import InstallationFacts
    from sera_quality.node_facts import NodeFacts
    from sera_words.coded import Argument


@dataclass(frozen=True, slots=True)
class Condition:
    """One finding of one node, or of the installation itself.

    Parameters
    ----------
    node, garden
        Their ids; `INSTALLATION` and the empty text for that.
    code
        Of `sera_vocabulary.alert_rules.RULES`.
    place
        Which column or position it is about; empty for the node as a whole.
    severity
        Of `sera_vocabulary.alert_rules`.
    arguments
        Those of the finding.
    """

    node: str
    garden: str
    code: str
    place: str
    severity: int
    arguments: dict[str, Argument]

    @property
    def key(self) -> str:
        """What makes it the same one from look to look."""
        return f"{self.node} {self.code} {self.place}".strip()


def conditions(fleet: Sequence[NodeFacts], at_s: int) -> list[Condition]:
    """Judge a fleet as `sera fleet` does, and return what holds, the worst first.

    Parameters
    ----------
    fleet
        What is known of each node.
    at_s
        Now, Unix time [s].
    """
    return [
        _condition(report.facts, judgement)
        for report in judge_fleet(fleet, at_s)
        for judgement in report.judgements
    ]


def installation_conditions(facts: InstallationFacts) -> list[Condition]:
    """Judge the installation itself, and return what holds."""
    return [
        Condition(
            INSTALLATION,
            "",
            judgement.finding.code,
            str(judgement.finding.arguments.get("holder") or judgement.finding.arguments.get("output", "")),
            judgement.severity,
            judgement.finding.arguments,
        )
        for judgement in judge_installation(facts)
    ]


def _condition(facts: NodeFacts, judgement: Judgement) -> Condition:
    finding = judgement.finding
    name, place = (str(finding.arguments.get(key, "")) for key in ("name", "place"))
    return Condition(
        facts.node,
        facts.garden,
        finding.code,
        f"{name}{place}" or str(finding.arguments.get("position", "")),
        judgement.severity,
        finding.arguments,
    )
