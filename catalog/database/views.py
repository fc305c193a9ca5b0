"""The views `report_*`, as SQLAlchemy sees them: what people ask in SQL and in reports.

Migrations alone make them; a test holds this description against what they make. The
comments are for the person who meets the views in a SQL tool; `docs/tables.md` is made
from them. Times are those of the tables; other differences between the databases are
levelled, so that the same question has the same answer.
"""

from __future__ import annotations

import sqlalchemy as sa

from catalog.database.schema import Id, Text, Time

views = sa.MetaData()


def _view(name: str, comment: str, order: str, *columns: sa.Column[object]) -> sa.Table:
    """Describe a view; `order` names the columns that its rows are listed by."""
    return sa.Table(name, views, *columns, comment=comment, info={"order": tuple(order.split())})


def order_of(view: sa.Table) -> tuple[str, ...]:
    """Name the columns that the rows of a view are listed by."""
    order = view.info["order"]
    assert isinstance(order, tuple)
    return order


report_image = _view(
    "report_image",
    "Images that are there: one row for each entry of multiscales, label images too",
    "url entry",
    sa.Column("id", Id, comment="Id of the image; stays while its group and entry do"),
    sa.Column("url", Text, comment="URL of the group that holds it"),
    sa.Column("entry", sa.SmallInteger, comment="Its index in multiscales, mostly 0"),
    sa.Column("name", Text, comment="As written"),
    sa.Column("kind", Text, comment="image, or label image"),
    sa.Column("hierarchy", Text, comment="URL of the hierarchy that it lies in"),
    sa.Column("path", Text, comment="Of its group, from the root of the hierarchy"),
    sa.Column("ome_version", Text, comment="Version of OME-Zarr, as claimed; empty if none"),
    sa.Column("zarr_format", sa.SmallInteger, comment="2 or 3"),
    sa.Column("axes", Text, comment="Names of its axes in order, such as tczyx"),
    sa.Column("ndim", sa.SmallInteger, comment="Number of axes"),
    sa.Column("shape", Text, comment="Of the finest level, as JSON; null if its array is missing"),
    sa.Column("dtype", Text, comment="Data type of the finest level, such as uint16"),
    sa.Column(
        "size_t", Id, comment="Length along the axis t, in voxels; null where there is no such axis"
    ),
    sa.Column(
        "size_c", Id, comment="Length along the axis c, in voxels; null where there is no such axis"
    ),
    sa.Column(
        "size_z", Id, comment="Length along the axis z, in voxels; null where there is no such axis"
    ),
    sa.Column(
        "size_y", Id, comment="Length along the axis y, in voxels; null where there is no such axis"
    ),
    sa.Column(
        "size_x", Id, comment="Length along the axis x, in voxels; null where there is no such axis"
    ),
    sa.Column("voxel_size_z", sa.Double, comment="Voxel size along the axis z, in unit_z"),
    sa.Column("voxel_size_y", sa.Double, comment="Voxel size along the axis y, in unit_y"),
    sa.Column("voxel_size_x", sa.Double, comment="Voxel size along the axis x, in unit_x"),
    sa.Column("unit_z", Text, comment="Unit of the axis z, as written"),
    sa.Column("unit_y", Text, comment="Unit of the axis y, as written"),
    sa.Column("unit_x", Text, comment="Unit of the axis x, as written"),
    sa.Column("levels", sa.SmallInteger, comment="How many resolution levels"),
    sa.Column("channels", sa.Integer, comment="How many channels its omero metadata names"),
    sa.Column("labels", Id, comment="How many label images annotate it"),
    sa.Column("scenes", Id, comment="How many scenes refer to it"),
    sa.Column("plate", Text, comment="URL of the plate of which it is a field of view"),
    sa.Column("well", Text, comment="Its well there, such as A/1"),
    sa.Column("bytes", Id, comment="Declared by all its levels, uncompressed; null if unknown"),
    sa.Column("group_id", Id, comment="Id of its group"),
    sa.Column("intrinsic_system_id", Id, comment="Where the transformations of its levels lead"),
    sa.Column("component_id", Id, comment="Images of the same component have a path between them"),
    sa.Column("problems", Id, comment="How many problems there are at its group or below"),
    sa.Column("indexed_at", Time, comment="When its hierarchy was last written, in UTC"),
)

