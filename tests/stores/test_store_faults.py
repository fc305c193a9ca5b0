"""Servers that fail, refuse, hang, lie and lead elsewhere; asked over HTTP and as S3."""

import gzip
import itertools
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest

from catalog.errors import DocumentError, StoreError
from catalog.stores import StoreOptions, open_store
from catalog.stores.traffic import traffic

QUICK = StoreOptions(retries=2, timeout=5.0, anonymous=True)


@pytest.fixture(autouse=True)
def quick_pauses(monkeypatch):
    monkeypatch.setattr("catalog.stores.asking._FIRST_PAUSE", 0.01)


@pytest.fixture(params=["web", "s3"])
def served(request, tmp_path, web_server, monkeypatch):
    """Serve a folder with faults; gives the server and the URL that a store is opened at."""
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "zarr.json").write_bytes(b'{"a": 1}')

    def start(instead=None):
        server = web_server(tmp_path, listing=False, instead=instead)
        if request.param == "web":
            return server, f"{server.url}/bucket"
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        return server, "s3://bucket"

    return start


def test_what_fails_now_and_then_is_asked_for_again(served):
    number = itertools.count()

    def fail(handler):
        if next(number) % 3 == 2:
            return False
        handler.answer(503)
        return True

    server, url = served(fail)
    before = traffic()
    assert open_store(url, None, QUICK).get("zarr.json").data == b'{"a": 1}'
    assert traffic().since(before) == (3, 2, 8)
    assert len(server.requests) == 3


def test_many_at_once_get_through_a_server_that_fails(served):
    number = itertools.count()

    def fail(handler):
        if next(number) % 5:
            return False
        handler.answer(500)
        return True

    server, url = served(fail)
    store = open_store(url, None, StoreOptions(retries=12, anonymous=True))
    before = traffic()
    with ThreadPoolExecutor(60) as threads:
        documents = list(threads.map(store.get, ["zarr.json"] * 60))
    assert {document.data for document in documents} == {b'{"a": 1}'}
    counted = traffic().since(before)
    assert counted.requests == len(server.requests)
    assert counted.retries == counted.requests - 60


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_fails_for_ever_is_an_error(served, status):
    server, url = served(lambda handler: handler.answer(status) or True)
    with pytest.raises(StoreError, match=rf"answers {status}.*asked 3 times") as caught:
        open_store(url, None, QUICK).get("zarr.json")
    assert caught.value.url == f"{url}/zarr.json"
    assert len(server.requests) == 3


def test_a_server_says_how_long_to_wait(tmp_path, web_server):
    times = []

    def fail(handler):
        times.append(time.monotonic())
        if len(times) == 1:
            handler.answer(429, Retry_After="1")
        elif len(times) == 2:
            handler.answer(503, Retry_After=formatdate(0, usegmt=True))
        else:
            return False
        return True

    (tmp_path / "zarr.json").write_text("{}")
    assert open_store(web_server(tmp_path, instead=fail).url, None, QUICK).get("zarr.json")
    assert times[1] - times[0] >= 1.0
    assert times[2] - times[1] < 1.0


def test_a_server_that_hangs_is_given_up(served):
    released = threading.Event()
    _server, url = served(lambda handler: released.wait(20))
    started = time.monotonic()
    try:
        with pytest.raises(StoreError, match=r"no (whole )?answer within 0.2 s .asked 2 times"):
            open_store(url, None, StoreOptions(timeout=0.2, retries=1, anonymous=True)).get("a")
    finally:
        released.set()
    assert time.monotonic() - started < 5


def test_a_server_that_drips_is_given_up(served):
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.send_header("Last-Modified", formatdate(usegmt=True))
        handler.end_headers()
        try:
            for _ in range(200):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.02)
        except OSError:
            pass
        handler.close_connection = True
        return True

    _server, url = served(drip)
    started = time.monotonic()
    with pytest.raises(StoreError, match="cannot be read"):
        open_store(url, None, StoreOptions(timeout=0.3, retries=0, anonymous=True)).get("a")
    assert time.monotonic() - started < 2


def test_a_body_that_ends_early_is_an_error(served):
    def truncate(handler):
        handler.answer(200, b"abc", Content_Length="100", Last_Modified=formatdate(usegmt=True))
        handler.close_connection = True
        return True

    _server, url = served(truncate)
    with pytest.raises(StoreError, match=r"the answer ends .*asked 3 times"):
        open_store(url, None, QUICK).get("zarr.json")


