"""Clients of buckets: what the options and the usual variables say, one for each bucket.

obstore reads the variables of the clouds itself; what it does not read is read here: the
shared files of AWS, and the names that `aws` knows beside those.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from configparser import ConfigParser, Error
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from catalog.errors import StoreError
from catalog.stores.access import Access
from catalog.stores.store import StoreOptions

if TYPE_CHECKING:
    from obstore.store import AzureStore, ClientConfig, GCSStore, RetryConfig, S3Store

    Client = S3Store | GCSStore | AzureStore

# obstore's HTTP client follows redirects, and cannot be told not to. But it can be told
# which hosts it may ask itself; all others it asks through this proxy, where nobody may
# listen but the system itself (port 1): so a redirect to another host leads nowhere.
DEAD_END = "127.0.0.1:1"
_OWN_HOSTS = {
    "s3": (".amazonaws.com", ".amazonaws.com.cn"),
    "gs": (".googleapis.com", ".google.internal"),
    "az": (".core.windows.net", ".microsoftonline.com"),
}
# Where machines of a cloud find their credentials.
_METADATA_HOSTS = ("169.254.169.254", "169.254.170.2", "169.254.170.23")
_AMBIENT = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_PREFIXES = ("AWS_", "GOOGLE_", "AZURE_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SSL_")


class Connection(NamedTuple):
    """A client, and what was learned of its bucket."""

    client: Client
    access: Access


_connections: dict[object, Connection] = {}
_lock = threading.Lock()


def connected_by(options: StoreOptions) -> tuple[object, ...]:
    """Give those options that two stores share a connection by."""
    return (
        options.endpoint,
        options.region,
        options.anonymous,
        options.profile,
        options.timeout,
    )


def connect(scheme: str, bucket: str, options: StoreOptions) -> Connection:
    """Give the connection to a bucket: one in this process for the same bucket and options.

    Raises
    ------
    StoreError
        When options or variables say what cannot be, or say too little.
    """
    environment = tuple(
        (name, value) for name, value in os.environ.items() if name.upper().startswith(_PREFIXES)
    )
    key = (os.getpid(), scheme, bucket, connected_by(options), environment)
    with _lock:
        found = _connections.get(key)
        if found is None:
            client = {"s3": _s3, "gs": _gs, "az": _az}[scheme](bucket, options)
            found = _connections[key] = Connection(client, Access())
        return found


def _s3(bucket: str, options: StoreOptions) -> Client:
    from obstore.store import S3Store

    read = os.environ.get
    place = f"s3://{bucket}"
    profile = _profile(options.profile or read("AWS_PROFILE"), options.profile is not None, place)
    endpoint = (
        options.endpoint
        or read("AWS_ENDPOINT_URL_S3")
        or read("AWS_ENDPOINT_URL")
        or read("AWS_ENDPOINT")
        or profile.get("endpoint_url")
    )
    config: dict[str, Any] = {
        "region": options.region
        or read("AWS_REGION")
        or read("AWS_DEFAULT_REGION")
        or profile.get("region")
        or "us-east-1"
    }
    if endpoint:
        if urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).hostname:
            raise StoreError(
                f"the endpoint {endpoint!r} for {place} is no URL of a server: "
                "give one such as https://s3.example.org",
                place,
            )
        config["endpoint"] = endpoint.rstrip("/")
    anonymous = options.anonymous
    if anonymous is None:
        anonymous = _is_set("AWS_SKIP_SIGNATURE") or _is_set("AWS_NO_SIGN_REQUEST")
    of_environment = read("AWS_ACCESS_KEY_ID") and options.profile is None
    known = True
    if anonymous:
        config["skip_signature"] = True
    elif profile.get("aws_access_key_id") and not of_environment:
        config["access_key_id"] = profile["aws_access_key_id"]
        config["secret_access_key"] = profile.get("aws_secret_access_key", "")
        if "aws_session_token" in profile:
            config["session_token"] = profile["aws_session_token"]
    elif not of_environment:
        known = False
        if _needs_boto3(profile) and not any(read(name) for name in _AMBIENT):
            config["credential_provider"] = _boto3(options.profile, place)
    return S3Store(
        bucket,
        config=None,
        client_options=_connection("s3", endpoint, options, known),
        retry_config=_once(),
        **config,
    )


def _gs(bucket: str, options: StoreOptions) -> Client:
    from obstore.store import GCSStore

    config: dict[str, Any] = {"skip_signature": True} if options.anonymous else {}
    return GCSStore(
        bucket,
        client_options=_connection("gs", None, options, bool(options.anonymous)),
        retry_config=_once(),
        **config,
    )


def _az(bucket: str, options: StoreOptions) -> Client:
    from obstore.store import AzureStore

    account = os.environ.get("AZURE_STORAGE_ACCOUNT_NAME") or os.environ.get(
        "AZURE_STORAGE_ACCOUNT"
    )
    if not account and not _is_set("AZURE_STORAGE_USE_EMULATOR"):
        place = f"az://{bucket}"
        raise StoreError(
            f"{place}: which storage account holds it? Set AZURE_STORAGE_ACCOUNT_NAME", place
        )
    config: dict[str, Any] = {"skip_signature": True} if options.anonymous else {}
    if account:
        config["account_name"] = account
    return AzureStore(
        bucket,
        client_options=_connection(
            "az", os.environ.get("AZURE_STORAGE_ENDPOINT"), options, bool(options.anonymous)
        ),
        retry_config=_once(),
        **config,
    )


def _connection(
    scheme: str, endpoint: str | None, options: StoreOptions, known: bool
) -> ClientConfig:
    """Say how to connect: time limits, and which hosts may be asked."""
    from datetime import timedelta

    connection: ClientConfig = {
        "timeout": timedelta(seconds=options.timeout),
        "connect_timeout": timedelta(seconds=min(options.timeout, 10.0)),
        "allow_http": endpoint is not None and endpoint.startswith("http://"),
        "user_agent": "ome-scene-catalog",
    }
    proxied = any(
        os.environ.get(name) or os.environ.get(name.lower())
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    )
    if not proxied:
        host = urlsplit(endpoint).hostname if endpoint else None
        hosts = [host] if host else list(_OWN_HOSTS[scheme])
        if not known:
            hosts += [*_OWN_HOSTS[scheme], *_METADATA_HOSTS]
        connection["proxy_url"] = f"http://{DEAD_END}"
        connection["proxy_excludes"] = ",".join(dict.fromkeys(hosts))
    return connection


def _once() -> RetryConfig:
    """Have obstore try once: it cannot tell how often it tried, and we count."""
    return {"max_retries": 0}


def _is_set(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes", "on")


def _profile(name: str | None, wanted: bool, place: str) -> Mapping[str, str]:
    """Read a profile from the shared files of AWS; nothing when there is none."""
    if not name:
        name = "default"
    found: dict[str, str] = {}
    for variable, file, section in (
        ("AWS_CONFIG_FILE", "~/.aws/config", name if name == "default" else f"profile {name}"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", name),
    ):
        path = Path(os.environ.get(variable) or file).expanduser()
        parser = ConfigParser(interpolation=None, strict=False, default_section="")
        try:
            parser.read(path, encoding="utf-8")
        except (Error, OSError, UnicodeDecodeError) as error:
            # The text of a ConfigParser's error quotes the line: it may hold a secret.
            raise StoreError(
                f"{place}: the file {path} cannot be read ({type(error).__name__}): "
                "mend it, or name another by " + variable,
                place,
            ) from None
        if parser.has_section(section):
            found.update(parser.items(section))
    if not found and (wanted or name != "default"):
        raise StoreError(
            f"{place}: there is no profile {name!r} in the shared files of AWS "
            "(~/.aws/config and ~/.aws/credentials)",
            place,
        )
    return found


def _needs_boto3(profile: Mapping[str, str]) -> bool:
    return any(
        key.startswith("sso_") or key in ("role_arn", "credential_process", "login_session")
        for key in profile
    )


def _boto3(profile: str | None, place: str) -> object:
    """Have boto3 fetch credentials of kinds that obstore does not know: sso, roles, programs."""
    try:
        import boto3
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ImportError:
        raise StoreError(
            f"{place}: the profile holds no keys; for what it holds instead (sso, a role, a "
            "program) boto3 is needed: pip install boto3, or set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY",
            place,
        ) from None
    return Boto3CredentialProvider(boto3.Session(profile_name=profile))
