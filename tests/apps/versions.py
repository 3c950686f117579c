"""Which program in which version a run had to do with."""

import importlib.metadata
import json
from pathlib import Path

from tests.apps.terminal import ROOT, run

DEBIAN = {
    "oathtool": "oathtool",
    "keepassxc-cli": "keepassxc",
    "otpclient-cli": "otpclient-cli",
    "pass-otp": "pass-otp",
    "numberstation": "numberstation",
    "zbarimg": "zbar-tools",
    "Chromium": "chromium",
    "faketime": "faketime",
}
NODE = {"otpauth": "otpauth", "jsQR": "jsqr"}
PYTHON = {"zxing-cpp": "zxing-cpp", "OpenCV": "opencv-python-headless"}


def versions() -> dict[str, str]:
    """The version of everything that takes part, as its package says it."""
    return (
        {name: _of_debian(package) for name, package in DEBIAN.items()}
        | {name: _of_node(package) for name, package in NODE.items()}
        | {name: importlib.metadata.version(package) for name, package in PYTHON.items()}
    )


def _of_debian(package: str) -> str:
    return run("dpkg-query", "--show", "--showformat=${Version}", package)


def _of_node(package: str) -> str:
    text = Path(ROOT, "node_modules", package, "package.json").read_text(encoding="utf-8")
    return str(json.loads(text)["version"])
