"""One spelling for each place: URLs of groups, and local paths behind them.

A URL is normalised once, at the door (`normalise`): scheme, absolute path, no
trailing slash. Only what would change a URL's meaning is percent-encoded (``#``,
``?``, ``%``, control characters, and bytes of a name that are not UTF-8), so that URLs
stay readable and an address still splits at its first ``#``.
"""

from __future__ import annotations

import os
import re
from urllib.parse import unquote_to_bytes

from catalog.errors import StoreError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+)://")
_UNSAFE = re.compile("[%#?\x00-\x1f\x7f\ud800-\udfff]")


def _escape(match: re.Match[str]) -> str:
    data = match.group().encode("utf-8", "surrogateescape")
    return "".join(f"%{byte:02X}" for byte in data)


def encode(path: str) -> str:
    """Encode a path, as the operating system or a document spells it, for use in a URL."""
    return _UNSAFE.sub(_escape, path) if _UNSAFE.search(path) else path


def decode(path: str) -> str:
    """Decode the path of a URL; bytes that are not UTF-8 become surrogates, as `os` has them."""
    if "%" not in path:
        return path
    return unquote_to_bytes(path.encode("utf-8", "surrogateescape")).decode(
        "utf-8", "surrogateescape"
    )


def normalise(text: str) -> str:
    """Give the one spelling of a place.

    Symbolic links are not resolved, except where ``..`` follows one: there, what the
    operating system would do is done.

    Parameters
    ----------
    text
        A local path, absolute or from the working directory, or a ``file:`` URL.

    Raises
    ------
    StoreError
        For an empty text, and for schemes that are not supported.

    Examples
    --------
    >>> normalise("/data//brains/./brain#7.zarr/")
    'file:///data/brains/brain%237.zarr'
    """
    return from_path(_local_path(text))


def from_path(path: str) -> str:
    """Spell an absolute local path without dots or doubled slashes as a URL."""
    return "file://" + encode(path)


def _local_path(text: str) -> str:
    if not text:
        raise StoreError("an empty text names no place: give a folder or a URL", text)
    if "\0" in text:
        raise StoreError(f"{text!r} holds a NUL character, which no path can", text)
    scheme = _SCHEME.match(text)
    if scheme is None and text[:6].lower() != "file:/":
        return absolute(text)
    if scheme is not None and scheme.group(1).lower() != "file":
        raise StoreError(
            f"{text}: {scheme.group(1)}:// is not supported yet; give a local folder", text
        )
    rest = text[scheme.end() :] if scheme else text[5:]
    host, slash, path = rest.partition("/")
    if host not in ("", "localhost") or not slash:
        raise StoreError(
            f"{text}: a file URL is file:///absolute/path; the host {host!r} cannot be read", text
        )
    return absolute("/" + decode(path))


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
    head, _, tail = url[7:].rpartition("/")
    if not tail:
        return None
    return url[:7] + (head or "/")


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
