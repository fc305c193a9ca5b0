"""One spelling for places on other machines."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from catalog.errors import StoreError
from catalog.stores.encoding import decode, encode

# Other names for the same.
_SAME = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "azure": "az", "abfs": "az"}
_WEB_PORTS = {"http": "80", "https": "443"}
_BUCKETS = frozenset(("s3", "gs", "az"))
# What fsspec knows beside places: views of other places, and those that we spell ourselves.
_NO_PLACES = frozenset(
    (
        *("local", "asynclocal", "zip", "tar", "libarchive", "dir", "generic", "data"),
        *("reference", "lazyreference", "async_wrapper", "adl", "abfss"),
        *("cached", "blockcache", "filecache", "simplecache"),
    )
)
_BUCKET = re.compile(r"[A-Za-z0-9$][A-Za-z0-9._\-]*")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@/?#\s]+)(?::(\d{0,5}))?")
_ENCODED_SLASH = re.compile("%2[fF]|%00")


def normalise_remote(scheme: str, text: str) -> str:
    """Give the one spelling of a URL that is not of this machine.

    Raises
    ------
    StoreError
        When it holds what must not be recorded, or names no place.
    """
    scheme = _SAME.get(scheme, scheme)
    rest = text.partition("://")[2]
    authority, _, path = rest.partition("/")
    if "@" in authority and (scheme in _WEB_PORTS or scheme in _BUCKETS or ":" in authority):
        # Not even in the message: it would end up in a log.
        shown = f"{scheme}://{rest.rpartition('@')[2]}"
        raise StoreError(
            f"the URL of {shown} holds a user or a password: it would be recorded for all to "
            "read. Leave it away; see docs/stores.md for where credentials come from",
            shown,
        )
    if scheme in _WEB_PORTS:
        for sign, what in (("?", "a query"), ("#", "a fragment")):
            if sign in rest:
                shown = f"{scheme}://{rest.partition(sign)[0]}"
                raise StoreError(
                    f"{shown}{sign}...: a URL with {what} names no place that paths can be "
                    f"joined to; give it without (a {sign} of a name is written "
                    f"%{ord(sign):02X})",
                    shown,
                )
    if _ENCODED_SLASH.search(path):
        raise StoreError(f"{text}: an encoded slash or NUL names no place", text)
    if scheme in _WEB_PORTS:
        authority = _web_host(scheme, authority, text)
    elif scheme in _BUCKETS:
        if not _BUCKET.fullmatch(authority):
            raise StoreError(
                f"{text}: {authority!r} is no name of a bucket; the form is {scheme}://bucket/path",
                text,
            )
    elif scheme == "memory" and authority:
        path, authority = f"{authority}/{path}", ""
    if scheme not in _WEB_PORTS and scheme not in _BUCKETS:
        _judge_scheme(scheme, text)
    parts = _plain_parts(decode(path))
    if not parts:
        return f"{scheme}://{authority}" if authority else f"{scheme}:///"
    return f"{scheme}://{authority}/{encode('/'.join(parts))}"


def _web_host(scheme: str, authority: str, text: str) -> str:
    found = _HOST.fullmatch(unquote_to_bytes(authority).decode("utf-8", "replace"))
    if found is None:
        raise StoreError(
            f"{text}: {authority!r} is no host; the form is {scheme}://host/path", text
        )
    host, port = found.group(1).lower(), found.group(2)
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            raise StoreError(f"{text}: {authority!r} is no name of a host", text) from None
    if port and int(port) > 65535:
        raise StoreError(f"{text}: there is no port {port}", text)
    if not port or port.lstrip("0") == _WEB_PORTS[scheme]:
        return host
    return f"{host}:{int(port)}"


def _plain_parts(path: str) -> list[str]:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return parts


def _judge_scheme(scheme: str, text: str) -> None:
    """Refuse a scheme that neither we nor fsspec know."""
    try:
        from fsspec.registry import known_implementations
    except ImportError:
        raise StoreError(
            f"{text}: {scheme}:// needs the package fsspec: "
            "pip install 'ome-scene-catalog[fsspec]'",
            text,
        ) from None
    if scheme not in known_implementations or scheme in _NO_PLACES:
        raise StoreError(
            f"{text}: {scheme}:// names no place; there are local folders, s3://, gs://, az://, "
            "https://, http://, and what fsspec knows",
            text,
        )
