"""Measures a QR code in a screenshot, pixel by pixel."""

from dataclasses import dataclass

import cv2
import numpy
import zxingcpp

FINDER = 7
"""Modules along the side of one of the three corner marks."""
WHITE, DARK = 250, 100


@dataclass(frozen=True)
class Measured:
    """Sizes in pixels of the picture."""

    module: float
    side: int
    """Along the symbol, without its quiet zone."""
    quiet: float
    """The least white margin of the four, in modules."""


def measure(png: bytes) -> Measured:
    """Find the QR code and measure it."""
    picture = cv2.imdecode(numpy.frombuffer(png, numpy.uint8), cv2.IMREAD_GRAYSCALE)
    (found,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    corner, across = found.position.top_left, found.position.bottom_right
    middle_y, middle_x = (corner.y + across.y) // 2, (corner.x + across.x) // 2
    tile = _white_box(picture, corner.x, corner.y, across.x, across.y)
    dark = tile.pixels < DARK
    rows, columns = numpy.flatnonzero(dark.any(axis=1)), numpy.flatnonzero(dark.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1], columns[0], columns[-1]
    assert top < middle_y - tile.top < bottom
    assert left < middle_x - tile.left < right
    side = int(right - left + 1)
    assert side == bottom - top + 1, "the symbol is square"
    module = side / _modules(side, dark[top + 1, left : right + 1])
    height, width = dark.shape
    margins = (top, left, height - 1 - bottom, width - 1 - right)
    return Measured(module, side, min(int(margin) for margin in margins) / module)


def _modules(side: int, first_row: numpy.ndarray) -> int:
    """How many modules the symbol has: 21, 25, 29 ... The corner marks say nearly how wide one is.

    Every row of pixels begins and ends with the seven dark modules of a corner mark.
    """
    marks = int(numpy.flatnonzero(~first_row)[0]) + int(numpy.flatnonzero(~first_row[::-1])[0])
    nearly = side / (marks / (2 * FINDER))
    return 17 + 4 * round((nearly - 17) / 4)


@dataclass(frozen=True)
class _Box:
    left: int
    top: int
    pixels: numpy.ndarray


def _white_box(picture: numpy.ndarray, x0: int, y0: int, x1: int, y1: int) -> _Box:
    """The largest frame around the symbol whose added pixels are all white."""
    left, top, right, bottom = x0 - 2, y0 - 2, x1 + 2, y1 + 2
    height, width = picture.shape
    while left > 0 and (picture[top : bottom + 1, left - 1] >= WHITE).all():
        left -= 1
    while right < width - 1 and (picture[top : bottom + 1, right + 1] >= WHITE).all():
        right += 1
    while top > 0 and (picture[top - 1, left : right + 1] >= WHITE).all():
        top -= 1
    while bottom < height - 1 and (picture[bottom + 1, left : right + 1] >= WHITE).all():
        bottom += 1
    return _Box(left, top, picture[top : bottom + 1, left : right + 1])
