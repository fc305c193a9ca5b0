"""The RO-Crate beside a root: read once, noticed when it changes, never in the way."""

import json
from dataclasses import replace

import pytest

from catalog.crawl.records import CrateTermRecord, HierarchyRecord, Ignored, Unchanged
from catalog.crawl.work import crawl_hierarchy
from catalog.stores import StoreOptions
from catalog.stores.url import normalise

NAME = "ro-crate-metadata.json"
QUICK = StoreOptions(retries=0, timeout=5)


def codes(record):
    assert isinstance(record, HierarchyRecord), record
    return [problem.code for problem in record.problems if "crate" in problem.code]


@pytest.fixture
def scene(tmp_path, collection):
    """The folder of a scene, and what reads it."""
    collection.write_scene(tmp_path / "s.zarr", images=1, levels=1)
    return tmp_path / "s.zarr", lambda *known: crawl_hierarchy(
        normalise(str(tmp_path)) + "/s.zarr", *known
    )


def test_a_crate_is_recorded_as_it_stood(scene, collection):
    folder, crawl = scene
    assert crawl().crate is None
    collection.write_crate(folder, description="Light microscopy.")
    crate = crawl().crate
    assert crate[:3] == ("A fly", "Light microscopy.", "https://a.org/by")
    assert crate.terms == (
        CrateTermRecord("organism", "NCBITaxon:7227", "Drosophila melanogaster"),
        CrateTermRecord("modality", "FBbi:00000243", None),
    )
    assert json.loads(crate.document) == json.loads((folder / NAME).read_text())


def test_a_crate_that_comes_changes_and_goes_is_noticed(scene, collection, settle):
    folder, crawl = scene
    settle(folder)
    before = crawl()
    assert crawl(before.manifest, before.digest) == Unchanged(before.url)
    digests = {before.digest}
    for write in (
        lambda: collection.write_crate(folder),
        lambda: collection.write_crate(folder, name="Another fly"),
        lambda: (folder / NAME).write_text("{"),
    ):
        write()
        after = crawl(before.manifest, before.digest)
        assert isinstance(after, HierarchyRecord)
        digests.add(after.digest)
        assert NAME in {entry.path for entry in after.manifest}
        before = after
    assert len(digests) == 4
    (folder / NAME).unlink()
    after = crawl(before.manifest, before.digest)
    assert after.crate is None
    assert after.digest in digests


def test_a_crate_in_an_archive_and_of_an_old_image(tmp_path, collection):
    import zipfile

    collection.write_image_v2(tmp_path / "old.zarr")
    collection.write_crate(tmp_path / "old.zarr", name="Old")
    assert crawl_hierarchy(normalise(str(tmp_path / "old.zarr"))).crate.name == "Old"
    with zipfile.ZipFile(tmp_path / "old.ozx", "w") as archive:
        for path in sorted((tmp_path / "old.zarr").rglob("*")):
            archive.write(path, path.relative_to(tmp_path / "old.zarr"))
    record = crawl_hierarchy(normalise(str(tmp_path / "old.ozx")))
    assert (record.crate.name, len(record.images)) == ("Old", 1)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"@graph": {}}', "<html>", "\x00"])
def test_what_is_no_crate_is_a_problem_and_no_more(scene, text):
    folder, crawl = scene
    without = crawl()
    (folder / NAME).write_text(text)
    record = crawl()
    assert codes(record) == ["invalid-crate"]
    (problem,) = [problem for problem in record.problems if problem.code == "invalid-crate"]
    assert (problem.location, problem.severity) == ("", "warning")
    assert NAME in problem.message
    assert record.crate is None
    same = {"groups", "images", "systems", "transformations"}
    assert {name: getattr(record, name) for name in same} == {
        name: getattr(without, name) for name in same
    }


def test_a_crate_alone_makes_no_hierarchy(tmp_path, collection, put):
    put(tmp_path / "plain" / "zarr.json", {"zarr_format": 3, "node_type": "group"})
    for text in (None, "{"):
        collection.write_crate(tmp_path / "plain")
        if text is not None:
            (tmp_path / "plain" / NAME).write_text(text)
        assert isinstance(crawl_hierarchy(normalise(str(tmp_path / "plain"))), Ignored)


