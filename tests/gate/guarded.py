"""A site behind the proxy, as a WSGI server would show requests to it: says what it was asked."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass
class Guarded:
    """Where it listens, and everything that ever reached it."""

    port: int
    reached: list[str] = field(default_factory=list)


@contextmanager
def guarded_site() -> Iterator[Guarded]:
    """The site, until the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(site := Guarded(0)))
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def handler_of(site: Guarded) -> type[BaseHTTPRequestHandler]:
    """A handler that writes down what reaches the site."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            site.reached.append(f"{self.command} {self.path}")
            if self.headers.get("Upgrade", "").lower() == "websocket":
                self._echo_one_message()
                return
            length = int(self.headers.get("Content-Length", 0))
            said = {
                "method": self.command,
                "path": self.path,
                "body": self.rfile.read(length).decode(),
                "environ": self._environ(),
            }
            wants_page = "text/html" in self.headers.get("Accept", "")
            content = page(said).encode() if wants_page else json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if wants_page else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_HEAD = answer  # noqa: N815 - the names of the library

        def _environ(self) -> dict[str, str]:
            """As WSGI has it: underscores for hyphens, two of one name with a comma between."""
            found: dict[str, str] = {}
            for name, value in self.headers.items():
                key = "HTTP_" + name.upper().replace("-", "_")
                found[key] = f"{found[key]},{value}" if key in found else value
            return found

        def _echo_one_message(self) -> None:
            key = self.headers["Sec-WebSocket-Key"] + WEBSOCKET_GUID
            accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
            self.send_response(101)
            for name, value in (
                ("Upgrade", "websocket"),
                ("Connection", "Upgrade"),
                ("Sec-WebSocket-Accept", accept),
            ):
                self.send_header(name, value)
            self.end_headers()
            length = self.rfile.read(2)[1] & 127
            mask, masked = self.rfile.read(4), self.rfile.read(length)
            text = bytes(byte ^ mask[n % 4] for n, byte in enumerate(masked))
            who = self.headers.get("Remote-User", "").encode()
            self.wfile.write(bytes((0x81, len(text + who))) + text + who)
            self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    return Handler


def page(said: dict[str, object]) -> str:
    """What a person sees of the site."""
    environ = said["environ"]
    assert isinstance(environ, dict)
    who = environ.get("HTTP_REMOTE_NAME", "")
    return (
        f'<!doctype html><html lang="en"><title>Wiki</title><h1>The wiki</h1>'
        f"<p>{said['path']}</p><p>Hello {who}, by {environ.get('HTTP_REMOTE_AMR', '')}.</p>"
        f'<p><a href="/.twofold/sign-out">Sign out</a></p>'
    )
