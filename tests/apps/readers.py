"""Readers of QR codes: what a phone's camera and an app's scanner are made with."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy
import zxingcpp

from tests.apps.terminal import run

JSQR = """
const jsqr = require("jsqr"), {PNG} = require("pngjs"), {readFileSync} = require("fs");
for (const name of process.argv.slice(1)) {
  const png = PNG.sync.read(readFileSync(name));
  const found = jsqr(new Uint8ClampedArray(png.data), png.width, png.height);
  console.log(found ? found.data : "");
}
"""
DISTANCES = (1, 1.5, 2, 1.25, 0.9)
"""Sizes, as factors, in which a picture is shown to OpenCV until one is read."""
Reader = Callable[[Sequence[bytes]], list[str]]
"""From pictures (PNG) to what stands in the QR code of each, "" where none was found."""


def zbarimg(pictures: Sequence[bytes]) -> list[str]:
    """ZBar, strict about colours and small modules."""
    arguments = ("-q", "--raw", "-Sdisable", "-Sqrcode.enable")
    with _files(pictures) as names:
        return [run("zbarimg", *arguments, name) for name in names]


def zxing(pictures: Sequence[bytes]) -> list[str]:
    """ZXing, as in Aegis and FreeOTP."""
    looked_for = zxingcpp.BarcodeFormat.QRCode
    read = [zxingcpp.read_barcodes(_colours(picture), formats=looked_for) for picture in pictures]
    return ["\n".join(found.text for found in codes) for codes in read]


def opencv(pictures: Sequence[bytes]) -> list[str]:
    """OpenCV's detectors. At any one size they miss one picture in a hundred, so they are shown
    several, as a hand that moves a phone does; the other readers have to take the first.
    """
    return [next(filter(None, _by_opencv(_colours(picture))), "") for picture in pictures]


def _by_opencv(picture: numpy.ndarray) -> Iterator[str]:
    for factor in DISTANCES:
        seen = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        for detector in (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco()):
            yield str(detector.detectAndDecode(seen)[0])


def jsqr(pictures: Sequence[bytes]) -> list[str]:
    """jsQR, as in web pages and browser extensions."""
    with _files(pictures) as names:
        return run("node", "-e", JSQR, *names).split("\n")


READERS: dict[str, Reader] = {
    "zbarimg": zbarimg,
    "zxing-cpp": zxing,
    "OpenCV": opencv,
    "jsQR": jsqr,
}


@contextlib.contextmanager
def _files(pictures: Sequence[bytes]) -> Iterator[list[str]]:
    with tempfile.TemporaryDirectory(prefix="camera-") as folder:
        names = [f"{folder}/{number}.png" for number, _ in enumerate(pictures)]
        for name, picture in zip(names, pictures, strict=True):
            Path(name).write_bytes(picture)
        yield names


def _colours(picture: bytes) -> numpy.ndarray:
    return cv2.imdecode(numpy.frombuffer(picture, numpy.uint8), cv2.IMREAD_COLOR)
