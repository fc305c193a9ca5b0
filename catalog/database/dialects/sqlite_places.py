"""Boxes in SQLite: an R*Tree beside the table, which triggers keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from catalog.database.dialects.searching import Bounds
from catalog.database.dialects.sqlite_search import unindexed
from catalog.database.schema import extent


def near(
    columns: Sequence[sa.ColumnElement[Any]],
    component: sa.ColumnElement[int],
    bounds: Sequence[Bounds],
) -> sa.Select[Any]:
    """Ask the tree first, and hold what it finds, rounded outward, against the table.

    No index of the table is used beside its key: the planner, which knows nothing of how much
    the tree finds, may look through the whole component.
    """
    sides = [f"{end}_{number}" for number in range(1, len(bounds) + 1) for end in ("low", "high")]
    names = ("image_id", "component_low", "component_high", *sides)
    tree = sa.table("extent_box", *[sa.column(name) for name in names])
    found = [tree.c.component_low <= component, tree.c.component_high >= component]
    exact = [unindexed(extent.c.component_id) == component]
    for number, (low, high) in enumerate(bounds, 1):
        for side, those in ((tree.c, found), (extent.c, exact)):
            those += [side[f"low_{number}"] <= high, side[f"high_{number}"] >= low]
    near = extent.c.image_id.in_(sa.select(tree.c.image_id).where(*found))
    return sa.select(*columns).where(near, *exact)