report_level = _view(
    "report_level",
    "Resolution levels of the images that are there",
    "image image_id level",
    sa.Column("image_id", Id, comment="The image"),
    sa.Column("image", Text, comment="URL of the image's group"),
    sa.Column("image_name", Text, comment="As written"),
    sa.Column("level", sa.SmallInteger, comment="0 is the finest"),
    sa.Column("path", Text, comment="Of the array, from the image's group"),
    sa.Column("shape", Text, comment="As JSON; null if the array is missing"),
    sa.Column("chunks", Text, comment="Shape of a chunk, as JSON"),
    sa.Column("dtype", Text, comment="Data type, such as uint16"),
    sa.Column("bytes", Id, comment="Declared, uncompressed; null if unknown"),
    sa.Column("system_id", Id, comment="Coordinate system of its indices"),
)

report_channel = _view(
    "report_channel",
    "Channels that the omero metadata of images names",
    "image position",
    sa.Column("image", Text, comment="URL of the image's group"),
    sa.Column("group_id", Id, comment="Id of that group"),
    sa.Column("position", sa.Integer, comment="From 0"),
    sa.Column("label", Text, comment="As written"),
    sa.Column("color", Text, comment="As written, such as FF0000"),
    sa.Column("active", Text, comment="yes or no; null if not said"),
    sa.Column("hierarchy", Text, comment="URL of the hierarchy that it lies in"),
)

report_label = _view(
    "report_label",
    "Label images that are there, and what they annotate",
    "url id",
    sa.Column("id", Id, comment="Id of the label image"),
    sa.Column("url", Text, comment="URL of its group"),
    sa.Column("name", Text, comment="As written"),
    sa.Column(
        "image", Text, comment="URL of the image that it annotates; null if that is not there"
    ),
    sa.Column("axes", Text, comment="Names of its axes in order"),
    sa.Column("shape", Text, comment="Of the finest level, as JSON"),
    sa.Column("dtype", Text, comment="Data type of the finest level"),
    sa.Column("levels", sa.SmallInteger, comment="How many resolution levels"),
    sa.Column("bytes", Id, comment="Declared by all its levels, uncompressed"),
    sa.Column("ome_version", Text, comment="Version of OME-Zarr, as claimed; empty if none"),
    sa.Column("hierarchy", Text, comment="URL of the hierarchy that it lies in"),
)

report_scene = _view(
    "report_scene",
    "Scenes that are there",
    "url",
    sa.Column("id", Id, comment="Id of the scene's group"),
    sa.Column("url", Text, comment="URL of the scene's group"),
    sa.Column("name", Text, comment="As written"),
    sa.Column("hierarchy", Text, comment="URL of the hierarchy that it lies in"),
    sa.Column("ome_version", Text, comment="Version of OME-Zarr, as claimed; empty if none"),
    sa.Column("zarr_format", sa.SmallInteger, comment="2 or 3"),
    sa.Column("images", sa.Integer, comment="How many it refers to that are there"),
    sa.Column(
        "unreferenced_images", Id, comment="How many lie in its group and are not referred to"
    ),
    sa.Column("coordinate_systems", sa.Integer, comment="How many it declares"),
    sa.Column("transformations", sa.Integer, comment="How many it declares"),
    sa.Column(
        "components",
        Id,
        comment="In how many components its systems and images lie: 1 when all are connected",
    ),
    sa.Column("bytes", Id, comment="Declared by the images that it refers to, uncompressed"),
    sa.Column("problems", Id, comment="How many problems there are at its group or below"),
    sa.Column("indexed_at", Time, comment="When its hierarchy was last written, in UTC"),
)

report_scene_image = _view(
    "report_scene_image",
    "Which images belong to which scenes",
    "scene image image_id",
    sa.Column("scene_id", Id, comment="Id of the scene"),
    sa.Column("scene", Text, comment="URL of the scene's group"),
    sa.Column("scene_name", Text, comment="As written"),
    sa.Column("image_id", Id, comment="Id of the image"),
    sa.Column("image", Text, comment="URL of the image's group"),
    sa.Column("image_name", Text, comment="As written"),
    sa.Column("referenced", Text, comment="yes, or no if it only lies in the scene's group"),
    sa.Column("axes", Text, comment="Names of the image's axes in order"),
    sa.Column("intrinsic_system_id", Id, comment="The image's intrinsic system"),
)

