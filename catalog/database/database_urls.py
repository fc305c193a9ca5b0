"""What people call a database, and how it is shown to them."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from catalog.errors import DatabaseError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2")


def normalise_url(text: str) -> str:
    """Make a database URL of what a person types; a bare path means SQLite.

    Raises
    ------
    DatabaseError
        When it is neither an SQLite file nor PostgreSQL.

    Examples
    --------
    >>> normalise_url("brains.db")
    'sqlite:///brains.db'
    >>> normalise_url("postgresql://lab/brains")
    'postgresql+psycopg://lab/brains'
    """
    found = _SCHEME.match(text)
    scheme = found[1].lower() if found else ""
    if scheme.partition("+")[0] == "sqlite":
        path = text[len(scheme) + 3 :]
        if not path.startswith("/") or path in ("/", "/:memory:"):
            raise DatabaseError(
                f"{text!r} names no file; an SQLite database is 'sqlite:///relative/path.db' or "
                "'sqlite:////absolute/path.db'."
            )
        return f"sqlite://{path}"
    if scheme in _POSTGRESQL:
        try:
            sa.make_url(text)
        except (sa.exc.ArgumentError, ValueError) as error:
            raise DatabaseError(f"The database URL cannot be understood: {error}.") from error
        return "postgresql+psycopg" + text[len(scheme) :]
    if scheme:
        raise DatabaseError(
            f"A catalog is kept in SQLite (a path, or sqlite:///…) or PostgreSQL "
            f"(postgresql://…), not in {scheme}://."
        )
    if not text or text == ":memory:" or "\x00" in text:
        raise DatabaseError("The name of the database is empty; give a path or a URL.")
    return f"sqlite:///{Path(text).expanduser()}"


def display_url(url: str) -> str:
    """Write a database URL for people to see, without its password.

    Examples
    --------
    >>> display_url("postgresql+psycopg://me:secret@lab/brains")
    'postgresql://me:***@lab/brains'
    """
    if url.startswith("sqlite:"):
        return url
    shown = sa.make_url(url)
    secrets = {"password": "***"} if "password" in shown.query else {}
    shown = shown.set(drivername="postgresql").update_query_dict(secrets)
    return shown.render_as_string(hide_password=True)
