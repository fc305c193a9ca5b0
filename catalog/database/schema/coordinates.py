"""Coordinate systems, the transformations between them, and where images lie in them."""

from __future__ import annotations

import sqlalchemy as sa

from catalog.database.schema.columns import Id, Text, copied, metadata, one_of, search_text

axis_layout = sa.Table(
    "axis_layout",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False, comment="Never used twice"),
    sa.Column("digest", sa.LargeBinary, nullable=False, comment="Of all its axes"),
    sa.Column("axes", Text, nullable=False, comment="Names in order, such as zyx"),
    sa.Column("ndim", sa.SmallInteger, nullable=False, comment="Number of axes"),
    sa.UniqueConstraint("digest"),
    comment="A sequence of axes; each distinct one is kept once",
)

axis = sa.Table(
    "axis",
    metadata,
    sa.Column(
        "axis_layout_id",
        Id,
        sa.ForeignKey("axis_layout.id"),
        primary_key=True,
        comment="That it is a part of",
    ),
    sa.Column("position", sa.SmallInteger, primary_key=True, comment="From 0"),
    sa.Column("name", Text, nullable=False, comment="As written"),
    sa.Column("type", Text, comment="space, time, channel, …"),
    sa.Column("unit", Text, comment="As written, such as micrometer"),
    sa.Column("discrete", sa.Boolean, comment="As written; null if not said"),
    sa.Column("long_name", Text, comment="As written"),
    comment="An axis of a layout",
)

component = sa.Table(
    "component",
    metadata,
    sa.Column(
        "id",
        Id,
        primary_key=True,
        autoincrement=False,
        comment="Never used twice; a new one whenever its hierarchy is written",
    ),
    sa.Column(
        "hierarchy_id", Id, sa.ForeignKey("hierarchy.id"), nullable=False, comment="That it lies in"
    ),
    sa.Column("systems", sa.Integer, nullable=False, comment="How many coordinate systems"),
    sa.Column("transformations", sa.Integer, nullable=False, comment="How many edges"),
    sa.Column(
        "adjacency",
        sa.LargeBinary,
        comment="Its graph as packed arrays, for a large one; else null",
    ),
    sa.Index(None, "hierarchy_id"),
    comment="Coordinate systems that transformations connect",
)

coordinate_system = sa.Table(
    "coordinate_system",
    metadata,
    sa.Column(
        "id",
        Id,
        primary_key=True,
        autoincrement=False,
        comment="Never used twice; stays while its address does",
    ),
    copied(
        "hierarchy_id",
        "hierarchy",
        by="component_id",
        comment="That it lies in; repeated from its component",
    ),
    sa.Column(
        "group_id",
        Id,
        sa.ForeignKey("zarr_group.id"),
        nullable=False,
        comment="That declares it; for an array's own system, that of its image",
    ),
    sa.Column(
        "array_path", Text, nullable=False, comment="Of the array whose own it is; else empty"
    ),
    sa.Column("name", Text, nullable=False, comment="Empty for an array's own system"),
    sa.Column(
        "kind",
        Text,
        nullable=False,
        comment="declared, array (index grid), implied, or undeclared (referred to only)",
    ),
    sa.Column("image_entry", sa.SmallInteger, comment="Entry of multiscales; null for a scene's"),
    sa.Column("axis_layout_id", Id, sa.ForeignKey("axis_layout.id"), comment="Null if unknown"),
    sa.Column("ndim", sa.SmallInteger, comment="Number of axes; null if unknown"),
    sa.Column(
        "component_id",
        Id,
        sa.ForeignKey("component.id"),
        nullable=False,
        comment="Systems of the same component have a path between them",
    ),
    search_text(),
    sa.UniqueConstraint("group_id", "array_path", "name"),
    one_of("kind", "declared", "array", "implied", "undeclared"),
    sa.Index(None, "hierarchy_id"),
    sa.Index(None, "component_id"),
    sa.Index(None, "name"),
    sa.Index(None, "axis_layout_id"),
    comment="A coordinate system; its address is URL of the group or array, #, name",
)

