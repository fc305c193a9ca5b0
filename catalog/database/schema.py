"""The tables, as SQLAlchemy sees them.

`migrations/` alone builds and changes a database; a test holds this description
against what the migrations make. Comments are for the person who meets the tables in
a SQL tool; `docs/tables.md` is made from them.
"""

from __future__ import annotations

import sqlalchemy as sa

from catalog.database.types import ByteText, UtcTime

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Time = UtcTime()
Text = ByteText


def _one_of(column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def _search_text() -> sa.Column[str]:
    return sa.Column(
        "search_text",
        Text,
        nullable=False,
        server_default="",
        comment="Its words without case and accents; / stands between values",
    )


def _title(words: str) -> sa.Column[str]:
    return sa.Column("title", Text, nullable=False, server_default="", comment=words)


id_counter = sa.Table(
    "id_counter",
    metadata,
    sa.Column("name", Text, primary_key=True, comment="Table whose ids are counted"),
    sa.Column("next_id", Id, nullable=False, comment="First id not yet handed out"),
    comment="Ids are handed out in blocks and never used twice, so a printed id stays true",
)

crawl = sa.Table(
    "crawl",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False, comment="Never used twice"),
    sa.Column("root", Text, nullable=False, comment="URL that was crawled"),
    sa.Column("started_at", Time, nullable=False, comment="In UTC"),
    sa.Column("finished_at", Time, comment="Null while it runs, and when it was killed"),
    sa.Column(
        "outcome", Text, nullable=False, comment="running, done, partial, failed or interrupted"
    ),
    sa.Column("seen", sa.Integer, nullable=False, comment="Hierarchies met"),
    sa.Column("written", sa.Integer, nullable=False, comment="Hierarchies new or changed"),
    sa.Column(
        "unchanged", sa.Integer, nullable=False, comment="Hierarchies that nothing has changed in"
    ),
    sa.Column("failed", sa.Integer, nullable=False, comment="Hierarchies that cannot be read"),
    sa.Column("removed", sa.Integer, nullable=False, comment="Hierarchies marked as removed"),
    sa.Column("problems", sa.Integer, nullable=False, comment="Problem rows written"),
    sa.Column("message", Text, comment="Why it ended early, or why nothing was removed"),
    sa.Column(
        "kind",
        Text,
        nullable=False,
        server_default="root",
        comment="root: a place; list: URLs of a list; watch: what changed below a watched root",
    ),
    sa.Column(
        "ignored",
        sa.Integer,
        nullable=False,
        server_default="0",
        comment="Zarr groups and arrays without OME-Zarr metadata",
    ),
    sa.Column(
        "requests", sa.BigInteger, nullable=False, server_default="0", comment="Sent to servers"
    ),
    sa.Column(
        "retries",
        sa.BigInteger,
        nullable=False,
        server_default="0",
        comment="Of these, sent because an earlier one had failed",
    ),
    _one_of("kind", "root", "list", "watch"),
    _one_of("outcome", "running", "done", "partial", "failed", "interrupted"),
    sa.Index(None, "root"),
    comment="One run of `catalog index` over one root or list",
)

hierarchy = sa.Table(
    "hierarchy",
    metadata,
    sa.Column(
        "id",
        Id,
        primary_key=True,
        autoincrement=False,
        comment="Never used twice; stays while the URL does",
    ),
    sa.Column("url", Text, nullable=False, comment="URL of its root group"),
    sa.Column("digest", sa.LargeBinary, comment="Of all documents read; null if never readable"),
    sa.Column(
        "manifest", sa.LargeBinary, comment="What was looked at and its times, to see what changed"
    ),
    sa.Column("crawl_id", Id, sa.ForeignKey("crawl.id"), nullable=False, comment="Last that wrote"),
    sa.Column("indexed_at", Time, nullable=False, comment="When it was last written"),
    sa.Column("removed_at", Time, comment="When it was found to be gone; null while it is there"),
    sa.UniqueConstraint("url"),
    sa.Index(None, "crawl_id"),
    comment="A top-most Zarr group of a store with everything below it",
)

zarr_group = sa.Table(
    "zarr_group",
    metadata,
    sa.Column(
        "id",
        Id,
        primary_key=True,
        autoincrement=False,
        comment="Never used twice; stays while the URL does",
    ),
    sa.Column(
        "hierarchy_id",
        Id,
        sa.ForeignKey("hierarchy.id"),
        nullable=False,
        comment="That it is a part of",
    ),
    sa.Column(
        "parent_id", Id, sa.ForeignKey("zarr_group.id"), comment="Nearest recorded group above"
    ),
    sa.Column("url", Text, nullable=False, comment="One spelling for each group"),
    sa.Column("path", Text, nullable=False, comment="From the root of the hierarchy"),
    sa.Column("name", Text, nullable=False, comment="Last part of the URL"),
    sa.Column("kind", Text, nullable=False, comment="What it is first of all"),
    sa.Column("ome_version", Text, nullable=False, comment="As claimed; empty if it claims none"),
    sa.Column("zarr_format", sa.SmallInteger, nullable=False, comment="2 or 3"),
    sa.Column("mtime_ns", sa.BigInteger, comment="Modification time of its document"),
    sa.Column("size", sa.BigInteger, comment="Bytes of its document"),
    sa.Column("digest", sa.LargeBinary, comment="Of its document"),
    sa.Column("attributes", Text, nullable=False, comment="JSON, as it stood"),
    sa.Column("removed_at", Time, comment="When it was found to be gone; null while it is there"),
    sa.UniqueConstraint("url"),
    _one_of("kind", "scene", "image", "plate", "well", "labels", "collection"),
    sa.Index(None, "hierarchy_id"),
    sa.Index(None, "parent_id"),
    sa.Index(None, "name"),
    comment="An OME-Zarr group",
)

