import os
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from catalog.database.engine import Database
from catalog.indexing import IndexReport, index

COLLECTION = Path(__file__).parents[2] / "benchmarks" / "collection.py"


@pytest.fixture(scope="session")
def collection():
    """The writer of scenes that the benchmarks use."""
    made = SimpleNamespace(**runpy.run_path(str(COLLECTION)))
    image, usual = made.image, made.usual_tile
    made.image = lambda number, levels=3: image(usual(0, number), levels)
    return made


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url) as opened:
        yield opened


@pytest.fixture
def run(database: Database) -> Callable[..., IndexReport]:
    """Index into this test's database."""

    def indexed(*roots: Path | str, **options: object) -> IndexReport:
        return index([str(root) for root in roots], database=database, **options)

    return indexed


@pytest.fixture
def rows(database: Database) -> Callable[..., list[tuple[object, ...]]]:
    """Ask the database."""

    def asked(query: str) -> list[tuple[object, ...]]:
        with database.reading() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query))]

    return asked


@pytest.fixture
def too_deep() -> Callable[[Path], None]:
    """Make a folder that nobody can list, root neither: its path is longer than any may be."""

    def make(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        for _ in range(17):
            os.mkdir("d" * 250, dir_fd=descriptor)
            below = os.open("d" * 250, os.O_RDONLY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        os.close(descriptor)

    return make


@pytest.fixture
def scenes(tmp_path, collection):
    """Six scenes of two images."""
    root = tmp_path / "scenes"
    for number in range(6):
        collection.write_scene(root / f"s{number}.zarr", number, images=2, levels=2)
    # What was written within a tick of the clock would be looked at once more.
    for path in (root, *root.rglob("*")):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return root
