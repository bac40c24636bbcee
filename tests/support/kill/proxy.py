"""A network that can be cut."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from real_parts import LOOPBACK, free_port


class Proxy:
    """A network between gateway and broker that can be cut: connections end, and none can be made."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self._server: socket.socket | None = None
        self._pairs: list[socket.socket] = []
        self._lock = threading.Lock()
        self.mend()

    def mend(self) -> None:
        """Pass connections through again."""
        server = socket.create_server((LOOPBACK, self.port), reuse_port=True)
        self._server = server
        threading.Thread(target=self._accept, args=(server,), daemon=True).start()

    def cut(self) -> None:
        """End all connections and refuse new ones."""
        server, self._server = self._server, None
        if server is not None:
            # shutdown wakes the thread that waits in accept; close alone would not.
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            with suppress(OSError):
                pair.shutdown(socket.SHUT_RDWR)
            pair.close()

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                client, _ = server.accept()
                broker = socket.create_connection((LOOPBACK, self._target), timeout=5)
                broker.settimeout(None)
            except OSError:
                if self._server is not server:
                    return
                with suppress(OSError, UnboundLocalError):
                    client.close()
                continue
            with self._lock:
                self._pairs += [client, broker]
            for source, there in ((client, broker), (broker, client)):
                threading.Thread(target=_forward, args=(source, there), daemon=True).start()


def _forward(source: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            there.sendall(data)
    for peer in (source, there):
        with suppress(OSError):
            peer.shutdown(socket.SHUT_RDWR)
