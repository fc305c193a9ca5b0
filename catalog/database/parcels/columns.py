"""The tables that a parcel has rows of, and their columns."""

from __future__ import annotations

from catalog.database.measures import Measures

COLUMNS: dict[str, tuple[str, ...]] = {
    "hierarchy": ("id", "url", "digest", "manifest"),
    "zarr_group": (
        *("id", "hierarchy_id", "parent_id", "url", "path", "name", "kind", "ome_version"),
        *("zarr_format", "mtime_ns", "size", "digest", "attributes"),
    ),
    "component": ("id", "hierarchy_id", "systems", "transformations", "adjacency"),
    "coordinate_system": (
        *("id", "hierarchy_id", "group_id", "array_path", "name", "kind", "image_entry"),
        *("axis_layout_id", "ndim", "component_id", "search_text"),
    ),
    "scene": (
        *("group_id", "name", "images", "coordinate_systems", "transformations"),
        *("title", "search_text"),
    ),
    "image": (
        *("id", "group_id", "entry", "name", "axes", "ndim", "shape", "dtype", "pixel_sizes"),
        *("levels", "channels", "intrinsic_system_id", "bytes", "title", "ome_version"),
        *("zarr_format", *Measures._fields, "axis_layout_id", "is_label", "labels"),
        "search_text",
    ),
    "extent": (
        *("image_id", "component_id", "reference_id", "system_id", "shape", "affine"),
        *("low", "high", "approximate", "reason", "crowded"),
        *("low_1", "high_1", "low_2", "high_2", "low_3", "high_3", "low_4", "high_4"),
    ),
    "resolution_level": (
        *("image_id", "level", "path", "shape", "chunks", "dtype", "system_id", "bytes"),
    ),
    "scene_image": ("scene_id", "image_group_id", "referenced"),
    "channel": ("group_id", "position", "label", "color", "active"),
    "label_image": ("image_id", "source_group_id"),
    "plate": (
        *("group_id", "name", "rows", "columns", "wells", "field_count", "acquisitions"),
        *("title", "search_text"),
    ),
    "well": ("group_id", "plate_id", "row", "column", "fields"),
    "transformation": (
        *("id", "hierarchy_id", "group_id", "component_id", "pointer", "name", "type"),
        *("input_id", "output_id", "parameters", "affine", "inverse_affine", "invertibility"),
        *("origin", "image_entry", "search_text"),
    ),
    "crate": ("hierarchy_id", "name", "description", "license", "document"),
    "crate_term": ("hierarchy_id", "kind", "identifier", "label", "label_words"),
    "problem": (
        *("id", "crawl_id", "hierarchy_id", "url", "pointer", "code", "severity", "message"),
    ),
}
"""Tables, parents before children, and the columns that are given.

A column named ``id`` holds a row's number within the parcel, from 0. Where a column
refers to a row of another table, it holds the number of that row, and where it refers to an
axis layout, its place among the layouts of the parcel. The crawl is not known yet.
"""

NUMBERED = tuple(name for name, columns in COLUMNS.items() if columns[0] == "id")
"""Tables whose rows get ids."""
