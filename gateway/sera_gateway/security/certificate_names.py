"""Common names of certificates: the holder's id and a generation, `elm-1.2`.

Brokers grant rights by common name. A lost key is shut out by its name, and its holder keeps the id.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from sera_vocabulary import topics

_GENERATION: Final = re.compile(r"[1-9][0-9]{0,8}")


class CertificateName(NamedTuple):
    """A common name taken apart."""

    holder: str
    generation: int


def common_name(holder: str, generation: int) -> str:
    """Build the common name of a holder's certificate: `common_name("elm-1", 2)` is `elm-1.2`."""
    return f"{holder}.{generation}"


def parse(name: str) -> CertificateName | None:
    """Parse a common name; return None where it is not one of Sera's certificates."""
    holder, _, generation = name.rpartition(".")
    if not topics.is_name(holder) or _GENERATION.fullmatch(generation) is None:
        return None
    return CertificateName(holder, int(generation))
