"""The same hierarchy gives the same record, wherever it lies."""

import asyncio
import shutil
import zipfile
from dataclasses import replace

import pytest

from catalog.crawl.concurrent import AsyncExecutor
from catalog.crawl.discover import Found, discover
from catalog.crawl.records import HierarchyRecord
from catalog.crawl.work import crawl_hierarchy, crawl_hierarchy_async
from catalog.stores import open_store
from catalog.stores.url import normalise


def without_place(outcome):
    """Give a record without what depends on where and when it was read."""
    assert isinstance(outcome, HierarchyRecord), outcome
    return replace(
        outcome,
        url="",
        manifest=(),
        groups=tuple(
            group._replace(mtime_ns=None, name="" if not group.path else group.name)
            for group in outcome.groups
        ),
        problems=tuple(
            problem._replace(message=problem.message.replace(outcome.url, ""))
            for problem in outcome.problems
        ),
    )


@pytest.fixture(params=["s3", "http with a listing", "http", "zip"])
def elsewhere(request, tmp_path_factory):
    """Put a folder to another kind of store; give its URL there."""

    def put(folder):
        if request.param == "s3":
            bucket = request.getfixturevalue("bucket")
            shutil.copytree(folder, bucket.folder, dirs_exist_ok=True)
            return bucket.url
        if request.param == "zip":
            archive = tmp_path_factory.mktemp("archives") / "all.zip"
            with zipfile.ZipFile(archive, "w") as file:
                for path in sorted(folder.rglob("*")):
                    file.write(path, path.relative_to(folder))
            return normalise(str(archive))
        start = request.getfixturevalue("web_server")
        return start(folder, listing=request.param != "http").url

    return put


def test_every_kind_of_hierarchy_gives_the_same_record_from_everywhere(
    tmp_path, collection, elsewhere
):
    names = collection.write_all_kinds(tmp_path)
    url = elsewhere(tmp_path)
    for name in names:
        here = crawl_hierarchy(normalise(str(tmp_path / name)))
        there = crawl_hierarchy(f"{url}/{name}", boundary=url)
        assert without_place(there) == without_place(here), name
        assert there.digest == here.digest
        assert len(here.images) > 0


def test_stored_parameters_are_read_from_everywhere(tmp_path, collection, elsewhere):
    collection.write_stored_parameters(tmp_path / "a.zarr")
    url = elsewhere(tmp_path)
    here = crawl_hierarchy(normalise(str(tmp_path / "a.zarr")))
    there = crawl_hierarchy(f"{url}/a.zarr", boundary=url)
    (edge,) = [edge for edge in there.transformations if edge.origin == "scene"]
    assert edge.affine == ((1, 0, 0, 5), (0, 2, 0, 6), (0, 0, 4, 7))
    assert without_place(there) == without_place(here)


def test_one_by_one_and_many_at_once_are_the_same(tmp_path, collection, bucket):
    names = collection.write_all_kinds(bucket.folder)
    collection.write_stored_parameters(bucket.folder / "stored.zarr")
    urls = [f"{bucket.url}/{name}" for name in [*names, "stored.zarr"]]
    one_by_one = [crawl_hierarchy(url) for url in urls]
    with AsyncExecutor(in_flight=3, requests=2) as executor:
        futures = [executor.submit(crawl_hierarchy, url) for url in urls]
        assert [future.result() for future in futures] == one_by_one

    async def all_at_once():
        return await asyncio.gather(*map(crawl_hierarchy_async, urls))

    assert asyncio.run(all_at_once()) == one_by_one


def test_what_is_discovered_in_a_bucket_is_what_is_discovered_on_disk(tmp_path, collection, bucket):
    for folder in ("b", "a/deep", "."):
        collection.write_all_kinds(bucket.folder / folder / "d")
    (bucket.folder / "notes").mkdir()
    (bucket.folder / "notes" / "plain.txt").write_text("text")
    root = normalise(str(bucket.folder))
    here = [item.url.removeprefix(root) for item in discover(open_store(root))]
    items = list(discover(open_store(bucket.url)))
    assert all(isinstance(item, Found) for item in items)
    there = [item.url.removeprefix(bucket.url) for item in items]
    assert sorted(there) == sorted(here)
    assert there == [item.url.removeprefix(bucket.url) for item in discover(open_store(bucket.url))]
    assert len(there) == 18


def test_archives_in_folders_are_hierarchies(tmp_path, collection):
    collection.write_scene(tmp_path / "plain", images=1, levels=1)
    for name, top in (("a.ozx", ""), ("sub/b.zarr.zip", "b.zarr/")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            for path in sorted((tmp_path / "plain").rglob("*")):
                file.write(path, f"{top}{path.relative_to(tmp_path / 'plain')}")
    (tmp_path / "bad.ozx").write_text("no archive")
    (tmp_path / "other.zip").write_text("somebody's own affair")
    root = normalise(str(tmp_path))
    items = list(discover(open_store(root)))
    assert [item.url.removeprefix(root) for item in items if isinstance(item, Found)] == [
        *["/plain", "/a.ozx", "/sub/b.zarr.zip/b.zarr"]
    ]
    (problem,) = [item for item in items if not isinstance(item, Found)]
    assert problem.url == f"{root}/bad.ozx"
    assert problem.unlisted
    expected = without_place(crawl_hierarchy(f"{root}/plain"))
    for item in items:
        if isinstance(item, Found):
            assert without_place(crawl_hierarchy(item.url, boundary=root)) == expected
