"""The short form of the fuzzing; `./dev fuzz --inputs 100000` is the long one."""

from random import Random

from tests.faces.conftest import Site
from tests.fuzz.__main__ import fuzz
from tests.fuzz.forms import FORMS, Fuzzer


def test_no_odd_value_breaks_a_form_or_makes_a_session(site: Site) -> None:
    """1,500 inputs over every form, as five kinds of people."""
    found = Fuzzer(site, seed=1).run(1500)
    assert found.faults == []
    assert found.inputs == 1500
    assert len(FORMS) > 25
    assert {303, 400, 403, 413, 422} <= set(found.statuses)


def test_a_run_can_be_repeated(site: Site) -> None:
    """The same seed makes the same values."""
    fuzzer = Fuzzer(site, seed=2)
    runs = []
    for _ in range(2):
        fuzzer.random = Random(3)
        runs.append([fuzzer.value() for _ in range(50)])
    assert runs[0] == runs[1]


def test_the_long_form_goes_on_over_several_databases() -> None:
    """Its default seed and one as large as the last of a long run."""
    for seed in (1, 99_999):
        found = fuzz(20, seed, stretch=10)
        assert (found.inputs, found.faults) == (20, [])
