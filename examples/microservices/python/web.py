"""JSON over HTTP: a table of routes, served until the process is asked to end."""

import json
import logging
import os
import re
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Callable, Mapping
from urllib.parse import unquote

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)

Answer = tuple[int, Any]
#: `("GET", r"/courses/(\d+)")` → a function of the groups and the body.
Routes = Mapping[tuple[str, str], Callable[..., Answer]]

_largest_body = 64 * 1024


class Refused(Exception):
    """Ends a request with this status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def text_of(body: Any, name: str) -> str:
    """A text of the body of a request; refused where it is missing or empty."""
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, str) or not value.strip() or len(value) > 255:
        raise Refused(400, f"{name} is a text of 1 to 255 characters")
    return value


def answer(routes: Routes, method: str, path: str, body: Any) -> Answer:
    """What the first fitting route says; faults are logged, and not told."""
    try:
        for (each, pattern), handle in routes.items():
            found = re.fullmatch(pattern, path)
            if found and each == method:
                return handle(*found.groups(), *([body] if method in ("POST", "PUT") else []))
        return 404, {"error": "not found"}
    except Refused as refused:
        return refused.status, {"error": str(refused)}
    except Exception:
        logging.exception("%s %s", method, path)
        return 500, {"error": "internal error"}


def serve(routes: Routes) -> None:
    """Serves on $PORT of $LISTEN_ADDRESS, else of all addresses; SIGTERM lets requests under way end."""

    class Handler(BaseHTTPRequestHandler):
        # Seconds that a silent client is waited for.
        timeout = 30

        def _handle(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), _largest_body)
            try:
                body = json.loads(self.rfile.read(length) or b"null")
                status, value = answer(routes, self.command, unquote(self.path.partition("?")[0]), body)
            except ValueError:
                status, value = 400, {"error": "the body is no JSON"}
            content = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _handle

        def log_message(self, format: str, *values: Any) -> None:
            logging.debug(format, *values)

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def server_bind(self) -> None:
            # Not that of HTTPServer: it looks the name of this machine up, which can take seconds.
            TCPServer.server_bind(self)
            self.server_name, self.server_port = self.server_address[:2]

    address = os.environ.get("LISTEN_ADDRESS", "0.0.0.0")
    with Server((address, int(os.environ["PORT"])), Handler) as server:
        # `shutdown` waits for the loop, which runs in this thread.
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        logging.info("listening on port %s", os.environ["PORT"])
        server.serve_forever(poll_interval=0.1)
