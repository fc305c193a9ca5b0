"""Ctrl-C and SIGTERM: a run ends in good order, and soon.

Reading is broken off wherever it stands; writing is brought to the end of its
transaction. Who asks a second time means it: the process ends at once, which the
database survives as it survives a power cut.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from catalog.indexing.report import IndexReport

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """A run was asked to end, and has.

    Attributes
    ----------
    report
        How far it came; None if it had not begun.
    """

    def __init__(self, message: str = "", report: IndexReport | None = None) -> None:
        super().__init__(message)
        self.report = report


class Stopping:
    """While entered (in the main thread), signals ask for an orderly end.

    One that is never entered leaves signals as they are: for runs inside of other programs.

    Attributes
    ----------
    event
        Set as soon as somebody asks.
    status
        Exit status for the signal that asked: 130 after Ctrl-C, 143 after SIGTERM.
    """

    def __init__(self) -> None:
        self.event = threading.Event()
        self.status = 128 + signal.SIGINT
        self._held = 0
        self._before: dict[int, signal._HANDLER] = {}
        self._unraisable = sys.unraisablehook

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                self._before[number] = signal.signal(number, self._asked)
            self._unraisable = sys.unraisablehook
            sys.unraisablehook = self._in_finaliser
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._before:
            sys.unraisablehook = self._unraisable
        self._before.clear()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let what is done in here come to its end before the run is interrupted."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        self.check()

    def check(self) -> None:
        """Raise `Interrupted` if somebody has asked and nothing is being held."""
        if self.event.is_set() and not self._held:
            raise Interrupted("interrupted")

    def _in_finaliser(self, unraisable: sys.UnraisableHookArgs) -> None:
        # Raised in a finaliser it reaches nobody; `check` will raise it again.
        if not isinstance(unraisable.exc_value, Interrupted):
            self._unraisable(unraisable)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        if self.event.is_set():
            # Not through the interpreter's own end, which waits for threads and workers.
            os.write(2, b"\nended at once.\n")
            os._exit(self.status)
        self.event.set()
        self.status = 128 + number
        if sys.stderr.isatty():
            os.write(2, b"\r\x1b[Kending; once more to end at once\n")
        self.check()
