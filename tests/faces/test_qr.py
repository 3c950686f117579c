"""The QR code, as cameras see it."""

import base64
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.core.keyuri import MAX_URI, account_label, key_uri, suggest_issuer
from twofold.qr import BORDER, MAX_VERSION, qr_svg

KEY = "FIZAVKVWFJEQ6P65NZHIUBQG3UGNZI5R"
SECRET = base64.b32decode(KEY)
SVG = "{http://www.w3.org/2000/svg}"
NAMES = [
    ("Acme Corp", "alice@example.org"),
    ("Müller & Co. KG", "jörg.groß@example.de"),
    ("株式会社例", "山田太郎@例え.jp"),
    ("Acme🔐", "zoë🦊@example.org"),
    ("Министерство образования", "иван.иванов@почта.рф"),
    ("The Longest Name That Is Allow", "b" * 64 + "@example.org"),
    ("会" * 9, "山" * 30 + "@例え.jp"),
]


def _uri(name: str, email: str) -> str:
    issuer = suggest_issuer(name)
    return key_uri(SECRET, issuer, account_label(email, issuer))


def _painted(svg: str, pixels: int, page: int = 0) -> np.ndarray:
    """The SVG drawn on a page of the grey value `page`, with `pixels` for each module.

    Reads the two elements as a browser would: what lies under the white rectangle is white, the
    runs of the path are black, all else is the page.
    """
    root = ElementTree.fromstring(svg)
    side = int(root.attrib["viewBox"].split()[2])
    rect, path = root.find(f"{SVG}rect"), root.find(f"{SVG}path")
    assert rect is not None
    assert path is not None
    modules = np.full((side, side), page, np.uint8)
    modules[: int(rect.attrib["height"]), : int(rect.attrib["width"])] = 255
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path.attrib["d"])
    assert "".join(f"M{x} {y}h{n}v1h-{m}z" for x, y, n, m in runs) == path.attrib["d"]
    for x, y, length, back in runs:
        assert length == back
        modules[int(y), int(x) : int(x) + int(length)] = 0
    picture = np.kron(modules, np.ones((pixels, pixels), np.uint8))
    return cv2.copyMakeBorder(picture, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=page)


def _zxing(picture: np.ndarray) -> list[zxingcpp.Barcode]:
    """QR codes alone: in one of a thousand ZXing finds a short Codabar among the modules too."""
    return zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)


def _zbar(picture: Path) -> str:
    zbarimg = shutil.which("zbarimg")
    assert zbarimg, "zbarimg is missing: install Debian's package “zbar-tools”"
    command = [zbarimg, "-q", "--raw", "-Sdisable", "-Sqrcode.enable", str(picture)]
    seen = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    return seen.stdout.rstrip("\n")


@pytest.mark.parametrize("page", [255, 0], ids=["light", "dark"])
@pytest.mark.parametrize(("name", "email"), NAMES)
def test_three_cameras_read_the_uri(name: str, email: str, page: int, tmp_path: Path) -> None:
    """On a light page and on a black one, for names of every script and of the longest kind."""
    uri = _uri(name, email)
    picture = _painted(qr_svg(uri), 4, page)
    file = tmp_path / "qr.png"
    assert cv2.imwrite(str(file), picture)
    assert [found.text for found in _zxing(picture)] == [uri]
    assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == uri
    assert _zbar(file) == uri


def test_the_picture_is_black_on_its_own_white() -> None:
    """The white is an element that covers the border too; nothing depends on the page's style."""
    svg = qr_svg(_uri(*NAMES[0]))
    root = ElementTree.fromstring(svg)
    title, rect, path = list(root)
    side = root.attrib["viewBox"].split()[2]
    assert root.attrib["viewBox"] == f"0 0 {side} {side}"
    assert root.attrib["role"] == "img"
    assert (title.tag, title.text) == (f"{SVG}title", "QR code for your authenticator app")
    assert rect.tag == f"{SVG}rect"
    assert rect.attrib == {"width": side, "height": side, "fill": "#fff"}
    assert path.attrib["fill"] == "#000"
    assert not re.search(r"style|currentColor|class=|\bid=|filter|<script|href", svg)
    assert "width" not in root.attrib
    assert "height" not in root.attrib


def test_four_modules_of_white_surround_the_code() -> None:
    """They belong to the picture (ISO/IEC 18004)."""
    modules = _painted(qr_svg(_uri(*NAMES[0])), 1)[40:-40, 40:-40]
    dark = np.argwhere(modules == 0)
    assert BORDER == 4
    assert dark.min() == 4
    assert dark.max() == len(modules) - 5


def test_neither_title_nor_attributes_hold_the_secret() -> None:
    """It is in the modules only."""
    svg = qr_svg(_uri(*NAMES[0]))
    assert KEY not in svg
    assert "otpauth" not in svg
    assert "alice" not in svg


def test_the_same_uri_gives_the_same_bytes() -> None:
    """A reload or a second tab shows the very same code."""
    assert qr_svg(_uri(*NAMES[1])) == qr_svg(_uri(*NAMES[1]))
    assert qr_svg(_uri(*NAMES[1])) != qr_svg(_uri(*NAMES[2]))


@pytest.mark.parametrize(
    ("length", "version", "level"),
    [(152, 8, "m"), (153, 9, "m"), (180, 9, "m"), (213, 10, "m"), (214, 9, "l"), (271, 10, "l")],
)
def test_the_level_is_m_and_falls_to_l_beyond_version_ten(
    length: int, version: int, level: str
) -> None:
    """The modules are those of a code of that version and level, found by another route."""
    uri = "otpauth://totp/a?secret=" + "x" * (length - 24)
    side = int(ElementTree.fromstring(qr_svg(uri)).attrib["viewBox"].split()[2])
    assert side == 17 + 4 * version + 2 * BORDER
    found = _zxing(_painted(qr_svg(uri), 4))
    assert found[0].text == uri
    assert found[0].ec_level.lower() == level
    assert segno.make_qr(uri, error=level, boost_error=False).version == version <= MAX_VERSION


@pytest.mark.parametrize("length", [MAX_URI + 1, 5000])
def test_a_uri_that_no_phone_would_read_is_refused(length: int) -> None:
    """One byte more than version 10 can hold, and more than any code can."""
    with pytest.raises(ValueError, match=f"{length} bytes"):
        qr_svg("x" * length)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=40), st.emails())
def test_any_names_make_a_code_that_is_read_back(name: str, email: str) -> None:
    """Whatever people and organisations are called."""
    uri = _uri(name, email)
    assert _zxing(_painted(qr_svg(uri), 4))[0].text == uri
