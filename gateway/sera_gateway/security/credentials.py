"""What a holder proves itself with, under paths that stay the same when its certificate is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sera_gateway.security.authority_files import unwritable
from sera_store.private_files import write_private

if TYPE_CHECKING:
    from pathlib import Path

    from sera_gateway.security.authority import Authority, Issued


class Credentials(NamedTuple):
    """The files of one holder, readable by their owner alone.

    Parameters
    ----------
    pem
        Its private key and its certificate in one file, which is replaced as a whole.
    client_id
        Its MQTT client id.
    """

    pem: Path
    client_id: Path


def write_credentials(authority: Authority, issued: Issued, folder: Path) -> Credentials:
    """Write the key, certificate and client id of a holder, in place of an earlier generation's.

    Parameters
    ----------
    authority, issued
        The authority, and the certificate that it issued.
    folder
        Where they are kept; made where it is missing, for its owner alone.

    Raises
    ------
    FolderUnwritableError
        If the folder cannot be written.
    """
    files = Credentials(folder / f"{issued.holder}.pem", folder / f"{issued.holder}.client_id")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The client id first: who sees the new certificate uses it with the new id.
        write_private(files.client_id, f"{issued.client_id}\n".encode())
        content = [authority.path_of(file).read_bytes() for file in (issued.key, issued.certificate)]
        write_private(files.pem, b"".join(content))
    except OSError as error:
        raise unwritable(folder, error) from error
    return files
