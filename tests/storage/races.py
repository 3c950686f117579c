"""Many threads at one gate."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def race(runners: int, act: Callable[[int], T]) -> list[T]:
    """What `act(0)` … `act(runners - 1)` return, all let loose at the same moment."""
    gate = threading.Barrier(runners)

    def run(runner: int) -> T:
        gate.wait()
        return act(runner)

    with ThreadPoolExecutor(runners) as pool:
        return list(pool.map(run, range(runners)))
