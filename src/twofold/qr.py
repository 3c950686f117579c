"""The QR code of a key URI as SVG (rules Q1 to Q8 of the authenticator apps)."""

import segno

BORDER = 4
"""Modules of white that belong to the picture (ISO/IEC 18004): a dark page comes no nearer."""
MAX_VERSION = 10
"""The densest code that weak cameras read well from a screen, 57 modules a side."""


def qr_svg(uri: str) -> str:
    """`uri` as an SVG element to stand in a page; the same bytes for the same URI.

    Black on a white rectangle, whatever the page's colours are; no styles, no ids, no size of its
    own, so that the page decides how large it is. The title says what it is and not what is in it,
    because the URI holds the secret.

    Raises `ValueError` (from segno) for a URI of more than 271 bytes.
    """
    code = _encode(uri)
    side = code.symbol_size(border=BORDER)[0]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img"'
        ' shape-rendering="crispEdges">'
        "<title>QR code for your authenticator app</title>"
        f'<rect width="{side}" height="{side}" fill="#fff"/>'
        f'<path fill="#000" d="{_dark_runs(code)}"/>'
        "</svg>"
    )


def _encode(uri: str) -> segno.QRCode:
    """Level M; L only where M would need more than version 10 (rule Q4). No ECI header (Q6)."""
    for level in ("m", "l"):
        try:
            code = segno.make_qr(uri, error=level, boost_error=False, encoding="utf-8", mode="byte")
        except segno.DataOverflowError:
            continue
        if int(code.version) <= MAX_VERSION:
            return code
    raise ValueError(f"a key URI of {len(uri.encode())} bytes does not fit a QR code for phones")


def _dark_runs(code: segno.QRCode) -> str:
    """The dark modules as one filled path, a rectangle for each run in a row."""
    drawn = []
    for y, row in enumerate(code.matrix, start=BORDER):
        x = 0
        cells = bytes(row)
        while (start := cells.find(1, x)) >= 0:
            x = cells.find(0, start)
            x = len(cells) if x < 0 else x
            drawn.append(f"M{start + BORDER} {y}h{x - start}v1h{start - x}z")
    return "".join(drawn)
