"""Remembering what was made of values that come again, in bounded room.

Collections repeat: the arrays of all images of an instrument have the same document,
byte for byte, and so have the images of a plate. What is a function of a frozen value
alone need not be worked out a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """A table of bounded size that forgets what has not been asked for of late.

    It has two halves. When the younger one is full, it becomes the elder one, and what
    was in that is forgotten; what is found in the elder half moves to the younger one.
    Threads may share a memory: at worst, two of them make the same value.

    Parameters
    ----------
    room
        How much each half holds: the sum of what `weigh` says of its keys.
    weigh
        Says how much room a key with its value takes; each takes one if None.

    Examples
    --------
    >>> memory = Memory[str, int](room=1)
    >>> memory.keep("a", 1), memory.keep("b", 2), memory.recall("a"), memory.recall("c")
    (1, 2, 1, None)
    """

    def __init__(self, room: int, weigh: Callable[[K], int] | None = None) -> None:
        self._room = room
        self._weigh = weigh
        self._young: dict[K, V] = {}
        self._elder: dict[K, V] = {}
        self._weight = 0

    def recall(self, key: K) -> V | None:
        """Give what is remembered of a key; None when nothing is."""
        found = self._young.get(key)
        if found is None:
            found = self._elder.get(key)
            if found is not None:
                self.keep(key, found)
        return found

    def keep(self, key: K, value: V) -> V:
        """Remember a value, and give it back."""
        weight = 1 if self._weigh is None else self._weigh(key)
        if self._weight + weight > self._room:
            self._elder, self._young, self._weight = self._young, {}, 0
        self._young[key] = value
        self._weight += weight
        return value

    def __len__(self) -> int:
        return len(self._young.keys() | self._elder.keys())
