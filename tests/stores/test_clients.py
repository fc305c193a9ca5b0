"""Where options, credentials and endpoints come from."""

from email.utils import formatdate

import pytest

from catalog.errors import StoreError
from catalog.stores import StoreOptions, open_store
from catalog.stores.clients import connect

NO_ANSWER = StoreOptions(retries=0, timeout=2.0)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch, tmp_path):
    import os

    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def kept(s3_server):
    """URL of a bucket with one document, without any variables that lead to it."""
    folder = s3_server.folder / "kept"
    folder.mkdir(exist_ok=True)
    (folder / "zarr.json").write_text("{}")
    return s3_server, "s3://kept"


def profile(tmp_path, server, secret=None):
    (tmp_path / "config").write_text(
        f"[default]\nregion = us-east-1\n[profile lab]\nendpoint_url = {server.endpoint}\n"
    )
    (tmp_path / "credentials").write_text(
        f"[lab]\naws_access_key_id = {server.key}\n"
        f"aws_secret_access_key = {secret or server.secret}\n"
    )


def test_keys_and_endpoint_come_from_variables(kept, monkeypatch):
    server, url = kept
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.endpoint)
    assert open_store(url).get("zarr.json").data == b"{}"


def test_an_endpoint_may_be_given(kept, monkeypatch):
    server, url = kept
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    options = StoreOptions(endpoint=server.endpoint + "/")
    assert open_store(url, None, options).get("zarr.json").data == b"{}"


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_profile_holds_keys_and_endpoint(kept, tmp_path, monkeypatch, by):
    server, url = kept
    profile(tmp_path, server)
    if by == "variable":
        monkeypatch.setenv("AWS_PROFILE", "lab")
    options = StoreOptions(profile="lab" if by == "option" else None)
    assert open_store(url, None, options).get("zarr.json").data == b"{}"


def test_a_profile_that_is_asked_for_wins_over_variables(kept, tmp_path, monkeypatch):
    server, url = kept
    profile(tmp_path, server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    assert open_store(url, None, StoreOptions(profile="lab")).get("zarr.json").data == b"{}"


def test_a_profile_that_is_not_there(tmp_path):
    with pytest.raises(StoreError, match="no profile 'absent'"):
        open_store("s3://kept", None, StoreOptions(profile="absent"))


def test_a_broken_file_does_not_show_what_is_in_it(tmp_path):
    (tmp_path / "credentials").write_text("aws_secret_access_key: top-secret\n")
    with pytest.raises(StoreError, match="credentials cannot be read") as caught:
        open_store("s3://kept")
    assert "top-secret" not in str(caught.value)


def test_a_profile_without_keys_says_what_is_needed(tmp_path):
    (tmp_path / "config").write_text("[profile lab]\nsso_session = x\nregion = eu-west-1\n")
    with pytest.raises(StoreError, match=r"boto3 is needed|sso|boto"):
        open_store("s3://kept", None, StoreOptions(profile="lab")).get("zarr.json")


def test_without_credentials_the_error_says_what_to_set(kept):
    server, url = kept
    options = StoreOptions(endpoint=server.endpoint, retries=0, timeout=3.0)
    with pytest.raises(StoreError, match=r"AWS_ACCESS_KEY_ID.*--anonymous"):
        open_store(url, None, options).get("zarr.json")


@pytest.mark.parametrize("by", ["option", "AWS_SKIP_SIGNATURE", "AWS_NO_SIGN_REQUEST"])
def test_anonymous_requests_are_not_signed(tmp_path, web_server, monkeypatch, by):
    signed = []

    def look(handler):
        signed.append(handler.headers.get("Authorization"))
        return False

    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "zarr.json").write_text("{}")
    options = StoreOptions(endpoint=web_server(tmp_path, instead=look).url)
    if by == "option":
        options = StoreOptions(endpoint=options.endpoint, anonymous=True)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    else:
        monkeypatch.setenv(by, "true")
    assert open_store("s3://bucket", None, options).get("zarr.json").data == b"{}"
    assert signed == [None]


@pytest.mark.parametrize("endpoint", ["localhost:9000", "ftp://host", "http://"])
def test_an_endpoint_that_is_no_url(endpoint):
    with pytest.raises(StoreError, match="endpoint"):
        open_store("s3://kept", None, StoreOptions(endpoint=endpoint))


def test_a_bucket_has_one_client_for_each_way_to_ask():
    anonymous = StoreOptions(anonymous=True)
    first = connect("s3", "a", anonymous)
    assert connect("s3", "a", StoreOptions(anonymous=True, largest_document=5)) is first
    assert connect("s3", "b", anonymous) is not first
    assert connect("s3", "a", StoreOptions(anonymous=True, region="eu-west-1")) is not first


def test_azure_wants_an_account():
    with pytest.raises(StoreError, match="AZURE_STORAGE_ACCOUNT_NAME"):
        open_store("az://container/a")


def test_azure_is_read(tmp_path, web_server, monkeypatch):
    """By its protocol: what it answers is written here, for no server of it comes by pip."""
    listing = b"""<?xml version="1.0" encoding="utf-8"?>
    <EnumerationResults><Blobs>
    <BlobPrefix><Name>top/a/</Name></BlobPrefix>
    <Blob><Name>top/zarr.json</Name><Properties>
      <Last-Modified>Wed, 01 Jan 2025 00:00:00 GMT</Last-Modified><Etag>0x1</Etag>
      <Content-Length>2</Content-Length>
      <Content-Type>application/json</Content-Type></Properties></Blob>
    </Blobs><NextMarker/></EnumerationResults>"""

    def answer(handler):
        if "comp=list" in handler.path:
            handler.answer(200, listing, Content_Type="application/xml")
        elif handler.path.split("?")[0].endswith("/container/top/zarr.json"):
            handler.answer(200, b"{}", Last_Modified=formatdate(usegmt=True), ETag='"0x1"')
        else:
            handler.answer(404)
        return True

    server = web_server(tmp_path, instead=answer)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", server.url)
    store = open_store("az://container/top", None, StoreOptions(anonymous=True))
    assert store.get("zarr.json").data == b"{}"
    assert store.get("absent") is None
    assert store.list_folder("")[:2] == (["a"], ["zarr.json"])


def test_schemes_of_packages_that_are_not_there_are_named():
    with pytest.raises(StoreError, match=r"paramiko|sftp"):
        open_store("sftp://host/a", None, NO_ANSWER).get("zarr.json")


def test_a_proxy_of_the_environment_is_asked(tmp_path, web_server, monkeypatch):
    def answer(handler):
        handler.answer(200, b"{}", ETag='"1"')
        return True

    proxy = web_server(tmp_path, instead=answer)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", proxy.url)
    assert open_store("http://data.invalid/a b").get("zarr.json").data == b"{}"
    assert proxy.requests == [("GET", "http://data.invalid/a%20b/zarr.json")]
