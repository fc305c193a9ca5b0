"""What is broken, hostile or slow in a store is told, and stops nothing else."""

import json
import threading
import time
from dataclasses import dataclass, field

import pytest

from catalog.crawl.concurrent import AsyncExecutor
from catalog.crawl.discover import discover
from catalog.crawl.driving import drive, drive_async
from catalog.crawl.read import read_store
from catalog.crawl.records import Failed, HierarchyRecord
from catalog.crawl.requests import Requests
from catalog.crawl.walk import Walk
from catalog.crawl.work import crawl_hierarchy
from catalog.errors import DocumentError, StoreError
from catalog.stores import Document, Listing, Stat, StoreOptions, open_store

QUICK = StoreOptions(retries=0, timeout=0.5)


@dataclass
class Shelf:
    """A store of documents in memory of which much can be asked at once; not near."""

    documents: dict[str, bytes]
    lists: bool = True
    near: bool = False
    at_once: bool = True
    url: str = "test://shelf"
    hangs: frozenset[str] = frozenset()
    hung: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)

    def list_folder(self, path):
        prefix = f"{path}/" if path else ""
        below = [name[len(prefix) :] for name in self.documents if name.startswith(prefix)]
        folders = sorted({name.split("/")[0] for name in below if "/" in name})
        if not below:
            raise StoreError(f"{path} cannot be listed: there is nothing there", self.url)
        return Listing(folders, sorted(name for name in below if "/" not in name), 0, 0)

    def get(self, path):
        self.asked.append(path)
        if path in self.hangs:
            self.hung.wait()
        data = self.documents.get(path)
        return None if data is None else Document(data, 0, len(data), f"etag of {data!r}")

    def stat(self, path):
        found = self.get(path)
        return None if found is None else Stat(*found[1:])


def shelf(documents, **more):
    return Shelf({path: json.dumps(doc).encode() for path, doc in documents.items()}, **more)


def walk(store):
    return Walk(store.url, near=store.near, lists=store.lists).run()


def codes(record):
    return sorted((p.location, p.code) for p in record.problems if p.severity == "error")


def test_what_is_broken_in_the_middle_hides_nothing_else(tmp_path, collection, web_server):
    collection.write_scene(tmp_path / "s", images=3, levels=2)
    (tmp_path / "s/tile_1/zarr.json").write_text('{"zarr_format": 3, "node')
    large = tmp_path / "s/tile_2/0/zarr.json"
    large.write_text(large.read_text() + " " * 50_000)

    def instead(handler):
        if handler.path == "/s/tile_0/1/zarr.json":
            handler.answer(500)
            return True
        return False

    server = web_server(tmp_path, instead=instead)
    options = StoreOptions(retries=0, timeout=5, largest_document=20_000)
    record = crawl_hierarchy(f"{server.url}/s", options=options)
    assert isinstance(record, HierarchyRecord)
    assert {
        ("tile_0/1", "unreadable-document"),
        ("tile_1", "invalid-document"),
        ("tile_2/0", "invalid-document"),
    } <= set(codes(record))
    words = {p.location: p.message for p in record.problems if p.severity == "error"}
    assert "500" in words["tile_0/1"]
    assert "cut off" in words["tile_1"]
    assert "more than 20,000 are not read" in words["tile_2/0"]
    assert {image.name for image in record.images} >= {"tile 0", "tile 2"}


def test_a_server_that_hangs_is_given_up(tmp_path, collection, web_server):
    collection.write_scene(tmp_path / "s", images=2, levels=1)

    def instead(handler):
        if handler.path == "/s/tile_1/zarr.json":
            time.sleep(3)
        return False

    server = web_server(tmp_path, instead=instead)
    started = time.monotonic()
    record = crawl_hierarchy(f"{server.url}/s", options=QUICK)
    assert time.monotonic() - started < 2.5
    assert ("tile_1", "unreadable-document") in codes(record)


def test_a_store_that_forgets_its_own_limits_is_given_up(collection):
    import asyncio

    documents = {"zarr.json": collection.scene(0, 1), "tile_0/zarr.json": collection.image(0, 1)}
    store = hung = shelf(documents, hangs=frozenset(["tile_0/zarr.json"]))
    requests = Requests(1)
    reading = asyncio.run(drive_async(store, walk(store), requests, patience=0.1))
    assert [problem.location for problem in reading.problems] == ["tile_0"]
    assert "not answered within 0.1 s" in reading.problems[0].message
    assert not reading.whole
    # Another thread asks in place of the one that hangs, which ends when it is let go.
    store = shelf(documents)
    assert asyncio.run(drive_async(store, walk(store), requests)).whole
    hung.hung.set()
    requests.stop()


