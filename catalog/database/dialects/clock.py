"""How long a statement may still take."""

from __future__ import annotations

import time

from catalog.errors import TimeLimitError


class Clock:
    """A limit of time that began when this was made; None is no limit."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    def over(self) -> bool:
        """Say whether the time is over."""
        return self._end is not None and time.monotonic() >= self._end

    def milliseconds(self) -> int:
        """Give what is left, at least 1; 0 when there is no limit."""
        if self._end is None:
            return 0
        return max(1, round((self._end - time.monotonic()) * 1000))

    def error(self) -> TimeLimitError:
        """Say that the time is over."""
        return TimeLimitError(
            f"The statement takes longer than {self._seconds:g} s and was given up; give it more "
            "time with --timeout, or ask for less."
        )
