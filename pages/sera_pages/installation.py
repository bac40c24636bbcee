"""One installation as the pages see it: its registry, figures, sessions, and the way into its journal."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_pages.accounts.invitations import Invitations
from sera_pages.accounts.names import Names
from sera_pages.accounts.schema import open_accounts
from sera_pages.accounts.sessions import Sessions
from sera_pages.sending.outbox import Outbox
from sera_pages.shown import ShownFigures
from sera_store.registry.opening import open_registry
from sera_store.view import open_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sera_gateway.process.logs import JsonLog
    from sera_pages.sending.sender import Sender
    from sera_store.registry.registry import Registry
    from sera_store.view import StoreView

MADE: Final = "pages"
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
    """

    names: tuple[str, ...] = ()
    proxied_names: tuple[str, ...] = ()
    explain: tuple[str, ...] = ()


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
    sender: Sender
    figures: ShownFigures
    settings: PageSettings
    clock: Callable[[], float]
    log: JsonLog

    @property
    def made(self) -> Path:
        """The folder of pages and drawings that the making process wrote."""
        return self.folder / MADE

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
        yield ServedInstallation(
            folder,
            registry,
            view,
            Sessions(accounts, clock),
            Invitations(accounts, clock),
            Names(accounts),
            Outbox(accounts, clock),
            sender,
            ShownFigures(view, registry),
            settings or PageSettings(),
            clock,
            log,
        )
