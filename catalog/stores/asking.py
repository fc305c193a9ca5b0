"""Asking a server again when it could not answer: backing off, and counting how often."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from catalog.errors import StoreError
from catalog.stores.traffic import count

T = TypeVar("T")

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 20.0
# A server may ask for an hour; nobody sits before a crawl that sleeps for so long.
_LONGEST_OBEYED = 60.0

PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))


class FailedRequest(Exception):  # noqa: N818 - not an error until nobody asks again
    """One request did not succeed.

    Attributes
    ----------
    passing
        Whether the same request may succeed later.
    wait
        Seconds that the server asks to wait; None when it says nothing.
    status
        Of the answer; None when there was none.
    """

    def __init__(
        self,
        message: str,
        *,
        passing: bool = False,
        wait: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.passing = passing
        self.wait = wait
        self.status = status


class RefusedError(StoreError):
    """A server does not let this be read or listed (401, 403)."""


def ask(question: Callable[[], T], retries: int, url: str, verb: str = "read") -> T:
    """Ask until there is an answer, at most `retries` times again.

    Requests are counted by who sends them: a question may take several.

    Raises
    ------
    StoreError
        When there is none; it says how often was asked.
    """
    attempt = 0
    while True:
        try:
            return question()
        except FailedRequest as failed:
            if not failed.passing or attempt >= retries:
                raise _error(failed, attempt, url, verb) from None
            time.sleep(_pause(failed, attempt))
        attempt += 1
        count(retries=1)


def _pause(failed: FailedRequest, attempt: int) -> float:
    """Give the seconds to wait, different for each who waits: they must not return at once."""
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**attempt) * random.uniform(0.5, 1.0)
    return pause if failed.wait is None else max(pause, min(failed.wait, _LONGEST_OBEYED))


def _error(failed: FailedRequest, attempt: int, url: str, verb: str) -> StoreError:
    times = f" (asked {attempt + 1} times)" if attempt else ""
    kind = RefusedError if failed.status in (401, 403) else StoreError
    return kind(f"{url} cannot be {verb}: {failed.message}{times}", url)
