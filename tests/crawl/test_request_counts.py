"""How many requests servers see when hierarchies are indexed, first and again."""

import zipfile

import pytest

from catalog.database.engine import Database
from catalog.database.migration import init
from catalog.indexing import index
from catalog.indexing.lists import ListedUrl, UrlList
from catalog.stores import access

WRITE = {
    "scene": lambda collection, folder: collection.write_scene(folder, images=5, levels=3),
    "image": lambda collection, folder: collection.write_image_v2(folder),
    "labels": lambda collection, folder: collection.write_image_v2(folder, labels=True),
    "plate": lambda collection, folder: collection.write_plate_v2(folder),
}

# Of a hierarchy by its own URL, at first and when nothing has changed. A scene has 21 documents
# and 6 groups, an image of Zarr v2 2 and 1, with labels 5 and 3, the plate 17 and 13.
COUNTS = {
    ("scene", "s3"): (27, 1),
    ("image", "s3"): (1 + 3, 1),  # to learn that there is no zarr.json
    ("labels", "s3"): (1 + 8, 1),
    ("plate", "s3"): (1 + 30, 1),
    ("scene", "pages"): (27, 1),
    ("image", "pages"): (1 + 3, 1),
    ("labels", "pages"): (1 + 8, 1),
    ("plate", "pages"): (1 + 30, 1),
    # In two ways whether it lists folders; for a crate, for labels of each image, for .zmetadata.
    ("scene", "web"): (2 + 21 + 1 + 5, 1),
    ("image", "web"): (2 + 1 + 2 + 1 + 2, 1),
    ("labels", "web"): (2 + 1 + 5 + 1 + 2, 1),
    ("plate", "web"): (2 + 1 + 17 + 1 + 5, 1),
    # Whether the archive is there, when it is opened to find and to read; and its bytes.
    ("scene", "zip"): (3, 2),
    ("plate", "zip"): (3, 2),
}


@pytest.fixture
def serve(request, tmp_path, collection):
    """Put a hierarchy of a kind on a server; give its URL, that of what it lies in, and the log."""

    def start(kind, where):
        if where == "s3":
            watched = request.getfixturevalue("watched")
            WRITE[kind](collection, watched.folder / "x.zarr")
            return f"{watched.url}/x.zarr", watched.url, watched.log
        folder = tmp_path / "served"
        WRITE[kind](collection, folder / "x.zarr")
        if where == "zip":
            with zipfile.ZipFile(folder / "a.ozx", "w") as file:
                for path in sorted((folder / "x.zarr").rglob("*")):
                    file.write(path, path.relative_to(folder))
        server = request.getfixturevalue("web_server")(folder, listing=where == "pages")
        name = "a.ozx" if where == "zip" else "x.zarr"
        return f"{server.url}/{name}", server.url, server.requests

    return start


@pytest.fixture
def count(tmp_path, monkeypatch):
    """Index into one database; give how many requests were seen, which are those that we count."""
    url = f"sqlite:///{tmp_path}/a.db"
    init(url)

    def run(root, log, **how):
        monkeypatch.setattr(access, "_known", {})  # as a new process begins
        log.clear()
        with Database(url) as database:
            report = index([] if "listed" in how else [root], database=database, **how)
        assert report.complete, report
        assert report.seen == 1, report
        assert report.requests == len(log), log
        return len(log)

    return run


@pytest.mark.parametrize(("kind", "where"), COUNTS)
def test_a_hierarchy_takes_what_is_needed_and_nothing_twice(kind, where, serve, count):
    root, _, log = serve(kind, where)
    first, again = COUNTS[kind, where]
    assert count(root, log) == first
    requests = list(log)
    assert len(set(requests)) == len(requests) - (where == "zip"), requests
    assert count(root, log) == again
    if where != "zip":  # whose bytes are kept
        assert count(root, log, force=True) == count(root, log, thorough=True) == first


@pytest.mark.parametrize("where", ["s3", "pages"])
@pytest.mark.parametrize("kind", ["scene", "labels"])
def test_the_folder_that_a_hierarchy_lies_in_takes_two_more(kind, where, serve, count):
    _, folder, log = serve(kind, where)
    assert count(folder, log) == COUNTS[kind, "s3"][0] + 2
    assert count(folder, log) == COUNTS[kind, "s3"][1] + 2


@pytest.mark.parametrize("where", ["s3", "pages", "web"])
def test_a_hierarchy_of_a_list_takes_no_more(where, serve, count):
    root, _, log = serve("scene", where)
    listed = UrlList("list", lambda: [ListedUrl(root, 1)])
    assert count(root, log, listed=listed) == COUNTS["scene", where][0]
    assert count(root, log, listed=listed) == 1


def test_a_root_that_has_changed_is_asked_for_once_more(serve, count, tmp_path, collection):
    root, _, log = serve("scene", "pages")
    count(root, log)
    collection.write_scene(tmp_path / "served" / "x.zarr", index=1, images=5, levels=3)
    assert count(root, log) == COUNTS["scene", "pages"][0] + 1