@pytest.mark.parametrize("listing", [True, False])
def test_paths_that_lead_out_are_never_asked_for(tmp_path, collection, web_server, listing):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "zarr.json").write_text(json.dumps(collection.image(9)))
    scene = collection.scene(0, 6)
    edges = scene["attributes"]["ome"]["scene"]["coordinateTransformations"]
    outside = ["../secret", "../../secret", "file:///etc", "http://127.0.0.1:1/x", "a\0b"]
    for edge, path in zip(edges[1:], outside, strict=True):
        edge["input"] = {"path": path, "name": "physical"}
    edges[1].pop("translation")
    edges[1].update(type="affine", path="../secret/matrix")
    (tmp_path / "s/tile_0").mkdir(parents=True)
    image = collection.image(0, 2)
    image["attributes"]["ome"]["multiscales"][0]["datasets"][1]["path"] = "../../../secret"
    (tmp_path / "s/zarr.json").write_text(json.dumps(scene))
    (tmp_path / "s/tile_0/zarr.json").write_text(json.dumps(image))
    server = web_server(tmp_path, listing=listing)
    record = crawl_hierarchy(f"{server.url}/s", boundary=f"{server.url}/s")
    assert isinstance(record, HierarchyRecord)
    assert "outside-hierarchy" in {problem.code for problem in record.problems}
    assert not [path for _, path in server.requests if not path.startswith("/s/")], server.requests


def test_what_a_name_leads_to_inside_of_an_array_does_not_count(collection):
    scene = collection.scene(0, 2)
    ends = scene["attributes"]["ome"]["scene"]["coordinateTransformations"]
    ends[1]["input"] = {"path": "tile_0/0/hidden", "name": "physical"}
    documents = {
        "zarr.json": scene,
        "tile_0/zarr.json": collection.image(0, 1),
        "tile_0/0/zarr.json": collection.array([4, 4, 4]),
        "tile_0/0/hidden/zarr.json": collection.image(1, 1),
    }
    readings = [
        read_store(shelf(documents, near=near, lists=lists))
        for near, lists in ((True, True), (False, True), (False, False))
    ]
    assert [sorted(reading.nodes) for reading in readings] == [["", "tile_0", "tile_0/0"]] * 3
    assert len({reading.digest for reading in readings}) == 1


def test_a_server_with_an_answer_for_everything_is_left_in_the_end(collection):
    class Endless(Shelf):
        def get(self, path):
            self.asked.append(path)
            return Document(b"<html>not found</html>", 0, 22, "x")

    root = {"ome": {"version": "0.5", "bioformats2raw.layout": 3}}
    store = Endless({}, lists=False)
    store.documents = {"zarr.json": json.dumps(collection.group(root)).encode()}
    store.get = lambda path: (
        Shelf.get(store, path) if path == "zarr.json" else Endless.get(store, path)
    )
    reading = drive(store, walk(store))
    assert len(store.asked) < 10
    assert "" in reading.nodes


def test_images_of_a_collection_are_counted_until_one_is_missing(collection):
    documents = {
        "zarr.json": collection.group({"ome": {"version": "0.5", "bioformats2raw.layout": 3}})
    }
    for number in (0, 1, 2, 4):
        documents[f"{number}/zarr.json"] = collection.image(number, 1)
    store = shelf(documents, lists=False)
    assert sorted(drive(store, walk(store)).nodes) == ["", "0", "1", "2"]
    documents["OME/zarr.json"] = collection.group({"ome": {"version": "0.5", "series": ["4"]}})
    store = shelf(documents, lists=False)
    assert sorted(drive(store, walk(store)).nodes) == ["", "4", "OME"]


