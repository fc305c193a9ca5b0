"""Where documents lie: a URL opens a store that lists folders and gets documents.

Paths inside a store count from the URL it was opened at: no slash at either end,
``""`` for the place itself. A store says what is there; it knows nothing of Zarr.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

# Attributes of a megabyte exist; sixteen are a mistake, or an attack on memory.
LARGEST_DOCUMENT = 16 * 1024 * 1024


class Stat(NamedTuple):
    """When something was last changed, and how large it is (bytes)."""

    mtime_ns: int
    size: int


class Document(NamedTuple):
    """The bytes of a document, with its times as they were when it was opened."""

    data: bytes
    mtime_ns: int
    size: int


class Refusal(NamedTuple):
    """An entry of a folder that is not followed, and why, in words."""

    name: str
    message: str


class Listing(NamedTuple):
    """What lies directly in a folder, by name, sorted.

    Attributes
    ----------
    mtime_ns, size
        Of the folder, taken before it was listed.
    links
        Those of `folders` that are symbolic links.
    refused
        Links that are not followed.
    """

    folders: list[str]
    files: list[str]
    mtime_ns: int
    size: int
    links: frozenset[str] = frozenset()
    refused: tuple[Refusal, ...] = ()


class Store(Protocol):
    """What a crawl needs of a place, whatever kind of place it is."""

    @property
    def url(self) -> str:
        """URL that was opened, in its one spelling."""

    def list_folder(self, path: str) -> Listing:
        """List a folder; StoreError when it cannot be."""

    def get(self, path: str) -> Document | None:
        """Read a document; None when there is none.

        Raises StoreError when it cannot be read, DocumentError when it is larger
        than `LARGEST_DOCUMENT`.
        """

    def stat(self, path: str) -> Stat | None:
        """Tell a document's or folder's time and size; None when it is not there."""


def open_store(url: str, boundary: str | None = None) -> Store:
    """Open the store at a normalised URL.

    Parameters
    ----------
    url
        Where paths count from.
    boundary
        URL of a folder above, outside of which nothing is read; `url` itself if None.
    """
    from catalog.stores.local import LocalStore

    return LocalStore(url, boundary)