def test_a_server_that_is_not_there_is_an_error(served, monkeypatch):
    server, url = served()
    gone = url.replace(server.url, "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreError, match=r"cannot be reached .asked 3 times"):
        open_store(gone, None, QUICK).get("zarr.json")


def test_a_document_that_is_too_large_is_not_received(served):
    sent = []

    def flood(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(10**9))
        handler.send_header("Last-Modified", formatdate(usegmt=True))
        handler.end_headers()
        try:
            for _ in range(1000):
                handler.wfile.write(b"x" * 10**6)
                sent.append(10**6)
        except OSError:
            pass
        handler.close_connection = True
        return True

    _server, url = served(flood)
    with pytest.raises(DocumentError, match="1,000,000,000 bytes"):
        open_store(url, None, QUICK).get("zarr.json")
    assert sum(sent) < 10**8


def test_a_document_without_a_length_is_cut_off(tmp_path, web_server):
    def flood(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(1000):
                handler.wfile.write(b"x" * 10**6)
        except OSError:
            pass
        handler.close_connection = True
        return True

    url = web_server(tmp_path, instead=flood).url
    with pytest.raises(DocumentError, match="too many bytes"):
        open_store(url, None, StoreOptions(largest_document=10**6)).get("zarr.json")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_elsewhere_is_not_followed(served, tmp_path, web_server, status):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "bucket").mkdir()
    (tmp_path / "secret" / "bucket" / "zarr.json").write_text('{"secret": 1}')
    other = web_server(tmp_path / "secret")
    to = other.url.replace("127.0.0.1", "localhost") + "/bucket/zarr.json?token=hidden"
    _server, url = served(lambda handler: handler.answer(status, Location=to) or True)
    with pytest.raises(StoreError, match="redirects") as caught:
        open_store(url, None, QUICK).get("zarr.json")
    assert other.requests == []
    assert "hidden" not in str(caught.value)


def test_a_web_server_leads_nowhere_else_even_on_itself(tmp_path, web_server):
    (tmp_path / "public").mkdir()
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "zarr.json").write_text("{}")

    def redirect(handler):
        if "/public/" not in handler.path:
            return False
        handler.answer(302, Location=handler.path.replace("public", "private"))
        return True

    server = web_server(tmp_path, instead=redirect)
    store = open_store(f"{server.url}/public")
    with pytest.raises(StoreError, match=r"redirects to .*/private/zarr.json.*not followed"):
        store.get("zarr.json")
    with pytest.raises(StoreError, match="lists no folders"):
        store.list_folder("")
    assert not any("private" in path for _, path in server.requests)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_that_stays_in_the_folder_is_followed(tmp_path, web_server, status):
    (tmp_path / "a" / "v2").mkdir(parents=True)
    (tmp_path / "a" / "v2" / "zarr #1.json").write_text('{"a": 1}')

    def redirect(handler):
        if handler.path == "/a/loop.json":
            handler.answer(status, Location="loop.json")
        elif handler.path.endswith("/zarr.json"):
            handler.answer(status, Location="v2/zarr%20%231.json")
        else:
            return False
        return True

    server = web_server(tmp_path, listing=False, instead=redirect)
    store = open_store(f"{server.url}/a", None, QUICK)
    found = store.get("zarr.json")
    assert found.data == b'{"a": 1}'
    assert store.stat("zarr.json") == found[1:]
    assert store.read("zarr.json", 1, 4) == b'"a"'
    with pytest.raises(StoreError, match="redirects to"):
        store.get("loop.json")
    assert len(server.requests) <= 12


def test_a_kept_connection_serves_one_request_after_the_other(tmp_path, web_server):
    connections = set()

    def look(handler):
        connections.add(handler.client_address)
        return False

    (tmp_path / "zarr.json").write_text("{}")
    server = web_server(tmp_path, listing=False, instead=look)
    store = open_store(server.url, None, QUICK)
    for _ in range(3):
        assert store.get("zarr.json").data == b"{}"
        assert store.get("absent") is None
        assert store.stat("zarr.json").size == 2
    assert len(server.requests) == 9
    assert len(connections) == 1


@pytest.mark.parametrize("said", ["gzip", "x-gzip", "deflate"])
def test_what_is_sent_compressed_is_unpacked_and_no_further_than_allowed(
    tmp_path, web_server, said
):
    pack = zlib.compress if said == "deflate" else gzip.compress
    packed = {
        "/zarr.json": pack(b'{"a": 1}'),
        "/bomb.json": pack(b" " * 5_000_000),
        "/short.json": pack(b'{"a": 1}')[:-5],
        "/wrong.json": b"not compressed at all",
    }

    def answer(handler):
        if handler.path not in packed:
            return False
        more = {"Content_Encoding": said, "ETag": '"1"'}
        handler.answer(200, packed[handler.path], **more)
        return True

    server = web_server(tmp_path, listing=False, instead=answer)
    store = open_store(server.url, None, StoreOptions(retries=0, largest_document=1_000_000))
    found = store.get("zarr.json")
    assert found.data == b'{"a": 1}'
    assert store.read("zarr.json") == b'{"a": 1}'
    assert found.size == len(packed["/zarr.json"])  # as a HEAD tells it
    with pytest.raises(DocumentError, match="more than 1,000,000"):
        store.get("bomb.json")
    with pytest.raises(StoreError, match="ends early"):
        store.get("short.json")
    with pytest.raises(StoreError, match="not compressed as it says"):
        store.get("wrong.json")


