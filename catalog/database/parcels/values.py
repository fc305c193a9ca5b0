"""Values of records as the cells of a row."""

from __future__ import annotations

from functools import lru_cache

from pydantic_core import to_json

from catalog.database.texts import indexable, storable


def compact_json(value: object) -> str | None:
    """Write a value as JSON without blanks; None stays None."""
    return None if value is None else to_json(value, inf_nan_mode="constants").decode()


@lru_cache(maxsize=4096)
def shape_json(shape: tuple[int, ...] | None) -> str | None:
    """Write a shape as JSON; a collection has few of them, and each many times."""
    return compact_json(shape)


def text_cell(text: str | None) -> str | None:
    """Make a text storable; None stays None."""
    return None if text is None else storable(text)


def name_cell(text: str | None) -> str | None:
    """Make a text storable in an index; None stays None."""
    return None if text is None else indexable(text)
