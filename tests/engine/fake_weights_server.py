"""A small HTTP server on the loopback interface that serves one file, well or badly."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeWeightsServer:
    """Serves ``content`` at any path. ``requests`` keeps each request's Range header, or None."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.ranges = True
        """Whether a Range header is honoured."""
        self.cut_after: list[int] = []
        """Bytes of the body after which the n-th answer breaks off; answers beyond the list are whole."""
        self.statuses: list[int] = []
        """Statuses of the first answers instead of a body."""
        self.pause_s = 0.0
        """Wait between pieces of the body."""
        self.silent = False
        """Whether nothing comes after the first piece of the body, and the connection stays open."""
        self._closing = threading.Event()
        self.requests: list[str | None] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeWeightsServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        span = handler.headers.get("Range")
        self.requests.append(span)
        if self.statuses:
            handler.send_error(self.statuses.pop(0))
            return
        start = int(span.removeprefix("bytes=").rstrip("-")) if span and self.ranges else 0
        if start >= len(self.content):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(self.content)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        body = self.content[start:]
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        self._send(body, handler.wfile.write)

    def _send(self, body: bytes, write: Callable[[bytes], object]) -> None:
        end = self.cut_after.pop(0) if self.cut_after else len(body)
        piece = max(1, len(body) // 16)
        for offset in range(0, min(end, len(body)), piece):
            try:
                write(body[offset:min(offset + piece, end)])
            except ConnectionError:  # the client went away, which some tests want
                return
            if self.silent:
                self._closing.wait()
                return
            if self.pause_s:
                time.sleep(self.pause_s)