problem = sa.Table(
    "problem",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False, comment="Never used twice"),
    sa.Column("crawl_id", Id, sa.ForeignKey("crawl.id"), nullable=False, comment="That found it"),
    sa.Column(
        "hierarchy_id",
        Id,
        sa.ForeignKey("hierarchy.id"),
        comment="Null for a folder of no hierarchy",
    ),
    sa.Column("url", Text, nullable=False, comment="URL of the group, array or folder"),
    sa.Column("pointer", Text, nullable=False, comment="JSON pointer into the attributes"),
    sa.Column("code", Text, nullable=False, comment="Name of the rule"),
    sa.Column(
        "severity",
        Text,
        nullable=False,
        comment="error: breaks a rule; warning: somebody should look",
    ),
    sa.Column("message", Text, nullable=False, comment="What is wrong, in words"),
    _one_of("severity", "error", "warning"),
    sa.Index(None, "hierarchy_id"),
    sa.Index(None, "crawl_id"),
    sa.Index(None, "code"),
    comment="Something wrong with a document or a place",
)

crate = sa.Table(
    "crate",
    metadata,
    sa.Column(
        "hierarchy_id",
        Id,
        sa.ForeignKey("hierarchy.id"),
        primary_key=True,
        autoincrement=False,
        comment="That it lies in, and is about",
    ),
    sa.Column("name", Text, comment="As written"),
    sa.Column("description", Text, comment="As written"),
    sa.Column("license", Text, comment="Its URL, else as written"),
    sa.Column("document", Text, nullable=False, comment="JSON, as it stood"),
    sa.Index(None, "license", "hierarchy_id"),
    comment="The RO-Crate (ro-crate-metadata.json) beside the root of a hierarchy",
)

crate_term = sa.Table(
    "crate_term",
    metadata,
    sa.Column(
        "hierarchy_id",
        Id,
        sa.ForeignKey("crate.hierarchy_id"),
        primary_key=True,
        comment="Of the crate that names it",
    ),
    sa.Column("kind", Text, primary_key=True, comment="organism or modality"),
    sa.Column(
        "identifier",
        Text,
        primary_key=True,
        comment="Such as NCBITaxon:9606 or FBbi:00000246, however written; else URL or name",
    ),
    sa.Column("label", Text, comment="Its name, as written; null if the crate names none"),
    sa.Column(
        "label_words",
        Text,
        nullable=False,
        comment="Words of its name, without case and accents",
    ),
    _one_of("kind", "organism", "modality"),
    sa.Index(None, "kind", "identifier", "hierarchy_id"),
    sa.Index(None, "kind", "label_words", "identifier"),
    comment="An organism or an imaging modality that an RO-Crate names",
)

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
    sa.Column(
        "hierarchy_id", Id, sa.ForeignKey("hierarchy.id"), nullable=False, comment="That it lies in"
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
    _search_text(),
    sa.UniqueConstraint("group_id", "array_path", "name"),
    _one_of("kind", "declared", "array", "implied", "undeclared"),
    sa.Index(None, "hierarchy_id"),
    sa.Index(None, "component_id"),
    sa.Index(None, "name"),
    sa.Index(None, "axis_layout_id"),
    comment="A coordinate system; its address is URL of the group or array, #, name",
)

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
    _title("Its name; where it has none, the name of its group"),
    _search_text(),
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
    _title("Its name; where it has none, the name of its group"),
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
    sa.Column(
        "axis_layout_id",
        Id,
        sa.ForeignKey("axis_layout.id"),
        comment="Of its intrinsic system; null if unknown",
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
    _search_text(),
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
        comment="Coordinate system that the box is in; all images of a component share it",
    ),
    sa.Column("system_id", Id, comment="Index grid of the array that is placed: the finest"),
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
    _title("Its name; where it has none, the name of its group"),
    _search_text(),
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
    sa.Column(
        "hierarchy_id", Id, sa.ForeignKey("hierarchy.id"), nullable=False, comment="That it lies in"
    ),
    sa.Column(
        "group_id", Id, sa.ForeignKey("zarr_group.id"), nullable=False, comment="That declares it"
    ),
    sa.Column(
        "component_id",
        Id,
        sa.ForeignKey("component.id"),
        nullable=False,
        comment="That it is an edge of",
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
    _search_text(),
    _one_of(
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
    _one_of("invertibility", "closed", "explicit", "numeric", "no"),
    _one_of("origin", "dataset", "multiscale", "scene", "implied", "link"),
    sa.Index(None, "hierarchy_id"),
    sa.Index(None, "group_id"),
    sa.Index(None, "component_id"),
    sa.Index(None, "input_id"),
    sa.Index(None, "output_id"),
    sa.Index(None, "type", "id"),
    sa.Index(None, "name"),
    comment="An edge from one coordinate system to another, in its declared direction",
)

SEARCHED = {
    "image": "id",
    "scene": "group_id",
    "plate": "group_id",
    "coordinate_system": "id",
    "transformation": "id",
}
"""Tables with a `search_text`, which a search index stands over, and their keys."""

facet_count = sa.Table(
    "facet_count",
    metadata,
    sa.Column("subject", Text, primary_key=True, comment="images, labels, systems, …"),
    sa.Column("field", Text, primary_key=True, comment="Field of a search; empty for all there is"),
    sa.Column("value", Text, primary_key=True, comment="Value of the field, as text"),
    sa.Column("count", sa.BigInteger, nullable=False, comment="How many have it, and are there"),
    comment="How many have each value, kept while writing; what has no value is not counted",
)
