"""A mail server and a web server of the test's own, which keep what they are sent."""

from __future__ import annotations

import socketserver
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from real_parts import at_work

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Mail:
    """One mail as it came over the wire."""

    sender: str = ""
    receivers: list[str] = field(default_factory=list)
    text: str = ""


@dataclass
class Receiver:
    """Where a server listens, what it was sent, and whether it takes anything."""

    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    posts: list[bytes] = field(default_factory=list)
    is_refusing: bool = False


@contextmanager
def mail_server() -> Iterator[Receiver]:
    """Run a server that speaks as much SMTP (RFC 5321) as a client needs to hand over a mail."""
    receiver = Receiver()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            mail = Mail()
            self._say("220 test")
            while line := self.rfile.readline().decode().strip():
                verb, _, rest = line.partition(" ")
                if verb.upper() == "DATA":
                    self._say("354 go on")
                    mail.text = self._text()
                    receiver.mails.append(mail)
                    self._say("250 taken")
                elif verb.upper() == "QUIT":
                    self._say("221 bye")
                    return
                elif verb.upper() == "MAIL" and receiver.is_refusing:
                    self._say("451 try again later")
                else:
                    mail.sender = rest if verb.upper() == "MAIL" else mail.sender
                    mail.receivers += [rest] if verb.upper() == "RCPT" else []
                    self._say("250 ok")

        def _text(self) -> str:
            lines = []
            while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                lines.append(line)
            return "\n".join(lines)

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    yield from _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session), receiver)


@contextmanager
def web_server() -> Iterator[Receiver]:
    """Run a server that keeps the bodies of what is posted to it."""
    receiver = Receiver()

    class Request(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not receiver.is_refusing:
                receiver.posts.append(body)
            self.send_response(503 if receiver.is_refusing else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    yield from _serving(ThreadingHTTPServer(("127.0.0.1", 0), Request), receiver)


def _serving(server: Any, receiver: Receiver) -> Iterator[Receiver]:
    receiver.port = server.server_address[1]
    server.daemon_threads = True
    with at_work(server):
        yield receiver
