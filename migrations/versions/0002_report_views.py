"""Views for reports, and how many bytes arrays declare.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import json
import math
import re
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LARGEST = 2**63 - 1


class View(NamedTuple):
    """A view: columns as (name, expression, comment)."""

    name: str
    comment: str
    columns: tuple[tuple[str, str, str], ...]
    source: str


def upgrade() -> None:
    op.add_column(
        "resolution_level",
        sa.Column(
            "bytes",
            sa.BigInteger(),
            comment="Of the whole array as declared, uncompressed; null if unknown",
        ),
    )
    op.add_column(
        "image",
        sa.Column(
            "bytes", sa.BigInteger(), comment="Of all its levels as declared; null if unknown"
        ),
    )
    connection = op.get_bind()
    fill_bytes(connection)
    postgresql = connection.dialect.name == "postgresql"
    for view in views(postgresql):
        columns = ",\n    ".join(f"{taken} AS {name}" for name, taken, _ in view.columns)
        op.execute(f"CREATE VIEW {view.name} AS\nSELECT\n    {columns}\n{view.source}")
        if postgresql:
            comment("VIEW", view.name, view.comment)
            for name, _, words in view.columns:
                comment("COLUMN", f"{view.name}.{name}", words)


def downgrade() -> None:
    for view in reversed(views(False)):
        op.execute(f"DROP VIEW {view.name}")
    op.drop_column("image", "bytes")
    op.drop_column("resolution_level", "bytes")


def comment(kind: str, name: str, words: str) -> None:
    literal = words.replace("'", "''")
    op.execute(f"COMMENT ON {kind} {name} IS '{literal}'")


def fill_bytes(connection: sa.Connection) -> None:
    """Fill the new columns: a collection has few shapes, and each of them many times."""
    kinds = connection.execute(sa.text("SELECT DISTINCT shape, dtype FROM resolution_level"))
    sizes = [
        {"shape": shape, "dtype": dtype, "bytes": size}
        for shape, dtype in kinds
        if (size := declared_bytes(shape, dtype)) is not None
    ]
    if not sizes:
        return
    text = "TEXT" if connection.dialect.name == "sqlite" else 'TEXT COLLATE "C"'
    op.execute(
        f"CREATE TEMPORARY TABLE size_of (shape {text}, dtype {text}, bytes BIGINT, "
        "PRIMARY KEY (shape, dtype))"
    )
    connection.execute(sa.text("INSERT INTO size_of VALUES (:shape, :dtype, :bytes)"), sizes)
    op.execute(
        "UPDATE resolution_level SET bytes = (SELECT s.bytes FROM size_of AS s "
        "WHERE s.shape = resolution_level.shape AND s.dtype = resolution_level.dtype) "
        "WHERE shape IS NOT NULL AND dtype IS NOT NULL"
    )
    op.execute("DROP TABLE size_of")
    add = total("l.bytes", connection.dialect.name == "postgresql")
    op.execute(
        f"UPDATE image SET bytes = (SELECT {add} FROM resolution_level AS l "
        "WHERE l.image_id = image.id) "
        "WHERE EXISTS (SELECT 1 FROM resolution_level AS l "
        "WHERE l.image_id = image.id AND l.bytes IS NOT NULL)"
    )


def declared_bytes(shape: str | None, dtype: str | None) -> int | None:
    if shape is None or dtype is None:
        return None
    if dtype == "bool":
        item = 1
    elif found := re.match(r"(?:u?int|b?float|complex|r)(\d{1,4})", dtype):
        item = (int(found[1]) + 7) // 8
    elif found := re.fullmatch(r"([VSU])(\d{1,9})", dtype):
        item = int(found[2]) * (4 if found[1] == "U" else 1)
    elif re.match(r"[Mm]8|numpy\.(?:datetime|timedelta)64", dtype):
        item = 8
    else:
        return None
    size = math.prod(json.loads(shape)) * item
    return size if size <= LARGEST else None


def total(column: str, postgresql: bool) -> str:
    """Sum up, and stop at the largest integer where absurd documents sum up to more."""
    if postgresql:
        return f"CAST(LEAST(COALESCE(SUM({column}), 0), {LARGEST}) AS BIGINT)"
    return f"CAST(TOTAL({column}) AS BIGINT)"


def views(postgresql: bool) -> tuple[View, ...]:  # noqa: PLR0915
    """Give the views, each after those that it builds on."""

    def integer_at(column: str, index: str) -> str:
        if postgresql:
            element = f"CAST(CAST({column} AS JSON) ->> CAST({index} AS INTEGER) AS NUMERIC)"
            # LEAST would take the limit where there is no element.
            taken = f"CASE WHEN {element} > {LARGEST} THEN {LARGEST} ELSE {element} END"
            return f"CAST({taken} AS BIGINT)"
        return f"CAST(json_extract({column}, '$[' || {index} || ']') AS BIGINT)"

    def number_at(column: str, index: str) -> str:
        # JSON has no NaN and no infinity, and a document may hold them all the same.
        finite = f"{column} NOT LIKE '%N%' AND {column} NOT LIKE '%n%'"
        if postgresql:
            taken = f"CAST({column} AS JSON) ->> CAST({index} AS INTEGER)"
        else:
            taken = f"json_extract({column}, '$[' || {index} || ']')"
        # The cast stands outside: SQLite then compares the column with texts as a number, too.
        return f"CAST(CASE WHEN {finite} THEN {taken} END AS DOUBLE PRECISION)"

    def of_axis(what: str, name: str) -> str:
        return (
            f"(SELECT MIN(a.{what}) FROM axis AS a "
            f"WHERE a.axis_layout_id = s.axis_layout_id AND a.name = '{name}')"
        )

    def size(axis: str) -> tuple[str, str, str]:
        words = f"Length along the axis {axis}, in voxels; null where there is no such axis"
        return f"size_{axis}", integer_at("i.shape", of_axis("position", axis)), words

    def voxel_size(axis: str) -> tuple[str, str, str]:
        words = f"Voxel size along the axis {axis}, in unit_{axis}"
        taken = number_at("i.pixel_sizes", of_axis("position", axis))
        return f"voxel_size_{axis}", taken, words

    def unit(axis: str) -> tuple[str, str, str]:
        return f"unit_{axis}", of_axis("unit", axis), f"Unit of the axis {axis}, as written"

    def joined(what: str, layout: str) -> str:
        """Give what the axes of a layout have, in their order, separated by commas."""
        values = (
            f"SELECT COALESCE(a.{what}, '') AS value, a.position FROM axis AS a "
            f"WHERE a.axis_layout_id = {layout} ORDER BY a.position"
        )
        if postgresql:
            return f"(SELECT STRING_AGG(v.value, ',' ORDER BY v.position) FROM ({values}) AS v)"
        return f"(SELECT GROUP_CONCAT(v.value, ',') FROM ({values}) AS v)"

    def seconds(start: str, end: str) -> str:
        if postgresql:
            taken = f"CAST(EXTRACT(EPOCH FROM {end} - {start}) AS NUMERIC)"
            return f"CAST(ROUND({taken}, 3) AS DOUBLE PRECISION)"
        return f"ROUND((JULIANDAY({end}) - JULIANDAY({start})) * 86400, 3)"

    def day(time: str) -> str:
        if postgresql:
            return f"TO_CHAR({time} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
        return f"SUBSTR({time}, 1, 10)"

    def at_or_below(column: str, place: str) -> str:
        # All URLs below a place lie, in byte order, between its own with '/' and with '0'.
        folder = f"CASE WHEN {place} LIKE '%/' THEN {place} ELSE {place} || '/' END"
        end = f"CASE WHEN {place} LIKE '%/' THEN {place} ELSE {place} || '/' END"
        above = f"SUBSTR({end}, 1, LENGTH({end}) - 1) || '0'"
        return f"({column} = {place} OR ({column} > {folder} AND {column} < {above}))"

    def below_group(column: str, place: str) -> str:
        return f"({column} = {place} OR ({column} > {place} || '/' AND {column} < {place} || '0'))"

    def problems(group: str, severity: str = "") -> str:
        return (
            f"(SELECT COUNT(*) FROM problem AS p WHERE p.hierarchy_id = {group}.hierarchy_id "
            f"AND {below_group('p.url', group + '.url')}{severity})"
        )

    def address(system: str, group: str) -> str:
        path = f"REPLACE({system}.array_path, '%', '%25')"
        path = f"REPLACE(REPLACE({path}, '#', '%23'), '?', '%3F')"
        return (
            f"{group}.url || CASE WHEN {system}.array_path = '' THEN '' "
            f"ELSE '/' || {path} END || '#' || {system}.name"
        )

    def yes_no(column: str) -> str:
        return f"CASE WHEN {column} THEN 'yes' WHEN NOT {column} THEN 'no' END"

    hierarchy = ("hierarchy", "h.url", "URL of the hierarchy that it lies in")
    version = ("ome_version", "g.ome_version", "Version of OME-Zarr, as claimed; empty if none")
    zarr_format = ("zarr_format", "g.zarr_format", "2 or 3")
    indexed_at = ("indexed_at", "h.indexed_at", "When its hierarchy was last written, in UTC")
    there = "WHERE g.removed_at IS NULL"

    report_image = View(
        "report_image",
        "Images that are there: one row for each entry of multiscales, label images too",
        (
            ("id", "i.id", "Id of the image; stays while its group and entry do"),
            ("url", "g.url", "URL of the group that holds it"),
            ("entry", "i.entry", "Its index in multiscales, mostly 0"),
            ("name", "i.name", "As written"),
            (
                "kind",
                "CASE WHEN k.image_id IS NULL THEN 'image' ELSE 'label image' END",
                "image, or label image",
            ),
            hierarchy,
            ("path", "g.path", "Of its group, from the root of the hierarchy"),
            version,
            zarr_format,
            ("axes", "i.axes", "Names of its axes in order, such as tczyx"),
            ("ndim", "i.ndim", "Number of axes"),
            ("shape", "i.shape", "Of the finest level, as JSON; null if its array is missing"),
            ("dtype", "i.dtype", "Data type of the finest level, such as uint16"),
            *(size(axis) for axis in "tczyx"),
            *(voxel_size(axis) for axis in "zyx"),
            *(unit(axis) for axis in "zyx"),
            ("levels", "i.levels", "How many resolution levels"),
            ("channels", "i.channels", "How many channels its omero metadata names"),
            (
                "labels",
                "(SELECT COUNT(*) FROM label_image AS n "
                "JOIN image AS ni ON ni.id = n.image_id "
                "JOIN zarr_group AS ng ON ng.id = ni.group_id "
                "WHERE n.source_group_id = g.id AND ng.removed_at IS NULL)",
                "How many label images annotate it",
            ),
            (
                "scenes",
                "(SELECT COUNT(*) FROM scene_image AS m "
                "WHERE m.image_group_id = g.id AND m.referenced)",
                "How many scenes refer to it",
            ),
            (
                "plate",
                "(SELECT pg.url FROM well AS w JOIN zarr_group AS pg ON pg.id = w.plate_id "
                "WHERE w.group_id = g.parent_id)",
                "URL of the plate of which it is a field of view",
            ),
            (
                "well",
                '(SELECT w."row" || \'/\' || w."column" FROM well AS w '
                "WHERE w.group_id = g.parent_id)",
                "Its well there, such as A/1",
            ),
            ("bytes", "i.bytes", "Declared by all its levels, uncompressed; null if unknown"),
            ("group_id", "i.group_id", "Id of its group"),
            ("intrinsic_system_id", "s.id", "Where the transformations of its levels lead"),
            (
                "component_id",
                "s.component_id",
                "Images of the same component have a path between them",
            ),
            ("problems", problems("g"), "How many problems there are at its group or below"),
            indexed_at,
        ),
        "FROM image AS i\n"
        "JOIN zarr_group AS g ON g.id = i.group_id\n"
        "JOIN hierarchy AS h ON h.id = g.hierarchy_id\n"
        "LEFT JOIN label_image AS k ON k.image_id = i.id\n"
        "LEFT JOIN coordinate_system AS s ON s.id = i.intrinsic_system_id\n" + there,
    )
    report_level = View(
        "report_level",
        "Resolution levels of the images that are there",
        (
            ("image_id", "l.image_id", "The image"),
            ("image", "g.url", "URL of the image's group"),
            ("image_name", "i.name", "As written"),
            ("level", "l.level", "0 is the finest"),
            ("path", "l.path", "Of the array, from the image's group"),
            ("shape", "l.shape", "As JSON; null if the array is missing"),
            ("chunks", "l.chunks", "Shape of a chunk, as JSON"),
            ("dtype", "l.dtype", "Data type, such as uint16"),
            ("bytes", "l.bytes", "Declared, uncompressed; null if unknown"),
            ("system_id", "l.system_id", "Coordinate system of its indices"),
        ),
        "FROM resolution_level AS l\n"
        "JOIN image AS i ON i.id = l.image_id\n"
        "JOIN zarr_group AS g ON g.id = i.group_id\n" + there,
    )
    report_channel = View(
        "report_channel",
        "Channels that the omero metadata of images names",
        (
            ("image", "g.url", "URL of the image's group"),
            ("group_id", "c.group_id", "Id of that group"),
            ("position", "c.position", "From 0"),
            ("label", "c.label", "As written"),
            ("color", "c.color", "As written, such as FF0000"),
            ("active", yes_no("c.active"), "yes or no; null if not said"),
            hierarchy,
        ),
        "FROM channel AS c\n"
        "JOIN zarr_group AS g ON g.id = c.group_id\n"
        "JOIN hierarchy AS h ON h.id = g.hierarchy_id\n" + there,
    )
    report_label = View(
        "report_label",
        "Label images that are there, and what they annotate",
        (
            ("id", "i.id", "Id of the label image"),
            ("url", "g.url", "URL of its group"),
            ("name", "i.name", "As written"),
            ("image", "ig.url", "URL of the image that it annotates; null if that is not there"),
            ("axes", "i.axes", "Names of its axes in order"),
            ("shape", "i.shape", "Of the finest level, as JSON"),
            ("dtype", "i.dtype", "Data type of the finest level"),
            ("levels", "i.levels", "How many resolution levels"),
            ("bytes", "i.bytes", "Declared by all its levels, uncompressed"),
            version,
            hierarchy,
        ),
        "FROM label_image AS k\n"
        "JOIN image AS i ON i.id = k.image_id\n"
        "JOIN zarr_group AS g ON g.id = i.group_id\n"
        "JOIN hierarchy AS h ON h.id = g.hierarchy_id\n"
        "LEFT JOIN zarr_group AS ig ON ig.id = k.source_group_id AND ig.removed_at IS NULL\n"
        + there,
    )
    in_scene = (
        "FROM scene_image AS m "
        "JOIN image AS i ON i.group_id = m.image_group_id "
        "JOIN zarr_group AS ig ON ig.id = i.group_id AND ig.removed_at IS NULL "
    )
    report_scene = View(
        "report_scene",
        "Scenes that are there",
        (
            ("id", "c.group_id", "Id of the scene's group"),
            ("url", "g.url", "URL of the scene's group"),
            ("name", "c.name", "As written"),
            hierarchy,
            version,
            zarr_format,
            ("images", "c.images", "How many it refers to that are there"),
            (
                "unreferenced_images",
                "(SELECT COUNT(*) FROM scene_image AS m "
                "WHERE m.scene_id = c.group_id AND NOT m.referenced)",
                "How many lie in its group and are not referred to",
            ),
            ("coordinate_systems", "c.coordinate_systems", "How many it declares"),
            ("transformations", "c.transformations", "How many it declares"),
            (
                "components",
                "(SELECT COUNT(DISTINCT u.component_id) FROM ("
                "SELECT s.component_id FROM coordinate_system AS s "
                "WHERE s.group_id = c.group_id AND s.image_entry IS NULL "
                f"UNION ALL SELECT s.component_id {in_scene}"
                "JOIN coordinate_system AS s ON s.id = i.intrinsic_system_id "
                "WHERE m.scene_id = c.group_id AND m.referenced) AS u)",
                "In how many components its systems and images lie: 1 when all are connected",
            ),
            (
                "bytes",
                f"(SELECT {total('i.bytes', postgresql)} {in_scene}"
                "WHERE m.scene_id = c.group_id AND m.referenced)",
                "Declared by the images that it refers to, uncompressed",
            ),
            ("problems", problems("g"), "How many problems there are at its group or below"),
            indexed_at,
        ),
        "FROM scene AS c\n"
        "JOIN zarr_group AS g ON g.id = c.group_id\n"
        "JOIN hierarchy AS h ON h.id = g.hierarchy_id\n" + there,
    )
    report_scene_image = View(
        "report_scene_image",
        "Which images belong to which scenes",
        (
            ("scene_id", "m.scene_id", "Id of the scene"),
            ("scene", "g.url", "URL of the scene's group"),
            ("scene_name", "c.name", "As written"),
            ("image_id", "i.id", "Id of the image"),
            ("image", "ig.url", "URL of the image's group"),
            ("image_name", "i.name", "As written"),
            (
                "referenced",
                yes_no("m.referenced"),
                "yes, or no if it only lies in the scene's group",
            ),
            ("axes", "i.axes", "Names of the image's axes in order"),
            ("intrinsic_system_id", "i.intrinsic_system_id", "The image's intrinsic system"),
        ),
        "FROM scene_image AS m\n"
        "JOIN scene AS c ON c.group_id = m.scene_id\n"
        "JOIN zarr_group AS g ON g.id = m.scene_id\n"
        "JOIN image AS i ON i.group_id = m.image_group_id\n"
        "JOIN zarr_group AS ig ON ig.id = i.group_id\n" + there + " AND ig.removed_at IS NULL",
    )
    fields = (
        "FROM zarr_group AS wg JOIN zarr_group AS fg ON fg.parent_id = wg.id "
        "JOIN image AS i ON i.group_id = fg.id "
    )
    of_plate = (
        "FROM well AS w JOIN zarr_group AS fg ON fg.parent_id = w.group_id "
        "JOIN image AS i ON i.group_id = fg.id "
        "WHERE w.plate_id = c.group_id AND fg.removed_at IS NULL"
    )
    report_plate = View(
        "report_plate",
        "Plates that are there",
        (
            ("id", "c.group_id", "Id of the plate's group"),
            ("url", "g.url", "URL of the plate's group"),
            ("name", "c.name", "As written"),
            hierarchy,
            version,
            ("row_count", "c.rows", "How many rows it names"),
            ("column_count", "c.columns", "How many columns it names"),
            ("wells", "c.wells", "How many wells it names"),
            (
                "wells_found",
                "(SELECT COUNT(*) FROM well AS w JOIN zarr_group AS wg ON wg.id = w.group_id "
                "WHERE w.plate_id = c.group_id AND wg.removed_at IS NULL)",
                "How many of them are there",
            ),
            ("images", f"(SELECT COUNT(*) {of_plate})", "How many fields of view are there"),
            ("field_count", "c.field_count", "As written: most fields of view in a well"),
            ("acquisitions", "c.acquisitions", "How many acquisitions it names"),
            (
                "bytes",
                f"(SELECT {total('i.bytes', postgresql)} {of_plate})",
                "Declared by its fields of view, uncompressed",
            ),
            ("problems", problems("g"), "How many problems there are at its group or below"),
            indexed_at,
        ),
        "FROM plate AS c\n"
        "JOIN zarr_group AS g ON g.id = c.group_id\n"
        "JOIN hierarchy AS h ON h.id = g.hierarchy_id\n" + there,
    )
    report_well = View(
        "report_well",
        "Wells that are there",
        (
            ("id", "w.group_id", "Id of the well's group"),
            ("url", "g.url", "URL of the well's group"),
            ("plate_id", "w.plate_id", "Id of the plate; null if none names it"),
            ("plate", "pg.url", "URL of the plate"),
            ("plate_name", "c.name", "As written"),
            ("row_name", 'w."row"', "Name of its row"),
            ("column_name", 'w."column"', "Name of its column"),
            ("fields", "w.fields", "How many fields of view it names"),
            (
                "images",
                f"(SELECT COUNT(*) {fields}WHERE wg.id = g.id AND fg.removed_at IS NULL)",
                "How many of them are there",
            ),
            (
                "bytes",
                f"(SELECT {total('i.bytes', postgresql)} {fields}"
                "WHERE wg.id = g.id AND fg.removed_at IS NULL)",
                "Declared by them, uncompressed",
            ),
        ),
        "FROM well AS w\n"
        "JOIN zarr_group AS g ON g.id = w.group_id\n"
        "LEFT JOIN plate AS c ON c.group_id = w.plate_id\n"
        "LEFT JOIN zarr_group AS pg ON pg.id = w.plate_id\n" + there,
    )
    report_group = View(
        "report_group",
        "OME-Zarr groups that are there, with their attributes as they stood",
        (
            ("id", "g.id", "Id of the group; stays while its URL does"),
            ("url", "g.url", "Its URL"),
            ("path", "g.path", "From the root of the hierarchy"),
            ("name", "g.name", "Last part of the URL"),
            (
                "kind",
                "g.kind",
                "What it is first of all: scene, image, plate, well, labels or collection",
            ),
            version,
            zarr_format,
            ("parent", "pg.url", "URL of the nearest recorded group above"),
            hierarchy,
            ("document_bytes", "g.size", "Size of its metadata document"),
            ("attributes", "g.attributes", "JSON, as it stood"),
            ("problems", problems("g"), "How many problems there are at it or below"),
            indexed_at,
        ),
        "FROM zarr_group AS g\n"
        "JOIN hierarchy AS h ON h.id = g.hierarchy_id\n"
        "LEFT JOIN zarr_group AS pg ON pg.id = g.parent_id\n" + there,
    )

    def in_hierarchy(table: str, more: str = "") -> str:
        return (
            f"(SELECT COUNT(*) FROM zarr_group AS t JOIN {table} AS x ON x.group_id = t.id {more}"
            "WHERE t.hierarchy_id = h.id AND t.removed_at IS NULL)"
        )

    def of_hierarchy(table: str, more: str = "") -> str:
        return f"(SELECT COUNT(*) FROM {table} AS x WHERE x.hierarchy_id = h.id{more})"

    report_hierarchy = View(
        "report_hierarchy",
        "Hierarchies that are there: a top-most Zarr group with everything below it",
        (
            ("id", "h.id", "Id of the hierarchy; stays while its URL does"),
            ("url", "h.url", "URL of its root group"),
            ("kind", "g.kind", "What its root group is first of all; null if never readable"),
            version,
            zarr_format,
            ("groups", of_hierarchy("zarr_group", " AND x.removed_at IS NULL"), "How many groups"),
            ("scenes", in_hierarchy("scene"), "How many scenes"),
            ("images", in_hierarchy("image"), "How many images, label images too"),
            (
                "label_images",
                in_hierarchy("image", "JOIN label_image AS k ON k.image_id = x.id "),
                "How many of these are label images",
            ),
            ("plates", in_hierarchy("plate"), "How many plates"),
            ("coordinate_systems", of_hierarchy("coordinate_system"), "How many"),
            ("transformations", of_hierarchy("transformation"), "How many"),
            ("components", of_hierarchy("component"), "How many sets of connected systems"),
            (
                "bytes",
                f"(SELECT {total('x.bytes', postgresql)} FROM zarr_group AS t "
                "JOIN image AS x ON x.group_id = t.id "
                "WHERE t.hierarchy_id = h.id AND t.removed_at IS NULL)",
                "Declared by its images, uncompressed",
            ),
            ("errors", of_hierarchy("problem", " AND x.severity = 'error'"), "How many"),
            ("warnings", of_hierarchy("problem", " AND x.severity = 'warning'"), "How many"),
            ("crawl_id", "h.crawl_id", "Crawl that last wrote it"),
            ("indexed_at", "h.indexed_at", "When it was last written, in UTC"),
            ("day", day("h.indexed_at"), "Day of that, such as 2026-05-01"),
        ),
        "FROM hierarchy AS h\n"
        "LEFT JOIN zarr_group AS g ON g.url = h.url\n"
        "WHERE h.removed_at IS NULL",
    )

    def below_root(table: str, more: str = "", count: str = "COUNT(*)") -> str:
        return (
            f"(SELECT {count} FROM zarr_group AS t JOIN {table} AS x ON x.group_id = t.id {more}"
            f"WHERE t.removed_at IS NULL AND {at_or_below('t.url', 'r.root')})"
        )

    def hierarchies(more: str = "", what: str = "") -> str:
        return (
            f"(SELECT COUNT(*) FROM hierarchy AS x {what}"
            f"WHERE x.removed_at IS NULL AND {at_or_below('x.url', 'r.root')}{more})"
        )

    joined_problems = "JOIN problem AS p ON p.hierarchy_id = x.id "
    report_collection = View(
        "report_collection",
        "Collections: one row for each root that was ever crawled, and what is there at and below",
        (
            ("root", "r.root", "URL of the root"),
            ("hierarchies", hierarchies(), "How many hierarchies"),
            ("scenes", below_root("scene"), "How many scenes"),
            ("images", below_root("image"), "How many images, label images too"),
            (
                "label_images",
                below_root("image", "JOIN label_image AS k ON k.image_id = x.id "),
                "How many of these are label images",
            ),
            ("plates", below_root("plate"), "How many plates"),
            ("transformations", below_root("transformation"), "How many transformations"),
            (
                "bytes",
                below_root("image", count=total("x.bytes", postgresql)),
                "Declared by its images, uncompressed",
            ),
            (
                "errors",
                hierarchies(" AND p.severity = 'error'", joined_problems),
                "How many errors in these hierarchies",
            ),
            (
                "warnings",
                hierarchies(" AND p.severity = 'warning'", joined_problems),
                "How many warnings in these hierarchies",
            ),
            ("crawls", "r.crawls", "How often it was crawled"),
            ("last_crawl_id", "c.id", "The last of these crawls"),
            ("last_crawl_at", "c.started_at", "When that began, in UTC"),
            ("last_outcome", "c.outcome", "How that ended"),
        ),
        "FROM (SELECT root, COUNT(*) AS crawls, MAX(id) AS last_id FROM crawl GROUP BY root) AS r\n"
        "JOIN crawl AS c ON c.id = r.last_id",
    )
    report_coordinate_system = View(
        "report_coordinate_system",
        "Coordinate systems that are there",
        (
            ("id", "s.id", "Id of the system; stays while its address does"),
            ("address", address("s", "g"), "As other commands take it: URL, #, name"),
            ("name", "s.name", "Empty for an array's own system"),
            (
                "kind",
                "s.kind",
                "declared, array (index grid), implied, or undeclared (referred to only)",
            ),
            ("url", "g.url", "URL of the group that declares it"),
            ("array_path", "s.array_path", "Of the array whose own it is; else empty"),
            ("axes", "l.axes", "Names of its axes in order; null if unknown"),
            ("ndim", "s.ndim", "Number of axes; null if unknown"),
            ("units", joined("unit", "l.id"), "Units of its axes in order, separated by commas"),
            ("axis_layout_id", "l.id", "Its axes in report_axis_layout"),
            ("component_id", "s.component_id", "Systems of the same component are connected"),
            ("component_systems", "k.systems", "How many systems its component has"),
            (
                "transformations_in",
                "(SELECT COUNT(*) FROM transformation AS e WHERE e.output_id = s.id)",
                "How many transformations lead to it",
            ),
            (
                "transformations_out",
                "(SELECT COUNT(*) FROM transformation AS e WHERE e.input_id = s.id)",
                "How many transformations start from it",
            ),
            ("group_id", "s.group_id", "Id of its group"),
            hierarchy,
        ),
        "FROM coordinate_system AS s\n"
        "JOIN zarr_group AS g ON g.id = s.group_id\n"
        "JOIN hierarchy AS h ON h.id = s.hierarchy_id\n"
        "JOIN component AS k ON k.id = s.component_id\n"
        "LEFT JOIN axis_layout AS l ON l.id = s.axis_layout_id\n" + there,
    )
    report_axis_layout = View(
        "report_axis_layout",
        "Distinct sequences of axes, and what uses them",
        (
            ("id", "l.id", "Id of the layout"),
            ("axes", "l.axes", "Names in order, such as zyx"),
            ("ndim", "l.ndim", "Number of axes"),
            ("types", joined("type", "l.id"), "Types in order, separated by commas"),
            ("units", joined("unit", "l.id"), "Units in order, separated by commas"),
            (
                "coordinate_systems",
                "(SELECT COUNT(*) FROM coordinate_system AS s "
                "JOIN zarr_group AS g ON g.id = s.group_id "
                "WHERE s.axis_layout_id = l.id AND g.removed_at IS NULL)",
                "How many systems that are there have it",
            ),
            (
                "images",
                "(SELECT COUNT(*) FROM coordinate_system AS s "
                "JOIN image AS i ON i.intrinsic_system_id = s.id "
                "JOIN zarr_group AS g ON g.id = i.group_id "
                "WHERE s.axis_layout_id = l.id AND g.removed_at IS NULL)",
                "How many images that are there have it as their intrinsic system",
            ),
        ),
        "FROM axis_layout AS l",
    )
    report_transformation = View(
        "report_transformation",
        "Transformations that are there: edges from one coordinate system to another",
        (
            ("id", "e.id", "Id of the transformation; a new one whenever its hierarchy is written"),
            ("name", "e.name", "As written"),
            ("type", "e.type", "One of the types of OME-Zarr 0.6"),
            ("input", address("a", "ag"), "Address of the system where it starts"),
            ("output", address("b", "bg"), "Address of the system where it leads"),
            ("input_axes", "al.axes", "Names of the input's axes in order"),
            ("output_axes", "bl.axes", "Names of the output's axes in order"),
            ("origin", "e.origin", "What declares it: dataset, multiscale, scene, implied, link"),
            (
                "invertibility",
                "e.invertibility",
                "closed: by a formula; explicit: stated; numeric: by iteration; no",
            ),
            ("declared_in", "g.url", "URL of the group that declares it"),
            ("pointer", "e.pointer", "JSON pointer to where it stands there"),
            ("parameters", "e.parameters", "JSON in the form of OME-Zarr 0.6"),
            ("affine", "e.affine", "JSON, M rows of N+1 numbers; null where it is not affine"),
            ("input_id", "e.input_id", "Id of the input system"),
            ("output_id", "e.output_id", "Id of the output system"),
            ("component_id", "e.component_id", "Component that it is an edge of"),
            hierarchy,
        ),
        "FROM transformation AS e\n"
        "JOIN zarr_group AS g ON g.id = e.group_id\n"
        "JOIN hierarchy AS h ON h.id = e.hierarchy_id\n"
        "JOIN coordinate_system AS a ON a.id = e.input_id\n"
        "JOIN zarr_group AS ag ON ag.id = a.group_id\n"
        "JOIN coordinate_system AS b ON b.id = e.output_id\n"
        "JOIN zarr_group AS bg ON bg.id = b.group_id\n"
        "LEFT JOIN axis_layout AS al ON al.id = a.axis_layout_id\n"
        "LEFT JOIN axis_layout AS bl ON bl.id = b.axis_layout_id\n" + there,
    )
    report_component = View(
        "report_component",
        "Sets of coordinate systems that transformations connect",
        (
            ("id", "k.id", "Id of the component; a new one whenever its hierarchy is written"),
            ("hierarchy", "h.url", "URL of the hierarchy that it lies in"),
            ("systems", "k.systems", "How many coordinate systems"),
            ("transformations", "k.transformations", "How many edges between them"),
            (
                "images",
                "(SELECT COUNT(*) FROM coordinate_system AS s "
                "JOIN image AS i ON i.intrinsic_system_id = s.id WHERE s.component_id = k.id)",
                "How many images have their intrinsic system in it",
            ),
        ),
        "FROM component AS k\n"
        "JOIN hierarchy AS h ON h.id = k.hierarchy_id\n"
        "WHERE h.removed_at IS NULL",
    )
    report_problem = View(
        "report_problem",
        "What is wrong, in hierarchies that are there and in folders of no hierarchy",
        (
            ("id", "p.id", "Id of the problem"),
            ("severity", "p.severity", "error: breaks a rule; warning: somebody should look"),
            ("code", "p.code", "Name of the rule"),
            ("url", "p.url", "URL of the group, array or folder"),
            ("pointer", "p.pointer", "JSON pointer into the attributes"),
            ("message", "p.message", "What is wrong, in words"),
            ("hierarchy", "h.url", "URL of the hierarchy; null for a folder of none"),
            ("crawl_id", "p.crawl_id", "Crawl that found it"),
            ("root", "c.root", "URL that was crawled"),
            ("found_at", "c.started_at", "When that crawl began, in UTC"),
        ),
        "FROM problem AS p\n"
        "JOIN crawl AS c ON c.id = p.crawl_id\n"
        "LEFT JOIN hierarchy AS h ON h.id = p.hierarchy_id\n"
        "WHERE h.removed_at IS NULL",
    )
    report_crawl = View(
        "report_crawl",
        "Runs of `catalog index`, one row for each root",
        (
            ("id", "c.id", "Id of the crawl"),
            ("root", "c.root", "URL that was crawled"),
            ("started_at", "c.started_at", "In UTC"),
            ("finished_at", "c.finished_at", "In UTC; null while it runs, and when it was killed"),
            ("day", day("c.started_at"), "Day when it began, such as 2026-05-01"),
            ("seconds", seconds("c.started_at", "c.finished_at"), "How long it took"),
            ("outcome", "c.outcome", "running, done, partial, failed or interrupted"),
            ("seen", "c.seen", "Hierarchies met: written, unchanged and failed"),
            ("written", "c.written", "Hierarchies new or changed"),
            ("unchanged", "c.unchanged", "Hierarchies that nothing has changed in"),
            ("failed", "c.failed", "Hierarchies that cannot be read"),
            ("removed", "c.removed", "Hierarchies marked as removed"),
            ("problems", "c.problems", "Problem rows written"),
            ("message", "c.message", "Why it ended early, or why nothing was removed"),
        ),
        "FROM crawl AS c",
    )
    report_removed = View(
        "report_removed",
        "What was found to be gone and is not purged: whole hierarchies, and groups out of one",
        (
            ("kind", "r.kind", "hierarchy, or the kind of a group"),
            ("url", "r.url", "URL where it was"),
            ("hierarchy", "r.hierarchy", "URL of its hierarchy"),
            ("removed_at", "r.removed_at", "When it was found to be gone, in UTC"),
            ("day", day("r.removed_at"), "Day of that, such as 2026-05-01"),
            ("indexed_at", "r.indexed_at", "When its hierarchy was last written, in UTC"),
        ),
        "FROM (\n"
        "    SELECT 'hierarchy' AS kind, h.url, h.url AS hierarchy, h.removed_at, h.indexed_at\n"
        "    FROM hierarchy AS h WHERE h.removed_at IS NOT NULL\n"
        "    UNION ALL\n"
        "    SELECT g.kind, g.url, h.url AS hierarchy, g.removed_at, h.indexed_at\n"
        "    FROM zarr_group AS g JOIN hierarchy AS h ON h.id = g.hierarchy_id\n"
        "    WHERE g.removed_at IS NOT NULL\n"
        "    AND (h.removed_at IS NULL OR h.removed_at <> g.removed_at)\n"
        ") AS r",
    )
    return (
        report_image,
        report_level,
        report_channel,
        report_label,
        report_scene,
        report_scene_image,
        report_plate,
        report_well,
        report_group,
        report_hierarchy,
        report_collection,
        report_coordinate_system,
        report_axis_layout,
        report_transformation,
        report_component,
        report_problem,
        report_crawl,
        report_removed,
    )
