"""What servers are asked for: the documents that are needed, hardly anything else, no chunk."""

import http.client
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from catalog.crawl.concurrent import AsyncExecutor
from catalog.crawl.discover import discover
from catalog.crawl.records import Failed, HierarchyRecord, Unchanged
from catalog.crawl.requests import requests_at_once
from catalog.crawl.work import crawl_hierarchy
from catalog.stores import StoreOptions, open_store

QUICK = StoreOptions(retries=0, timeout=5)


class Between(BaseHTTPRequestHandler):
    """Passes requests on to the S3 server, and keeps what was asked."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def pass_on(self):
        with self.server.lock:
            self.server.under_way += 1
            self.server.most = max(self.server.most, self.server.under_way)
        self.answered = False
        try:
            self.pass_on_one()
        finally:
            self.end()

    def end_headers(self):
        self.end()  # who has the answer may ask again before this thread goes on
        super().end_headers()

    def end(self):
        with self.server.lock:
            self.server.under_way -= not self.answered
            self.answered = True

    def pass_on_one(self):
        time.sleep(self.server.pause)
        log = self.server.log
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        key = unquote(parts.path).strip("/").partition("/")[2]
        if "list-type" in query:
            asked = ("LIST", query.get("prefix", [""])[0].rstrip("/"))
        else:
            asked = (self.command, key)
        log.append(asked)
        status = self.server.faults.get(asked)
        if status is not None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=20)
        connection.request(self.command, self.path, headers=dict(self.headers))
        answer = connection.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        length = answer.headers.get("Content-Length") if self.command == "HEAD" else len(body)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)
        connection.close()

    do_GET = do_HEAD = pass_on


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    under_way = most = 0
    pause = 0.0


@pytest.fixture
def watched(bucket, monkeypatch):
    """A bucket whose server's requests are kept, and fail where `faults` says so."""
    server = Server(("127.0.0.1", 0), Between)
    server.behind = bucket.server.port
    server.lock = threading.Lock()
    server.log = []
    server.faults = {}
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
    assert open_store(bucket.url).lists  # which one request tells, once for each bucket
    server.log.clear()
    yield SimpleNamespace(
        folder=bucket.folder, url=bucket.url, log=server.log, faults=server.faults, server=server
    )
    server.shutdown()
    server.server_close()
    thread.join()


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
