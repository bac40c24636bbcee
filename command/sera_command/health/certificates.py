"""Check of when certificates end: those of the authority, and those that a gateway's settings name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from sera_command.health.check import Check, State
from sera_command.health.limits import LIMITS
from sera_gateway.errors import AuthorityError
from sera_gateway.security.authority import Authority
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_command.health.check import Examined


def certificates(examined: Examined) -> Iterator[Check]:
    """Name each certificate that ended or soon ends; else say which one ends first."""
    try:
        ends = list(certificate_ends(examined))
    except (AuthorityError, ValueError, OSError) as error:
        step = "bring the keys back from a backup: `sera restore`"
        yield Check("certificates", State.FAIL, f"cannot be read: {error}", step)
        return
    limit = LIMITS["certificate"]
    left = sorted(((end.timestamp() - examined.now_s) / DAY_S, name, end) for name, end in ends)
    soon = [row for row in left if row[0] < limit.warn]
    for days, name, end in soon:
        state = State.FAIL if days <= limit.fail else State.WARN
        text = f"{name} ended on {end:%Y-%m-%d}" if days <= 0 else f"{name} ends in {days:.0f} days"
        yield Check("certificates", state, text, _remedy(name))
    if left and not soon:
        days, name, end = left[0]
        yield Check("certificates", State.OK, f"the first to end is {name}, on {end:%Y-%m-%d}")


def certificate_ends(examined: Examined) -> Iterator[tuple[str, datetime]]:
    """Return by name when certificates end: of the authority, of all that it issued, of files in settings."""
    yield from _of_authority(examined)
    yield from _of_settings(examined)


def _of_authority(examined: Examined) -> Iterator[tuple[str, datetime]]:
    folder = examined.folder / "authority"
    # Opening an authority that is not there would make one.
    if folder.is_dir():
        authority = Authority.open(folder, lambda: datetime.fromtimestamp(examined.now_s, UTC))
        for expiry in authority.expiries():
            yield expiry.name, expiry.ends


def _of_settings(examined: Examined) -> Iterator[tuple[str, datetime]]:
    """Iterate over the ends of certificates in files that the authority of this folder has not issued."""
    if examined.settings is None:
        return
    broker = examined.settings.broker
    for name in filter(None, (broker.cert_file, broker.ca_file)):
        path = Path(name).absolute()
        if examined.folder in path.parents:
            continue
        for certificate in x509.load_pem_x509_certificates(path.read_bytes()):
            yield str(path), certificate.not_valid_after_utc


def _remedy(name: str) -> str:
    if name.startswith("authority-"):
        return "boards trust a next one already: `sera authority export-next`, and docs/security.md"
    if name.startswith("/"):
        return "ask whoever issued it for another one"
    return "write new files: `sera node files NODE` for a board; `sera up` renews its own"
