"""A small HTTP service of this machine, for what a test plays."""

from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread


def answer(
    handler: BaseHTTPRequestHandler, status: int, content: bytes = b"", **headers: str
) -> None:
    """All of it; ``headers`` are named with _ for -."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


@contextmanager
def listening(service: HTTPServer) -> Generator[str]:
    """Its host and port, at which it answers meanwhile."""
    with service:
        thread = Thread(target=service.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{service.server_port}"
        finally:
            service.shutdown()
            thread.join()