transformation = sa.Table(
    "transformation",
    metadata,
    sa.Column(
        "id",
        Id,
        primary_key=True,
        autoincrement=False,
        comment="Never used twice; a new one whenever its hierarchy is written",
    ),
    copied(
        "hierarchy_id",
        "hierarchy",
        by="component_id",
        comment="That it lies in; repeated from its component",
    ),
    sa.Column(
        "group_id", Id, sa.ForeignKey("zarr_group.id"), nullable=False, comment="That declares it"
    ),
    copied(
        "component_id",
        "component",
        by="input_id",
        comment="That it is an edge of; repeated from where it starts",
    ),
    sa.Column("pointer", Text, nullable=False, comment="JSON pointer to where it is declared"),
    sa.Column("name", Text, comment="As written"),
    sa.Column("type", Text, nullable=False, comment="One of the types of OME-Zarr 0.6"),
    sa.Column(
        "input_id",
        Id,
        sa.ForeignKey("coordinate_system.id"),
        nullable=False,
        comment="Where it starts",
    ),
    sa.Column(
        "output_id",
        Id,
        sa.ForeignKey("coordinate_system.id"),
        nullable=False,
        comment="Where it leads",
    ),
    sa.Column("parameters", Text, nullable=False, comment="JSON in the form of OME-Zarr 0.6"),
    sa.Column("affine", Text, comment="JSON, M rows of N+1 numbers, where it is affine"),
    sa.Column("inverse_affine", Text, comment="JSON, of a way back that is stated apart"),
    sa.Column(
        "invertibility",
        Text,
        nullable=False,
        comment="closed: by a formula; explicit: stated; numeric: by iteration; no",
    ),
    sa.Column("origin", Text, nullable=False, comment="What declares it"),
    sa.Column("image_entry", sa.SmallInteger, comment="Entry of multiscales that declares it"),
    search_text(),
    one_of(
        "type",
        "identity",
        "mapAxis",
        "projectAxis",
        "translation",
        "scale",
        "affine",
        "rotation",
        "sequence",
        "displacements",
        "coordinates",
        "bijection",
        "byDimension",
    ),
    one_of("invertibility", "closed", "explicit", "numeric", "no"),
    one_of("origin", "dataset", "multiscale", "scene", "implied", "link"),
    sa.Index(None, "hierarchy_id"),
    sa.Index(None, "group_id"),
    sa.Index(None, "component_id"),
    sa.Index(None, "input_id"),
    sa.Index(None, "output_id"),
    sa.Index(None, "type", "id"),
    sa.Index(None, "name"),
    comment="An edge from one coordinate system to another, in its declared direction",
)

extent = sa.Table(
    "extent",
    metadata,
    sa.Column(
        "image_id",
        Id,
        sa.ForeignKey("image.id"),
        primary_key=True,
        autoincrement=False,
        comment="The image",
    ),
    sa.Column(
        "component_id",
        Id,
        sa.ForeignKey("component.id"),
        comment="That the image is part of; null if nothing connects it with a system",
    ),
    # No foreign key: the component has it, and nothing is asked for by it.
    sa.Column(
        "reference_id",
        Id,
        info={"ids_of": "coordinate_system"},
        comment="Coordinate system that the box is in; all images of a component share it",
    ),
    sa.Column(
        "system_id",
        Id,
        info={"ids_of": "coordinate_system"},
        comment="Index grid of the array that is placed: the finest",
    ),
    sa.Column("shape", Text, comment="JSON, of this array; null if none is there"),
    sa.Column(
        "affine",
        Text,
        comment="JSON, M rows of N+1 numbers: from indices of the array to the reference system; "
        "null if it is no affine map",
    ),
    sa.Column("low", Text, comment="JSON, along the axes of the reference system; null if unknown"),
    sa.Column("high", Text, comment="JSON; the outermost voxels are inside as a whole"),
    sa.Column(
        "approximate",
        sa.Boolean,
        nullable=False,
        comment="Found by sampling, and widened: a transformation on the way is not affine",
    ),
    sa.Column("reason", Text, comment="Why it cannot be placed; null if it can"),
    sa.Column(
        "crowded",
        sa.Boolean,
        nullable=False,
        comment="Whether its component has so many images that boxes are indexed",
    ),
    *[
        sa.Column(
            f"{end}_{number}",
            sa.Double,
            comment=f"{begins} along the {which} indexed axis: of space, the last one first",
        )
        for number, which in ((1, "first"), (2, "second"), (3, "third"), (4, "fourth"))
        for end, begins in (("low", "Where it begins"), ("high", "Where it ends"))
    ],
    sa.Index(None, "component_id"),
    sa.Index(
        "ix_extent_unplaced",
        "component_id",
        sqlite_where=sa.text("reason IS NOT NULL"),
        postgresql_where=sa.text("reason IS NOT NULL"),
    ),
    comment="Where each image lies: the box of its finest array in a system of its component",
)
