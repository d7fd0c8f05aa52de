"""Serves a built site the way GitHub Pages does: gzip, index files, 404.html, optionally below a sub-path.

For tests and benchmarks; `python -m scripts.static_server SITE [PORT]` for a look by eye.
"""

import gzip
import mimetypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMPRESSED = ("text/", "application/json", "application/javascript", "application/xml", "image/svg+xml")

# Debian's table of types may lack these
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("image/svg+xml", ".svg")
mimetypes.add_type("application/manifest+json", ".webmanifest")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    root: Path
    prefix: str

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        status, file = HTTPStatus.OK, None
        if path.startswith(self.prefix):
            file = (self.root / path.removeprefix(self.prefix)).resolve()
            if file.is_dir() and not path.endswith("/"):
                return self._redirect(f"{path}/")
            file = file / "index.html" if file.is_dir() else file
        if file is None or not file.is_file() or self.root not in file.parents:
            status, file = HTTPStatus.NOT_FOUND, self.root / "404.html"
        body = file.read_bytes() if file.is_file() else b"not found"
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        self.send_response(status)
        if kind.startswith(COMPRESSED) and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = _compressed(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)

    def _redirect(self, location: str) -> None:
        self.send_response(HTTPStatus.MOVED_PERMANENTLY)
        self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet: a browser loads hundreds of files."""


@lru_cache(maxsize=1000)
def _compressed(body: bytes) -> bytes:
    """Compressed once, however many readers ask: tests do so thousands of times."""
    return gzip.compress(body, compresslevel=6, mtime=0)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a browser opens many connections at once

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes a connection early is no error."""


@contextmanager
def serve(root: Path, prefix: str = "/", port: int = 0) -> Iterator[str]:
    """Serves `root` below `prefix` (begins and ends with a slash) on a free port; gives the address."""
    handler = type("Handler", (_Handler,), {"root": Path(root).resolve(), "prefix": prefix})
    server = _Server(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{prefix}"
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    with serve(Path(sys.argv[1]), port=int(sys.argv[2]) if len(sys.argv) > 2 else 8000) as address:
        print(address, flush=True)
        threading.Event().wait()
