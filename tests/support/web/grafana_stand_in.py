"""A stand-in for Grafana: it answers as the documentation of its HTTP interface says, and is no Grafana."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from real_parts import at_work

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "a-service-accounts-token"


@dataclass
class StandIn:
    """What it holds: dashboards with their folder and history, folders.

    Parameters
    ----------
    release
        12 and 13 give a history with a token to go on behind it, older ones a list.
    """

    release: int = 13
    url: str = ""
    dashboards: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def save(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Keep a version; without a folder it moves to the root, as documented."""
        dashboard = payload["dashboard"]
        history = self.dashboards.setdefault(dashboard["uid"], [])
        version = len(history) + 1
        stored = {**dashboard, "id": 7, "version": version}
        history.append({
            "version": version, "message": payload.get("message", ""), "dashboard": stored,
            "folder": payload.get("folderUid", ""),
        })  # fmt: skip
        return {"id": 7, "uid": dashboard["uid"], "status": "success", "version": version}

    def change_by_hand(self, uid: str, **changes: Any) -> None:
        """Save as a person does in the browser."""
        last = self.dashboards[uid][-1]
        self.save({"dashboard": {**last["dashboard"], **changes}, "folderUid": last["folder"]})

    def move(self, uid: str, folder: str) -> None:
        """Move a dashboard, which is no new version."""
        self.dashboards[uid][-1]["folder"] = folder

    def answer(self, method: str, path: str, payload: Any) -> tuple[int, Any]:
        """Answer a request."""
        parts = path.partition("?")[0].strip("/").split("/")[1:]
        match method, parts:
            case "GET", ["dashboards", "uid", uid] if uid in self.dashboards:
                last = self.dashboards[uid][-1]
                return 200, {"dashboard": last["dashboard"], "meta": {"folderUid": last["folder"]}}
            case "GET", ["dashboards", "uid", uid, "versions"] if uid in self.dashboards:
                versions = [
                    {"version": version["version"], "message": version["message"], "uid": uid}
                    for version in reversed(self.dashboards[uid])
                ]
                return 200, {"continueToken": "", "versions": versions} if self.release >= 12 else versions
            case "GET", ["folders", uid] if uid in self.folders:
                return 200, {"uid": uid, "title": self.folders[uid]}
            case "POST", ["folders"]:
                self.folders[payload["uid"]] = payload["title"]
                return 200, {"uid": payload["uid"], "title": payload["title"]}
            case "POST", ["dashboards", "db"]:
                return 200, self.save(payload)
        return 404, {"message": "not found"}


@contextmanager
def grafana_stand_in(release: int = 13) -> Iterator[StandIn]:
    """Serve a stand-in on loopback while the body runs."""
    stand_in = StandIn(release)

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            stand_in.requests.append(f"{self.command} {self.path}")
            length = int(self.headers.get("Content-Length") or 0)
            payload = json.loads(self.rfile.read(length)) if length else None
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, answer = 401, {"message": "Invalid API key"}
            else:
                status, answer = stand_in.answer(self.command, self.path, payload)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = respond  # noqa: N815 - the names that its base asks for

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    with at_work(server):
        yield stand_in
