"""The surplus tables of each community, opened once and held for all threads that serve pages."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sera_coalition.errors import RuleFileError
from sera_coalition.surplus.rule import load_rule, rule_without_file
from sera_coalition.surplus.schema import FOLDER, communities_with_table
from sera_coalition.surplus.table import SurplusTable
from sera_coalition.surplus.word_key import COST, WordKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_coalition.surplus.rows import OpenOffer
    from sera_coalition.surplus.rule import SurplusRule
    from sera_gateway.process.logs import JsonLog
    from sera_store.registry.registry import Person


class SurplusTables:
    """The tables of an installation, by community.

    Parameters
    ----------
    data
        The data folder.
    clock
        Unix time [s].
    log
        Where a rule file that cannot be used is told.
    cost
        Of scrypt, for words.
    """

    def __init__(self, data: Path, clock: Callable[[], float], log: JsonLog, cost: int = COST) -> None:
        self._data = data
        self._clock = clock
        self._log = log
        self._cost = cost
        self._lock = threading.Lock()
        self._tables: dict[str, SurplusTable] = {}
        self._rules: dict[str, SurplusRule] = {}

    def of(self, community: str) -> SurplusTable:
        """Return the table of a community, begun where there is none.

        Raises
        ------
        StoreUnusableError
            It cannot be used; the message names the path and the remedy.
        """
        with self._lock:
            if community not in self._tables:
                key = WordKey.open(self._data / FOLDER, self._cost)
                self._tables[community] = SurplusTable.open(
                    self._data, community, key, lambda: self.rule(community), clock=self._clock
                )
            return self._tables[community]

    def find(self, community: str) -> SurplusTable | None:
        """Return the table of a community; None where nothing was ever given or looked for there."""
        if community not in self._tables and community not in communities_with_table(self._data):
            return None
        return self.of(community)

    def all(self) -> list[SurplusTable]:
        """List the tables that there are."""
        return [self.of(community) for community in communities_with_table(self._data)]

    def by_giver(self, person: Person) -> list[OpenOffer]:
        """List the open offers of a person."""
        table = self.find(person.community)
        return table.by_giver(person.id) if table is not None else []

    def take_back_all(self, person: Person) -> None:
        """Delete the open offers of a person, for good: they leave."""
        table = self.find(person.community)
        if table is not None:
            table.take_back_all(person.id)

    def rule(self, community: str) -> SurplusRule:
        """Return the rule of a community; while its file cannot be used, the one that held before."""
        try:
            rule = self._rules[community] = load_rule(self._data, community)
        except RuleFileError as error:
            self._log.warning("surplus_rule_unusable", community=community, detail=str(error))
            return self._rules.setdefault(community, rule_without_file(community))
        return rule

    def rule_problem(self, community: str) -> str:
        """Return what is wrong with a community's rule file; the empty text where nothing is."""
        try:
            load_rule(self._data, community)
        except RuleFileError as error:
            return str(error)
        return ""

    def close(self) -> None:
        """Close the tables."""
        with self._lock:
            for table in self._tables.values():
                table.close()
            self._tables.clear()