report_plate = _view(
    "report_plate",
    "Plates that are there",
    "url",
    sa.Column("id", Id, comment="Id of the plate's group"),
    sa.Column("url", Text, comment="URL of the plate's group"),
    sa.Column("name", Text, comment="As written"),
    sa.Column("hierarchy", Text, comment="URL of the hierarchy that it lies in"),
    sa.Column("ome_version", Text, comment="Version of OME-Zarr, as claimed; empty if none"),
    sa.Column("row_count", sa.Integer, comment="How many rows it names"),
    sa.Column("column_count", sa.Integer, comment="How many columns it names"),
    sa.Column("wells", sa.Integer, comment="How many wells it names"),
    sa.Column("wells_found", Id, comment="How many of them are there"),
    sa.Column("images", Id, comment="How many fields of view are there"),
    sa.Column("field_count", sa.Integer, comment="As written: most fields of view in a well"),
    sa.Column("acquisitions", sa.Integer, comment="How many acquisitions it names"),
    sa.Column("bytes", Id, comment="Declared by its fields of view, uncompressed"),
    sa.Column("problems", Id, comment="How many problems there are at its group or below"),
    sa.Column("indexed_at", Time, comment="When its hierarchy was last written, in UTC"),
)

report_well = _view(
    "report_well",
    "Wells that are there",
    "url",
    sa.Column("id", Id, comment="Id of the well's group"),
    sa.Column("url", Text, comment="URL of the well's group"),
    sa.Column("plate_id", Id, comment="Id of the plate; null if none names it"),
    sa.Column("plate", Text, comment="URL of the plate"),
    sa.Column("plate_name", Text, comment="As written"),
    sa.Column("row_name", Text, comment="Name of its row"),
    sa.Column("column_name", Text, comment="Name of its column"),
    sa.Column("fields", sa.Integer, comment="How many fields of view it names"),
    sa.Column("images", Id, comment="How many of them are there"),
    sa.Column("bytes", Id, comment="Declared by them, uncompressed"),
)

report_group = _view(
    "report_group",
    "OME-Zarr groups that are there, with their attributes as they stood",
    "url",
    sa.Column("id", Id, comment="Id of the group; stays while its URL does"),
    sa.Column("url", Text, comment="Its URL"),
    sa.Column("path", Text, comment="From the root of the hierarchy"),
    sa.Column("name", Text, comment="Last part of the URL"),
    sa.Column(
        "kind",
        Text,
        comment="What it is first of all: scene, image, plate, well, labels or collection",
    ),
    sa.Column("ome_version", Text, comment="Version of OME-Zarr, as claimed; empty if none"),
    sa.Column("zarr_format", sa.SmallInteger, comment="2 or 3"),
    sa.Column("parent", Text, comment="URL of the nearest recorded group above"),
    sa.Column("hierarchy", Text, comment="URL of the hierarchy that it lies in"),
    sa.Column("document_bytes", Id, comment="Size of its metadata document"),
    sa.Column("attributes", Text, comment="JSON, as it stood"),
    sa.Column("problems", Id, comment="How many problems there are at it or below"),
    sa.Column("indexed_at", Time, comment="When its hierarchy was last written, in UTC"),
)

report_hierarchy = _view(
    "report_hierarchy",
    "Hierarchies that are there: a top-most Zarr group with everything below it",
    "url",
    sa.Column("id", Id, comment="Id of the hierarchy; stays while its URL does"),
    sa.Column("url", Text, comment="URL of its root group"),
    sa.Column("kind", Text, comment="What its root group is first of all; null if never readable"),
    sa.Column("ome_version", Text, comment="Version of OME-Zarr, as claimed; empty if none"),
    sa.Column("zarr_format", sa.SmallInteger, comment="2 or 3"),
    sa.Column("groups", Id, comment="How many groups"),
    sa.Column("scenes", Id, comment="How many scenes"),
    sa.Column("images", Id, comment="How many images, label images too"),
    sa.Column("label_images", Id, comment="How many of these are label images"),
    sa.Column("plates", Id, comment="How many plates"),
    sa.Column("coordinate_systems", Id, comment="How many"),
    sa.Column("transformations", Id, comment="How many"),
    sa.Column("components", Id, comment="How many sets of connected systems"),
    sa.Column("bytes", Id, comment="Declared by its images, uncompressed"),
    sa.Column("errors", Id, comment="How many"),
    sa.Column("warnings", Id, comment="How many"),
    sa.Column("crawl_id", Id, comment="Crawl that last wrote it"),
    sa.Column("indexed_at", Time, comment="When it was last written, in UTC"),
    sa.Column("day", Text, comment="Day of that, such as 2026-05-01"),
)

