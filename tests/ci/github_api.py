"""A stand-in for the part of GitHub's REST API that comments need, on loopback."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any

LOGIN = "github-actions[bot]"


@dataclass
class GitHub:
    """Comments of one repository's issues; every request is recorded as `(method, path, token)`.

    `refuse` answers everything with that status; `redirect_to` sends every request elsewhere.
    """

    token: str = "ghs_token_of_the_run"
    comments: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    refuse: int = 0
    redirect_to: str = ""
    login: str | None = None

    def __enter__(self) -> GitHub:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def add(self, body: str, login: str = LOGIN, kind: str = "Bot", issue: int = 7) -> dict[str, Any]:
        made = {
            "id": 1000 + len(self.comments),
            "body": body,
            "user": {"login": login, "type": kind},
            "issue": issue,
        }
        self.comments.append(made)
        return made

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if self.refuse:
            return self.refuse, {"message": "Resource not accessible by integration"}
        if path == "/user":
            return (200, {"login": self.login}) if self.login else (403, {"message": "no"})
        listed = re.fullmatch(r"/repos/org/app/issues/(\d+)/comments(?:\?per_page=(\d+)&page=(\d+))?", path)
        if listed and method == "GET":
            size, page = int(listed[2] or 30), int(listed[3] or 1)
            mine = [c for c in self.comments if c["issue"] == int(listed[1])]
            return 200, mine[(page - 1) * size : page * size]
        if listed and method == "POST":
            return 201, self.add(body["body"], issue=int(listed[1]))
        one = re.fullmatch(r"/repos/org/app/issues/comments/(\d+)", path)
        found = next((c for c in self.comments if one and c["id"] == int(one[1])), None)
        if found and method == "PATCH":
            found["body"] = body["body"]
            return 200, found
        return 404, {"message": "Not Found"}


def _handler(github: GitHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            github.requests.append((self.command, self.path, token))
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            if github.redirect_to:
                self.send_response(307)
                self.send_header("Location", github.redirect_to + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status, answer = (
                github.answer(self.command, self.path, body)
                if token == github.token
                else (401, {"message": "Bad credentials"})
            )
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _serve  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the requests are recorded."""

    return Handler
