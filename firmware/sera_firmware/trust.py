"""Whom a node believes and who it is, as a context of TLS; loaded for each connection only."""

from binascii import a2b_base64

from sera_firmware.portable import Any, ssl

# Certificates and keys are sequences: X.690, section 8.9.
_DER_SEQUENCE = b"\x30"


def context(tls: dict[str, str]) -> Any:
    """Read the files `ca`, perhaps `ca_next`, `cert` and `key`; raises OSError or ValueError."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if hasattr(made, "minimum_version"):  # CPython takes file names
        made.load_verify_locations(tls["ca"])
        made.load_cert_chain(tls["cert"], tls["key"])
    else:
        made.verify_mode = ssl.CERT_REQUIRED
        for name in ("ca", "ca_next"):
            for anchor in ders(tls[name]) if name in tls else ():
                made.load_verify_locations(anchor)
        made.load_cert_chain(ders(tls["cert"])[0], ders(tls["key"])[-1])
    return made


def ders(path: str) -> list[bytes]:
    """Read a file of DER, which is all that the TLS of a Pico reads, or all blocks of one of PEM."""
    found = []
    text: list[bytes] | None = None
    with open(path, "rb") as file:
        if file.read(1) == _DER_SEQUENCE:
            file.seek(0)
            return [bytes(file.read())]
        file.seek(0)
        for line in file:
            if line.startswith(b"-----BEGIN "):
                text = []
            elif line.startswith(b"-----END ") and text is not None:
                found.append(a2b_base64(b"".join(text)))
                text = None
            elif text is not None:
                text.append(line.strip())
    if not found:
        raise ValueError("%s is neither DER nor PEM; copy the node's certificates anew" % path)
    return found
