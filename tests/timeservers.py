"""Time servers on loopback that say what they are told to, over real UDP."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

SINCE_1900 = 2_208_988_800
WORDS = struct.Struct(">BBbb11I")


@dataclass
class TimeServer:
    """What the server answers, and what it was asked."""

    off: float = 0.0
    """Seconds by which its clock is ahead of this machine's."""
    flags: int = 0b00_100_100
    stratum: int = 2
    hold: float = 0.0
    """Seconds between receiving and answering."""
    before: Callable[[bytes], list[bytes]] = lambda _question: []
    """Packets to send before the answer."""
    silent: bool = False
    empty_time: bool = False
    heard: list[bytes] = field(default_factory=list)

    def answer(self, question: bytes) -> bytes:
        """A packet by RFC 4330 section 5."""
        received = time.time() + self.off
        time.sleep(self.hold)
        sent = 0.0 if self.empty_time else time.time() + self.off + SINCE_1900
        moments = (received + SINCE_1900, sent)
        words = [int(part) for at in moments for part in (at % 2**32, at % 1 * 2**32)]
        nonce = WORDS.unpack(question[:48])[-2:]
        return WORDS.pack(self.flags, self.stratum, 6, -20, 0, 0, 0, 0, 0, *nonce, *words)

    def serve(self, line: socket.socket) -> None:
        """Answer until the line is closed."""
        with contextlib.suppress(OSError):
            while True:
                question, address = line.recvfrom(512)
                self.heard.append(question)
                if question == b"end":
                    return
                answers = [] if self.silent else [self.answer(question)]
                for packet in (*self.before(question), *answers):
                    line.sendto(packet, address)


@contextlib.contextmanager
def time_server(kind: TimeServer) -> Iterator[str]:
    """Such a server on an ephemeral port; its address as the setting wants it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        address = line.getsockname()
        thread = threading.Thread(target=kind.serve, args=(line,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{address[1]}"
        line.sendto(b"end", address)
        thread.join(5)
        assert not thread.is_alive()
