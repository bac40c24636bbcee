"""`sera workshop`: an afternoon on which many count at once, with one code, and the pack of that day."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple
from urllib.parse import urlsplit

import segno
import typer
from segno import helpers

from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.data import open_store
from sera_command.installation.installation import (
    BY,
    DEFAULT_FOLDER,
    LOOPBACK,
    PAGES_PORT,
    Data,
    Installation,
)
from sera_command.start.up_options import UpOptions, become
from sera_command.terminal import echo
from sera_gateway.process.ownership import LOCK_FILE, take_lock
from sera_pages.accounts.invitations import Invitations
from sera_pages.accounts.participants import Participants
from sera_pages.accounts.schema import open_accounts
from sera_pages.accounts.workshops import (
    ENDED,
    FORGET_DAYS,
    FORGET_DAYS_MOST,
    HOURS,
    HOURS_MOST,
    Workshop,
    Workshops,
)
from sera_pages.workshop.remote import FOLDER, pack_path
from sera_store.local_clock import local_date
from sera_store.private_files import make_private
from sera_store.registry.opening import open_registry
from sera_store.registry.persons import FACILITATOR, MEMBER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_store.store import Store

app = typer.Typer(no_args_is_help=True, help="Workshops on which many count at once.")

WIFI_PASSWORD: Final = "SERA_WIFI_PASSWORD"  # noqa: S105 - the name of a variable
_EVERY_S: Final = 120.0
Name = Annotated[str, typer.Argument(help="Id of the workshop, as `sera workshop list` shows it.")]


class _Books(NamedTuple):
    workshops: Workshops
    participants: Participants
    invitations: Invitations

    def workshop(self, name: str) -> Workshop:
        workshop = self.workshops.read(name)
        if workshop is None:
            raise BadInputError(f"workshop {name!r} is not known; see: sera workshop list")
        return workshop


@contextmanager
def _books(data: Path) -> Iterator[_Books]:
    Installation.existing(data)
    with closing(open_accounts(data)) as accounts:
        yield _Books(
            Workshops(accounts, time.time),
            Participants(accounts, time.time),
            Invitations(accounts, time.time),
        )


@app.command("start")
def start(
    community: Annotated[str, typer.Option(help="Id of the community.")],
    garden: Annotated[list[str] | None, typer.Option(help="Garden to count in; all by default.")] = None,
    lan: Annotated[str, typer.Option(help="Address of this machine in the room, for phones.")] = "",
    wifi: Annotated[
        str, typer.Option(help=f"Name of the Wi-Fi, for its QR code; its password from {WIFI_PASSWORD}.")
    ] = "",
    hours: Annotated[float, typer.Option(min=0.5, max=HOURS_MOST, help="Hours until it ends.")] = HOURS,
    forget_days: Annotated[
        int, typer.Option(min=1, max=FORGET_DAYS_MOST, help="Days until names and sessions go.")
    ] = FORGET_DAYS,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Make a workshop, print its code and address, and serve it until Ctrl-C where nothing serves yet."""
    installation = Installation.existing(data)
    is_up = _is_owned(installation.folder)
    address = _address(installation, lan, is_up=is_up)
    _check(installation, community, garden or [])
    with _books(data) as books:
        workshop = books.workshops.make(
            community, gardens=garden or [], hours=hours, forget_days=forget_days, network=_network(wifi)
        )
        code = books.invitations.make(community, {MEMBER, FACILITATOR}, BY, days=1)
    _say(workshop, address, code)
    if not is_up:
        nodes = installation.address()
        become(data, UpOptions(nodes.host, nodes.port, PAGES_PORT, lan, "", _EVERY_S, None, once=False))


def _is_owned(folder: Path) -> bool:
    lock = take_lock(folder / LOCK_FILE)
    if lock is None:
        return True
    lock.close()
    return False


def _address(installation: Installation, lan: str, *, is_up: bool) -> str:
    if not is_up:
        host = lan or LOOPBACK
        return f"http://[{host}]:{PAGES_PORT}" if ":" in host else f"http://{host}:{PAGES_PORT}"
    address = installation.pages_address()
    if lan and urlsplit(address).hostname != lan:
        raise BadInputError(
            f"the pages are served under {address}, and not under {lan}; open them there: sera room open "
            f"{lan}, or run this command without it"
        )
    return address


def _check(installation: Installation, community: str, gardens: list[str]) -> None:
    with open_registry(installation.store_folder) as registry:
        if registry.community(community) is None:
            community_ids = ", ".join(entity.id for entity in registry.communities()) or "none"
            raise BadInputError(f"community {community!r} is not registered; known: {community_ids}")
        of_community = {entity.id for entity in registry.gardens(community)}
    if not of_community:
        raise BadInputError(
            f"community {community!r} has no garden to count in; first: sera garden new GARDEN "
            f"--community {community}"
        )
    if unknown := sorted(set(gardens) - of_community):
        names = ", ".join(sorted(of_community))
        raise BadInputError(f"garden {unknown[0]!r} is not one of {community}; known: {names}")


