"""One spelling for each place: URLs of groups, and local paths behind them.

A URL is normalised once, at the door (`normalise`): scheme, absolute path, no
trailing slash. Only what would change a URL's meaning is percent-encoded (``#``,
``?``, ``%``, control characters, and bytes of a name that are not UTF-8), so that URLs
stay readable and an address still splits at its first ``#``.
"""

from __future__ import annotations

import os
import re

from catalog.errors import StoreError
from catalog.stores.encoding import decode, encode

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+)://")
_CHAIN = re.compile(r"[A-Za-z]+::[A-Za-z]+:")


def normalise(text: str) -> str:
    """Give the one spelling of a place.

    Symbolic links are not resolved, except where ``..`` follows one: there, what the
    operating system would do is done. Elsewhere ``..`` is resolved as text.

    Parameters
    ----------
    text
        A local path, absolute or from the working directory, or a URL.

    Raises
    ------
    StoreError
        For an empty text, for a query or a password in a URL, and for schemes that
        nobody knows.

    Examples
    --------
    >>> normalise("/data//brains/./brain#7.zarr/")
    'file:///data/brains/brain%237.zarr'
    >>> normalise("HTTPS://Example.org:443/my%20brains/")
    'https://example.org/my brains'
    """
    if not text:
        raise StoreError("an empty text names no place: give a folder or a URL", text)
    if "\0" in text:
        raise StoreError(f"{text!r} holds a NUL character, which no path can", text)
    if _CHAIN.match(text):
        raise StoreError(
            f"{text}: places are not chained by '::'; for what lies in an archive, give the URL "
            "of the archive, and below it the path",
            text,
        )
    found = _SCHEME.match(text)
    if found is None and text[:6].lower() != "file:/":
        return from_path(absolute(text))
    scheme = found.group(1).lower() if found else "file"
    if scheme != "file":
        from catalog.stores.remote_url import normalise_remote

        return normalise_remote(scheme, text)
    rest = text[found.end() :] if found else text[5:]
    host, slash, path = rest.partition("/")
    if host not in ("", "localhost") or not slash:
        raise StoreError(
            f"{text}: a file URL is file:///absolute/path; the host {host!r} cannot be read", text
        )
    return from_path(absolute("/" + decode(path)))


def from_path(path: str) -> str:
    """Spell an absolute local path without dots or doubled slashes as a URL."""
    return "file://" + encode(path)


def absolute(path: str) -> str:
    """Make a local path absolute, its dots resolved as the operating system would."""
    if not path.startswith("/"):
        path = f"{os.getcwd()}/{path}"  # noqa: PTH109 - a string is wanted
    current = ""
    for part in path.split("/"):
        if part == "..":
            current = os.path.dirname(os.path.realpath(current or "/")).rstrip("/")  # noqa: PTH120
        elif part not in ("", "."):
            current = f"{current}/{part}"
    return current or "/"


def to_path(url: str) -> str:
    """Give the local path of a normalised ``file:`` URL."""
    if not url.startswith("file:///"):
        raise StoreError(f"{url} is not a local folder", url)
    return decode(url[7:])


def join(url: str, path: str) -> str:
    """Give the URL of what lies at `path` (unencoded, from a document) below `url`."""
    if not path:
        return url
    return f"{url if url.endswith('/') else url + '/'}{encode(path)}"


def parent(url: str) -> str | None:
    """Give the URL of the folder above; None for the topmost."""
    start = url.index("://") + 3
    first = url.find("/", start)
    last = url.rfind("/")
    if first < 0 or last == len(url) - 1:
        return None
    return url[: last + 1] if last == start else url[:last]


def split(url: str) -> tuple[str, str, str]:
    """Give the scheme, the host or bucket, and the path (decoded, no slash at either end).

    Examples
    --------
    >>> split("s3://screens/2024/plate%231.zarr")
    ('s3', 'screens', '2024/plate#1.zarr')
    """
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    return scheme, host, decode(path)


def is_local(url: str) -> bool:
    """Tell whether a URL names a place in the file system of this machine."""
    return url.startswith("file:")


def relative(url: str, base: str) -> str | None:
    """Give the path (decoded) that leads from `base` down to `url`; None if it is not below.

    Examples
    --------
    >>> relative("file:///data/a.zarr/0", "file:///data")
    'a.zarr/0'
    """
    if url == base:
        return ""
    prefix = base if base.endswith("/") else base + "/"
    return decode(url[len(prefix) :]) if url.startswith(prefix) else None


def name(url: str) -> str:
    """Give the last part of a URL, decoded for people to read."""
    last = decode(url.rpartition("/")[2])
    return last.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def is_plain(path: str) -> bool:
    """Tell whether a path only leads downwards: no empty part, ``.`` or ``..`` in it."""
    return all(part not in ("", ".", "..") for part in path.split("/"))


def is_archive_name(name: str) -> bool:
    """Tell whether a file is named as zip archives are: ``.zip``, or ``.ozx`` of RFC-9."""
    return name[-4:].lower() in (".zip", ".ozx")
