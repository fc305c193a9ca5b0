"""A collection gives the same rows wherever it lies, and whoever reads it."""

import runpy
import shutil
import zipfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from catalog.crawl.concurrent import AsyncExecutor
from catalog.crawl.discover import discover
from catalog.database.engine import Database
from catalog.database.migration import init
from catalog.indexing import index
from catalog.indexing.cluster import dask_executor
from catalog.indexing.lists import ListedUrl, UrlList
from catalog.stores import open_store
from catalog.stores.url import normalise

EXAMPLES = Path(__file__).parents[2] / "examples" / "write_scenes.py"

# What distributed itself leaves open or warns of while it starts and stops processes.
of_dask = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:(distributed|tornado|dask).*"),
]


@pytest.fixture(scope="module")
def everything(tmp_path_factory, collection):
    """Write hierarchies of every kind into folders; give the root."""
    root = tmp_path_factory.mktemp("everything")
    runpy.run_path(str(EXAMPLES))["write_all"](root / "examples")
    collection.write_all_kinds(root / "kinds")
    collection.write_stored_parameters(root / "kinds" / "stored.zarr")
    collection.write_scene(root / "scenes" / "many.zarr", 1, images=60, levels=2)
    with (root / "kinds" / "cut.zarr").open("w"):
        pass
    (root / "scenes" / "cut.zarr").mkdir()
    (root / "scenes" / "cut.zarr" / "zarr.json").write_text('{"zarr_format": 3, "attrib')
    return root


@pytest.fixture
def expected(everything, tmp_path, recorded):
    """What is recorded of the collection on disk, read in this thread."""
    return _indexed(tmp_path, recorded, normalise(str(everything)))


@pytest.fixture
def compare(tmp_path, recorded, expected):
    """Index into a new database; what it holds then must be what is expected."""

    def indexed(root, **how):
        rows = _indexed(tmp_path, recorded, root, **how)
        assert rows.keys() == expected.keys()
        # What the other tables differ in, differs in the counts, too.
        for table in sorted(expected, key=lambda name: name == "facet_count"):
            more = [row for row in rows[table] if row not in expected[table]]
            less = [row for row in expected[table] if row not in rows[table]]
            assert (more, less) == ([], []), table
            assert rows[table] == expected[table], table  # as often, too

    return indexed


def _indexed(folder, recorded, root, **how):
    url = f"sqlite:///{folder}/{len(list(folder.iterdir()))}.db"
    init(url)
    with Database(url) as database:
        report = index([] if "listed" in how else [root], database=database, **how)
        assert report.failed == 1, report  # the one that is cut off
        assert report.written > 10
        return recorded(database, root)


def test_the_collection_fills_every_table(expected):
    assert [table for table, rows in expected.items() if not rows] == []


def test_from_an_s3_server(everything, compare, bucket):
    shutil.copytree(everything, bucket.folder, dirs_exist_ok=True)
    compare(bucket.url)


@pytest.mark.parametrize("listing", [True, False])
def test_from_a_web_server(everything, compare, web_server, listing):
    server = web_server(everything, listing=listing)
    how = {}
    if not listing:
        here = normalise(str(everything))
        urls = [item.url.replace(here, server.url) for item in discover(open_store(here))]
        how["listed"] = UrlList("a list", lambda: [ListedUrl(url, 1) for url in urls])
    compare(server.url, **how)
    # What lies in arrays is read where parameters do, and nowhere else.
    chunks = [path for _, path in server.requests if "/c/" in path]
    assert all("/matri" in path or "/affine" in path for path in chunks), chunks


def test_from_a_zip(everything, compare, tmp_path):
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(everything.rglob("*")):
            file.write(path, path.relative_to(everything))
    compare(normalise(str(archive)))


@pytest.mark.parametrize(
    "who", ["processes", "many at once", pytest.param("a cluster", marks=of_dask)]
)
@pytest.mark.parametrize("where", ["disk", "s3"])
def test_by_others(everything, compare, bucket, who, where):
    root = normalise(str(everything))
    if where == "s3":
        shutil.copytree(everything, bucket.folder, dirs_exist_ok=True)
        root = bucket.url
    with ExitStack() as stack:
        how = {"workers": 2}
        if who == "many at once":
            how = {"executor": stack.enter_context(AsyncExecutor(5, 7))}
        elif who == "a cluster":
            how = {"executor": stack.enter_context(dask_executor("local", 2))}
        compare(root, **how)
