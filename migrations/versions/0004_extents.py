"""Extents: where each image lies in the reference system of its component.

They come out of the documents, so that hierarchies with images that are recorded already are
read again by the next `catalog index`, as if something in them had changed.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

NUMBERS = ((1, "first"), (2, "second"), (3, "third"), (4, "fourth"))


def upgrade() -> None:
    op.create_table(
        "extent",
        sa.Column("image_id", ID, autoincrement=False, nullable=False, comment="The image"),
        sa.Column(
            "component_id",
            ID,
            comment="That the image is part of; null if nothing connects it with a system",
        ),
        sa.Column(
            "reference_id",
            ID,
            comment="Coordinate system that the box is in; all images of a component share it",
        ),
        sa.Column("system_id", ID, comment="Index grid of the array that is placed: the finest"),
        sa.Column("shape", TEXT, comment="JSON, of this array; null if none is there"),
        sa.Column(
            "affine",
            TEXT,
            comment="JSON, M rows of N+1 numbers: from indices of the array to the reference "
            "system; null if it is no affine map",
        ),
        sa.Column(
            "low", TEXT, comment="JSON, along the axes of the reference system; null if unknown"
        ),
        sa.Column("high", TEXT, comment="JSON; the outermost voxels are inside as a whole"),
        sa.Column(
            "approximate",
            sa.Boolean(),
            nullable=False,
            comment="Found by sampling, and widened: a transformation on the way is not affine",
        ),
        sa.Column("reason", TEXT, comment="Why it cannot be placed; null if it can"),
        sa.Column(
            "crowded",
            sa.Boolean(),
            nullable=False,
            comment="Whether its component has so many images that boxes are indexed",
        ),
        *[
            sa.Column(
                f"{end}_{number}",
                sa.Double(),
                comment=f"{begins} along the {which} indexed axis: of space, the last one first",
            )
            for number, which in NUMBERS
            for end, begins in (("low", "Where it begins"), ("high", "Where it ends"))
        ],
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_extent")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_extent_image_id")),
        sa.ForeignKeyConstraint(
            ["component_id"], ["component.id"], name=op.f("fk_extent_component_id")
        ),
        comment="Where each image lies: the box of its finest array in a system of its component",
    )
    op.create_index(op.f("ix_extent_component_id"), "extent", ["component_id"])
    op.create_index(
        "ix_extent_unplaced",
        "extent",
        ["component_id"],
        sqlite_where=sa.text("reason IS NOT NULL"),
        postgresql_where=sa.text("reason IS NOT NULL"),
    )
    if op.get_bind().dialect.name == "postgresql":
        index_with_gist()
    else:
        index_with_rtree()
    op.execute(
        "UPDATE hierarchy SET digest = NULL, manifest = NULL WHERE id IN ("
        "SELECT g.hierarchy_id FROM zarr_group AS g JOIN image AS i ON i.group_id = g.id)"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_table("extent")
        op.execute("DROP TYPE float8range")
    else:
        op.drop_table("extent")  # with its triggers
        op.execute("DROP TABLE extent_box")


def index_with_gist() -> None:
    # PostgreSQL has ranges of many types, and none of this one. The difference lets GiST keep
    # together what lies together.
    op.execute("CREATE TYPE float8range AS RANGE (subtype = float8, subtype_diff = float8mi)")
    ranges = ", ".join(f"float8range(low_{n}, high_{n}, '[]')" for n, _ in NUMBERS)
    # Only components with many images need it: a few are looked through as quickly. The
    # component comes as a range too, since GiST knows no other way to look for a number.
    op.execute(
        "CREATE INDEX ix_extent_box ON extent USING gist "
        f"(int8range(component_id, component_id, '[]'), {ranges}) WHERE crowded AND reason IS NULL"
    )


def index_with_rtree() -> None:
    columns = "image_id, component_low, component_high, " + ", ".join(
        f"low_{n}, high_{n}" for n, _ in NUMBERS
    )
    op.execute(f"CREATE VIRTUAL TABLE extent_box USING rtree({columns})")
    # An R*Tree goes by volumes, so that nothing must be flat: neither the component, nor a plane,
    # nor an axis that is not there. It holds 32-bit numbers, rounded outward.
    values = ", ".join(
        f"coalesce(min(NEW.low_{n}, 3e38), 0), "
        f"coalesce(max(NEW.high_{n} + (NEW.high_{n} = NEW.low_{n}), -3e38), 1)"
        for n, _ in NUMBERS
    )
    op.execute(
        "CREATE TRIGGER extent_added AFTER INSERT ON extent "
        "WHEN NEW.crowded AND NEW.reason IS NULL BEGIN "
        f"INSERT INTO extent_box ({columns}) VALUES "
        f"(NEW.image_id, NEW.component_id, NEW.component_id + 0.5, {values}); END"
    )
    op.execute(
        "CREATE TRIGGER extent_gone AFTER DELETE ON extent "
        "WHEN OLD.crowded AND OLD.reason IS NULL BEGIN "
        "DELETE FROM extent_box WHERE image_id = OLD.image_id; END"
    )
