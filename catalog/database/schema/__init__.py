"""The tables, as SQLAlchemy sees them.

`migrations/` alone builds and changes a database; a test holds this description
against what the migrations make. Comments are for the person who meets the tables in
a SQL tool; `docs/tables.md` is made from them.
"""

from __future__ import annotations

from catalog.database.schema.collections import crawl, hierarchy, id_counter, problem, zarr_group
from catalog.database.schema.columns import Id, Text, Time, metadata
from catalog.database.schema.contents import (
    channel,
    image,
    label_image,
    plate,
    resolution_level,
    scene,
    scene_image,
    well,
)
from catalog.database.schema.coordinates import (
    axis,
    axis_layout,
    component,
    coordinate_system,
    extent,
    transformation,
)
from catalog.database.schema.describing import crate, crate_term, facet_count

SEARCHED = {
    "image": "id",
    "scene": "group_id",
    "plate": "group_id",
    "coordinate_system": "id",
    "transformation": "id",
}
"""Tables with a `search_text`, which a search index stands over, and their keys."""

__all__ = [
    "SEARCHED",
    "Id",
    "Text",
    "Time",
    "axis",
    "axis_layout",
    "channel",
    "component",
    "coordinate_system",
    "crate",
    "crate_term",
    "crawl",
    "extent",
    "facet_count",
    "hierarchy",
    "id_counter",
    "image",
    "label_image",
    "metadata",
    "plate",
    "problem",
    "resolution_level",
    "scene",
    "scene_image",
    "transformation",
    "well",
    "zarr_group",
]
