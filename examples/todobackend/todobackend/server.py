"""Serves a WSGI application until the process is asked to end; requests under way are answered first."""

import logging
import signal
import threading
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer


class _Server(ThreadingMixIn, WSGIServer):
    # Threads are waited for when the server closes.
    daemon_threads = False
    request_queue_size = 64

    def server_bind(self) -> None:
        # Not that of HTTPServer: it looks the name of this machine up, which can take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    # Seconds that a silent client is waited for.
    timeout = 30

    def address_string(self) -> str:
        return str(self.client_address[0])

    def log_message(self, format: str, *values: Any) -> None:
        logging.debug(format, *values)


def serve(app: Any, port: int) -> None:
    with _Server(("0.0.0.0", port), _Handler) as server:
        server.set_app(app)
        # `shutdown` waits for the loop, which runs in this thread.
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        logging.info("listening on port %d", port)
        server.serve_forever(poll_interval=0.1)
    logging.info("ended")
