"""What the tables are made of: the metadata, types, and columns that several tables have."""

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


def one_of(column: str, *values: str) -> sa.CheckConstraint:
    """Allow some values of a column only."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def search_text() -> sa.Column[str]:
    """Make the column that a search index stands over."""
    return sa.Column(
        "search_text",
        Text,
        nullable=False,
        server_default="",
        comment="Its words without case and accents; / stands between values",
    )


def title(words: str) -> sa.Column[str]:
    """Make the column of the name that people see."""
    return sa.Column("title", Text, nullable=False, server_default="", comment=words)


def copied(name: str, of: str, *, by: str, comment: str, nullable: bool = False) -> sa.Column[int]:
    """Make a column of ids that repeats what stands in a row which this one refers to.

    It has no foreign key: that of the other row says the same, and a key is looked up for each
    row that is written.

    Parameters
    ----------
    name
        That it has in both tables.
    of
        Table whose ids they are.
    by
        Column that refers to the row with the original.
    """
    info = {"ids_of": of, "copied_by": by}
    return sa.Column(name, Id, info=info, nullable=nullable, comment=comment)
