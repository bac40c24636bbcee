"""The licences under which hosts and people give what is of their garden, or counted by them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

NO_LICENCE: Final = "none"
"""For the uses that were agreed to alone."""


class Licence(StrEnum):
    """A licence that GBIF takes, from the widest to the narrowest."""

    CC0 = "cc0"
    CC_BY = "cc-by"
    CC_BY_NC = "cc-by-nc"

    @property
    def deed(self) -> LicenceDeed:
        """Its name and addresses."""
        return _DEEDS[self]

    def may_be_under(self, other: Licence) -> bool:
        """Return whether what is given under this licence may be in an output that is under another.

        Examples
        --------
        >>> Licence.CC0.may_be_under(Licence.CC_BY), Licence.CC_BY_NC.may_be_under(Licence.CC_BY)
        (True, False)
        """
        return _ORDER.index(self) <= _ORDER.index(other)


class LicenceDeed(NamedTuple):
    """What files say of a licence.

    Parameters
    ----------
    spdx
        Identifier in the list of SPDX.
    name
        Its name for people: `CC BY 4.0`.
    title
        Its name as in GBIF's list.
    url
        Address of its legal code, as GBIF reads it.
    page
        Address of its summary for people.
    """

    spdx: str
    name: str
    title: str
    url: str
    page: str


def narrowest(*licences: Licence) -> Licence:
    """Return the narrowest of some licences, under which all of them may be together; CC0 of none."""
    return max(licences, key=_ORDER.index, default=Licence.CC0)


_ORDER = tuple(Licence)
_CODE = "http://creativecommons.org/{}/legalcode"
_PAGE = "https://creativecommons.org/{}/"
_PATHS = {
    Licence.CC0: ("CC0-1.0", "CC0 1.0", "CC0 1.0", "publicdomain/zero/1.0"),
    Licence.CC_BY: ("CC-BY-4.0", "CC BY 4.0", "Creative Commons Attribution (CC-BY) 4.0", "licenses/by/4.0"),
    Licence.CC_BY_NC: (
        "CC-BY-NC-4.0",
        "CC BY-NC 4.0",
        "Creative Commons Attribution Non Commercial (CC-BY-NC) 4.0",
        "licenses/by-nc/4.0",
    ),
}
_DEEDS = {
    licence: LicenceDeed(spdx, name, title, _CODE.format(path), _PAGE.format(path))
    for licence, (spdx, name, title, path) in _PATHS.items()
}
