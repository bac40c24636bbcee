"""Renewals of nodes' certificates over their own connections: ordered here, ended once the node has come."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from sera_command.errors import CannotWriteError
from sera_command.installation.boards import certificate_der, key_der, remove_key
from sera_command.installation.moments import now_s
from sera_gateway.mqtt.renewals import CONFIRMED, Renewal, read_renewals, remove_renewal, write_renewal

if TYPE_CHECKING:
    from sera_command.installation.installation import Installation
    from sera_store.store import Store

REASON = "renewed over the node's own connection"


def order_renewal(installation: Installation, node: str, community: str) -> Renewal:
    """Issue a node's next certificate, and leave it for the gateway to bring.

    Raises
    ------
    CannotWriteError
        The data folder cannot be written.
    """
    issued = installation.authority.issue("node", node)
    certificate, ends_s = certificate_der(installation, issued)
    renewal = Renewal(
        node=node,
        community=community,
        generation=issued.generation,
        client_id=issued.client_id,
        expires_s=ends_s,
        cert=base64.b64encode(certificate).decode(),
        key=base64.b64encode(key_der(installation, issued)).decode(),
        ordered_s=now_s(),
        since_s=now_s(),
    )
    try:
        write_renewal(installation.folder, renewal)
    except OSError as error:
        raise CannotWriteError(
            f"{installation.folder}: {error.strerror}; make it writable, then try again"
        ) from error
    return renewal


def open_renewal(installation: Installation, node: str) -> Renewal | None:
    """Return the renewal that a node has not taken yet; None where there is none."""
    renewal = read_renewals(installation.folder).get(node)
    return renewal if renewal is not None and renewal.is_open else None


def cancel_renewal(installation: Installation, node: str) -> None:
    """Take a renewal back: the node gets its next certificate another way, or is shut out."""
    remove_renewal(installation.folder, node)


def finish_renewals(installation: Installation, store: Store) -> list[str]:
    """Shut out what nodes used before, once they use the next one; return the nodes.

    The record stays, so that a node which did not hear the gateway's word can ask for it again.
    """
    finished = []
    good = {record.name: record for record in installation.authority.good()}
    for renewal in read_renewals(installation.folder).values():
        if renewal.state != CONFIRMED:
            continue
        own = [record for record in good.values() if record.holder == renewal.node]
        used = next((record for record in own if record.generation == renewal.generation), None)
        if used is None or not any(record.generation < renewal.generation for record in own):
            continue
        remove_key(installation, used)
        installation.authority.revoke(renewal.node, REASON, before=renewal.generation)
        finished.append(renewal.node)
    if finished:
        installation.renew_rights(store)
    return finished