@pytest.mark.parametrize("there", [0, 1, 2, 3, 8, 9, 40, 100])
def test_numbered_images_are_asked_for_ahead_and_found_as_one_by_one(collection, there):
    documents = {
        "zarr.json": collection.group({"ome": {"version": "0.5", "bioformats2raw.layout": 3}})
    }
    for number in (*range(there), *range(there + 1, 200, 2)):
        documents[f"{number}/zarr.json"] = collection.image(number, 1)
        documents[f"{number}/0/zarr.json"] = collection.array([4, 4, 4])
    store = shelf(documents, lists=False)
    trips = len(list(batches(store)))
    assert trips < 10 + there / 16
    images = {path.split("/")[0] for path in store.asked if path.endswith("zarr.json")} - {"OME"}
    assert len(images) <= 2 * there + 5  # of these, what was asked for and does not count
    # One that cannot be read and lies beyond the first that is missing is no problem.
    store.documents[f"{there + 2}/zarr.json"] = b"{"
    reading = drive(store, walk(store))
    assert {path for path in reading.nodes if "/" not in path} == {"", *map(str, range(there))}
    assert not reading.problems
    manifest = {entry.path.split("/")[0] for entry in reading.manifest}
    assert manifest == {"zarr.json", *map(str, range(there))}


def test_consolidated_names_are_followed_and_their_content_is_not_believed(collection):
    copies = {
        "a": collection.group({}),
        "a/b": collection.image(7, 1),
        "a/b/0": collection.array([1, 2, 3]),
        "gone": collection.image(8, 1),
    }
    root = collection.group({"mine": 1})
    root["consolidated_metadata"] = {"kind": "inline", "metadata": copies}
    documents = {
        "zarr.json": root,
        "a/zarr.json": collection.group({}),
        "a/b/zarr.json": collection.image(0, 1),
        "a/b/0/zarr.json": collection.array([4, 4, 4]),
    }
    unlisted, listed = (read_store(shelf(documents, lists=lists)) for lists in (False, True))
    assert sorted(unlisted.nodes) == ["a/b", "a/b/0"]
    assert unlisted.nodes["a/b"].images[0].name == "tile 0"
    assert unlisted.nodes["a/b/0"].shape == (4, 4, 4)
    assert unlisted.digest == listed.digest
    assert unlisted.nodes == listed.nodes


@pytest.mark.parametrize("stale", [False, True])
def test_labels_are_looked_for_unless_consolidated_metadata_proves_true(collection, stale):
    documents = {
        "tile_0/zarr.json": collection.image(0, 1),
        "tile_0/0/zarr.json": collection.array([4, 4, 4]),
    }
    copies = {path.removesuffix("/zarr.json"): document for path, document in documents.items()}
    root = collection.scene(0, 1)
    root["consolidated_metadata"] = {"kind": "inline", "metadata": copies}
    documents["zarr.json"] = root
    if stale:
        documents["tile_0/zarr.json"] = collection.image(1, 1)
        labels = {"ome": {"version": "0.6", "labels": ["cells"]}}
        documents["tile_0/labels/zarr.json"] = collection.group(labels)
        documents["tile_0/labels/cells/zarr.json"] = collection.image(2, 1)
    store = shelf(documents, lists=False)
    reading = read_store(store)
    found = {"tile_0/labels", "tile_0/labels/cells"} if stale else set()
    assert set(reading.nodes) == {"", "tile_0", "tile_0/0"} | found
    # The documents that there are, an RO-Crate that might have been, and where it is stale, two
    # more that might have been.
    missing = {"tile_0/labels/cells/0/zarr.json", "tile_0/labels/cells/labels/zarr.json"}
    asked = set(store.asked) - {"tile_0/labels/cells/0/.zarray", "ro-crate-metadata.json"}
    assert asked == set(documents) | (missing if stale else set())


@pytest.mark.parametrize("lists", [True, False])
def test_a_broken_part_of_zarr_v2_does_not_hide_the_root(collection, lists):
    labels = {"labels": ["cells"]}
    image = {
        "multiscales": [
            {
                "version": "0.4",
                "axes": [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}],
                "datasets": [{"path": "0"}],
            }
        ]
    }
    store = shelf({".zattrs": image, ".zgroup": {"zarr_format": 2}, "labels/.zattrs": labels})
    store.lists = lists
    store.documents["0/.zarray"] = b'{"zarr_format": 2, "sha'
    reading = read_store(store)
    assert sorted(reading.nodes) == ["", "labels"]
    assert ("0", "invalid-document") in {(p.location, p.code) for p in reading.problems}