def test_a_crate_below_the_root_is_none_of_the_hierarchy(scene, collection):
    folder, crawl = scene
    before = crawl()
    collection.write_crate(folder / "tile_0")
    assert crawl().crate is None
    assert crawl().digest == before.digest


def test_words_of_a_crate_are_those_of_what_lies_on_top(tmp_path, collection):
    words = ("A fly", "Drosophila melanogaster", "NCBITaxon:7227", "FBbi:00000243")
    collection.write_scene(tmp_path / "scene.zarr", images=2, levels=1)
    collection.write_plate_v2(tmp_path / "plate.zarr")
    collection.write_v2(tmp_path / "series.zarr", {"bioformats2raw.layout": 3})
    for number in range(2):
        collection.write_image_v2(tmp_path / "series.zarr" / str(number), labels=True)
    found = {}
    for name in ("scene.zarr", "plate.zarr", "series.zarr"):
        collection.write_crate(tmp_path / name)
        record = crawl_hierarchy(normalise(str(tmp_path / name)))
        found[name] = {group.path for group in record.groups if group.free_text[-4:] == words}
    assert found == {"scene.zarr": {""}, "plate.zarr": {""}, "series.zarr": {"0", "1"}}


def test_on_the_web_a_crate_is_looked_for_once_and_compared(tmp_path, collection, web_server):
    collection.write_scene(tmp_path / "s.zarr", images=1, levels=1)
    collection.write_crate(tmp_path / "s.zarr")
    server = web_server(tmp_path, listing=False)
    url = f"{server.url}/s.zarr"
    record = crawl_hierarchy(url)
    assert record.crate.name == "A fly"
    asked = [path for _, path in server.requests]
    assert asked.count(f"/s.zarr/{NAME}") == 1
    assert not [path for path in asked if path.endswith(NAME) and path.count("/") > 2]
    server.requests.clear()
    assert crawl_hierarchy(url, record.manifest, record.digest) == Unchanged(url)
    heads = [("HEAD", "/s.zarr/zarr.json"), ("HEAD", f"/s.zarr/{NAME}")]
    assert sorted(server.requests) == sorted(heads)
    collection.write_crate(tmp_path / "s.zarr", name="Another")
    assert crawl_hierarchy(url, record.manifest, record.digest).crate.name == "Another"


@pytest.mark.parametrize("status", [404, 200])
def test_a_server_of_pages_has_no_crate(tmp_path, collection, web_server, status):
    collection.write_scene(tmp_path / "s.zarr", images=1, levels=1)

    def instead(request):
        if not request.path.endswith(NAME):
            return False
        request.answer(status, b"<!doctype html><title>Not here</title>")
        return True

    server = web_server(tmp_path, listing=False, instead=instead)
    record = crawl_hierarchy(f"{server.url}/s.zarr")
    assert codes(record) == []
    assert record.crate is None


def test_a_crate_that_cannot_be_read_is_a_problem_and_tried_again(tmp_path, collection, web_server):
    collection.write_scene(tmp_path / "s.zarr", images=1, levels=1)
    collection.write_crate(tmp_path / "s.zarr")
    fails = []

    def instead(request):
        if fails and request.path.endswith(NAME):
            request.answer(500)
            return True
        return False

    server = web_server(tmp_path, instead=instead)
    url = f"{server.url}/s.zarr"
    record = crawl_hierarchy(url, options=QUICK)
    fails.append(True)
    partly = crawl_hierarchy(url, options=QUICK)
    assert codes(partly) == ["unreadable-crate"]
    assert (len(partly.images), partly.crate) == (1, None)
    # What was recorded of it before is kept.
    known = (record.manifest, record.digest)
    outcome = crawl_hierarchy(url, *known, options=QUICK, thorough=True)
    assert (outcome.kept, outcome.problem.code) == (True, "partly-unreadable")
    fails.clear()
    again = crawl_hierarchy(url, partly.manifest, partly.digest, options=QUICK)
    assert replace(again, manifest=()) == replace(record, manifest=())
