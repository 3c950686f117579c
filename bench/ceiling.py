"""The ceiling: what one process gives for a bare Starlette endpoint, loaded over HTTP.

Other benchmarks measure themselves against it in the same run: a POST with a little JSON, answered
with a little JSON, on uvicorn with the settings of the product, loaded by wrk on loopback.

usage: python bench/ceiling.py [--seconds 3] [--connections 32] [--json]
"""

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

READY_SECONDS = 60
# Each request takes the next line of a file as its body; wrk's own latencies and statuses are
# written as one line of JSON.
SCRIPT = """
local bodies = {}
for line in io.lines(os.getenv("BODIES")) do bodies[#bodies + 1] = line end
local at = 0
wrk.method = os.getenv("METHOD")
for name, value in string.gmatch(os.getenv("HEADERS"), "([^=\\n]+)=([^\\n]*)") do
    wrk.headers[name] = value
end
local bare = wrk.method == "GET" and #bodies == 1
function request()
    at = at % #bodies + 1
    if bare then return wrk.format() end
    return wrk.format(nil, nil, nil, bodies[at])
end
function done(summary, latency)
    io.write(string.format('\\nRESULT {"requests": %d, "microseconds": %d, "refused": %d, ' ..
        '"errors": %d, "p50": %f, "p99": %f}\\n', summary.requests, summary.duration,
        summary.errors.status, summary.errors.connect + summary.errors.read +
        summary.errors.write + summary.errors.timeout,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


@dataclass(frozen=True)
class Load:
    """What one slot of load found. Latencies are in milliseconds."""

    rate: float
    requests: int
    refused: int
    """Answers with a status of 400 or more."""
    errors: int
    p50: float
    p99: float


def wrk() -> str:
    """The program that loads. Exits with a sentence if it is missing."""
    found = shutil.which("wrk")
    if found is None:
        sys.exit("wrk is missing. Install it: sudo apt-get install wrk")
    return found


def load(
    url: str,
    bodies: Sequence[str],
    *,
    connections: int,
    seconds: float,
    headers: dict[str, str] | None = None,
    method: str = "POST",
) -> Load:
    """Load `url` for so many seconds over so many connections, each request the next body."""
    with tempfile.TemporaryDirectory() as folder:
        script, lines = Path(folder, "script.lua"), Path(folder, "bodies")
        script.write_text(SCRIPT)
        lines.write_text("".join(f"{body}\n" for body in bodies))
        said = {"content-type": "application/json", **(headers or {})}
        environment = os.environ | {
            "BODIES": str(lines),
            "METHOD": method,
            "HEADERS": "\n".join(f"{name}={value}" for name, value in said.items()),
        }
        ran = subprocess.run(
            [wrk(), "-t1", f"-c{connections}", f"-d{round(seconds)}s", "-s", str(script), url],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    line = next(one for one in ran.stdout.splitlines() if one.startswith("RESULT "))
    found = json.loads(line.removeprefix("RESULT "))
    rate = found["requests"] / (found["microseconds"] / 1e6)
    return Load(
        rate, found["requests"], found["refused"], found["errors"], found["p50"], found["p99"]
    )


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def run(app: Callable[[], ASGIApp], port: int) -> None:
    """Serve what `app` makes, as the product is served, until told to stop."""
    uvicorn.run(
        app(),
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
    )


@contextmanager
def served(app: Callable[[], ASGIApp], processes: int = 1) -> Iterator[list[str]]:
    """The addresses of so many processes that serve what `app` makes, each on a port of its own."""
    context = multiprocessing.get_context("spawn")
    ports = [free_port() for _ in range(processes)]
    children = [context.Process(target=run, args=(app, port)) for port in ports]
    for child in children:
        child.start()
    try:
        for port in ports:
            wait_for(port)
        yield [f"http://127.0.0.1:{port}" for port in ports]
    finally:
        for child in children:
            if child.pid is not None and child.is_alive():
                os.kill(child.pid, signal.SIGTERM)
            child.join(15)
            child.kill()


def wait_for(port: int) -> None:
    """Until somebody listens. Raises `TimeoutError`."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        with socket.socket() as sock:
            sock.settimeout(1)
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"Nobody listens on port {port}.")


async def answer(request: Request) -> JSONResponse:
    """Reads JSON, answers JSON, and knows nothing."""
    asked = await request.json()
    return JSONResponse({"outcome": "accepted", "for": asked["external_id"]})


def bare() -> Starlette:
    """The bare endpoint."""
    return Starlette(routes=[Route("/v", answer, methods=["POST"])])


BODY = json.dumps({"external_id": "e-000000", "code": "123456"})


def main() -> int:
    """Print the ceiling of this machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with served(bare) as (url,):
        load(f"{url}/v", [BODY], connections=options.connections, seconds=1)
        found = load(f"{url}/v", [BODY], connections=options.connections, seconds=options.seconds)
    if options.json:
        print(json.dumps(asdict(found)))
    else:
        print(f"bare Starlette endpoint: {found.rate:.0f}/s, p50 {found.p50:.2f} ms, "
              f"p99 {found.p99:.2f} ms")  # fmt: skip
    return 0 if found.errors == found.refused == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
