"""Two lines on the terminal that say how far a crawl has come; nothing elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from catalog.cli.output import printable

if TYPE_CHECKING:
    from catalog.indexing import Progress

_SECONDS_BETWEEN = 0.1
# The rate is that of the last seconds: what it was an hour ago helps nobody.
_SECONDS_OF_RATE = 10.0
_UP_AND_CLEAR = "\x1b[1A\r\x1b[J"


class Lines:
    """While entered, shows what it is told, if stderr is a terminal and nobody wants quiet."""

    def __init__(self, quiet: bool = False) -> None:
        self._wanted = not quiet and sys.stderr.isatty()
        self._last = 0.0
        self._shown = False
        self._root = ""
        self._moments: deque[tuple[float, int]] = deque()

    def __enter__(self) -> Callable[[Progress], None] | None:
        return self._show if self._wanted else None

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the lines away, so that something else can be written."""
        if self._shown:
            click.echo(_UP_AND_CLEAR, nl=False, err=True)
            self._shown = False

    def _show(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN:
            return
        self._last = now
        width = shutil.get_terminal_size().columns - 1
        lines = [_fitted(line, width) for line in self._lines(progress, now)]
        self.clear()
        click.echo("\n".join(lines), nl=False, err=True)
        self._shown = True

    def _lines(self, progress: Progress, now: float) -> tuple[str, str]:
        if progress.root != self._root:
            self._root = progress.root
            self._moments.clear()
        self._moments.append((now, progress.seen))
        while now - self._moments[0][0] > _SECONDS_OF_RATE:
            self._moments.popleft()
        since, before = self._moments[0]
        rate = f" ({(progress.seen - before) / (now - since):,.0f}/s)" if now > since else ""
        errors = f", {progress.failed:,} failed" if progress.failed else ""
        inside = progress.current.removeprefix(progress.root).lstrip("/")
        return (
            f"listing  {progress.found:,} found in {progress.root}",
            f"reading  {progress.seen:,} done{rate}: {progress.written:,} new or changed, "
            f"{progress.unchanged:,} unchanged{errors}  {inside}",
        )


def _fitted(line: str, width: int) -> str:
    line = printable(line)
    return line if len(line) <= width else line[: max(width - 1, 0)] + "…"
