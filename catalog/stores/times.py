"""Times as stores give them, in nanoseconds."""

from __future__ import annotations

from datetime import datetime


def nanoseconds(time: datetime) -> int:
    """Give nanoseconds, from whole microseconds: a float would lose some."""
    return int(time.timestamp()) * 1_000_000_000 + time.microsecond * 1000
