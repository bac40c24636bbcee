"""One installation as the pages see it: its registry, figures, sessions, and the way into its journal."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_commons.designs.update_log import UpdateLog
from sera_pages.accounts.answered_forms import AnsweredForms
from sera_pages.accounts.cases import Cases
from sera_pages.accounts.handovers import Handovers
from sera_pages.accounts.invitations import Invitations
from sera_pages.accounts.names import Names
from sera_pages.accounts.participants import Participants
from sera_pages.accounts.remotes import Remotes
from sera_pages.accounts.schema import open_accounts
from sera_pages.accounts.sessions import Sessions
from sera_pages.accounts.slips import Slips, StorySlips
from sera_pages.accounts.workshops import Workshops
from sera_pages.councils import Councils
from sera_pages.figure_cache import FigureCache
from sera_pages.report_folder import REPORT_FOLDER
from sera_pages.sending.outbox import Outbox
from sera_pages.shelves import Shelves
from sera_pages.surplus_tables import SurplusTables
from sera_store.registry.opening import open_registry
from sera_store.view import open_view
from sera_words.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sera_gateway.process.logs import JsonLog
    from sera_pages.sending.sender import Sender
    from sera_store.registry.registry import Registry
    from sera_store.view import StoreView

# Who wrote an entry of the registry that a page made.
BY: Final = "pages"


@dataclass(frozen=True, slots=True)
class PageSettings:
    """How the pages are reached.

    Parameters
    ----------
    names
        Names and addresses besides those of this machine alone, as `--lan` opened them.
    proxied_names
        Public names that a proxy on this machine serves with https.
    explain
        The command that explains a figure, to which its change number is added: it analyses, and so runs in a
        process that ends.
    freeze
        The command that makes the pack of a workshop, to which its id is added; it ends, too.
    pack
        The command that makes a pack, to which its options are added; it ends, too.
    register
        The command that enters in the registry what it reads from stdin; it ends, too.
    compare
        The command that estimates what an action changed, to which its id is added; it ends, too.
    is_published
        Whether pages are written as files, so that none has a form, or a way to one.
    languages
        Those that pages are written in; the first one where a browser asks for none of them.
    """

    names: tuple[str, ...] = ()
    proxied_names: tuple[str, ...] = ()
    explain: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()
    pack: tuple[str, ...] = ()
    register: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()
    is_published: bool = False
    languages: tuple[str, ...] = LANGUAGES


@dataclass(frozen=True, slots=True)
class ServedInstallation:
    """What all pages are made from, and where what people enter goes.

    Parameters
    ----------
    folder
        The data folder.
    registry, view
        Who and what is where; figures, refused messages, how far nodes are.
    sessions, invitations, names, outbox
        Who came in, who may, what they are called, and what waits to be sent.
    workshops, participants
        Afternoons on which many count at once, and who takes part.
    answered_forms, slips
        Where forms that were taken have led; the codes that find what people gave.
    story_slips, shelves
        The codes that take back one story each; stories and recipes by community.
    councils
        What is decided together, by community.
    cases, remotes, handovers
        What was reported and decided; codes by which workshops are run from a phone in the room; stewards who
        offer to hand over.
    designs
        The log of beds that were drawn together.
    surplus
        What is given, reserved and looked for, by community; forgotten after its time, in no backup.
    sender
        Publishes, and waits for the journal.
    figures
        The figures that pages show, kept until the store changes.
    settings, clock, log
        How it is reached; Unix time [s]; where failures are reported.
    """

    folder: Path
    registry: Registry
    view: StoreView
    sessions: Sessions
    invitations: Invitations
    names: Names
    outbox: Outbox
    workshops: Workshops
    participants: Participants
    answered_forms: AnsweredForms
    slips: Slips
    story_slips: StorySlips
    shelves: Shelves
    councils: Councils
    cases: Cases
    remotes: Remotes
    handovers: Handovers
    designs: UpdateLog
    surplus: SurplusTables
    sender: Sender
    figures: FigureCache
    settings: PageSettings
    clock: Callable[[], float]
    log: JsonLog

    @property
    def report_folder(self) -> Path:
        """The folder of pages and drawings that the making process wrote."""
        return self.folder / REPORT_FOLDER

    def now_s(self) -> int:
        """Return the present Unix time [s]."""
        return int(self.clock())


@contextmanager
def open_installation(
    folder: Path,
    sender: Sender,
    log: JsonLog,
    settings: PageSettings | None = None,
    clock: Callable[[], float] = time.time,
) -> Iterator[ServedInstallation]:
    """Open what pages need of a data folder, while the body runs.

    Raises
    ------
    StoreUnusableError
        A database cannot be used; it names the path and the remedy.
    """
    with ExitStack() as opened:
        registry = opened.enter_context(open_registry(folder / "store", clock=clock))
        view = opened.enter_context(open_view(folder / "store"))
        accounts = open_accounts(folder)
        opened.callback(accounts.close)
        shelves = Shelves(folder, clock)
        opened.callback(shelves.close)
        participants = Participants(accounts, clock)
        councils = Councils(folder, shelves, registry, participants, clock)
        opened.callback(councils.close)
        designs = UpdateLog.open(folder, clock=clock)
        opened.callback(designs.close)
        surplus = SurplusTables(folder, clock, log)
        opened.callback(surplus.close)
        yield ServedInstallation(
            folder,
            registry,
            view,
            Sessions(accounts, clock),
            Invitations(accounts, clock),
            Names(accounts),
            Outbox(accounts, clock),
            Workshops(accounts, clock),
            participants,
            AnsweredForms(accounts, clock),
            Slips(accounts, clock),
            StorySlips(accounts, clock),
            shelves,
            councils,
            Cases(accounts, clock),
            Remotes(accounts, clock),
            Handovers(accounts, clock),
            designs,
            surplus,
            sender,
            FigureCache(view, registry),
            settings or PageSettings(),
            clock,
            log,
        )
