"""What groups hold: scenes, images and their arrays, labels, plates."""

from __future__ import annotations

import sqlalchemy as sa

from catalog.database.schema.columns import Id, Text, copied, metadata, search_text, title

scene = sa.Table(
    "scene",
    metadata,
    sa.Column(
        "group_id",
        Id,
        sa.ForeignKey("zarr_group.id"),
        primary_key=True,
        autoincrement=False,
        comment="The scene's group",
    ),
    sa.Column("name", Text, comment="As written"),
    sa.Column("images", sa.Integer, nullable=False, comment="How many it refers to"),
    sa.Column("coordinate_systems", sa.Integer, nullable=False, comment="How many it declares"),
    sa.Column("transformations", sa.Integer, nullable=False, comment="How many it declares"),
    title("Its name; where it has none, the name of its group"),
    search_text(),
    sa.Index(None, "title", "group_id"),
    comment="A group with ome.scene",
)

scene_image = sa.Table(
    "scene_image",
    metadata,
    sa.Column(
        "scene_id", Id, sa.ForeignKey("scene.group_id"), primary_key=True, comment="The scene"
    ),
    sa.Column(
        "image_group_id",
        Id,
        sa.ForeignKey("zarr_group.id"),
        primary_key=True,
        comment="Group of the image",
    ),
    sa.Column(
        "referenced",
        sa.Boolean,
        nullable=False,
        comment="False if it only lies in the scene's group",
    ),
    sa.Index(None, "image_group_id"),
    comment="Which images a scene is made of",
)

image = sa.Table(
    "image",
    metadata,
    sa.Column(
        "id",
        Id,
        primary_key=True,
        autoincrement=False,
        comment="Never used twice; stays while its group and entry do",
    ),
    sa.Column(
        "group_id", Id, sa.ForeignKey("zarr_group.id"), nullable=False, comment="That holds it"
    ),
    sa.Column("entry", sa.SmallInteger, nullable=False, comment="Index in multiscales"),
    sa.Column("name", Text, comment="As written"),
    sa.Column("axes", Text, nullable=False, comment="Names of its axes, such as tczyx"),
    sa.Column("ndim", sa.SmallInteger, nullable=False, comment="Number of axes"),
    sa.Column("shape", Text, comment="JSON, of the first level; null if its array is missing"),
    sa.Column("dtype", Text, comment="Of the first level"),
    sa.Column("pixel_sizes", Text, comment="JSON, for each axis in its unit"),
    sa.Column("levels", sa.SmallInteger, nullable=False, comment="How many resolution levels"),
    sa.Column("channels", sa.Integer, nullable=False, comment="How many omero channels"),
    sa.Column(
        "intrinsic_system_id",
        Id,
        sa.ForeignKey("coordinate_system.id"),
        comment="Where the datasets' transformations lead",
    ),
    sa.Column("bytes", sa.BigInteger, comment="Of all its levels as declared; null if unknown"),
    title("Its name; where it has none, the name of its group"),
    sa.Column(
        "ome_version", Text, nullable=False, server_default="", comment="Of its group, as claimed"
    ),
    sa.Column(
        "zarr_format", sa.SmallInteger, nullable=False, server_default="0", comment="Of its group"
    ),
    sa.Column("size_t", sa.BigInteger, comment="Of the first level along the axis t"),
    sa.Column("size_c", sa.BigInteger, comment="Of the first level along the axis c"),
    sa.Column("size_z", sa.BigInteger, comment="Of the first level along the axis z"),
    sa.Column("size_y", sa.BigInteger, comment="Of the first level along the axis y"),
    sa.Column("size_x", sa.BigInteger, comment="Of the first level along the axis x"),
    sa.Column("voxel_size_z", sa.Double, comment="In micrometer; as written if no unit is said"),
    sa.Column("voxel_size_y", sa.Double, comment="In micrometer; as written if no unit is said"),
    sa.Column("voxel_size_x", sa.Double, comment="In micrometer; as written if no unit is said"),
    sa.Column("time_step", sa.Double, comment="In seconds; as written if no unit is said"),
    copied(
        "axis_layout_id",
        "axis_layout",
        by="intrinsic_system_id",
        comment="Of its intrinsic system; null if unknown",
        nullable=True,
    ),
    sa.Column(
        "is_label",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="Whether its values are labels",
    ),
    sa.Column(
        "labels",
        sa.Integer,
        nullable=False,
        server_default="0",
        comment="How many label images annotate it",
    ),
    search_text(),
    sa.UniqueConstraint("group_id", "entry"),
    sa.Index(None, "name"),
    sa.Index(None, "intrinsic_system_id"),
    sa.Index(None, "axis_layout_id"),
    # Each ends with the id, so that equal values come in the order of paging.
    *[
        sa.Index(None, column, "id")
        for column in (
            *("title", "dtype", "axes", "ome_version", "size_t", "size_z", "size_y", "size_x"),
            *("voxel_size_z", "voxel_size_y", "voxel_size_x", "labels"),
        )
    ],
    comment="One entry of multiscales",
)

