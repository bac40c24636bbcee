"""Whom a node believes and who it is, as a context of TLS; loaded for each connection only."""

from binascii import a2b_base64

from sera_firmware.portable import Any, ssl

# Certificates and keys are sequences: X.690, section 8.9.
_DER_SEQUENCE = b"\x30"


def context(tls: dict[str, str]) -> Any:
    """Read the files `ca`, perhaps `ca_next`, `cert` and `key`; raises OSError or ValueError."""
    tls_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if hasattr(tls_context, "minimum_version"):  # CPython takes file names
        tls_context.load_verify_locations(tls["ca"])
        tls_context.load_cert_chain(tls["cert"], tls["key"])
    else:
        tls_context.verify_mode = ssl.CERT_REQUIRED
        for name in ("ca", "ca_next"):
            for anchor in ders(tls[name]) if name in tls else ():
                tls_context.load_verify_locations(anchor)
        tls_context.load_cert_chain(ders(tls["cert"])[0], ders(tls["key"])[-1])
    return tls_context


def ders(path: str) -> list[bytes]:
    """Read a file of DER, which is all that the TLS of a Pico reads, or all blocks of one of PEM."""
    blocks = []
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
                blocks.append(a2b_base64(b"".join(text)))
                text = None
            elif text is not None:
                text.append(line.strip())
    if not blocks:
        raise ValueError("%s is neither DER nor PEM; copy the node's certificates again" % path)
    return blocks
