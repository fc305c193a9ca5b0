"""Column types that mean the same in every database."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect


class UtcTime(sa.types.TypeDecorator[datetime]):
    """A moment: timezone-aware UTC in Python, whatever the database keeps.

    SQLite keeps no time zone; PostgreSQL answers in that of the session.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time, since nobody knows which moment it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"The time {value} has no time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Answer in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite compares text byte by byte. PostgreSQL does in the collation "C" alone: the same
# order everywhere, and an index that serves "all that starts with this URL".
ByteText = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
