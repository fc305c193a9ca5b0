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
