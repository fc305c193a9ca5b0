"""The first schema: hierarchies, groups, images, coordinate systems and their edges.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite makes only an INTEGER primary key the row's own number.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Text in the order of its bytes, as SQLite has it.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "axis_layout",
        sa.Column("id", ID, autoincrement=False, nullable=False, comment="Never used twice"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="Of all its axes"),
        sa.Column("axes", TEXT, nullable=False, comment="Names in order, such as zyx"),
        sa.Column("ndim", sa.SmallInteger(), nullable=False, comment="Number of axes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_axis_layout")),
        sa.UniqueConstraint("digest", name=op.f("uq_axis_layout_digest")),
        comment="A sequence of axes; each distinct one is kept once",
    )
    op.create_table(
        "crawl",
        sa.Column("id", ID, autoincrement=False, nullable=False, comment="Never used twice"),
        sa.Column("root", TEXT, nullable=False, comment="URL that was crawled"),
        sa.Column("started_at", TIME, nullable=False, comment="In UTC"),
        sa.Column(
            "finished_at", TIME, nullable=True, comment="Null while it runs, and when it was killed"
        ),
        sa.Column(
            "outcome", TEXT, nullable=False, comment="running, done, partial, failed or interrupted"
        ),
        sa.Column("seen", sa.Integer(), nullable=False, comment="Hierarchies met"),
        sa.Column("written", sa.Integer(), nullable=False, comment="Hierarchies new or changed"),
        sa.Column(
            "unchanged",
            sa.Integer(),
            nullable=False,
            comment="Hierarchies that nothing has changed in",
        ),
        sa.Column(
            "failed", sa.Integer(), nullable=False, comment="Hierarchies that cannot be read"
        ),
        sa.Column("removed", sa.Integer(), nullable=False, comment="Hierarchies marked as removed"),
        sa.Column("problems", sa.Integer(), nullable=False, comment="Problem rows written"),
        sa.Column(
            "message", TEXT, nullable=True, comment="Why it ended early, or why nothing was removed"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crawl")),
        sa.CheckConstraint(
            "outcome IN ('running', 'done', 'partial', 'failed', 'interrupted')",
            name=op.f("ck_crawl_outcome"),
        ),
        comment="One run of `catalog index` over one root",
    )
    op.create_index(op.f("ix_crawl_root"), "crawl", ["root"])
    op.create_table(
        "id_counter",
        sa.Column("name", TEXT, nullable=False, comment="Table whose ids are counted"),
        sa.Column("next_id", ID, nullable=False, comment="First id not yet handed out"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_id_counter")),
        comment="Ids are handed out in blocks and never used twice, so a printed id stays true",
    )
    op.create_table(
        "axis",
        sa.Column("axis_layout_id", ID, nullable=False, comment="That it is a part of"),
        sa.Column("position", sa.SmallInteger(), nullable=False, comment="From 0"),
        sa.Column("name", TEXT, nullable=False, comment="As written"),
        sa.Column("type", TEXT, nullable=True, comment="space, time, channel, …"),
        sa.Column("unit", TEXT, nullable=True, comment="As written, such as micrometer"),
        sa.Column("discrete", sa.Boolean(), nullable=True, comment="As written; null if not said"),
        sa.Column("long_name", TEXT, nullable=True, comment="As written"),
        sa.PrimaryKeyConstraint("axis_layout_id", "position", name=op.f("pk_axis")),
        sa.ForeignKeyConstraint(
            ["axis_layout_id"], ["axis_layout.id"], name=op.f("fk_axis_axis_layout_id")
        ),
        comment="An axis of a layout",
    )
    op.create_table(
        "hierarchy",
        sa.Column(
            "id",
            ID,
            autoincrement=False,
            nullable=False,
            comment="Never used twice; stays while the URL does",
        ),
        sa.Column("url", TEXT, nullable=False, comment="URL of its root group"),
        sa.Column(
            "digest",
            sa.LargeBinary(),
            nullable=True,
            comment="Of all documents read; null if never readable",
        ),
        sa.Column(
            "manifest",
            sa.LargeBinary(),
            nullable=True,
            comment="What was looked at and its times, to see what changed",
        ),
        sa.Column("crawl_id", ID, nullable=False, comment="Last that wrote"),
        sa.Column("indexed_at", TIME, nullable=False, comment="When it was last written"),
        sa.Column(
            "removed_at",
            TIME,
            nullable=True,
            comment="When it was found to be gone; null while it is there",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hierarchy")),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_hierarchy_crawl_id")),
        sa.UniqueConstraint("url", name=op.f("uq_hierarchy_url")),
        comment="A top-most Zarr group of a store with everything below it",
    )
    op.create_index(op.f("ix_hierarchy_crawl_id"), "hierarchy", ["crawl_id"])
    op.create_table(
        "component",
        sa.Column(
            "id",
            ID,
            autoincrement=False,
            nullable=False,
            comment="Never used twice; a new one whenever its hierarchy is written",
        ),
        sa.Column("hierarchy_id", ID, nullable=False, comment="That it lies in"),
        sa.Column("systems", sa.Integer(), nullable=False, comment="How many coordinate systems"),
        sa.Column("transformations", sa.Integer(), nullable=False, comment="How many edges"),
        sa.Column(
            "adjacency",
            sa.LargeBinary(),
            nullable=True,
            comment="Its graph as packed arrays, for a large one; else null",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_component")),
        sa.ForeignKeyConstraint(
            ["hierarchy_id"], ["hierarchy.id"], name=op.f("fk_component_hierarchy_id")
        ),
        comment="Coordinate systems that transformations connect",
    )
    op.create_index(op.f("ix_component_hierarchy_id"), "component", ["hierarchy_id"])
    op.create_table(
        "problem",
        sa.Column("id", ID, autoincrement=False, nullable=False, comment="Never used twice"),
        sa.Column("crawl_id", ID, nullable=False, comment="That found it"),
        sa.Column("hierarchy_id", ID, nullable=True, comment="Null for a folder of no hierarchy"),
        sa.Column("url", TEXT, nullable=False, comment="URL of the group, array or folder"),
        sa.Column("pointer", TEXT, nullable=False, comment="JSON pointer into the attributes"),
        sa.Column("code", TEXT, nullable=False, comment="Name of the rule"),
        sa.Column(
            "severity",
            TEXT,
            nullable=False,
            comment="error: breaks a rule; warning: somebody should look",
        ),
        sa.Column("message", TEXT, nullable=False, comment="What is wrong, in words"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem")),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_problem_crawl_id")),
        sa.ForeignKeyConstraint(
            ["hierarchy_id"], ["hierarchy.id"], name=op.f("fk_problem_hierarchy_id")
        ),
        sa.CheckConstraint("severity IN ('error', 'warning')", name=op.f("ck_problem_severity")),
        comment="Something wrong with a document or a place",
    )
    op.create_index(op.f("ix_problem_code"), "problem", ["code"])
    op.create_index(op.f("ix_problem_crawl_id"), "problem", ["crawl_id"])
    op.create_index(op.f("ix_problem_hierarchy_id"), "problem", ["hierarchy_id"])
    op.create_table(
        "zarr_group",
        sa.Column(
            "id",
            ID,
            autoincrement=False,
            nullable=False,
            comment="Never used twice; stays while the URL does",
        ),
        sa.Column("hierarchy_id", ID, nullable=False, comment="That it is a part of"),
        sa.Column("parent_id", ID, nullable=True, comment="Nearest recorded group above"),
        sa.Column("url", TEXT, nullable=False, comment="One spelling for each group"),
        sa.Column("path", TEXT, nullable=False, comment="From the root of the hierarchy"),
        sa.Column("name", TEXT, nullable=False, comment="Last part of the URL"),
        sa.Column("kind", TEXT, nullable=False, comment="What it is first of all"),
        sa.Column(
            "ome_version", TEXT, nullable=False, comment="As claimed; empty if it claims none"
        ),
        sa.Column("zarr_format", sa.SmallInteger(), nullable=False, comment="2 or 3"),
        sa.Column(
            "mtime_ns", sa.BigInteger(), nullable=True, comment="Modification time of its document"
        ),
        sa.Column("size", sa.BigInteger(), nullable=True, comment="Bytes of its document"),
        sa.Column("digest", sa.LargeBinary(), nullable=True, comment="Of its document"),
        sa.Column("attributes", TEXT, nullable=False, comment="JSON, as it stood"),
        sa.Column(
            "removed_at",
            TIME,
            nullable=True,
            comment="When it was found to be gone; null while it is there",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zarr_group")),
        sa.ForeignKeyConstraint(
            ["hierarchy_id"], ["hierarchy.id"], name=op.f("fk_zarr_group_hierarchy_id")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["zarr_group.id"], name=op.f("fk_zarr_group_parent_id")
        ),
        sa.UniqueConstraint("url", name=op.f("uq_zarr_group_url")),
        sa.CheckConstraint(
            "kind IN ('scene', 'image', 'plate', 'well', 'labels', 'collection')",
            name=op.f("ck_zarr_group_kind"),
        ),
        comment="An OME-Zarr group",
    )
    op.create_index(op.f("ix_zarr_group_hierarchy_id"), "zarr_group", ["hierarchy_id"])
    op.create_index(op.f("ix_zarr_group_name"), "zarr_group", ["name"])
    op.create_index(op.f("ix_zarr_group_parent_id"), "zarr_group", ["parent_id"])
    op.create_table(
        "channel",
        sa.Column("group_id", ID, nullable=False, comment="The image's group"),
        sa.Column("position", sa.Integer(), nullable=False, comment="From 0"),
        sa.Column("label", TEXT, nullable=True, comment="As written"),
        sa.Column("color", TEXT, nullable=True, comment="As written, such as FF0000"),
        sa.Column("active", sa.Boolean(), nullable=True, comment="As written; null if not said"),
        sa.PrimaryKeyConstraint("group_id", "position", name=op.f("pk_channel")),
        sa.ForeignKeyConstraint(["group_id"], ["zarr_group.id"], name=op.f("fk_channel_group_id")),
        comment="A channel of omero metadata",
    )
    op.create_table(
        "coordinate_system",
        sa.Column(
            "id",
            ID,
            autoincrement=False,
            nullable=False,
            comment="Never used twice; stays while its address does",
        ),
        sa.Column("hierarchy_id", ID, nullable=False, comment="That it lies in"),
        sa.Column(
            "group_id",
            ID,
            nullable=False,
            comment="That declares it; for an array's own system, that of its image",
        ),
        sa.Column(
            "array_path", TEXT, nullable=False, comment="Of the array whose own it is; else empty"
        ),
        sa.Column("name", TEXT, nullable=False, comment="Empty for an array's own system"),
        sa.Column(
            "kind",
            TEXT,
            nullable=False,
            comment="declared, array (index grid), implied, or undeclared (referred to only)",
        ),
        sa.Column(
            "image_entry",
            sa.SmallInteger(),
            nullable=True,
            comment="Entry of multiscales; null for a scene's",
        ),
        sa.Column("axis_layout_id", ID, nullable=True, comment="Null if unknown"),
        sa.Column(
            "ndim", sa.SmallInteger(), nullable=True, comment="Number of axes; null if unknown"
        ),
        sa.Column(
            "component_id",
            ID,
            nullable=False,
            comment="Systems of the same component have a path between them",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coordinate_system")),
        sa.ForeignKeyConstraint(
            ["axis_layout_id"], ["axis_layout.id"], name=op.f("fk_coordinate_system_axis_layout_id")
        ),
        sa.ForeignKeyConstraint(
            ["component_id"], ["component.id"], name=op.f("fk_coordinate_system_component_id")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["zarr_group.id"], name=op.f("fk_coordinate_system_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["hierarchy_id"], ["hierarchy.id"], name=op.f("fk_coordinate_system_hierarchy_id")
        ),
        sa.UniqueConstraint(
            "group_id",
            "array_path",
            "name",
            name=op.f("uq_coordinate_system_group_id_array_path_name"),
        ),
        sa.CheckConstraint(
            "kind IN ('declared', 'array', 'implied', 'undeclared')",
            name=op.f("ck_coordinate_system_kind"),
        ),
        comment="A coordinate system; its address is URL of the group or array, #, name",
    )
    op.create_index(
        op.f("ix_coordinate_system_axis_layout_id"), "coordinate_system", ["axis_layout_id"]
    )
    op.create_index(
        op.f("ix_coordinate_system_component_id"), "coordinate_system", ["component_id"]
    )
    op.create_index(
        op.f("ix_coordinate_system_hierarchy_id"), "coordinate_system", ["hierarchy_id"]
    )
    op.create_index(op.f("ix_coordinate_system_name"), "coordinate_system", ["name"])
    op.create_table(
        "plate",
        sa.Column("group_id", ID, autoincrement=False, nullable=False, comment="The plate's group"),
        sa.Column("name", TEXT, nullable=True, comment="As written"),
        sa.Column("rows", sa.Integer(), nullable=False, comment="How many rows"),
        sa.Column("columns", sa.Integer(), nullable=False, comment="How many columns"),
        sa.Column("wells", sa.Integer(), nullable=False, comment="How many wells it names"),
        sa.Column(
            "field_count",
            sa.Integer(),
            nullable=True,
            comment="As written: most fields of view in a well",
        ),
        sa.Column("acquisitions", sa.Integer(), nullable=False, comment="How many acquisitions"),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_plate")),
        sa.ForeignKeyConstraint(["group_id"], ["zarr_group.id"], name=op.f("fk_plate_group_id")),
        comment="A plate (high-content screening)",
    )
    op.create_table(
        "scene",
        sa.Column("group_id", ID, autoincrement=False, nullable=False, comment="The scene's group"),
        sa.Column("name", TEXT, nullable=True, comment="As written"),
        sa.Column("images", sa.Integer(), nullable=False, comment="How many it refers to"),
        sa.Column(
            "coordinate_systems", sa.Integer(), nullable=False, comment="How many it declares"
        ),
        sa.Column("transformations", sa.Integer(), nullable=False, comment="How many it declares"),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_scene")),
        sa.ForeignKeyConstraint(["group_id"], ["zarr_group.id"], name=op.f("fk_scene_group_id")),
        comment="A group with ome.scene",
    )
    op.create_table(
        "image",
        sa.Column(
            "id",
            ID,
            autoincrement=False,
            nullable=False,
            comment="Never used twice; stays while its group and entry do",
        ),
        sa.Column("group_id", ID, nullable=False, comment="That holds it"),
        sa.Column("entry", sa.SmallInteger(), nullable=False, comment="Index in multiscales"),
        sa.Column("name", TEXT, nullable=True, comment="As written"),
        sa.Column("axes", TEXT, nullable=False, comment="Names of its axes, such as tczyx"),
        sa.Column("ndim", sa.SmallInteger(), nullable=False, comment="Number of axes"),
        sa.Column(
            "shape",
            TEXT,
            nullable=True,
            comment="JSON, of the first level; null if its array is missing",
        ),
        sa.Column("dtype", TEXT, nullable=True, comment="Of the first level"),
        sa.Column("pixel_sizes", TEXT, nullable=True, comment="JSON, for each axis in its unit"),
        sa.Column(
            "levels", sa.SmallInteger(), nullable=False, comment="How many resolution levels"
        ),
        sa.Column("channels", sa.Integer(), nullable=False, comment="How many omero channels"),
        sa.Column(
            "intrinsic_system_id",
            ID,
            nullable=True,
            comment="Where the datasets' transformations lead",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.ForeignKeyConstraint(["group_id"], ["zarr_group.id"], name=op.f("fk_image_group_id")),
        sa.ForeignKeyConstraint(
            ["intrinsic_system_id"],
            ["coordinate_system.id"],
            name=op.f("fk_image_intrinsic_system_id"),
        ),
        sa.UniqueConstraint("group_id", "entry", name=op.f("uq_image_group_id_entry")),
        comment="One entry of multiscales",
    )
    op.create_index(op.f("ix_image_intrinsic_system_id"), "image", ["intrinsic_system_id"])
    op.create_index(op.f("ix_image_name"), "image", ["name"])
    op.create_table(
        "scene_image",
        sa.Column("scene_id", ID, nullable=False, comment="The scene"),
        sa.Column("image_group_id", ID, nullable=False, comment="Group of the image"),
        sa.Column(
            "referenced",
            sa.Boolean(),
            nullable=False,
            comment="False if it only lies in the scene's group",
        ),
        sa.PrimaryKeyConstraint("scene_id", "image_group_id", name=op.f("pk_scene_image")),
        sa.ForeignKeyConstraint(
            ["image_group_id"], ["zarr_group.id"], name=op.f("fk_scene_image_image_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["scene_id"], ["scene.group_id"], name=op.f("fk_scene_image_scene_id")
        ),
        comment="Which images a scene is made of",
    )
    op.create_index(op.f("ix_scene_image_image_group_id"), "scene_image", ["image_group_id"])
    op.create_table(
        "transformation",
        sa.Column(
            "id",
            ID,
            autoincrement=False,
            nullable=False,
            comment="Never used twice; a new one whenever its hierarchy is written",
        ),
        sa.Column("hierarchy_id", ID, nullable=False, comment="That it lies in"),
        sa.Column("group_id", ID, nullable=False, comment="That declares it"),
        sa.Column("component_id", ID, nullable=False, comment="That it is an edge of"),
        sa.Column("pointer", TEXT, nullable=False, comment="JSON pointer to where it is declared"),
        sa.Column("name", TEXT, nullable=True, comment="As written"),
        sa.Column("type", TEXT, nullable=False, comment="One of the types of OME-Zarr 0.6"),
        sa.Column("input_id", ID, nullable=False, comment="Where it starts"),
        sa.Column("output_id", ID, nullable=False, comment="Where it leads"),
        sa.Column("parameters", TEXT, nullable=False, comment="JSON in the form of OME-Zarr 0.6"),
        sa.Column(
            "affine", TEXT, nullable=True, comment="JSON, M rows of N+1 numbers, where it is affine"
        ),
        sa.Column(
            "inverse_affine",
            TEXT,
            nullable=True,
            comment="JSON, of a way back that is stated apart",
        ),
        sa.Column(
            "invertibility",
            TEXT,
            nullable=False,
            comment="closed: by a formula; explicit: stated; numeric: by iteration; no",
        ),
        sa.Column("origin", TEXT, nullable=False, comment="What declares it"),
        sa.Column(
            "image_entry",
            sa.SmallInteger(),
            nullable=True,
            comment="Entry of multiscales that declares it",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transformation")),
        sa.ForeignKeyConstraint(
            ["component_id"], ["component.id"], name=op.f("fk_transformation_component_id")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["zarr_group.id"], name=op.f("fk_transformation_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["hierarchy_id"], ["hierarchy.id"], name=op.f("fk_transformation_hierarchy_id")
        ),
        sa.ForeignKeyConstraint(
            ["input_id"], ["coordinate_system.id"], name=op.f("fk_transformation_input_id")
        ),
        sa.ForeignKeyConstraint(
            ["output_id"], ["coordinate_system.id"], name=op.f("fk_transformation_output_id")
        ),
        sa.CheckConstraint(
            "invertibility IN ('closed', 'explicit', 'numeric', 'no')",
            name=op.f("ck_transformation_invertibility"),
        ),
        sa.CheckConstraint(
            "origin IN ('dataset', 'multiscale', 'scene', 'implied', 'link')",
            name=op.f("ck_transformation_origin"),
        ),
        sa.CheckConstraint(
            "type IN ('identity', 'mapAxis', 'projectAxis', 'translation', "
            "'scale', 'affine', 'rotation', 'sequence', 'displacements', "
            "'coordinates', 'bijection', 'byDimension')",
            name=op.f("ck_transformation_type"),
        ),
        comment="An edge from one coordinate system to another, in its declared direction",
    )
    op.create_index(op.f("ix_transformation_component_id"), "transformation", ["component_id"])
    op.create_index(op.f("ix_transformation_group_id"), "transformation", ["group_id"])
    op.create_index(op.f("ix_transformation_hierarchy_id"), "transformation", ["hierarchy_id"])
    op.create_index(op.f("ix_transformation_input_id"), "transformation", ["input_id"])
    op.create_index(op.f("ix_transformation_output_id"), "transformation", ["output_id"])
    op.create_table(
        "well",
        sa.Column("group_id", ID, autoincrement=False, nullable=False, comment="The well's group"),
        sa.Column("plate_id", ID, nullable=True, comment="Null if no plate names it"),
        sa.Column("row", TEXT, nullable=True, comment="Name of its row"),
        sa.Column("column", TEXT, nullable=True, comment="Name of its column"),
        sa.Column("fields", sa.Integer(), nullable=False, comment="How many fields of view"),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_well")),
        sa.ForeignKeyConstraint(["group_id"], ["zarr_group.id"], name=op.f("fk_well_group_id")),
        sa.ForeignKeyConstraint(["plate_id"], ["plate.group_id"], name=op.f("fk_well_plate_id")),
        comment="A well of a plate",
    )
    op.create_index(op.f("ix_well_plate_id"), "well", ["plate_id"])
    op.create_table(
        "label_image",
        sa.Column("image_id", ID, autoincrement=False, nullable=False, comment="The label image"),
        sa.Column("source_group_id", ID, nullable=True, comment="The image that it annotates"),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_label_image")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_label_image_image_id")),
        sa.ForeignKeyConstraint(
            ["source_group_id"], ["zarr_group.id"], name=op.f("fk_label_image_source_group_id")
        ),
        comment="An image whose values are labels",
    )
    op.create_index(op.f("ix_label_image_source_group_id"), "label_image", ["source_group_id"])
    op.create_table(
        "resolution_level",
        sa.Column("image_id", ID, nullable=False, comment="The image"),
        sa.Column("level", sa.SmallInteger(), nullable=False, comment="0 is the finest"),
        sa.Column("path", TEXT, nullable=False, comment="Of the array, from the image's group"),
        sa.Column("shape", TEXT, nullable=True, comment="JSON; null if the array is missing"),
        sa.Column("chunks", TEXT, nullable=True, comment="JSON"),
        sa.Column("dtype", TEXT, nullable=True, comment="Such as uint16"),
        sa.Column("system_id", ID, nullable=True, comment="Its index grid"),
        sa.PrimaryKeyConstraint("image_id", "level", name=op.f("pk_resolution_level")),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_resolution_level_image_id")
        ),
        sa.ForeignKeyConstraint(
            ["system_id"], ["coordinate_system.id"], name=op.f("fk_resolution_level_system_id")
        ),
        comment="An array of an image",
    )
    op.create_index(op.f("ix_resolution_level_system_id"), "resolution_level", ["system_id"])


def downgrade() -> None:
    for table in (
        "resolution_level",
        "label_image",
        "well",
        "transformation",
        "scene_image",
        "image",
        "scene",
        "plate",
        "coordinate_system",
        "channel",
        "zarr_group",
        "problem",
        "component",
        "hierarchy",
        "axis",
        "id_counter",
        "crawl",
        "axis_layout",
    ):
        op.drop_table(table)
