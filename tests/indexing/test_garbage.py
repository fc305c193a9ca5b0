"""Garbage is looked for seldom while a run goes on, and as before when it is over."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from catalog.indexing.garbage import OBJECTS, seldom_looked_for


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_seldom_meanwhile_and_as_before_afterwards() -> None:
    gc.set_threshold(500, 7, 9)
    with seldom_looked_for():
        assert gc.get_threshold()[0] == OBJECTS
    assert gc.get_threshold() == (500, 7, 9)


def test_until_the_last_of_several_runs_ends() -> None:
    gc.set_threshold(500, 7, 9)
    one, other = seldom_looked_for(), seldom_looked_for()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert gc.get_threshold()[0] == OBJECTS
    other.__exit__(None, None, None)
    assert gc.get_threshold() == (500, 7, 9)


def test_as_before_after_an_error() -> None:
    gc.set_threshold(500, 7, 9)
    with pytest.raises(KeyboardInterrupt), seldom_looked_for():
        raise KeyboardInterrupt
    assert gc.get_threshold() == (500, 7, 9)


@pytest.mark.parametrize("often", [0, 10 * OBJECTS])
def test_what_somebody_chose_stays(often: int) -> None:
    gc.set_threshold(often, 7, 9)
    with seldom_looked_for():
        assert gc.get_threshold()[0] == often
