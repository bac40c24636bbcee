"""Phones that draw: copies of one document that are changed apart and merged."""

from __future__ import annotations

from typing import Any

from pycrdt import Doc, Map

from sera_commons.designs.document import BED, PLANTS, Bed, Design, first_update, read_design, rectangle

BED_OF_TWO = Bed(rectangle(2, 1), "By the gate", "full", "low", ("front",))
START = first_update(BED_OF_TWO)


class Phone:
    """A copy of a drawing, as a phone has it."""

    def __init__(self, *updates: bytes) -> None:
        self.document: Doc[Any] = Doc()
        self.sent: list[bytes] = []
        for update in updates:
            self.document.apply_update(update)
        self._subscription = self.document.observe(lambda event: self.sent.append(event.update))

    @property
    def plants(self) -> Any:
        return self.document.get(PLANTS, type=Map)

    def put(self, plant: str, taxon: str, x: float, y: float, **more: Any) -> None:
        self.plants[plant] = Map({"taxon": taxon, "at": [x, y], **more})

    def move(self, plant: str, x: float, y: float) -> None:
        self.plants[plant]["at"] = [x, y]

    def remove(self, plant: str) -> None:
        if plant in self.plants.to_py():
            del self.plants[plant]

    def name(self, title: str) -> None:
        self.document.get(BED, type=Map)["title"] = title

    def design(self) -> Design:
        return read_design(self.document)


def new_phone(bed: Bed = BED_OF_TWO) -> Phone:
    return Phone(first_update(bed))


def drawn(*plants: tuple[str, float, float], bed: Bed = BED_OF_TWO) -> Design:
    phone = new_phone(bed)
    for number, (taxon, x, y) in enumerate(plants):
        phone.put(f"{number:08x}", taxon, x, y)
    return phone.design()
