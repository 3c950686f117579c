"""All figures in one run: writes docs/benchmarks.md with its tables and pictures.

Each benchmark of the list runs by itself, with the options that stand there, and hands its figures
over as JSON. The page says what was reached and what was not. With `--quick` everything is small,
to see that it works; then the page is printed and not written.

usage: python bench/report.py [--quick]
"""

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
PICTURES = ROOT / "docs" / "pictures"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

RUNS: Mapping[str, tuple[str, Sequence[str], Sequence[str]]] = {
    "checks": (
        "verifications.py",
        ("--connections", "32", "8", "1", "--rounds", "3"),
        ("--connections", "4", "1", "--rounds", "1", "--seconds", "1", "--most", "3000"),
    ),
    "checks on PostgreSQL": (
        "verifications.py",
        ("--postgres", "--processes", "2", "--rounds", "3", "--most", "1500"),
        ("--postgres", "--processes", "2", "--rounds", "1", "--seconds", "1", "--most", "2000",
         "--connections", "4"),
    ),
    "forward authentication": ("forward_auth.py", (), ("--rounds", "1", "--seconds", "1")),
    "switching on": ("switch_on.py", ("--people", "100000"), ("--people", "500")),
}  # fmt: skip
"""By name: the script, its options, and those of `--quick`."""


def run(script: str, options: Sequence[str]) -> tuple[Any, float]:
    """The figures of one benchmark, and how long it took."""
    begun = time.monotonic()
    command = [sys.executable, str(ROOT / "bench" / script), *options, "--json"]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(ran.stdout.splitlines()[-1]), time.monotonic() - begun


def machine() -> str:
    """What it ran on, in one line, and how busy that was before."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return (
        f"{os.cpu_count()} virtual cores ({model}), {platform.system()} {platform.release()}, "
        f"CPython {platform.python_version()}, SQLite {sqlite3.sqlite_version} in the bare "
        f"commits; load before the run {os.getloadavg()[0]:.2f}"
    )


def revision() -> str:
    """The commit that was measured."""
    ran = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return ran.stdout.strip()


def checks(tables: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rows about codes."""
    lines = [
        "| Connections | Code | per second | p50 | p99 | of the ceiling | of single commits |",
        "|--:|---|--:|--:|--:|--:|--:|",
    ]
    for found in tables:
        for kind, row in found["kinds"].items():
            lines.append(
                f"| {found['connections']} | {kind} | {row['rate']:,} | {row['p50_ms']} ms | "
                f"{row['p99_ms']} ms | {row['of_the_ceiling']:.2f} | "
                f"{row['of_single_commits']:.2f} |"
            )
        lines.append(f"| {found['connections']} | *ceiling* | {found['ceiling']:,} | | | 1 | |")
        lines.append(f"| | *single commits* | {found['commits']:,} | | | | 1 |")
        lines.append(f"| | *wrong of right* | {found['wrong_of_right']} | | | | |")
    return lines


def picture(tables: Sequence[Mapping[str, Any]]) -> str:
    """Rate and latency of right codes against connections, as SVG that reads in grey."""
    points = sorted((one["connections"], one["kinds"]["right"]) for one in tables)
    most = max(row["rate"] for _, row in points) or 1
    slowest = max(row["p99_ms"] for _, row in points) or 1
    width, height, left, base = 640, 300, 60, 250
    step = (width - 2 * left) / max(len(points), 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="sans-serif" font-size="13" fill="#222">',
        "<title>Right codes a second, and the slowest of a hundred, against connections</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<path d="M{left} {base}H{width - left}" stroke="#222"/>',
    ]
    for at, (connections, row) in enumerate(points):
        x = left + at * step + step / 2
        bar, late = 180 * row["rate"] / most, 180 * row["p99_ms"] / slowest
        parts += [
            f'<rect x="{x - 50:.0f}" y="{base - bar:.0f}" width="44" height="{bar:.0f}" '
            'fill="#1d5fa8"/>',
            f'<rect x="{x + 6:.0f}" y="{base - late:.0f}" width="44" height="{late:.0f}" '
            'fill="#fff" stroke="#222" stroke-width="2"/>',
            f'<text x="{x - 36:.0f}" y="{base - bar - 6:.0f}" text-anchor="middle">'
            f"{row['rate']:,}/s</text>",
            f'<text x="{x + 36:.0f}" y="{base - late - 6:.0f}" text-anchor="middle">'
            f"{row['p99_ms']} ms</text>",
            f'<text x="{x:.0f}" y="{base + 20}" text-anchor="middle">{connections} '
            f"connection{'s' if connections != 1 else ''}</text>",
        ]
    parts.append(
        f'<text x="{left}" y="30">Filled: right codes a second. Outlined: p99.</text></svg>'
    )
    return "\n".join(parts) + "\n"


def written(results: Mapping[str, tuple[Any, float]]) -> str:
    """The figures as the page has them."""
    lines = [
        BEGIN,
        "",
        f"Measured on {datetime.now(UTC):%d %B %Y}, commit {revision()}, on {machine()}.",
        "",
    ]
    for name, (found, seconds) in results.items():
        script, options, _ = RUNS[name]
        command = f"python bench/{script} {' '.join(options)}".strip()
        lines += [f"### {name[0].upper()}{name[1:]}", "", f"`{command}` ({seconds:.0f} s)", ""]
        if name.startswith("checks"):
            lines += checks(found)
        else:
            lines += ["| | |", "|---|--:|"]
            lines += [f"| {key.replace('_', ' ')} | {value} |" for key, value in flat(found)]
        lines.append("")
    lines.append(END)
    return "\n".join(lines)


def flat(found: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested figures as rows."""
    rows: list[tuple[str, Any]] = []
    for key, value in found.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            rows += flat(value, f"{name}, ")
        else:
            rows.append((name, value))
    return rows


def main() -> int:
    """Run everything; write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    results = {
        name: run(script, quick if asked.quick else options)
        for name, (script, options, quick) in RUNS.items()
        if (ROOT / "bench" / script).is_file()
    }
    figures = written(results)
    if asked.quick:
        print(figures)
        return 0
    (PICTURES / "benchmarks.svg").write_text(picture(results["checks"][0]), "utf-8")
    page = PAGE.read_text("utf-8")
    before, after = page.partition(BEGIN)[0], page.partition(END)[2]
    PAGE.write_text(before + figures + after, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
