"""Search: words, typed columns that filters need, counts of values.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

KEYS = {
    "image": "id",
    "scene": "group_id",
    "plate": "group_id",
    "coordinate_system": "id",
    "transformation": "id",
}
"""Tables that get a `search_text`, and their keys."""

SORTED = (
    *("title", "dtype", "axes", "ome_version", "size_t", "size_z", "size_y", "size_x"),
    *("voxel_size_z", "voxel_size_y", "voxel_size_x", "labels"),
)
"""Columns of images that are indexed together with the id."""

NEW = (
    *("title", "ome_version", "zarr_format", "size_t", "size_c", "size_z", "size_y", "size_x"),
    *("voxel_size_z", "voxel_size_y", "voxel_size_x", "time_step", "axis_layout_id"),
    *("is_label", "labels", "search_text"),
)

PAGE = 2_000


def upgrade() -> None:
    with op.batch_alter_table("image", recreate="auto") as batch:
        for column in image_columns():
            batch.add_column(column)
        batch.create_foreign_key(
            op.f("fk_image_axis_layout_id"), "axis_layout", ["axis_layout_id"], ["id"]
        )
    for table in ("scene", "plate"):
        op.add_column(table, title())
        op.add_column(table, search_text_column())
    op.add_column("coordinate_system", search_text_column())
    op.add_column("transformation", search_text_column())
    op.create_table(
        "facet_count",
        sa.Column("subject", TEXT, nullable=False, comment="images, labels, systems, …"),
        sa.Column(
            "field", TEXT, nullable=False, comment="Field of a search; empty for all there is"
        ),
        sa.Column("value", TEXT, nullable=False, comment="Value of the field, as text"),
        sa.Column(
            "count", sa.BigInteger(), nullable=False, comment="How many have it, and are there"
        ),
        sa.PrimaryKeyConstraint("subject", "field", "value", name=op.f("pk_facet_count")),
        comment="How many have each value, kept while writing; what has no value is not counted",
    )
    connection = op.get_bind()
    shorten(connection)
    fill(connection)
    count_values(connection)
    op.create_index(op.f("ix_image_axis_layout_id"), "image", ["axis_layout_id"])
    for name in SORTED:
        op.create_index(op.f(f"ix_image_{name}_id"), "image", [name, "id"])
    for table in ("scene", "plate"):
        op.create_index(op.f(f"ix_{table}_title_group_id"), table, ["title", "group_id"])
    op.create_index(op.f("ix_channel_label_group_id"), "channel", ["label", "group_id"])
    op.create_index(op.f("ix_transformation_type_id"), "transformation", ["type", "id"])
    op.create_index(op.f("ix_transformation_name"), "transformation", ["name"])
    for table, key in KEYS.items():
        if connection.dialect.name == "postgresql":
            op.execute(
                f"CREATE INDEX ix_{table}_search_text ON {table} USING gin "
                "(array_to_tsvector(string_to_array(search_text, ' ')))"
            )
            # For the planner to know of more words than the hundred most frequent ones.
            op.execute(f"ALTER INDEX ix_{table}_search_text ALTER COLUMN 1 SET STATISTICS 300")
        else:
            # The words are split already, and phrases are looked for in the text itself: the
            # index needs no positions. It reads the text from the table.
            op.execute(
                f"CREATE VIRTUAL TABLE {table}_words USING fts5(search_text, content='{table}', "
                f"content_rowid='{key}', tokenize='ascii', detail=none, columnsize=0)"
            )
            op.execute(
                f"INSERT INTO {table}_words (rowid, search_text) "
                f"SELECT {key}, search_text FROM {table} WHERE search_text <> '' ORDER BY {key}"
            )


def downgrade() -> None:
    connection = op.get_bind()
    for table in KEYS:
        if connection.dialect.name == "postgresql":
            op.drop_index(f"ix_{table}_search_text", table)
        else:
            op.execute(f"DROP TABLE {table}_words")
    op.drop_index("ix_transformation_name", "transformation")
    op.drop_index("ix_transformation_type_id", "transformation")
    op.drop_index("ix_channel_label_group_id", "channel")
    for table in ("scene", "plate"):
        op.drop_index(f"ix_{table}_title_group_id", table)
    for name in SORTED:
        op.drop_index(f"ix_image_{name}_id", "image")
    op.drop_index("ix_image_axis_layout_id", "image")
    op.drop_table("facet_count")
    for table in ("transformation", "coordinate_system", "scene", "plate"):
        op.drop_column(table, "search_text")
    for table in ("scene", "plate"):
        op.drop_column(table, "title")
    with op.batch_alter_table("image") as batch:
        batch.drop_constraint("fk_image_axis_layout_id", type_="foreignkey")
        for name in NEW:
            batch.drop_column(name)


def title() -> sa.Column[str]:
    return sa.Column(
        "title",
        TEXT,
        nullable=False,
        server_default="",
        comment="Its name; where it has none, the name of its group",
    )


def search_text_column() -> sa.Column[str]:
    return sa.Column(
        "search_text",
        TEXT,
        nullable=False,
        server_default="",
        comment="Its words without case and accents; / stands between values",
    )


def image_columns() -> list[sa.Column[Any]]:
    return [
        title(),
        sa.Column(
            "ome_version",
            TEXT,
            nullable=False,
            server_default="",
            comment="Of its group, as claimed",
        ),
        sa.Column(
            "zarr_format",
            sa.SmallInteger(),
            nullable=False,
            server_default="0",
            comment="Of its group",
        ),
        *[
            sa.Column(
                f"size_{axis}", sa.BigInteger(), comment=f"Of the first level along the axis {axis}"
            )
            for axis in "tczyx"
        ],
        *[
            sa.Column(
                f"voxel_size_{axis}",
                sa.Double(),
                comment="In micrometer; as written if no unit is said",
            )
            for axis in "zyx"
        ],
        sa.Column("time_step", sa.Double(), comment="In seconds; as written if no unit is said"),
        sa.Column("axis_layout_id", ID, comment="Of its intrinsic system; null if unknown"),
        sa.Column(
            "is_label",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="Whether its values are labels",
        ),
        sa.Column(
            "labels",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="How many label images annotate it",
        ),
        search_text_column(),
    ]


# What an index holds must not be too long for PostgreSQL.


def short(text: str) -> str:
    data = text.encode()
    if len(data) <= 1000:
        return text
    digest = blake2b(data, digest_size=8).hexdigest()
    return f"{data[:980].decode('utf-8', 'ignore')}…{digest}"


def shorten(connection: sa.Connection) -> None:
    for table, column in (
        ("image", "dtype"),
        ("image", "axes"),
        ("channel", "label"),
        ("transformation", "name"),
    ):
        long = sa.text(f"SELECT DISTINCT {column} FROM {table} WHERE length({column}) > 250")
        values = [text for (text,) in connection.execute(long) if short(text) != text]
        for text in values:
            connection.execute(
                sa.text(f"UPDATE {table} SET {column} = :short WHERE {column} = :text"),
                {"short": short(text), "text": text},
            )


# Filling the new columns of the rows that are there.


def fill(connection: sa.Connection) -> None:
    op.execute(
        "UPDATE image SET "
        "axis_layout_id = (SELECT s.axis_layout_id FROM coordinate_system AS s "
        "WHERE s.id = image.intrinsic_system_id), "
        "is_label = EXISTS (SELECT 1 FROM label_image AS l WHERE l.image_id = image.id), "
        "labels = (SELECT count(*) FROM label_image AS l "
        "WHERE l.source_group_id = image.group_id)"
    )
    layouts: dict[int, list[tuple[str, str | None]]] = {}
    for layout, name, unit in connection.execute(
        sa.text("SELECT axis_layout_id, name, unit FROM axis ORDER BY axis_layout_id, position")
    ):
        layouts.setdefault(layout, []).append((name, unit))
    fill_images(connection, layouts)
    for table in ("scene", "plate"):
        update = sa.text(
            f"UPDATE {table} SET title = :title, search_text = :text WHERE group_id = :key"
        )
        query = (
            "SELECT t.group_id AS key, t.name, g.name AS group_name, g.url, g.attributes "
            f"FROM {table} AS t JOIN zarr_group AS g ON g.id = t.group_id "
            "WHERE t.group_id > :last ORDER BY t.group_id"
        )
        for rows in pages(connection, query):
            values = [
                {
                    "key": row.key,
                    "title": short(row.name or row.group_name),
                    "text": search_text(row.url, [row.name, *free_text(row.attributes)]),
                }
                for row in rows
            ]
            connection.execute(update, values)
    for table, value, which in (
        ("coordinate_system", "NULL", "t.name <> ''"),
        (
            "transformation",
            "t.type",
            "(t.name <> '' OR t.origin NOT IN ('dataset', 'implied'))",
        ),
    ):
        update = sa.text(f"UPDATE {table} SET search_text = :text WHERE id = :key")
        query = (
            f"SELECT t.id AS key, t.name, {value} AS more, g.url "
            f"FROM {table} AS t JOIN zarr_group AS g ON g.id = t.group_id "
            f"WHERE t.id > :last AND {which} ORDER BY t.id"
        )
        for rows in pages(connection, query):
            connection.execute(
                update,
                [
                    {"key": row.key, "text": search_text(row.url, [row.name, row.more])}
                    for row in rows
                ],
            )


def fill_images(
    connection: sa.Connection, layouts: dict[int, list[tuple[str, str | None]]]
) -> None:
    update = sa.text(
        "UPDATE image SET title = :title, ome_version = :version, zarr_format = :zarr_format, "
        "size_t = :size_t, size_c = :size_c, size_z = :size_z, size_y = :size_y, "
        "size_x = :size_x, voxel_size_z = :voxel_size_z, voxel_size_y = :voxel_size_y, "
        "voxel_size_x = :voxel_size_x, time_step = :time_step, search_text = :text "
        "WHERE id = :key"
    )
    query = (
        "SELECT i.id AS key, i.group_id, i.name, i.axes, i.shape, i.pixel_sizes, "
        "i.axis_layout_id, g.name AS group_name, g.url, g.attributes, g.ome_version, "
        "g.zarr_format FROM image AS i JOIN zarr_group AS g ON g.id = i.group_id "
        "WHERE i.id > :last ORDER BY i.id"
    )
    channels = sa.text(
        "SELECT group_id, label FROM channel WHERE group_id >= :first AND group_id <= :last "
        "AND label <> '' ORDER BY group_id, position"
    )
    for rows in pages(connection, query):
        groups = [row.group_id for row in rows]
        labels: dict[int, list[str]] = {}
        for group, label in connection.execute(
            channels, {"first": min(groups), "last": max(groups)}
        ):
            labels.setdefault(group, []).append(label)
        values = []
        for row in rows:
            axes = layouts.get(row.axis_layout_id)
            if axes is None:
                listed = row.axes.split(",") if "," in row.axes else list(row.axes)
                axes = [(name, None) for name in listed]
            texts = [row.name, *labels.get(row.group_id, ()), *free_text(row.attributes)]
            values.append(
                {
                    "key": row.key,
                    "title": short(row.name or row.group_name),
                    "version": short(row.ome_version),
                    "zarr_format": row.zarr_format,
                    "text": search_text(row.url, texts),
                    **measures(axes, loaded(row.shape), loaded(row.pixel_sizes)),
                }
            )
        connection.execute(update, values)


def pages(connection: sa.Connection, query: str) -> Iterator[list[Any]]:
    statement = sa.text(f"{query} LIMIT {PAGE}")
    last = -1
    while rows := list(connection.execute(statement, {"last": last})):
        yield rows
        last = rows[-1].key


def loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)


# Words, as this revision splits them.

ASCII = re.compile("[a-z0-9]+")
LETTERS = str.maketrans(
    {
        **{"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"},
        **{"ħ": "h", "\u0131": "i", "ŋ": "n", "ŧ": "t"},
    }
)


def words(text: str) -> list[str]:
    if text.isascii():
        found = ASCII.findall(text.lower())
    else:
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        plain = "".join([c for c in plain if not unicodedata.combining(c)]).translate(LETTERS)
        found = "".join([c if c.isalnum() else " " for c in plain]).split()
    return [word[:64] for word in found]


def search_text(url: str, values: list[str | None]) -> str:
    path = url.partition("://")[2] or url
    place = " ".join(words(unquote(path) if "%" in path else path))
    parts = [place] if place else []
    seen = {place}
    for value in values:
        text = " ".join(words(value)) if value else ""
        if text and text not in seen:
            seen.add(text)
            parts.append(text)
    joined = " / ".join(parts)
    if len(joined) > 2_000:
        return " ".join(joined.split(" ")[:2_000])
    return joined


STRUCTURE = frozenset(
    {
        *("axes", "bioformats2raw.layout", "coordinateSystems", "coordinateTransformations"),
        *("datasets", "image-label", "labels", "plate", "rdefs", "scene", "series", "version"),
        *("well", "spatialdata_attrs", "spatialdata-encoding-type", "encoding-type"),
        "encoding-version",
    }
)


def free_text(attributes: str) -> list[str]:
    texts: list[str] = []
    room = 10_000
    for text in specified(json.loads(attributes)):
        room -= len(text)
        if room < 0:
            break
        texts.append(text)
    return texts


def specified(node: dict[str, Any]) -> Iterator[str]:
    for key, value in node.items():
        if key in STRUCTURE:
            continue
        if key not in ("ome", "multiscales", "omero"):
            yield from free(key, value, 0)
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                named = ("name", "channels", "id")
                yield from specified({k: v for k, v in item.items() if k not in named})


def free(key: str, value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        yield f"{key} {value}"[:1_000]
    elif depth < 20 and isinstance(value, dict):
        if key:
            yield key[:1_000]
        for inner, item in value.items():
            yield from free(inner, item, depth + 1)
    elif depth < 20 and isinstance(value, list):
        if all(isinstance(item, str | int | float) for item in value):
            yield " ".join([key, *(item for item in value if isinstance(item, str))])[:1_000]
        else:
            for item in value:
                yield from free(key, item, depth + 1)


# Units, as this revision knows them: a factor and a divisor.

PREFIXES = {
    **{"yocto": -24, "zepto": -21, "atto": -18, "femto": -15, "pico": -12, "nano": -9},
    **{"micro": -6, "milli": -3, "centi": -2, "deci": -1, "": 0, "deca": 1, "hecto": 2},
    **{"kilo": 3, "mega": 6, "giga": 9, "tera": 12, "peta": 15, "exa": 18, "zetta": 21},
    "yotta": 24,
}
SYMBOLS = {"p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "c": -2, "": 0, "k": 3}


def ten(exponent: int) -> tuple[float, float]:
    return (float(10**exponent), 1.0) if exponent >= 0 else (1.0, float(10**-exponent))


LENGTHS = {
    **{"angstrom": (1.0, 1e4), "Å": (1.0, 1e4), "micron": (1.0, 1.0), "inch": (25400.0, 1.0)},
    **{"foot": (304800.0, 1.0), "yard": (914400.0, 1.0), "mile": (1.609344e9, 1.0)},
    **{"parsec": (3.0856775814913673e22, 1.0)},
    **{f"{prefix}meter": ten(power + 6) for prefix, power in PREFIXES.items()},
    **{f"{prefix}metre": ten(power + 6) for prefix, power in PREFIXES.items()},
    **{f"{symbol}m": ten(power + 6) for symbol, power in SYMBOLS.items()},
}
TIMES = {
    **{"minute": (60.0, 1.0), "min": (60.0, 1.0), "hour": (3600.0, 1.0), "h": (3600.0, 1.0)},
    **{"day": (86400.0, 1.0)},
    **{f"{prefix}second": ten(power) for prefix, power in PREFIXES.items()},
    **{f"{symbol}s": ten(power) for symbol, power in SYMBOLS.items()},
}


def measures(
    axes: list[tuple[str, str | None]], shape: list[int] | None, steps: list[float] | None
) -> dict[str, int | float | None]:
    found: dict[str, int | float | None] = {
        **{f"size_{axis}": None for axis in "tczyx"},
        **{f"voxel_size_{axis}": None for axis in "zyx"},
        "time_step": None,
    }
    met = set()
    for position, (name, unit) in enumerate(axes):
        if name not in ("t", "c", "z", "y", "x") or name in met:
            continue
        met.add(name)
        if shape is not None and len(shape) == len(axes):
            size = shape[position]
            found[f"size_{name}"] = size if 0 <= size <= 2**63 - 1 else None
        if name != "c" and steps is not None and len(steps) == len(axes):
            key = "time_step" if name == "t" else f"voxel_size_{name}"
            found[key] = converted(steps[position], unit, TIMES if name == "t" else LENGTHS)
    return found


def converted(
    value: float, unit: str | None, units: dict[str, tuple[float, float]]
) -> float | None:
    if unit is not None:
        known = units.get(unit) or units.get(unit.lower().removesuffix("s"))
        if known is None:
            return None
        value = value * known[0] / known[1]
    value = abs(float(value))
    return value if math.isfinite(value) else None


# Counts of what is there.


def count_values(connection: sa.Connection) -> None:
    subject = "CASE WHEN i.is_label THEN 'labels' ELSE 'images' END"
    images = "image AS i JOIN zarr_group AS g ON g.id = i.group_id"
    count("", "''", images, subject)
    for field, column in (
        *(("axes", "i.axes"), ("dtype", "i.dtype"), ("version", "i.ome_version")),
        *(("zarr_format", "CAST(i.zarr_format AS TEXT)"), ("ndim", "CAST(i.ndim AS TEXT)")),
        *(("levels", "CAST(i.levels AS TEXT)"), ("channels", "CAST(i.channels AS TEXT)")),
        ("has_labels", "CASE WHEN i.labels > 0 THEN 'true' ELSE 'false' END"),
    ):
        count(field, column, images, subject)
    for field in ("name", "unit"):
        layouts = f"{images} JOIN axis AS a ON a.axis_layout_id = i.axis_layout_id"
        count("axis" if field == "name" else field, f"a.{field}", layouts, subject, "i.id")
    channels = f"{images} JOIN channel AS c ON c.group_id = i.group_id"
    count("channel", "c.label", channels, subject, "i.id")
    for table in ("scene", "plate"):
        source = f"{table} AS t JOIN zarr_group AS g ON g.id = t.group_id"
        count("", "''", source, f"'{table}s'")
        count("version", "g.ome_version", source, f"'{table}s'")
    systems = "coordinate_system AS s JOIN zarr_group AS g ON g.id = s.group_id"
    count("", "''", systems, "'systems'")
    count("kind", "s.kind", systems, "'systems'")
    for field in ("name", "unit"):
        layouts = f"{systems} JOIN axis AS a ON a.axis_layout_id = s.axis_layout_id"
        count("axis" if field == "name" else field, f"a.{field}", layouts, "'systems'", "s.id")
    edges = "transformation AS t JOIN zarr_group AS g ON g.id = t.group_id"
    count("", "''", edges, "'transformations'")
    for field in ("type", "origin", "invertibility"):
        count(field, f"t.{field}", edges, "'transformations'")


def count(field: str, value: str, source: str, subject: str, each: str | None = None) -> None:
    counted = "count(*)" if each is None else f"count(DISTINCT {each})"
    op.execute(
        "INSERT INTO facet_count (subject, field, value, count) "
        f"SELECT {subject}, '{field}', {value}, {counted} FROM {source} "
        f"WHERE g.removed_at IS NULL AND {value} IS NOT NULL GROUP BY 1, 3"
    )
