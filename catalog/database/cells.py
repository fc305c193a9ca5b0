"""What a row of plain values holds."""

from __future__ import annotations

Cell = str | bytes | int | float | bool | None
