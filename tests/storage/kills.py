"""Killing a process at a chosen line of the product, as a power cut would."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines_of(act: Callable[[], object], files: tuple[str, ...]) -> int:
    """How many lines of these files of the product `act` runs through, in a process of its own."""
    read, write = os.pipe()
    if not (child := os.fork()):
        count = _watched(act, files, at=0)
        os.write(write, str(count).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return int(said)


def killed_at(act: Callable[[], object], files: tuple[str, ...], line: int) -> bool:
    """Run `act` in a process of its own that dies at the so-many-th line; whether it died there
    and did not end before.
    """
    if not (child := os.fork()):
        _watched(act, files, at=line)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _watched(act: Callable[[], object], files: tuple[str, ...], at: int) -> int:
    seen = 0

    def trace(frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal seen
        if not frame.f_code.co_filename.endswith(files):
            return None
        if event == "line":
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    try:
        act()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    sys.settrace(None)
    return seen
