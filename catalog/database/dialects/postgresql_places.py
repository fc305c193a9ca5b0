"""Boxes in PostgreSQL: GiST over ranges of their sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from catalog.database.dialects.searching import Bounds
from catalog.database.schema import extent

# Constants, not parameters: the index is over these very expressions.
_CLOSED: sa.ColumnElement[str] = sa.literal_column("'[]'")


def near(
    columns: Sequence[sa.ColumnElement[Any]],
    component: sa.ColumnElement[int],
    bounds: Sequence[Bounds],
) -> sa.Select[Any]:
    """Ask the index, in the words that it was made with."""

    def meets(of: str, mine: Sequence[Any], its: Sequence[Any]) -> sa.ColumnElement[bool]:
        make = getattr(sa.func, of)
        return make(*mine, _CLOSED).op("&&", is_comparison=True)(make(*its, _CLOSED))  # type: ignore[no-any-return]

    e = extent.c
    conditions = [meets("int8range", (e.component_id,) * 2, (component,) * 2)]
    for number, sides in enumerate(bounds, 1):
        conditions.append(meets("float8range", (e[f"low_{number}"], e[f"high_{number}"]), sides))
    return sa.select(*columns).where(e.crowded, e.reason.is_(None), *conditions)