report_collection = _view(
    "report_collection",
    "Collections: one row for each root that was ever crawled, and what is there at and below",
    "root",
    sa.Column("root", Text, comment="URL of the root"),
    sa.Column("hierarchies", Id, comment="How many hierarchies"),
    sa.Column("scenes", Id, comment="How many scenes"),
    sa.Column("images", Id, comment="How many images, label images too"),
    sa.Column("label_images", Id, comment="How many of these are label images"),
    sa.Column("plates", Id, comment="How many plates"),
    sa.Column("transformations", Id, comment="How many transformations"),
    sa.Column("bytes", Id, comment="Declared by its images, uncompressed"),
    sa.Column("errors", Id, comment="How many errors in these hierarchies"),
    sa.Column("warnings", Id, comment="How many warnings in these hierarchies"),
    sa.Column("crawls", Id, comment="How often it was crawled"),
    sa.Column("last_crawl_id", Id, comment="The last of these crawls"),
    sa.Column("last_crawl_at", Time, comment="When that began, in UTC"),
    sa.Column("last_outcome", Text, comment="How that ended"),
)

report_coordinate_system = _view(
    "report_coordinate_system",
    "Coordinate systems that are there",
    "url array_path name",
    sa.Column("id", Id, comment="Id of the system; stays while its address does"),
    sa.Column("address", Text, comment="As other commands take it: URL, #, name"),
    sa.Column("name", Text, comment="Empty for an array's own system"),
    sa.Column(
        "kind",
        Text,
        comment="declared, array (index grid), implied, or undeclared (referred to only)",
    ),
    sa.Column("url", Text, comment="URL of the group that declares it"),
    sa.Column("array_path", Text, comment="Of the array whose own it is; else empty"),
    sa.Column("axes", Text, comment="Names of its axes in order; null if unknown"),
    sa.Column("ndim", sa.SmallInteger, comment="Number of axes; null if unknown"),
    sa.Column("units", Text, comment="Units of its axes in order, separated by commas"),
    sa.Column("axis_layout_id", Id, comment="Its axes in report_axis_layout"),
    sa.Column("component_id", Id, comment="Systems of the same component are connected"),
    sa.Column("component_systems", sa.Integer, comment="How many systems its component has"),
    sa.Column("transformations_in", Id, comment="How many transformations lead to it"),
    sa.Column("transformations_out", Id, comment="How many transformations start from it"),
    sa.Column("group_id", Id, comment="Id of its group"),
    sa.Column("hierarchy", Text, comment="URL of the hierarchy that it lies in"),
)

report_crate = _view(
    "report_crate",
    "RO-Crates (ro-crate-metadata.json) of the hierarchies that are there",
    "hierarchy",
    sa.Column("hierarchy", Text, comment="URL of the hierarchy that it is about"),
    sa.Column("name", Text, comment="As written"),
    sa.Column("description", Text, comment="As written"),
    sa.Column("license", Text, comment="Its URL, else as written"),
    sa.Column("organisms", Text, comment="Their names, else identifiers"),
    sa.Column("organism_ids", Text, comment="Such as NCBITaxon:9606"),
    sa.Column("modalities", Text, comment="Their names, else identifiers"),
    sa.Column("modality_ids", Text, comment="Such as FBbi:00000246"),
    sa.Column("images", Id, comment="How many images the hierarchy has"),
    sa.Column("indexed_at", Time, comment="When its hierarchy was last written, in UTC"),
)

report_axis_layout = _view(
    "report_axis_layout",
    "Distinct sequences of axes, and what uses them",
    "axes id",
    sa.Column("id", Id, comment="Id of the layout"),
    sa.Column("axes", Text, comment="Names in order, such as zyx"),
    sa.Column("ndim", sa.SmallInteger, comment="Number of axes"),
    sa.Column("types", Text, comment="Types in order, separated by commas"),
    sa.Column("units", Text, comment="Units in order, separated by commas"),
    sa.Column("coordinate_systems", Id, comment="How many systems that are there have it"),
    sa.Column(
        "images", Id, comment="How many images that are there have it as their intrinsic system"
    ),
)

