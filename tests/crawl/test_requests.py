"""What servers are asked for: the documents that are needed, hardly anything else, no chunk."""

import pickle
import time
from collections import Counter
from email.utils import formatdate

from catalog.crawl.concurrent import AsyncExecutor
from catalog.crawl.discover import discover
from catalog.crawl.records import Failed, HierarchyRecord, Unchanged
from catalog.crawl.requests import requests_at_once
from catalog.crawl.work import crawl_hierarchy
from catalog.stores import Stat, StoreOptions, open_store
from catalog.stores.traffic import traffic

QUICK = StoreOptions(retries=0, timeout=5)


def documents(folder):
    return sorted(
        str(path.relative_to(folder))
        for name in ("zarr.json", ".zattrs", ".zarray")
        for path in folder.rglob(name)
    )


def asked(log, kind):
    return sorted(path for command, path in log if command == kind)


def test_a_scene_in_a_bucket_takes_its_documents_and_a_listing_of_each_group(watched, collection):
    folder = watched.folder / "scene.zarr"
    collection.write_scene(folder, images=5, levels=3)
    for chunk in ("tile_0/0/c/0/0/0", "tile_1/2/c/0/0/0", "tile_1/2/c/0/0/1"):
        (folder / chunk).parent.mkdir(parents=True, exist_ok=True)
        (folder / chunk).write_text("chunk")
    record = crawl_hierarchy(f"{watched.url}/scene.zarr")
    assert isinstance(record, HierarchyRecord)
    needed = [f"scene.zarr/{path}" for path in documents(folder)]
    assert len(needed) == 21
    assert asked(watched.log, "GET") == needed
    groups = ["scene.zarr", *(f"scene.zarr/tile_{number}" for number in range(5))]
    assert asked(watched.log, "LIST") == groups
    assert len(watched.log) == 27


def test_no_request_goes_below_an_array(watched, collection):
    names = collection.write_all_kinds(watched.folder)
    arrays = [path.parent for path in watched.folder.rglob(".zarray")]
    arrays += [
        path.parent for path in watched.folder.rglob("zarr.json") if '"array"' in path.read_text()
    ]
    inside = {str(path.relative_to(watched.folder)) for path in arrays}
    for item in discover(open_store(watched.url)):
        assert isinstance(crawl_hierarchy(item.url), HierarchyRecord)
    assert set(names) <= {path.split("/")[0] for _, path in watched.log}
    for command, path in watched.log:
        above = path.rpartition("/")[0] if command != "LIST" else path
        if command == "LIST":
            assert above not in inside, path
        assert not any(above.startswith(f"{array}/") for array in inside), path


def test_zarr_v2_in_a_bucket_is_not_looked_for_twice(watched, collection):
    collection.write_plate_v2(watched.folder / "plate.zarr")
    assert isinstance(crawl_hierarchy(f"{watched.url}/plate.zarr"), HierarchyRecord)
    needed = [f"plate.zarr/{path}" for path in documents(watched.folder / "plate.zarr")]
    gets = asked(watched.log, "GET")
    # Of the root alone nobody knows the format; labels of labels are looked for and not there.
    assert set(needed) <= set(gets)
    assert len(gets) == len(needed) + 2
    groups = len(list(watched.folder.rglob(".zgroup")))
    assert len(asked(watched.log, "LIST")) == groups


def test_an_unchanged_scene_costs_one_request_and_a_discovered_one_none(watched, collection):
    collection.write_scene(watched.folder / "scene.zarr", images=2, levels=2)
    url = f"{watched.url}/scene.zarr"
    (found,) = discover(open_store(watched.url))
    record = crawl_hierarchy(url)
    watched.log.clear()
    assert crawl_hierarchy(url, record.manifest, record.digest) == Unchanged(url)
    assert watched.log == [("HEAD", "scene.zarr/zarr.json")]
    watched.log.clear()
    outcome = crawl_hierarchy(url, record.manifest, record.digest, seen=found.seen)
    assert outcome == Unchanged(url)
    assert watched.log == []


def test_what_finding_has_read_is_not_asked_for_again(watched, collection):
    collection.write_scene(watched.folder / "a.zarr", images=2, levels=1)
    collection.write_image_v2(watched.folder / "b.zarr", labels=True)
    found = list(discover(open_store(watched.url)))
    watched.log.clear()
    for item in found:
        seen = pickle.loads(pickle.dumps(item.seen))
        expected = crawl_hierarchy(item.url)
        asked_alone = sorted(watched.log)
        watched.log.clear()
        assert crawl_hierarchy(item.url, seen=seen) == expected
        spared = sorted(Counter(asked_alone) - Counter(watched.log))
        assert not Counter(watched.log) - Counter(asked_alone)
        watched.log.clear()
        if item.url.endswith("a.zarr"):
            assert spared == [("GET", "a.zarr/zarr.json")]
        else:
            gets = [("GET", f"b.zarr/{name}") for name in (".zarray", "zarr.json")]
            assert spared == [*gets, ("LIST", "b.zarr")]


