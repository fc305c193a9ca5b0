"""How many bytes an array declares: its shape times its data type, uncompressed."""

from __future__ import annotations

import math
import re
from functools import lru_cache

LARGEST = 2**63 - 1
"""The largest integer that a column holds; documents may declare more."""

_BITS = re.compile(r"(?:u?int|b?float|complex|r)(\d{1,4})")
_ITEMS = re.compile(r"([VSU])(\d{1,9})")
_TIMES = re.compile(r"[Mm]8|numpy\.(?:datetime|timedelta)64")


@lru_cache(maxsize=4096)
def declared_bytes(shape: tuple[int, ...] | None, dtype: str | None) -> int | None:
    """Give the bytes of an array; None when they cannot be known, or no column holds them.

    Examples
    --------
    >>> declared_bytes((4, 64, 64), "uint16")
    32768
    """
    item = None if shape is None else _item_bytes(dtype)
    if shape is None or item is None:
        return None
    size = math.prod(shape) * item
    return size if size <= LARGEST else None


def _item_bytes(dtype: str | None) -> int | None:
    if dtype is None:
        return None
    if dtype == "bool":
        return 1
    if found := _BITS.match(dtype):
        return (int(found[1]) + 7) // 8
    if found := _ITEMS.fullmatch(dtype):
        return int(found[2]) * (4 if found[1] == "U" else 1)
    return 8 if _TIMES.match(dtype) else None
