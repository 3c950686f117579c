"""Twofold as a process of its own behind each proxy: stopped in its tracks, and killed (F32)."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.gate.guarded import guarded_site
from tests.gate.proxies import WIKI, Ports, Wire, free_ports, proxy, wait_for
from tests.journeys.product import CHEAP_HASHING, PATIENCE, ROOT

JSON = {"Accept": "application/json"}


@contextmanager
def twofold(folder: Path, ports: Ports) -> Iterator["subprocess.Popen[bytes]"]:
    """The product on its port, with an account and one public site, set from the console."""
    folder.mkdir()
    own = {name: value for name, value in os.environ.items() if not name.startswith("TWOFOLD_")}
    own |= CHEAP_HASHING | {
        "TWOFOLD_LISTEN": f"127.0.0.1:{ports.twofold}",
        "TWOFOLD_DATA_DIR": str(folder / "data"),
        "TWOFOLD_PUBLIC_URL": ports.login,
        "TWOFOLD_TRUSTED_PROXIES": "127.0.0.1",
        "PYTHONPATH": str(ROOT / "src"),
    }

    def command(*arguments: str, given: str = "") -> None:
        done = subprocess.run(
            (sys.executable, "-m", "twofold", *arguments),
            cwd=folder, env=own, input=given, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    owner = ("--name", "Ann Owner", "--email", "ann@example.org")
    command(
        "setup", "--account", "Acme", *owner, "--password-stdin", given="a long enough phrase\n"
    )
    command("sites", "set", "-", "--by", "ann@example.org", given=f"{ports.wiki}\n / public\n")
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "twofold", "serve"],
            cwd=folder, env=own, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            wait_for(process, ports.twofold, folder)
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait(PATIENCE)


@pytest.mark.parametrize("kind", ["nginx", "caddy"])
def test_a_process_that_hangs_or_is_gone_lets_nobody_in(kind: str, tmp_path: Path) -> None:
    """Not even to a public page, and within the time that the proxy's file gives it."""
    with guarded_site() as site:
        ports = free_ports(site.port)
        with twofold(tmp_path / "twofold", ports) as process, proxy(kind, tmp_path / "p", ports):
            wire = Wire(ports.proxy, {})
            assert wire.ask(WIKI, "/", headers=JSON).status == 200
            process.send_signal(signal.SIGSTOP)
            assert wire.ask(WIKI, "/", headers=JSON).status in (500, 502, 504)
            process.send_signal(signal.SIGCONT)
            assert wire.ask(WIKI, "/", headers=JSON).status == 200
            process.kill()
            process.wait(PATIENCE)
            assert wire.ask(WIKI, "/", headers=JSON).status in (500, 502, 504)
        assert site.reached == ["GET /"] * 2


def test_the_files_of_the_docs_wait_for_seconds_only() -> None:
    """A hanging Twofold must not hang every site for a minute."""
    text = (ROOT / "docs/forward-auth.md").read_text("utf-8")
    assert re.search(r"proxy_read_timeout 5s;", text)
    assert re.search(r"response_header_timeout 5s", text)
