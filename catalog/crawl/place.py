"""A folder that a walk goes to, and which documents are asked for there."""

from __future__ import annotations

from typing import Literal

from catalog.crawl.naming import Role
from catalog.stores import Listing

V3, ARRAY_V2, ATTRIBUTES_V2, GROUP_V2 = "zarr.json", ".zarray", ".zattrs", ".zgroup"
COPIES_V2 = ".zmetadata"

Met = Literal["group", "broken", "nothing"]


class Place:
    """A folder to look at.

    Attributes
    ----------
    zarr_format
        What the group above is of: its documents are asked for first.
    linked
        Reached through a symbolic link.
    doubtful
        Named as folders of chunks are, in a folder without metadata: not listed unless
        some document is in it.
    named
        Metadata leads there; whether there is such a folder is not known.
    sought
        Names of documents to ask for, until one is there.
    """

    __slots__ = (
        "doubtful",
        "linked",
        "listing",
        "met",
        "named",
        "path",
        "prefix",
        "role",
        "sought",
        "zarr_format",
    )

    def __init__(self, path: str, zarr_format: int, role: Role, sought: tuple[str, ...]) -> None:
        self.path = path
        self.prefix = path + "/" if path else ""
        self.zarr_format = zarr_format
        self.role = role
        self.sought = sought
        self.met: Met = "nothing"
        self.listing: Listing | None = None
        self.linked = False
        self.doubtful = False
        self.named = False


def documents_of(zarr_format: int, role: Role, *, near: bool, lists: bool) -> tuple[str, ...]:
    """Name the documents to ask for at a place, below a group of a Zarr format.

    Where folders can be listed, a listing tells the rest, once it is known that the
    place is no array. Elsewhere all that may be there has to be asked for.
    """
    if lists:
        if zarr_format == 3:
            return V3, ARRAY_V2
        # A group is listed, which tells all; what may be an array must not be.
        return () if role == "group" and not near else (ARRAY_V2,)
    if role == "probe":
        return (V3,) if zarr_format == 3 else (ATTRIBUTES_V2,)
    if role == "group":
        v2: tuple[str, ...] = (ATTRIBUTES_V2,)
    else:
        v2 = (ARRAY_V2,) if role == "array" else (ARRAY_V2, ATTRIBUTES_V2)
    return (V3, *v2) if zarr_format == 3 else (*v2, V3)


def of_root(*, lists: bool) -> tuple[str, ...]:
    """Name the documents to ask for at the root, of which no Zarr format is known."""
    return (V3, ARRAY_V2) if lists else (V3, ATTRIBUTES_V2, ARRAY_V2, GROUP_V2, COPIES_V2)


def is_of_chunks(name: str) -> bool:
    """Tell whether a folder is named as those of chunks are: ``c``, or a number."""
    return name == "c" or name.isdecimal()