def test_of_what_is_recorded_only_the_time_is_asked_for(watched, collection):
    names = [f"{number}.zarr" for number in range(4)]
    for name in names[:3]:
        collection.write_scene(watched.folder / name, images=1, levels=1)
    collection.write_image_v2(watched.folder / names[3])
    documents = {"1.zarr": "zarr.json", "2.zarr": ".zattrs", "3.zarr": ".zattrs"}
    questions = []

    def recorded(urls):
        questions.extend(urls)
        names = [url.removeprefix(f"{watched.url}/") for url in urls]
        return {url: documents[n] for url, n in zip(urls, names, strict=True) if n in documents}

    found = list(discover(open_store(watched.url), recorded=recorded))
    assert [item.url for item in found] == [f"{watched.url}/{name}" for name in names]
    assert sorted(questions) == [watched.url, *(item.url for item in found)]
    assert sorted(entry for entry in watched.log if entry[0] != "LIST") == [
        ("GET", "0.zarr/zarr.json"),
        ("GET", "2.zarr/zarr.json"),  # which it is not recorded by, but has
        ("GET", "zarr.json"),
        ("HEAD", "1.zarr/zarr.json"),
        ("HEAD", "2.zarr/.zattrs"),
        ("HEAD", "3.zarr/.zattrs"),
    ]
    for item in found:
        assert isinstance(crawl_hierarchy(item.url, seen=item.seen), HierarchyRecord)


def test_a_large_document_is_not_handed_on_and_not_received_twice(watched, collection, put):
    document = collection.scene(0, 1)
    document["attributes"]["notes"] = "long" * 100_000
    put(watched.folder / "large.zarr" / "zarr.json", document)
    before = traffic()
    (found,) = discover(open_store(watched.url))
    assert traffic().since(before).bytes == 0
    assert type(found.seen.documents["zarr.json"]) is Stat
    record = crawl_hierarchy(found.url, seen=found.seen)
    assert isinstance(record, HierarchyRecord)
    assert traffic().since(before).bytes == record.groups[0].size > 400_000
    known = (record.manifest, record.digest)
    watched.log.clear()
    assert crawl_hierarchy(found.url, *known, seen=found.seen) == Unchanged(found.url)
    assert watched.log == []


def test_what_changes_between_finding_and_reading_is_seen_by_the_next_crawl(watched, collection):
    folder = watched.folder / "scene.zarr"
    collection.write_scene(folder, images=1, levels=1)
    (found,) = discover(open_store(watched.url))
    collection.write_scene(folder, images=2, levels=1)
    before = crawl_hierarchy(found.url, seen=found.seen)
    assert [member.referenced for member in before.members] == [True, False]
    (found,) = discover(open_store(watched.url), recorded=lambda urls: {found.url: "zarr.json"})
    after = crawl_hierarchy(found.url, before.manifest, before.digest, seen=found.seen)
    assert [member.referenced for member in after.members] == [True, True]


def test_a_document_that_comes_while_its_folder_is_looked_at_is_read(watched, collection):
    collection.write_scene(watched.folder / "scene.zarr", images=1, levels=1)
    watched.faults["GET", "scene.zarr/zarr.json"] = 404
    (found,) = discover(open_store(watched.url))
    watched.faults.clear()
    assert found.seen.documents == {}
    watched.log.clear()
    assert isinstance(crawl_hierarchy(found.url, seen=found.seen), HierarchyRecord)
    assert asked(watched.log, "LIST") == ["scene.zarr/tile_0"]


def test_times_count_from_when_a_document_was_read(tmp_path, collection, web_server, settle):
    def without_etags(handler):
        place = tmp_path / handler.path.lstrip("/")
        if place.is_file():
            said = formatdate(place.stat().st_mtime, usegmt=True)
            handler.answer(200, place.read_bytes(), Last_Modified=said)
        return place.is_file()

    collection.write_scene(tmp_path / "scene.zarr", images=1, levels=1)
    settle(tmp_path)
    server = web_server(tmp_path, instead=without_etags)
    (found,) = discover(open_store(server.url))
    long_after = crawl_hierarchy(found.url, seen=found.seen)
    assert {entry.mtime_ns for entry in long_after.manifest} == {1_700_000_000_000_000_000}
    # Within the second that the server tells, it may have changed again before it was recorded.
    at_once = found.seen._replace(at_ns=1_700_000_001_000_000_000)
    assert {e.mtime_ns for e in crawl_hierarchy(found.url, seen=at_once).manifest} == {0}


def test_a_change_below_an_unchanged_root_is_seen_by_a_thorough_crawl(watched, collection):
    collection.write_scene(watched.folder / "scene.zarr", images=2, levels=1)
    url = f"{watched.url}/scene.zarr"
    record = crawl_hierarchy(url)
    assert crawl_hierarchy(url, record.manifest, record.digest, thorough=True) == Unchanged(url)
    place = watched.folder / "scene.zarr" / "tile_1" / "zarr.json"
    place.write_text(place.read_text().replace("tile 1", "moved"))
    assert crawl_hierarchy(url, record.manifest, record.digest) == Unchanged(url)
    outcome = crawl_hierarchy(url, record.manifest, record.digest, thorough=True)
    assert isinstance(outcome, HierarchyRecord)
    assert "moved" in {image.name for image in outcome.images}