report_transformation = _view(
    "report_transformation",
    "Transformations that are there: edges from one coordinate system to another",
    "declared_in pointer id",
    sa.Column(
        "id", Id, comment="Id of the transformation; a new one whenever its hierarchy is written"
    ),
    sa.Column("name", Text, comment="As written"),
    sa.Column("type", Text, comment="One of the types of OME-Zarr 0.6"),
    sa.Column("input", Text, comment="Address of the system where it starts"),
    sa.Column("output", Text, comment="Address of the system where it leads"),
    sa.Column("input_axes", Text, comment="Names of the input's axes in order"),
    sa.Column("output_axes", Text, comment="Names of the output's axes in order"),
    sa.Column(
        "origin", Text, comment="What declares it: dataset, multiscale, scene, implied, link"
    ),
    sa.Column(
        "invertibility",
        Text,
        comment="closed: by a formula; explicit: stated; numeric: by iteration; no",
    ),
    sa.Column("declared_in", Text, comment="URL of the group that declares it"),
    sa.Column("pointer", Text, comment="JSON pointer to where it stands there"),
    sa.Column("parameters", Text, comment="JSON in the form of OME-Zarr 0.6"),
    sa.Column("affine", Text, comment="JSON, M rows of N+1 numbers; null where it is not affine"),
    sa.Column("input_id", Id, comment="Id of the input system"),
    sa.Column("output_id", Id, comment="Id of the output system"),
    sa.Column("component_id", Id, comment="Component that it is an edge of"),
    sa.Column("hierarchy", Text, comment="URL of the hierarchy that it lies in"),
)

report_component = _view(
    "report_component",
    "Sets of coordinate systems that transformations connect",
    "hierarchy id",
    sa.Column("id", Id, comment="Id of the component; a new one whenever its hierarchy is written"),
    sa.Column("hierarchy", Text, comment="URL of the hierarchy that it lies in"),
    sa.Column("systems", sa.Integer, comment="How many coordinate systems"),
    sa.Column("transformations", sa.Integer, comment="How many edges between them"),
    sa.Column("images", Id, comment="How many images have their intrinsic system in it"),
)

report_problem = _view(
    "report_problem",
    "What is wrong, in hierarchies that are there and in folders of no hierarchy",
    "url pointer id",
    sa.Column("id", Id, comment="Id of the problem"),
    sa.Column("severity", Text, comment="error: breaks a rule; warning: somebody should look"),
    sa.Column("code", Text, comment="Name of the rule"),
    sa.Column("url", Text, comment="URL of the group, array or folder"),
    sa.Column("pointer", Text, comment="JSON pointer into the attributes"),
    sa.Column("message", Text, comment="What is wrong, in words"),
    sa.Column("hierarchy", Text, comment="URL of the hierarchy; null for a folder of none"),
    sa.Column("crawl_id", Id, comment="Crawl that found it"),
    sa.Column("root", Text, comment="URL that was crawled"),
    sa.Column("found_at", Time, comment="When that crawl began, in UTC"),
)

report_crawl = _view(
    "report_crawl",
    "Runs of `catalog index`, one row for each root",
    "id",
    sa.Column("id", Id, comment="Id of the crawl"),
    sa.Column("root", Text, comment="URL that was crawled"),
    sa.Column("started_at", Time, comment="In UTC"),
    sa.Column("finished_at", Time, comment="In UTC; null while it runs, and when it was killed"),
    sa.Column("day", Text, comment="Day when it began, such as 2026-05-01"),
    sa.Column("seconds", sa.Double, comment="How long it took"),
    sa.Column("outcome", Text, comment="running, done, partial, failed or interrupted"),
    sa.Column("seen", sa.Integer, comment="Hierarchies met: written, unchanged and failed"),
    sa.Column("written", sa.Integer, comment="Hierarchies new or changed"),
    sa.Column("unchanged", sa.Integer, comment="Hierarchies that nothing has changed in"),
    sa.Column("failed", sa.Integer, comment="Hierarchies that cannot be read"),
    sa.Column("removed", sa.Integer, comment="Hierarchies marked as removed"),
    sa.Column("problems", sa.Integer, comment="Problem rows written"),
    sa.Column("message", Text, comment="Why it ended early, or why nothing was removed"),
)

report_removed = _view(
    "report_removed",
    "What was found to be gone and is not purged: whole hierarchies, and groups out of one",
    "url kind",
    sa.Column("kind", Text, comment="hierarchy, or the kind of a group"),
    sa.Column("url", Text, comment="URL where it was"),
    sa.Column("hierarchy", Text, comment="URL of its hierarchy"),
    sa.Column("removed_at", Time, comment="When it was found to be gone, in UTC"),
    sa.Column("day", Text, comment="Day of that, such as 2026-05-01"),
    sa.Column("indexed_at", Time, comment="When its hierarchy was last written, in UTC"),
)
