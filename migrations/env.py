"""Runs the migrations, for the program and for a developer's `alembic` alike.

The program hands its open connection over in ``config.attributes["connection"]``.
"""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import Connection

from catalog.database.dialects import dialect_of
from catalog.database.engine import engine_for
from catalog.database.migration import create_file
from catalog.database.schema import metadata


def run(connection: Connection) -> None:
    dialect = dialect_of(connection.dialect.name)
    hidden = dialect.hidden_tables(connection)
    connection.rollback()

    def include_name(name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
        # Alembic would take the tables behind a search index, and an index that one kind of
        # database has alone, for things that nobody described, and drop them.
        if kind == "index":
            return name not in dialect.SEARCH_INDEXES
        return not (kind == "table" and name in hidden)

    # SQLite: a batch migration makes a table anew and drops the old one, and with foreign
    # keys switched on that deletes or refuses the rows which refer to it.
    with dialect.migrating(connection):
        context.configure(
            connection=connection,
            target_metadata=context.config.attributes.get("target_metadata"),
            include_name=include_name,
            transactional_ddl=True,  # also in SQLite: all of an upgrade, or nothing of it
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


def run_for_developer() -> None:
    asked = context.get_x_argument(as_dictionary=True).get("database")
    url = asked or os.environ.get("CATALOG_DATABASE") or "sqlite:///catalog.db"
    context.config.attributes["target_metadata"] = metadata
    create_file(url)
    engine = engine_for(url)
    with engine.connect() as connection:
        run(connection)
    engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    run_for_developer()