def test_a_broken_root_is_called_broken_where_nothing_is_listed():
    store = Shelf({"zarr.json": b'{"zarr_format": 3, "nod'}, lists=False)
    with pytest.raises(DocumentError, match="cut off"):
        read_store(store)


def test_what_broken_edges_and_datasets_name_is_read_where_nothing_is_listed(collection):
    scene = collection.scene(0, 2)
    edges = scene["attributes"]["ome"]["scene"]["coordinateTransformations"]
    edges[1]["translation"] = ["one", 2, 3]
    image = collection.image(1, 2)
    datasets = image["attributes"]["ome"]["multiscales"][0]["datasets"]
    datasets[1]["coordinateTransformations"] = "none"
    documents = {"zarr.json": scene, "tile_1/zarr.json": image}
    for level in range(2):
        documents[f"tile_1/{level}/zarr.json"] = collection.array([4, 4, 4])
    readings = [read_store(shelf(documents, lists=lists)) for lists in (True, False)]
    assert sorted(readings[1].nodes) == ["", "tile_1", "tile_1/0", "tile_1/1"]
    assert readings[0].digest == readings[1].digest


def test_a_collection_that_names_nothing_is_not_passed_over_in_silence(
    tmp_path, collection, web_server
):
    collection.write_scene(tmp_path / "all" / "scene", images=1, levels=1)
    (tmp_path / "all" / "zarr.json").write_text(json.dumps(collection.group({})))
    server = web_server(tmp_path, listing=False)
    outcome = crawl_hierarchy(f"{server.url}/all")
    assert isinstance(outcome, Failed)
    assert "cannot be listed, and its metadata names nothing" in outcome.problem.message
    with pytest.raises(StoreError, match="give the URLs of the hierarchies"):
        list(discover(open_store(server.url)))


def test_an_address_with_nothing_behind_it_is_said_to_have_nothing(tmp_path, web_server):
    (tmp_path / "there").mkdir()
    server = web_server(tmp_path, listing=False)
    with pytest.raises(StoreError, match=r"there is nothing at .*/absent: .* 404 .*check the addr"):
        list(discover(open_store(f"{server.url}/absent")))
    with pytest.raises(StoreError, match="there cannot be listed, and is no Zarr hierarchy"):
        list(discover(open_store(f"{server.url}/there")))


def test_round_trips_are_as_many_as_the_metadata_is_deep(collection):
    documents = {"zarr.json": collection.scene(0, 40)}
    for tile in range(40):
        documents[f"tile_{tile}/zarr.json"] = collection.image(tile, 3)
        for level in range(3):
            documents[f"tile_{tile}/{level}/zarr.json"] = collection.array([4, 4, 4])
    for lists in (True, False):
        # The scene; its listing and images; their listings, or labels, and arrays.
        assert len(list(batches(shelf(documents, lists=lists)))) == 3


def batches(store):
    """Yield the batches of questions that a walk asks, and answer them."""
    asking = walk(store)
    ways = {"get": store.get, "list": store.list_folder, "stat": store.stat}
    batch = next(asking)
    while batch:
        yield batch
        try:
            batch = asking.send([ways[question[0]](question[1]) for question in batch])
        except StopIteration:
            return


def test_an_executor_ends_at_once(tmp_path, collection, web_server):
    collection.write_scene(tmp_path / "s", images=1, levels=1)

    def instead(handler):
        time.sleep(2)
        return False

    server = web_server(tmp_path, instead=instead)
    executor = AsyncExecutor(in_flight=2)
    futures = [executor.submit(crawl_hierarchy, f"{server.url}/s") for _ in range(20)]
    time.sleep(0.2)
    started = time.monotonic()
    executor.shutdown(wait=False, cancel_futures=True)
    assert time.monotonic() - started < 1.5
    assert all(future.cancelled() for future in futures)
    with pytest.raises(RuntimeError, match="shut down"):
        executor.submit(crawl_hierarchy, server.url)


def test_an_executor_runs_what_is_not_asynchronous_too(tmp_path, collection):
    collection.write_scene(tmp_path, images=1, levels=1)
    with AsyncExecutor() as executor:
        assert executor.submit(divmod, 7, 2).result() == (3, 1)
        assert isinstance(
            executor.submit(crawl_hierarchy, f"file://{tmp_path}").result(), HierarchyRecord
        )
        with pytest.raises(ZeroDivisionError):
            executor.submit(divmod, 1, 0).result()
