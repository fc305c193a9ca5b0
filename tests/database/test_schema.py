"""The migrations build what `schema` describes, on both databases."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from catalog.database.engine import Database
from catalog.database.migration import config, head, location
from catalog.database.schema import metadata
from catalog.errors import DatabaseError

CONSTRAINTS = re.compile(r"(pk|fk|uq|ck)_")


def names(inspector: sa.Inspector, table: str) -> set[str | None]:
    return {
        inspector.get_pk_constraint(table)["name"],
        *(key["name"] for key in inspector.get_foreign_keys(table)),
        *(key["name"] for key in inspector.get_unique_constraints(table)),
        *(check["name"] for check in inspector.get_check_constraints(table)),
    }


def test_migrations_make_what_the_schema_describes(database: Database) -> None:
    with database.reading() as connection:
        dialect = database.dialect
        hidden = dialect.hidden_tables(connection) | dialect.SEARCH_INDEXES

        def include_name(name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
            return name not in hidden

        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": include_name}
        )
        assert compare_metadata(context, metadata) == []


def test_constraints_and_indexes_have_the_names_described(database: Database) -> None:
    with database.reading() as connection:
        inspector = sa.inspect(connection)
        for table in metadata.sorted_tables:
            described = {constraint.name for constraint in table.constraints}
            assert names(inspector, table.name) == described
            assert all(CONSTRAINTS.match(str(name)) for name in described)
            found = {
                index["name"]
                for index in inspector.get_indexes(table.name)
                if "duplicates_constraint" not in index
            } - database.dialect.SEARCH_INDEXES
            assert found == {index.name for index in table.indexes}


def test_checks_hold_the_values_described(database: Database) -> None:
    with database.reading() as connection:
        inspector = sa.inspect(connection)
        for table in metadata.sorted_tables:
            found = {c["name"]: c["sqltext"] for c in inspector.get_check_constraints(table.name)}
            for check in table.constraints:
                if isinstance(check, sa.CheckConstraint):
                    values = re.findall(r"'[^']*'", str(check.sqltext))
                    assert re.findall(r"'[^']*'", found[check.name]) == values


def test_every_table_and_column_has_a_comment() -> None:
    for table in metadata.sorted_tables:
        assert table.comment
        assert [column.name for column in table.columns if not column.comment] == []


def test_comments_are_in_postgresql(postgresql_url: str) -> None:
    with Database(postgresql_url) as database, database.reading() as connection:
        inspector = sa.inspect(connection)
        for table in metadata.sorted_tables:
            assert inspector.get_table_comment(table.name)["text"] == table.comment
            found = {c["name"]: c["comment"] for c in inspector.get_columns(table.name)}
            assert found == {column.name: column.comment for column in table.columns}


def test_text_is_ordered_by_its_bytes(database: Database) -> None:
    with database.reading() as connection:
        values = ["a", "B", "a/b", "a.b", "é", "Z"]
        listed = database.dialect.texts(values)
        query = sa.select(sa.cast(listed.c.value, metadata.tables["hierarchy"].c.url.type))
        ordered = sa.select(query.subquery().c[0]).order_by(sa.text("1"))
        assert list(connection.scalars(ordered)) == sorted(values)


def test_head_is_the_last_migration() -> None:
    assert ScriptDirectory.from_config(config()).get_heads() == [head()]


def test_migrations_import_nothing_of_the_catalog() -> None:
    for path in location().glob("versions/*.py"):
        assert not re.search(r"^\s*(from|import) catalog", path.read_text(), re.MULTILINE)


def test_downgrade_drops_everything(database: Database) -> None:
    settings = config()
    with database.migrating() as connection:
        settings.attributes["connection"] = connection
        command.downgrade(settings, "base")
        connection.rollback()
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]


ANOTHER = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("hierarchy") as batch:
        batch.add_column(sa.Column("note", sa.Text()))
        # This alone makes SQLite copy the table into a new one and drop the old one.
        batch.create_check_constraint("ck_hierarchy_note", "note <> 'x'")
    {more}


def downgrade():
    with op.batch_alter_table("hierarchy") as batch:
        batch.drop_constraint("ck_hierarchy_note")
        batch.drop_column("note")
"""


def with_another_migration(folder: Path, more: str) -> Path:
    (folder / "versions").mkdir(parents=True)
    for path in (*location().glob("*.py"), *location().glob("versions/*.py")):
        target = folder / path.relative_to(location())
        target.write_bytes(path.read_bytes())
    (folder / "versions" / "9999_another.py").write_text(ANOTHER.format(more=more, head=head()))
    return folder


def counts(database: Database) -> dict[str, int | None]:
    with database.reading() as connection:
        return {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in metadata.sorted_tables
        }


def test_a_table_made_anew_keeps_the_rows_that_refer_to_it(
    database: Database, writer, crawl_id, scene_record, tmp_path: Path
) -> None:
    writer.write([scene_record("file:///data/a.zarr")], crawl_id)
    before = counts(database)
    assert before["resolution_level"] == 15
    settings = config()
    settings.set_main_option("script_location", str(with_another_migration(tmp_path / "m", "")))
    with database.migrating() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
    assert counts(database) == before
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT note FROM hierarchy").all() == [(None,)]
    with database.writing() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.exec_driver_sql("UPDATE hierarchy SET crawl_id = 99999")


def test_a_migration_that_orphans_rows_is_undone(
    sqlite_url: str, scene_record, tmp_path: Path
) -> None:
    from catalog.database.writer import Writer

    with Database(sqlite_url) as database:
        writer = Writer(database)
        writer.write([scene_record("file:///data/a.zarr")], writer.begin_crawl("file:///data"))
        before = counts(database)
        settings = config()
        folder = with_another_migration(tmp_path / "m", 'op.execute("DELETE FROM hierarchy")')
        settings.set_main_option("script_location", str(folder))
        with database.migrating() as connection:
            settings.attributes["connection"] = connection
            with pytest.raises(DatabaseError, match="refer to missing rows of hierarchy"):
                command.upgrade(settings, "head")
        assert counts(database) == before
        with database.reading() as connection:
            version = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            assert version.scalar() == head()


def test_tables_behind_a_search_index_are_left_alone(sqlite_url: str) -> None:
    with Database(sqlite_url) as database:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE VIRTUAL TABLE words USING fts5(body)")
        with database.reading() as connection:
            hidden = database.dialect.hidden_tables(connection)
        assert {"words", "words_data", "words_idx"} <= hidden
        assert not hidden & set(metadata.tables)
        settings = config()
        settings.attributes["target_metadata"] = metadata
        with database.migrating() as connection:
            settings.attributes["connection"] = connection
            command.check(settings)