@pytest.mark.parametrize("status", [405, 501])
def test_a_server_that_knows_no_head_is_asked_for_the_first_byte(tmp_path, web_server, status):
    (tmp_path / "zarr.json").write_text('{"a": 1}')
    (tmp_path / "empty").write_text("")
    with (tmp_path / "large.zip").open("wb") as file:
        file.truncate(20_000_000)

    def answer(handler):
        if handler.command != "HEAD":
            return False
        handler.answer(status)
        return True

    server = web_server(tmp_path, listing=False, instead=answer)
    store = open_store(server.url, None, QUICK)
    assert store.stat("zarr.json") == store.get("zarr.json")[1:]
    before = traffic()
    assert store.stat("large.zip").size == 20_000_000
    assert store.stat("absent") is None
    assert traffic().since(before).bytes < 1000
    assert store.stat("empty") is None or store.stat("empty").size == 0


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_refuses_says_so_and_what_to_do(served, status):
    _server, url = served(lambda handler: handler.answer(status) or True)
    store = open_store(url, None, QUICK)
    with pytest.raises(StoreError, match=rf"refused .?{status}") as caught:
        store.get("zarr.json")
    if url.startswith("s3:"):
        assert "--anonymous" in str(caught.value)
    with pytest.raises(StoreError, match=r"cannot be listed"):
        store.list_folder("a")


def test_what_may_not_be_listed_is_refused_where_it_is_not_there(served):
    """As S3 does for those who may read and not list."""

    def refuse(handler):
        if handler.path.endswith("bucket/zarr.json"):
            return False
        handler.answer(403)
        return True

    _server, url = served(refuse)
    store = open_store(url, None, QUICK)
    assert store.get(".zattrs") is None  # before anything else could be read
    assert store.get("a/zarr.json") is None
    assert store.stat("a/zarr.json") is None
    assert store.get("zarr.json").data == b'{"a": 1}'
    assert not store.lists


def test_a_site_that_answers_to_everything_with_a_page_has_nothing(tmp_path, web_server):
    page = b"<html><title>My lab</title><a href='about/'>About</a></html>"
    server = web_server(
        tmp_path,
        instead=lambda handler: handler.answer(200, page, Content_Type="text/html") or True,
    )
    store = open_store(f"{server.url}/data")
    assert store.get("zarr.json") is None
    assert store.glance("zarr.json", 1000) is None
    assert store.glance("zarr.json", 10) is None
    assert store.stat("zarr.json") is None
    assert not store.lists


def test_a_listing_that_ends_early_is_an_error(tmp_path, web_server):
    (tmp_path / "a").mkdir()
    calls = itertools.count()

    def truncate(handler):
        if next(calls) == 0:
            return False
        page = b"<html><title>Index of /</title><a href='a/'>a/</a>"
        handler.answer(200, page, Content_Length="1000", Content_Type="text/html")
        handler.close_connection = True
        return True

    store = open_store(web_server(tmp_path, instead=truncate).url, None, QUICK)
    assert store.lists
    with pytest.raises(StoreError, match=r"cannot be listed: the answer ends .*asked 3 times"):
        store.list_folder("")


def test_a_listing_without_an_end_is_an_error(tmp_path, web_server):
    def truncate(handler):
        handler.protocol_version = "HTTP/1.0"
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        handler.wfile.write(b"<html><title>Index of /</title><a href='a/'>a/</a>")
        handler.close_connection = True
        return True

    store = open_store(web_server(tmp_path, instead=truncate).url, None, QUICK)
    with pytest.raises(StoreError, match=r"the listing ends early .asked 3 times"):
        store.list_folder("")


def test_an_s3_server_may_be_away_for_a_while(bucket, monkeypatch):
    monkeypatch.setattr("catalog.stores.asking._FIRST_PAUSE", 0.2)
    (bucket.folder / "zarr.json").write_text("{}")
    store = open_store(bucket.url, None, StoreOptions(retries=8))
    assert store.get("zarr.json").data == b"{}"
    bucket.server.stop()
    back = threading.Timer(0.5, bucket.server.start)
    back.start()
    before = traffic()
    try:
        assert store.get("zarr.json").data == b"{}"
    finally:
        back.join()
    assert traffic().since(before).retries >= 1


def test_a_bucket_that_is_not_there(bucket):
    store = open_store("s3://no-such-bucket-here")
    for question in (store.get, store.list_folder):
        with pytest.raises(StoreError, match="no bucket s3://no-such-bucket-here"):
            question("zarr.json")


def test_wrong_keys_are_refused(bucket, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    (bucket.folder / "zarr.json").write_text("{}")
    store = open_store(bucket.url)
    for question in (store.get, store.list_folder, store.stat):
        with pytest.raises(StoreError, match=r"refused .403.*AWS_SECRET_ACCESS_KEY"):
            question("zarr.json")
