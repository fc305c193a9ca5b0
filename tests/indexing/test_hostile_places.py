"""Hostile and broken places, through a whole run: told in words, and nothing outside is read."""

import json
import resource
import zipfile

import pytest

from catalog.stores import StoreOptions

HASTY = StoreOptions(retries=1, timeout=2)
IMAGES = "SELECT count(*) FROM image"
PROBLEMS = "SELECT code, url, message FROM problem ORDER BY code, url"


@pytest.fixture(params=["sqlite"])
def database_url(request):
    """One database: it has no part in this."""
    return request.getfixturevalue("sqlite_url")


def test_a_bucket_that_refuses_is_a_failure_that_says_what_to_set(
    bucket, collection, run, rows, monkeypatch
):
    collection.write_scene(bucket.folder / "s.zarr")
    assert run(bucket.url).written == 1
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another one")
    told = []
    (root,) = run(bucket.url, failure=told.append).roots
    assert (root.outcome, root.removed) == ("failed", 0)
    assert "access is refused" in root.message
    assert "set AWS_ACCESS_KEY_ID" in root.message
    assert [failure.code for failure in told] == ["unreadable-folder"]
    assert rows("SELECT count(*) FROM hierarchy WHERE removed_at IS NULL") == [(1,)]


def test_a_listing_that_ends_early_removes_nothing(tmp_path, collection, run, rows, web_server):
    for number in range(6):
        collection.write_scene(tmp_path / f"batch/s{number}.zarr", number, images=1, levels=1)
    cut = []

    def instead(handler):
        if cut and handler.path == "/batch/":
            page = b'<html><title>Index of /batch</title><a href="s0.zarr/">s0.zarr/</a>\n<a hr'
            handler.answer(200, page, Content_Type="text/html", Content_Length=str(len(page) + 999))
            handler.close_connection = True
            return True
        return False

    server = web_server(tmp_path, instead=instead)
    assert run(server.url).written == 6
    cut.append(True)
    report = run(server.url, options=HASTY, prune_limit=1.0)
    assert not report.complete
    assert report.removed == 0
    assert rows("SELECT count(*) FROM hierarchy WHERE removed_at IS NULL") == [(6,)]
    ((code, url, message),) = rows(PROBLEMS)
    assert (code, url) == ("unreadable-folder", f"{server.url}/batch")
    assert "ends" in message
    assert "asked 2 times" in message


def test_a_redirect_leads_nowhere(tmp_path, collection, run, rows, web_server):
    for name in ("here", "there"):
        collection.write_scene(tmp_path / name / "s.zarr", images=2, levels=1)
    there = web_server(tmp_path / "there")

    def instead(handler):
        if handler.path.startswith("/s.zarr/tile_1/zarr.json"):
            handler.answer(302, Location=there.url + handler.path)
            return True
        return False

    here = web_server(tmp_path / "here", instead=instead)
    report = run(here.url, options=HASTY)
    assert report.written == 1
    assert rows(IMAGES) == [(1,)]
    problems = {url: message for _, url, message in rows(PROBLEMS)}
    message = problems[f"{here.url}/s.zarr/tile_1"]
    assert f"redirects to {there.url}" in message
    assert there.requests == []


def test_a_zip_bomb_is_a_problem_and_takes_no_memory(tmp_path, collection, run, rows):
    collection.write_scene(tmp_path / "plain", images=2, levels=1)
    with zipfile.ZipFile(tmp_path / "a.ozx", "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted((tmp_path / "plain").rglob("*")):
            name = str(path.relative_to(tmp_path / "plain"))
            if name == "tile_1/zarr.json":
                with file.open(name, "w") as member:
                    for _ in range(400):
                        member.write(b" " * 1_000_000)
            else:
                file.write(path, name)
    assert (tmp_path / "a.ozx").stat().st_size < 1_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = run(tmp_path / "a.ozx")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
    assert report.written == 1
    assert rows(IMAGES) == [(1,)]
    messages = [message for _, url, message in rows(PROBLEMS) if url.endswith("a.ozx/tile_1")]
    assert any("more than 16,777,216 are not read" in message for message in messages)


def test_loops_of_links_end(tmp_path, collection, run, rows):
    collection.write_scene(tmp_path / "all/s.zarr", images=2, levels=1)
    (tmp_path / "all/again").symlink_to(tmp_path / "all")
    (tmp_path / "all/s.zarr/up").symlink_to(tmp_path / "all")
    (tmp_path / "all/s.zarr/self").symlink_to("self")
    (tmp_path / "outside").mkdir()
    (tmp_path / "all/s.zarr/out").symlink_to(tmp_path / "outside")
    report = run(tmp_path / "all")
    assert (report.written, report.failed) == (1, 0)
    assert rows(IMAGES) == [(2,)]
    assert "link-not-followed" in {code for code, _, _ in rows(PROBLEMS)}


def test_what_metadata_names_outside_is_never_asked_for(
    tmp_path, collection, run, rows, web_server
):
    other = web_server(tmp_path / "other")
    collection.write_scene(tmp_path / "other" / "x.zarr", images=1, levels=1)
    collection.write_scene(tmp_path / "root" / "secret.zarr", images=1, levels=1)
    scene = tmp_path / "root" / "open" / "s.zarr"
    collection.write_scene(scene, images=6, levels=1)
    document = json.loads((scene / "zarr.json").read_text())
    edges = document["attributes"]["ome"]["scene"]["coordinateTransformations"]
    outside = [
        *("../../secret.zarr/tile_0", "/secret.zarr/tile_0", "a/../../../secret.zarr/tile_0"),
        *(f"{other.url}/x.zarr/tile_0", "file:///etc"),
    ]
    for edge, path in zip(edges[1:], outside, strict=True):
        edge["input"] = {"path": path, "name": "physical"}
    edges[1].pop("translation")
    edges[1].update(type="affine", path="../../secret.zarr/tile_0/0")
    (scene / "zarr.json").write_text(json.dumps(document))
    for listing in (True, False):
        server = web_server(tmp_path / "root", listing=listing)
        report = run(f"{server.url}/open/s.zarr", options=HASTY)
        assert report.written == 1
        assert other.requests == []
        assert [path for _, path in server.requests if not path.startswith("/open/s.zarr")] == []
        assert {path for _, path in server.requests if "secret" in path} <= {
            # Nothing tells a leading slash from none: the place lies in the hierarchy.
            f"/open/s.zarr/secret.zarr/tile_0/{name}"
            for name in ("zarr.json", ".zarray", ".zattrs", "")
        }
        told = [message for code, _, message in rows(PROBLEMS) if code == "outside-hierarchy"]
        assert len(told) >= 2
