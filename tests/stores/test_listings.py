"""Folders as web servers list them: what real ones send, and what some others send."""

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalog.errors import StoreError
from catalog.stores import open_store
from catalog.stores.web_listing import from_json, from_multistatus, from_page

URL = "https://host/data/my%20brains/"

NGINX = """<html>
<head><title>Index of /data/my brains/</title></head>
<body>
<h1>Index of /data/my brains/</h1><hr><pre><a href="../">../</a>
<a href="a%23b.zarr/">a#b.zarr/</a>          01-Jan-2025 00:00       -
<a href="sch%C3%B6n/">sch\u00f6n/</a>        01-Jan-2025 00:00       -
<a href="zarr.json">zarr.json</a>            01-Jan-2025 00:00     100
</pre><hr></body>
</html>
"""
APACHE = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html><head><title>Index of /data/my brains</title></head><body>
<h1>Index of /data/my brains</h1><table>
<tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>
<tr><td><a href="/data/">Parent Directory</a></td></tr>
<tr><td><a href="a%23b.zarr/">a#b.zarr/</a></td></tr>
<tr><td><a href="sch%c3%b6n/">sch&ouml;n/</a></td></tr>
<tr><td><a href="zarr.json">zarr.json</a></td></tr>
</table></body></html>
"""
ABSOLUTE = """<title>Directory listing for /data/my brains/</title>
<a href="/data/my%20brains/a%23b.zarr/">a</a>
<a href="https://host/data/my%20brains/sch%C3%B6n/">b</a>
<a href="//host/data/my%20brains/zarr.json">c</a>
<a href="https://elsewhere/data/my%20brains/other/">d</a>
<a href="http://host/data/my%20brains/plain/">e</a>
<a href="/data/my%20brains/a/b/">f</a>
<a href="/data/other/">g</a>
<a href="../../x/">h</a> <a href=".">i</a> <a href="%2e%2e/">j</a> <a href="a%2Fb">k</a>
<a href="javascript:alert(1)">l</a> <a href="mailto:me@host">m</a> <a href="http://[bad">n</a>
<a href="#top">o</a> <a>p</a> <a href="">q</a>
"""


@pytest.mark.parametrize("page", [NGINX, APACHE, ABSOLUTE])
def test_links_to_what_lies_in_the_folder_are_its_entries(page):
    names = from_page(page, URL)
    assert sorted(names.folders) == ["a#b.zarr", "sch\u00f6n"]
    assert names.files == ["zarr.json"]


def test_another_page_is_no_listing():
    assert from_page("<title>My lab</title><a href='about/'>About</a>", URL) is None
    assert from_page("", URL) is None
    assert from_page("\x00<<<><a href=", URL) is None


def test_listings_in_json():
    nginx = b'[{"name":"a#b","type":"directory"},{"name":"zarr.json","type":"file","size":1}]'
    caddy = b'[{"name":"a#b/","is_dir":true},{"name":"zarr.json","is_dir":false}]'
    for listing in (nginx, caddy):
        assert from_json(listing) == (["a#b"], ["zarr.json"])
    out = b'[{"name":"..","type":"directory"},{"name":"../x","type":"file"}]'
    assert from_json(out) == ([], [])
    for other in (b"{}", b"[1]", b'[{"name":"a"}]', b"{", b"[" * 100_000):
        assert from_json(other) is None


def test_listings_by_webdav():
    answer = """<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">
    <D:response><D:href>/data/my%20brains/</D:href><D:propstat><D:prop><D:resourcetype>
      <D:collection/></D:resourcetype></D:prop></D:propstat></D:response>
    <D:response><D:href>/data/my%20brains/a%23b</D:href><D:propstat><D:prop><D:resourcetype>
      <D:collection/></D:resourcetype></D:prop></D:propstat></D:response>
    <D:response><D:href>https://host/data/my%20brains/zarr.json</D:href></D:response>
    <D:response><D:href>/data/other</D:href></D:response>
    </D:multistatus>"""
    assert from_multistatus(answer.encode(), URL) == (["a#b"], ["zarr.json"])
    assert from_multistatus(answer.encode()[:-40], URL) is None
    assert from_multistatus(b"<html></html>", URL) is None


def test_entities_of_xml_do_not_grow():
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x"}">' for n in range(9))
    bomb = f'<!DOCTYPE m [{entities}]><D:multistatus xmlns:D="DAV:">&e8;</D:multistatus>'
    assert from_multistatus(bomb.encode(), URL) is None


@pytest.fixture
def data(tmp_path):
    for path in ("top/a#b %20/zarr.json", "top/sch\u00f6n/0/zarr.json", "top/zarr.json"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("{}")
    return tmp_path


@pytest.mark.parametrize("server", ["python", "rclone http", "rclone webdav"])
def test_real_servers_list(data, server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if server == "python":
        command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
        command += ["--directory", str(data)]
    else:
        rclone = Path(sys.executable).parent / "rclone"
        command = [str(rclone) if rclone.exists() else shutil.which("rclone") or "rclone", "serve"]
        command += [server.split()[1], "--addr", f"127.0.0.1:{port}", "--config", "/dev/null"]
        command += [str(data)]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.02)
        store = open_store(f"http://127.0.0.1:{port}/top", f"http://127.0.0.1:{port}")
        assert store.lists
        listing = store.list_folder("")
        assert listing.folders == ["a#b %20", "sch\u00f6n"]
        assert listing.files == ["zarr.json"]
        assert store.list_folder("sch\u00f6n").folders == ["0"]
        assert store.get("a#b %20/zarr.json").data == b"{}"
        assert store.stat("zarr.json") == store.get("zarr.json")[1:]
        with pytest.raises(StoreError, match="cannot be listed"):
            store.list_folder("absent")
    finally:
        process.kill()
        process.wait()


def test_whether_a_server_lists_is_asked_once(data, web_server):
    server = web_server(data, listing=False)
    for folder in ("", "/top", "/top/sch\u00f6n"):
        assert not open_store(server.url + folder, server.url).lists
    assert [method for method, _ in server.requests] == ["GET", "PROPFIND"]
