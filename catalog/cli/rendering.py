"""Values as text that people read, and as JSON that programs read."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime


def json_text(value: object, *, indent: int | None = 1) -> str:
    """Return a frozen value as JSON; NamedTuples become objects, times ISO 8601."""
    return json.dumps(plain(value), indent=indent, ensure_ascii=False)


def plain(value: object) -> object:
    """Return a frozen value as dicts, lists and scalars."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, tuple):
        names = getattr(value, "_fields", None)
        if names is not None:
            return {name: plain(item) for name, item in zip(names, value, strict=True)}
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def moment(time: datetime) -> str:
    """Return a time as the reader's clock shows it, to the second."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def number(value: float) -> str:
    """Return a number for a table: short where that loses nothing that matters."""
    return f"{value:.6g}"


def matrix_lines(rows: list[list[float]], indent: str = "  ") -> list[str]:
    """Return a matrix with its columns aligned."""
    texts = [[number(value) for value in row] for row in rows]
    widths = [max(len(row[i]) for row in texts) for i in range(len(texts[0]))] if texts else []
    return [
        indent + "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True))
        for row in texts
    ]
