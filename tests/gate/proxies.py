"""nginx and Caddy as Debian has them, run with the very files of docs/forward-auth.md."""

import datetime
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.journeys.product import ROOT, free_port

PAGE = ROOT / "docs/forward-auth.md"
LOGIN, WIKI = "login.example.org", "wiki.example.org"
PATIENCE = 30
"""Seconds within which a proxy has to listen."""
HOME = "/usr/sbin:/usr/bin:/bin"


def file_of_docs(name: str) -> str:
    """The block of the page that stands for this file."""
    found = re.search(
        rf"<!-- file: {re.escape(name)} -->\n```\w+\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
    )
    assert found, f"{PAGE.name} has no file {name}"
    return found[1]


@dataclass(frozen=True)
class Ports:
    """Who listens where on 127.0.0.1."""

    proxy: int
    twofold: int
    site: int

    @property
    def login(self) -> str:
        """Twofold's public address."""
        return f"https://{LOGIN}:{self.proxy}"

    @property
    def wiki(self) -> str:
        """The site's public address."""
        return f"https://{WIKI}:{self.proxy}"


def write_certificate(folder: Path) -> None:
    """`cert.pem` and `key.pem` for both names, signed by themselves."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, WIKI)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(LOGIN), x509.DNSName(WIKI)]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def nginx_config(folder: Path, ports: Ports) -> str:
    """The page's file with this test's ports and paths, in the frame that a system has."""
    body = replaced(
        file_of_docs("nginx.conf"),
        {
            "listen 443 ssl;": f"listen 127.0.0.1:{ports.proxy} ssl;",
            "127.0.0.1:8000": f"127.0.0.1:{ports.twofold}",
            "127.0.0.1:9000": f"127.0.0.1:{ports.site}",
            "/etc/ssl/example.org.pem": str(folder / "cert.pem"),
            "/etc/ssl/example.org.key": str(folder / "key.pem"),
            "X-Forwarded-Host wiki.example.org;": f"X-Forwarded-Host {WIKI}:{ports.proxy};",
        },
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "\n".join(f"{kind}_temp_path {folder / kind};" for kind in kinds)
    user = "user root;\n" if os.geteuid() == 0 else ""
    return (
        f"{user}daemon off;\nworker_processes 1;\npid {folder / 'pid'};\n"
        f"error_log {folder / 'errors'};\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}\n{body}\n}}\n"
    )


def caddy_config(folder: Path, ports: Ports) -> str:
    """The page's file with this test's ports and a certificate, and no admin interface."""
    tls = f"\ttls {folder / 'cert.pem'} {folder / 'key.pem'}"
    body = replaced(
        file_of_docs("Caddyfile"),
        {
            "login.example.org {": f"{LOGIN}:{ports.proxy} {{\n\tbind 127.0.0.1\n{tls}",
            "wiki.example.org {": f"{WIKI}:{ports.proxy} {{\n\tbind 127.0.0.1\n{tls}",
            "127.0.0.1:8000": f"127.0.0.1:{ports.twofold}",
            "127.0.0.1:9000": f"127.0.0.1:{ports.site}",
        },
    )
    return f"{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{body}"


def replaced(text: str, values: Mapping[str, str]) -> str:
    """Every one of `values` must stand in the text."""
    for old, new in values.items():
        assert old in text, f"the page's file does not say {old!r}"
        text = text.replace(old, new)
    return text


@contextmanager
def proxy(kind: str, folder: Path, ports: Ports) -> Iterator[None]:
    """nginx or Caddy in front of both, until the end."""
    folder.mkdir(exist_ok=True)
    write_certificate(folder)
    config = folder / "config"
    program = shutil.which(kind, path=HOME)
    assert program, f"{kind} is not installed: `./dev test` says how"
    if kind == "nginx":
        config.write_text(nginx_config(folder, ports))
        command = [program, "-e", str(folder / "errors"), "-p", str(folder), "-c", str(config)]
    else:
        config.write_text(caddy_config(folder, ports))
        command = [program, "run", "--adapter", "caddyfile", "--config", str(config)]
    environment = {"HOME": str(folder), "PATH": HOME}
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            wait_for(process, ports.proxy, folder)
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)


def wait_for(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    """Until somebody listens there."""
    end = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, (folder / "output").read_text()
        assert time.monotonic() < end, "the proxy does not listen"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return


def free_ports(site: int) -> Ports:
    """Two free ones beside the site's."""
    return Ports(free_port(), free_port(), site)


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers in their order, body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """The one value of a header, "" for none."""
        found = [value for key, value in self.headers if key.lower() == name]
        assert len(found) <= 1, found
        return found[0] if found else ""


@dataclass
class Wire:
    """A client that sends exactly what it is told to, over TLS, and keeps cookies by host."""

    port: int
    cookies: dict[str, dict[str, str]]

    def ask(
        self,
        host: str,
        target: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        lines: tuple[bytes, ...] = (),
        body: bytes = b"",
        authority: str | None = None,
    ) -> Reply:
        """One request on a connection of its own; `lines` are header lines as they are."""
        sent = {"Host": authority or f"{host}:{self.port}", "Accept": "text/html"}
        sent |= dict(headers or {})
        if body:
            sent["Content-Length"] = str(len(body))
        if kept := self.cookies.get(host):
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in kept.items())
        head = b"".join(f"{name}: {value}\r\n".encode() for name, value in sent.items())
        head += b"".join(line + b"\r\n" for line in lines)
        request = f"{method} {target} HTTP/1.1\r\n".encode("latin-1") + head
        with self.connected(host) as connection:
            connection.sendall(request + b"Connection: close\r\n\r\n" + body)
            answer = HTTPResponse(connection, method=method)
            answer.begin()
            reply = Reply(answer.status, answer.getheaders(), answer.read())
        self._keep(host, reply)
        return reply

    def connected(self, host: str) -> ssl.SSLSocket:
        """A TLS connection to the proxy for this host."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        return context.wrap_socket(plain, server_hostname=host)

    def _keep(self, host: str, reply: Reply) -> None:
        for name, value in reply.headers:
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies.setdefault(host, {})[key] = rest.partition(";")[0]
