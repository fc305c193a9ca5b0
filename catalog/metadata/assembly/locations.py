"""Locations inside a hierarchy: how a path that a document writes is followed."""

from __future__ import annotations

import re

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:/")


def join(base: str, path: str) -> str | None:
    """Follow `path` from the group at `base`; None when it leaves the hierarchy.

    ``./`` and a trailing ``/`` mean nothing; a leading ``/`` means the root. What
    names another store (a URL, ``..`` beyond the root) leaves the hierarchy.

    Examples
    --------
    >>> join("scene/tiles", "t0/")
    'scene/tiles/t0'
    >>> join("image/labels/cells", "../../")
    'image'
    >>> join("scene", "/atlas")
    'atlas'
    >>> join("scene", "../../elsewhere") is None
    True
    """
    if _is_name(path):
        return f"{base}/{path}" if base else path
    followed = follow(base, path)
    return None if is_outside(followed) else followed


def is_outside(location: str) -> bool:
    """Say whether a location made by `follow` lies outside of the hierarchy."""
    return location == ".." or location.startswith("../") or _SCHEME.match(location) is not None


def follow(base: str, path: str) -> str:
    """Follow `path` from `base` and keep what leads out (``../other``, a URL) as written."""
    if _is_name(path):
        return f"{base}/{path}" if base else path
    if _SCHEME.match(path):
        return path
    segments = [] if path.startswith("/") or not base else base.split("/")
    for segment in path.split("/"):
        if segment in ("", "."):
            continue
        if segment == ".." and segments and segments[-1] != "..":
            segments.pop()
        else:
            segments.append(segment)
    return "/".join(segments)


def _is_name(path: str) -> bool:
    """Tell at once, of nearly all paths, that they name what lies in a group itself."""
    return path != "" and "/" not in path and "." not in path and ":" not in path


def parent(location: str) -> str | None:
    """Give the location above, None above the root."""
    if not location:
        return None
    return location.rpartition("/")[0]


def ancestors(location: str) -> list[str]:
    """Give the locations above, nearest first, the root last."""
    above: list[str] = []
    higher = parent(location)
    while higher is not None:
        above.append(higher)
        higher = parent(higher)
    return above