def test_a_collection_that_grows_is_seen_by_one_listing_more(watched, collection):
    folder = watched.folder / "all.zarr"
    folder.mkdir()
    (folder / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
    collection.write_scene(folder / "a", images=1, levels=1)
    url = f"{watched.url}/all.zarr"
    record = crawl_hierarchy(url)
    watched.log.clear()
    assert crawl_hierarchy(url, record.manifest, record.digest) == Unchanged(url)
    assert sorted(watched.log) == [("HEAD", "all.zarr/zarr.json"), ("LIST", "all.zarr")]
    collection.write_scene(folder / "b", images=1, levels=1)
    assert len(crawl_hierarchy(url, record.manifest, record.digest).scenes) == 2


def test_the_web_is_asked_for_what_the_metadata_names_for_labels_and_a_crate(
    tmp_path, collection, web_server
):
    collection.write_scene(tmp_path / "scene.zarr", images=5, levels=3)
    server = web_server(tmp_path, listing=False)
    assert open_store(f"{server.url}/scene.zarr").lists is False
    server.requests.clear()
    record = crawl_hierarchy(f"{server.url}/scene.zarr")
    assert isinstance(record, HierarchyRecord)
    needed = [f"/scene.zarr/{path}" for path in documents(tmp_path / "scene.zarr")]
    labels = [f"/scene.zarr/tile_{number}/labels/zarr.json" for number in range(5)]
    crate = "/scene.zarr/ro-crate-metadata.json"
    assert asked(server.requests, "GET") == sorted([*needed, *labels, crate])


def test_finding_and_reading_ask_no_more_at_once_than_may_be_together(watched, collection):
    for number in range(20):
        collection.write_scene(watched.folder / f"{number:02}.zarr", images=3, levels=1)
    with requests_at_once(5), AsyncExecutor() as executor:
        found = discover(open_store(watched.url))
        futures = [executor.submit(crawl_hierarchy, item.url) for item in found]
        assert all(isinstance(future.result(), HierarchyRecord) for future in futures)
    assert len(futures) == 20
    assert 2 <= watched.server.most <= 5


def test_finding_that_is_given_up_asks_nothing_more(watched, collection):
    for number in range(40):
        collection.write_scene(watched.folder / f"{number:02}.zarr", images=1, levels=1)
    watched.server.pause = 0.05
    with requests_at_once(2):
        found = discover(open_store(watched.url))
        assert next(found).url == f"{watched.url}/00.zarr"
        found.close()
        asked_by_then = len(watched.log)
    assert asked_by_then < 20
    time.sleep(0.3)
    assert len(watched.log) <= asked_by_then + 2


def test_a_refused_part_is_a_problem_and_keeps_what_is_recorded(watched, collection):
    collection.write_scene(watched.folder / "scene.zarr", images=2, levels=1)
    url = f"{watched.url}/scene.zarr"
    record = crawl_hierarchy(url)
    for fault in (("GET", "scene.zarr/tile_1/zarr.json"), ("LIST", "scene.zarr/tile_1")):
        watched.faults[fault] = 403
        partial = crawl_hierarchy(url, options=QUICK)
        assert isinstance(partial, HierarchyRecord)
        lost = [p for p in partial.problems if p.location == "tile_1" and p.severity == "error"]
        assert [p.code[:10] for p in lost] == ["unreadable"]
        assert "403" in lost[0].message or "refused" in lost[0].message
        outcome = crawl_hierarchy(url, record.manifest, record.digest, options=QUICK, thorough=True)
        assert isinstance(outcome, Failed)
        assert outcome.kept
        assert outcome.problem.code == "partly-unreadable"
        # What could not be read is asked for again, whatever the root says.
        watched.faults.clear()
        again = crawl_hierarchy(url, partial.manifest, partial.digest)
        assert isinstance(again, HierarchyRecord)
        assert again.digest == record.digest


def test_a_root_that_is_refused_is_a_failure(watched, collection):
    collection.write_scene(watched.folder / "scene.zarr", images=1, levels=1)
    watched.faults["GET", "scene.zarr/zarr.json"] = 403
    outcome = crawl_hierarchy(f"{watched.url}/scene.zarr", options=QUICK)
    assert isinstance(outcome, Failed)
    assert not outcome.kept
    assert "refused" in outcome.problem.message


def test_a_folder_of_a_bucket_that_cannot_be_listed_keeps_pruning_off(watched, collection):
    for name in ("a", "b"):
        collection.write_scene(watched.folder / name / "s.zarr", images=1, levels=1)
    watched.faults["LIST", "a"] = 403
    items = list(discover(open_store(watched.url, None, QUICK)))
    assert [(item.url, getattr(item, "unlisted", None)) for item in items] == [
        (f"{watched.url}/a", True),
        (f"{watched.url}/b/s.zarr", None),
    ]
