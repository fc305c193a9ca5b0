"""Below a place, in SQL that an index serves."""

from __future__ import annotations

import sqlalchemy as sa

from catalog.database.urls import bounds


def below(column: sa.ColumnElement[str], url: str) -> sa.ColumnElement[bool]:
    """Say that a column's URL lies below a place (and is not the place itself)."""
    low, high = bounds(url)
    return sa.and_(column > low, column < high)
