"""Ids that repeat what another row says lose their foreign keys: writing is quicker.

What a row refers to has the same id with a foreign key of its own, so that none of these can
lead nowhere. A key costs a look-up for each row that is written.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# By table: column, and the table that it refers to.
KEYS = {
    "coordinate_system": {"hierarchy_id": "hierarchy"},
    "transformation": {"hierarchy_id": "hierarchy", "component_id": "component"},
    "image": {"axis_layout_id": "axis_layout"},
}
COMMENTS = {
    ("coordinate_system", "hierarchy_id"): (
        "That it lies in",
        "That it lies in; repeated from its component",
    ),
    ("transformation", "hierarchy_id"): (
        "That it lies in",
        "That it lies in; repeated from its component",
    ),
    ("transformation", "component_id"): (
        "That it is an edge of",
        "That it is an edge of; repeated from where it starts",
    ),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        redefine(without_keys)
        return
    for table, keys in KEYS.items():
        for column in keys:
            op.drop_constraint(op.f(f"fk_{table}_{column}"), table, type_="foreignkey")
    comment(1)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        redefine(with_keys)
        return
    for table, keys in KEYS.items():
        for column, target in keys.items():
            name = op.f(f"fk_{table}_{column}")
            op.create_foreign_key(name, table, target, [column], ["id"])
    comment(0)


def comment(which: int) -> None:
    for (table, column), words in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{words[which]}'")


def clause(table: str, column: str, target: str) -> str:
    return f"CONSTRAINT fk_{table}_{column} FOREIGN KEY({column}) REFERENCES {target} (id)"


def without_keys(table: str, sql: str) -> str:
    for column, target in KEYS[table].items():
        sql, found = re.subn(rf",\s*{re.escape(clause(table, column, target))}", "", sql)
        if found != 1:
            raise RuntimeError(f"The table {table} has no key over {column} as 0001 makes it.")
    return sql


def with_keys(table: str, sql: str) -> str:
    primary = f"CONSTRAINT pk_{table} PRIMARY KEY (id)"
    keys = [clause(table, column, target) for column, target in KEYS[table].items()]
    return sql.replace(primary, ", \n\t".join([primary, *keys]), 1)


# SQLite has no statement that takes a constraint from a table. Those that say nothing of how
# rows are stored may be taken out of the definition itself, in the way that
# https://www.sqlite.org/lang_altertable.html#otheralter describes: at once, whatever the size.
# Where SQLite is set to refuse that, as the one of macOS is, the table is made anew.


def redefine(change: Callable[[str, str], str]) -> None:
    connection = op.get_bind()
    changed = {}
    for table in KEYS:
        query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
        changed[table] = change(table, connection.execute(query, {"name": table}).scalar_one())
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        if may_be_changed(connection):
            put(connection, changed)
        else:
            for table, sql in changed.items():
                make_anew(connection, table, sql)
    finally:
        # Reads the definitions again, too.
        connection.exec_driver_sql("PRAGMA writable_schema = RESET")
    for table, sql in changed.items():
        listed = connection.exec_driver_sql(f"PRAGMA foreign_key_list({table})").all()
        if len(listed) != sql.count("FOREIGN KEY"):
            raise RuntimeError(f"The keys of {table} did not change as they should.")


def may_be_changed(connection: sa.Connection) -> bool:
    try:
        connection.exec_driver_sql("UPDATE sqlite_master SET sql = sql WHERE false")
    except sa.exc.OperationalError:
        return False
    return True


def put(connection: sa.Connection, changed: dict[str, str]) -> None:
    update = sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name")
    for table, sql in changed.items():
        connection.execute(update, {"sql": sql, "name": table})
    # So that other connections read the definitions again.
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")


def make_anew(connection: sa.Connection, table: str, sql: str) -> None:
    query = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = :name AND type = 'index'")
    indexes = [text for (text,) in connection.execute(query, {"name": table}) if text]
    new = f"{table}_anew"
    connection.exec_driver_sql(re.sub(r'^CREATE TABLE "?\w+"?', f"CREATE TABLE {new}", sql))
    for text in (
        f"INSERT INTO {new} SELECT * FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE {new} RENAME TO {table}",
        *indexes,
        f"ANALYZE {table}",
    ):
        connection.exec_driver_sql(text)