def _network(wifi: str) -> str:
    if not wifi:
        return ""
    # From the environment: what stands on a command line is seen by everybody on this machine.
    password = os.environ.get(WIFI_PASSWORD, "")
    return str(helpers.make_wifi_data(wifi, password or None, "WPA" if password else None))


def _say(workshop: Workshop, address: str, code: str) -> None:
    link = f"{address}/w/{workshop.code}"
    base = urlsplit(address)
    # In the room a cookie could be copied, so that the remote opens on this machine, or over https.
    remote = address if base.scheme == "https" else f"http://{LOOPBACK}:{base.port}"
    echo(f"{workshop.id}  code {workshop.code}  {link}", most=None)
    if sys.stderr.isatty():
        segno.make(link, error="m", micro=False).terminal(sys.stderr, compact=True)
    echo(
        f"Projector and remote, on this machine, once and within a day: {remote}/join/{code}",
        err=True,
        most=None,
    )
    if base.hostname == LOOPBACK:
        echo("Phones cannot reach it yet: sera room open lets them in.", err=True)


@app.command("list")
def list_workshops(data: Data = DEFAULT_FOLDER) -> None:
    """List workshops, the newest first."""
    with _books(data) as books:
        workshops = books.workshops.all()
        for workshop in workshops:
            created = datetime.fromtimestamp(workshop.created_s, UTC).strftime("%Y-%m-%d %H:%M")
            number = len(books.participants.of(workshop.id))
            code = f"  code {workshop.code}" if workshop.code else ""
            names = "names are gone" if workshop.is_forgotten else f"names go {_day(workshop.forget_s)}"
            echo(
                f"{workshop.id}  {workshop.community}  {created} (UTC)  {workshop.state}  {number} groups  "
                f"{names}{code}"
            )
    if not workshops:
        echo("There was no workshop yet. Next: sera workshop start --community COMMUNITY", err=True)


def _day(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d")


@app.command("end")
def end(workshop: Name, data: Data = DEFAULT_FOLDER) -> None:
    """End a workshop: its code opens nothing from now on, and what was counted stays."""
    with _books(data) as books:
        if not books.workshops.turn(books.workshop(workshop).id, ENDED):
            raise BadInputError(f"workshop {workshop} has ended already; see: sera workshop list")
    echo(f"{workshop} has ended.")


@app.command("freeze")
def freeze(workshop: Name, data: Data = DEFAULT_FOLDER) -> None:
    """End a workshop and write the pack of its day; the same data give the same bytes."""
    with _books(data) as books, open_store(data) as store:
        entity = books.workshop(workshop)
        if entity.is_open:
            books.workshops.turn(workshop, ENDED)
            entity = books.workshop(workshop)
        # Before anything is read: what comes while the pack is made may be missing from it.
        entry, change = store.registry.version(), store.records.last_change()
        path = _write_pack(data, store, entity)
        books.workshops.note_frozen(workshop, entry, change)
    echo(str(path), most=None)


def _write_pack(data: Path, store: Store, workshop: Workshop) -> Path:
    # Here, since `start` stays in memory for the afternoon, and needs no analysis.
    from sera_analysis.runs.jobs import analyse  # noqa: PLC0415
    from sera_analysis.windows import CUSTOM, Dates  # noqa: PLC0415
    from sera_store.release.handouts import note_handout  # noqa: PLC0415
    from sera_store.release.persons import Pseudonyms  # noqa: PLC0415
    from sera_workshop.packs.pack import PackOptions, write_pack  # noqa: PLC0415
    from sera_workshop.views.facts import garden_facts, visible_gardens  # noqa: PLC0415
    from sera_workshop.zip_file import write_archive  # noqa: PLC0415

    garden_ids = list(workshop.gardens) or [
        entity.id for entity in store.registry.gardens(workshop.community)
    ]
    gardens = (
        [facts.id for facts in visible_gardens(garden_facts(store, garden_ids))[0]] if garden_ids else []
    )
    first = store.registry.garden(gardens[0]) if gardens else None
    if first is None:
        raise BadInputError(f"{workshop.id} has no garden any more; see: sera community new --help")
    days = [local_date(moment_s, first.timezone) for moment_s in (workshop.created_s, workshop.end_s)]
    analyse(store, gardens=gardens, periods=(CUSTOM,), dates=Dates(days[0], days[1] + timedelta(days=1)))
    path = pack_path(data, workshop.id)
    try:
        make_private(data / FOLDER)
        folder = Path(tempfile.mkdtemp(dir=data / FOLDER))
    except OSError as error:
        raise CannotWriteError(
            f"{data / FOLDER}: {error.strerror}; make room there, or give the right"
        ) from error
    try:
        span_s = (workshop.created_s, max(workshop.end_s, workshop.created_s + 1))
        names = Pseudonyms(workshop.pack_key)
        # Of the narrowest licence that any of them gave, so that nobody's count of the day is missing.
        options = PackOptions(with_readings=True, licence=None)
        pack = write_pack(folder, store, gardens, *span_s, pseudonyms=names, options=options)
        write_archive(path, pack.files)
        dates = (days[0].isoformat(), days[1].isoformat())
        note_handout(data, "pack", path, gardens, dates, int(time.time()))
        return path
    finally:
        shutil.rmtree(folder, ignore_errors=True)
