"""A phone: it photographs the screen, reads the QR code and makes codes.

Two independent readers have to agree about the picture, and two independent programs make the
codes. None of them shares a line with the product.
"""

import re
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import cv2
import numpy
import zxingcpp

PERIOD = 30
DATABASE = """<?xml version="1.0"?><KeePassFile><Meta><Generator>t</Generator></Meta><Root><Group>
<UUID>AAAAAAAAAAAAAAAAAAAAAQ==</UUID><Name>R</Name><Entry><UUID>AAAAAAAAAAAAAAAAAAAAAg==</UUID>
<String><Key>Title</Key><Value>phone</Value></String><String><Key>otp</Key><Value>{}</Value>
</String></Entry></Group></Root></KeePassFile>"""


def run(*command: str, said: str = "") -> str:
    """What a program prints when it is told `said` on its stdin."""
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stderr}"
    return done.stdout.strip()


def read_with_zbar(png: bytes) -> list[str]:
    """The QR codes in a picture, by ZBar."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(png)
        file.flush()
        arguments = ("-q", "--raw", "-Sdisable", "-Sqrcode.enable", file.name)
        return run("zbarimg", *arguments).splitlines()


def read_with_zxing(png: bytes) -> list[str]:
    """The QR codes in a picture, by ZXing.

    It is told to look for nothing else, as a scanner for set-ups is: among the modules of one QR
    code in a thousand it finds a Codabar of a few letters too.
    """
    picture = cv2.imdecode(numpy.frombuffer(png, numpy.uint8), cv2.IMREAD_COLOR)
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return [code.text for code in found]


class Phone:
    """An authenticator entry on somebody's phone."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.parts = urlsplit(uri)
        self.parameters = parse_qs(self.parts.query, strict_parsing=True)
        self.secret = self.parameters["secret"][0]
        self.label = unquote(self.parts.path.removeprefix("/"))
        self._last_step = 0

    @classmethod
    def scan(cls, png: bytes) -> "Phone":
        """Read the one QR code of a picture; both readers must read the same."""
        read = read_with_zbar(png)
        assert len(read) == 1, f"ZBar found {len(read)} QR codes"
        assert read_with_zxing(png) == read, "the two readers do not agree"
        return cls(read[0])

    def code(self) -> str:
        """A code that was not used yet and that counts now, by oathtool.

        When the present step was used, this is the next one's: the product takes codes of one
        step either side. Only when that was used too is there a real wait.
        """
        return self.code_of_step(self._unused_step())

    def pair(self) -> tuple[str, str]:
        """Two consecutive codes of which the second was not used yet and counts now.

        The product takes the second one from the next step too, so most pairs need no wait.
        """
        step = self._unused_step()
        return self.code_of_step(step - 1), self.code_of_step(step)

    def code_at(self, offset: int) -> str:
        """The code so many steps from now, whether it was used or not; using it is not noted."""
        return self.code_of_step(int(time.time()) // PERIOD + offset)

    def _unused_step(self) -> int:
        step = max(int(time.time()) // PERIOD, self._last_step + 1)
        while step > int(time.time()) // PERIOD + 1:
            time.sleep(0.2)
        self._last_step = step
        return step

    def code_of_step(self, step: int) -> str:
        """The code of one 30-second interval; the key goes in by stdin, not as an argument."""
        return run("oathtool", "-b", "--totp", "-N", f"@{step * PERIOD}", "-", said=self.secret)

    def code_by_keepassxc(self) -> str:
        """The present code by a password manager that reads the URI itself."""
        self._last_step = int(time.time()) // PERIOD
        with tempfile.TemporaryDirectory() as folder:
            entry, database = Path(folder, "in.xml"), str(Path(folder, "phone.kdbx"))
            entry.write_text(DATABASE.format(self.uri.replace("&", "&amp;")), encoding="utf-8")
            run("keepassxc-cli", "import", "-q", "-p", str(entry), database, said="pw\npw\n")
            return run("keepassxc-cli", "show", "-q", "-t", database, "phone", said="pw\n")

    def wrong_codes(self) -> Iterable[str]:
        """Codes that are not right at any moment of the next or last quarter of an hour."""
        now = int(time.time()) // PERIOD
        command = ("oathtool", "-b", "--totp", "-w", "60", "-N", f"@{(now - 30) * PERIOD}", "-")
        right = set(re.findall(r"\d{6}", run(*command, said=self.secret)))
        return (code for number in range(100_000, 999_999) if (code := str(number)) not in right)
