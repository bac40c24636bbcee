"""Ask a NATS server about itself: one request after another in its own protocol, on loopback.

The protocol of NATS clients: INFO, CONNECT, PING, SUB, PUB, MSG and HMSG, one line each before a payload.
"""

from __future__ import annotations

import json
import secrets
import socket
from typing import TYPE_CHECKING, Any, Final, Self

from sera_gateway.errors import ConnectionEndedError

if TYPE_CHECKING:
    import ssl

TIMEOUT_S: Final = 10.0
_LOOPBACK: Final = "127.0.0.1"
_OPTIONS: Final = {"verbose": False, "pedantic": False, "lang": "sera", "version": "1", "headers": True}


class NatsClient:
    """A connection to a NATS server; a context manager.

    Parameters
    ----------
    port
        Where it listens on loopback.
    context
        Whom to believe, and the certificate to show; None for a server without TLS.
    user, password
        By which to log in, where that is not done by the certificate.

    Raises
    ------
    ConnectionEndedError
        If there is no answer, or the server refuses.
    """

    def __init__(
        self, port: int, context: ssl.SSLContext | None = None, *, user: str = "", password: str = ""
    ) -> None:
        self._inbox = f"_INBOX.{secrets.token_hex(8)}"
        try:
            plain = socket.create_connection((_LOOPBACK, port), timeout=TIMEOUT_S)
            try:
                # The server's first line comes before TLS, and it says nothing more until then.
                with plain.makefile("rb", buffering=0) as lines:
                    lines.readline()
                self._socket = (
                    plain if context is None else context.wrap_socket(plain, server_hostname=_LOOPBACK)
                )
            except BaseException:
                plain.close()
                raise
            self._lines = self._socket.makefile("rb")
            login = {"user": user, "pass": password} if user else {}
            hello = f"CONNECT {json.dumps({**_OPTIONS, **login})}\r\nSUB {self._inbox} 1\r\nPING\r\n"
            self._socket.sendall(hello.encode())
            self._await(b"PONG")
        except OSError as error:
            raise ConnectionEndedError(f"NATS on {_LOOPBACK}:{port}: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._lines.close()
        self._socket.close()

    def request(self, subject: str, **question: Any) -> dict[str, Any]:
        """Ask, and return the answer, a JSON object.

        Raises
        ------
        ConnectionEndedError
            If the server refuses, ends the connection or answers with something else.
        """
        payload = json.dumps(question).encode() if question else b""
        try:
            self._socket.sendall(
                f"PUB {subject} {self._inbox} {len(payload)}\r\n".encode() + payload + b"\r\n"
            )
            words = self._await(b"MSG", b"HMSG")
            headers = int(words[-2]) if words[0] == b"HMSG" else 0
            content = self._lines.read(int(words[-1]) + 2)[headers:]
            answer = json.loads(content)
        except (OSError, ValueError, IndexError) as error:
            raise ConnectionEndedError(f"NATS did not answer {subject}: {error}") from error
        if not isinstance(answer, dict):
            raise ConnectionEndedError(f"NATS answered {subject} with no JSON object")
        return answer

    def _await(self, *kinds: bytes) -> list[bytes]:
        """Read lines until one of these kinds comes, and return its words."""
        while words := self._lines.readline().split():
            if words[0] in kinds:
                return words
            if words[0] == b"PING":
                self._socket.sendall(b"PONG\r\n")
            elif words[0] == b"-ERR":
                raise ConnectionEndedError(f"NATS refuses: {b' '.join(words[1:]).decode(errors='replace')}")
        raise ConnectionEndedError("NATS closed the connection")
