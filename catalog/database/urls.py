"""Above and below: what a URL says about where things lie."""

from __future__ import annotations


def ancestors(url: str) -> tuple[str, ...]:
    """Name the places that contain a URL, the nearest first.

    Examples
    --------
    >>> ancestors("file:///data/a.zarr")
    ('file:///data', 'file:///')
    """
    scheme, separator, path = url.partition("://")
    start = scheme + separator
    parts = path.split("/")
    if not parts[-1]:  # the root of a file system
        return ()
    found = [start + "/".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]
    return tuple(place if not place.endswith("://") else place + "/" for place in found)


def bounds(url: str) -> tuple[str, str]:
    """Give the texts between which, in byte order, all URLs below a place lie."""
    folder = url if url.endswith("/") else url + "/"
    return folder, folder[:-1] + "0"  # the character after the slash
