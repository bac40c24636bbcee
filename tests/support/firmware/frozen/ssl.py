"""A stand-in for the module `ssl` that boards have beside `tls`: it reads files by their names only."""

import tls


class SSLContext:
    """A context that takes names where that of `tls` takes contents."""

    def __init__(self, *arguments: object) -> None:
        self._context = tls.SSLContext(*arguments)

    def load_verify_locations(self, cafile: str) -> None:
        with open(cafile, "rb") as file:
            self._context.load_verify_locations(file.read())


PROTOCOL_TLS_CLIENT, CERT_REQUIRED = tls.PROTOCOL_TLS_CLIENT, tls.CERT_REQUIRED
