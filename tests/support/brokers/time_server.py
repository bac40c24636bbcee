"""A time server on loopback that answers as a test wants it to."""

from __future__ import annotations

import socket
import struct
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

UTC_S = 1780000000
EPOCH_1900_S = 2208988800


def answer(request: bytes, utc_s: int = UTC_S, stratum: int = 2, leap: int = 0, mode: int = 4) -> bytes:
    """A server's answer to a request, RFC 4330 section 4."""
    head = struct.pack(">BBBb", leap << 6 | 4 << 3 | mode, stratum, 6, -20)
    seconds = (utc_s + EPOCH_1900_S) % 2**32
    return head + bytes(20) + request[40:48] + struct.pack(">IIII", seconds, 0, seconds, 1 << 31)


class TimeServer:
    """Answers each request on loopback with what a function makes of it; None is silence."""

    def __init__(self, answers: Callable[[bytes], bytes | None]) -> None:
        self.queries = 0
        self._answers = answers
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = self._socket.getsockname()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopper:
            stopper.sendto(b"stop", self.address)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            request, client = self._socket.recvfrom(100)
            if request == b"stop":
                return
            self.queries += 1
            answers = self._answers(request)
            if answers is not None:
                self._socket.sendto(answers, client)