resolution_level = sa.Table(
    "resolution_level",
    metadata,
    sa.Column("image_id", Id, sa.ForeignKey("image.id"), primary_key=True, comment="The image"),
    sa.Column("level", sa.SmallInteger, primary_key=True, comment="0 is the finest"),
    sa.Column("path", Text, nullable=False, comment="Of the array, from the image's group"),
    sa.Column("shape", Text, comment="JSON; null if the array is missing"),
    sa.Column("chunks", Text, comment="JSON"),
    sa.Column("dtype", Text, comment="Such as uint16"),
    sa.Column("system_id", Id, sa.ForeignKey("coordinate_system.id"), comment="Its index grid"),
    sa.Column(
        "bytes",
        sa.BigInteger,
        comment="Of the whole array as declared, uncompressed; null if unknown",
    ),
    sa.Index(None, "system_id"),
    comment="An array of an image",
)

channel = sa.Table(
    "channel",
    metadata,
    sa.Column(
        "group_id",
        Id,
        sa.ForeignKey("zarr_group.id"),
        primary_key=True,
        comment="The image's group",
    ),
    sa.Column("position", sa.Integer, primary_key=True, comment="From 0"),
    sa.Column("label", Text, comment="As written"),
    sa.Column("color", Text, comment="As written, such as FF0000"),
    sa.Column("active", sa.Boolean, comment="As written; null if not said"),
    sa.Index(None, "label", "group_id"),
    comment="A channel of omero metadata",
)

label_image = sa.Table(
    "label_image",
    metadata,
    sa.Column(
        "image_id",
        Id,
        sa.ForeignKey("image.id"),
        primary_key=True,
        autoincrement=False,
        comment="The label image",
    ),
    sa.Column(
        "source_group_id", Id, sa.ForeignKey("zarr_group.id"), comment="The image that it annotates"
    ),
    sa.Index(None, "source_group_id"),
    comment="An image whose values are labels",
)

plate = sa.Table(
    "plate",
    metadata,
    sa.Column(
        "group_id",
        Id,
        sa.ForeignKey("zarr_group.id"),
        primary_key=True,
        autoincrement=False,
        comment="The plate's group",
    ),
    sa.Column("name", Text, comment="As written"),
    sa.Column("rows", sa.Integer, nullable=False, comment="How many rows"),
    sa.Column("columns", sa.Integer, nullable=False, comment="How many columns"),
    sa.Column("wells", sa.Integer, nullable=False, comment="How many wells it names"),
    sa.Column("field_count", sa.Integer, comment="As written: most fields of view in a well"),
    sa.Column("acquisitions", sa.Integer, nullable=False, comment="How many acquisitions"),
    title("Its name; where it has none, the name of its group"),
    search_text(),
    sa.Index(None, "title", "group_id"),
    comment="A plate (high-content screening)",
)

well = sa.Table(
    "well",
    metadata,
    sa.Column(
        "group_id",
        Id,
        sa.ForeignKey("zarr_group.id"),
        primary_key=True,
        autoincrement=False,
        comment="The well's group",
    ),
    sa.Column("plate_id", Id, sa.ForeignKey("plate.group_id"), comment="Null if no plate names it"),
    sa.Column("row", Text, comment="Name of its row"),
    sa.Column("column", Text, comment="Name of its column"),
    sa.Column("fields", sa.Integer, nullable=False, comment="How many fields of view"),
    sa.Index(None, "plate_id"),
    comment="A well of a plate",
)
