"""A certificate that comes over the node's own connection, tried in a slot of its own; loaded for that only.

Files beside the records: `renewed` is in use instead of the one in config.json, `trial` is being tried, each
one line of JSON and then PEM; `tries` counts the contacts of a trial, and names what was refused. A power
cut at any moment leaves each whole or absent, and one of the certificates in use.
"""

import json
import os
from binascii import a2b_base64

from sera_firmware import atomic_file
from sera_firmware.portable import Any, const, ticks_diff, ticks_ms
from sera_vocabulary import messages

_RENEWED = "renewed"
_TRIAL = "trial"
_TRIES = "tries"
# What a contact with the one on trial counts that does not get in; one that does, and that no gateway
# confirms (it may be down, or the broker grants this one nothing), counts 1. From so many on the one before
# is used again; should that not get in either, both take turns.
_NOT_LET_IN = const(16)
_TRIES_MOST = const(48)
_ANSWER_MS = const(5000)
_LISTEN_MS = const(250)
_PEM_LINE = const(64)
_CLIENT_ID_MOST = const(128)
_PEM = "-----BEGIN %s-----\n%s\n-----END %s-----\n"

# What `choose` says beside the certificate: nothing is tried, this one is, or the one before is used since
# the one on trial did not get in.
_PHASE_SETTLED = const(0)
_PHASE_TRIAL = const(1)
_PHASE_RETURNED = const(2)


def choose(settings: Any) -> tuple[Any, ...]:
    """Return what the next connection uses: generation, client id, files of TLS, phase, status, folder.

    The status is what a status message says of it.

    A trial is counted before it begins, so that a power cut in the middle of it counts too.
    """
    broker, folder = settings.values["broker"], settings.path[: settings.path.rfind("/") + 1]
    tls = broker["tls"]
    renewed, trial = _header(folder + _RENEWED), _header(folder + _TRIAL)
    number, client_id = broker.get(messages.KEY_GENERATION) or 0, broker.get("client_id")
    if renewed is not None and renewed[0] > number:
        number, client_id, _ = renewed
        tls = _files(tls, folder + _RENEWED)
    last, tries = _tries(folder)
    if trial is None or trial[0] <= number:
        # One that is gone after fewer contacts was lost, not refused, and is asked for again.
        is_refused = last > number and tries > _TRIES_MOST
        return number, client_id, tls, _PHASE_SETTLED, _status(number, last if is_refused else 0), folder
    tries = tries if last == trial[0] else 0
    try:
        _count(folder, trial[0], tries + _NOT_LET_IN)
    except OSError:  # uncounted, a trial could go on for ever
        return number, client_id, tls, _PHASE_SETTLED, _status(number), folder
    if tries < _TRIES_MOST or tries // _NOT_LET_IN % 2 == 0:
        return trial[0], trial[1], _files(tls, folder + _TRIAL), _PHASE_TRIAL, _status(trial[0]), folder
    return number, client_id, tls, _PHASE_RETURNED, _status(number, trial[0]), folder


def _status(number: int, refused: int = 0) -> dict[str, int]:
    status = {messages.KEY_CERTIFICATE: number} if number else {}
    if refused:
        status[messages.KEY_CERTIFICATE_REFUSED] = refused
    return status


def extend(folder: str, config: dict[str, Any]) -> None:
    """Believe times up to the end of the certificate that is in use by now."""
    renewed = _header(folder + _RENEWED)
    if renewed is not None:
        config["expires_s"] = max(config["expires_s"], renewed[2])


def opened(slot: tuple[Any, ...]) -> None:
    """Note that a connection was let in: a trial has not failed then, and after a return it has."""
    folder = slot[5]
    if slot[3] == _PHASE_TRIAL:
        _count(folder, slot[0], _tries(folder)[1] - _NOT_LET_IN + 1)
    elif slot[3] == _PHASE_RETURNED:
        os.remove(folder + _TRIAL)


def converse(contact: Any) -> None:
    """Ask the gateway for the certificate that it ordered, or to confirm the one on trial, and take it."""
    try:
        number, _, tls, phase, status, folder = contact.slot
        order = contact.credentials
        generation = number if phase == _PHASE_TRIAL else int(order[messages.KEY_GENERATION])
        is_refused = generation == status.get(messages.KEY_CERTIFICATE_REFUSED)
        if not tls or is_refused or (phase != _PHASE_TRIAL and generation <= number):
            return
        answer = _ask(contact, generation)
        if answer is order or answer[messages.KEY_GENERATION] != generation:
            return
        if phase == _PHASE_TRIAL and answer.get(messages.KEY_CONFIRMED):
            os.rename(folder + _TRIAL, folder + _RENEWED)
        elif phase != _PHASE_TRIAL and messages.KEY_KEY in answer:
            _take(folder, answer)
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        pass  # asked for again at the next contact


def _ask(contact: Any, generation: int) -> Any:
    """Send what is wanted, and wait for the next message about certificates; the one before if none comes."""
    before = contact.credentials
    contact.tell(messages.STATE_ONLINE, wants=generation)
    began = ticks_ms()
    while contact.credentials is before and ticks_diff(ticks_ms(), began) < _ANSWER_MS and contact.has_time():
        contact.listen(_LISTEN_MS)
    return contact.credentials


def _take(folder: str, answer: dict[str, Any]) -> None:
    """Put a certificate with its key on trial from the next contact on."""
    header = [answer[name] for name in (messages.KEY_GENERATION, messages.KEY_CLIENT_ID, messages.KEY_ENDS_S)]
    if not isinstance(header[1], str) or len(header[1]) > _CLIENT_ID_MOST:
        raise ValueError("client id")
    parts = [json.dumps(header) + "\n"]
    for kind, name in (("CERTIFICATE", messages.KEY_CERT), ("EC PRIVATE KEY", messages.KEY_KEY)):
        text = answer[name]
        a2b_base64(text)  # a ValueError now is better than at the next contact
        lines = [text[at : at + _PEM_LINE] for at in range(0, len(text), _PEM_LINE)]
        parts.append(_PEM % (kind, "\n".join(lines), kind))
    atomic_file.write(folder + _TRIAL, "".join(parts).encode())


def _header(path: str) -> Any:
    """Read generation, client id and end of a slot, or None where there is none that is whole."""
    content = atomic_file.read(path)
    if content is None:
        return None
    try:
        number, client_id, expires_s = json.loads(content[: content.find(b"\n")])
        return int(number), client_id, int(expires_s)
    except (ValueError, TypeError):
        return None


def _files(tls: dict[str, str], path: str) -> dict[str, str]:
    return dict(tls, cert=path, key=path)


def _tries(folder: str) -> tuple[int, int]:
    try:
        last, tries = json.loads(atomic_file.read(folder + _TRIES) or b"")
        return int(last), int(tries)
    except (ValueError, TypeError):
        return 0, 0


def _count(folder: str, number: int, tries: int) -> None:
    atomic_file.write(folder + _TRIES, json.dumps([number, tries]).encode())
