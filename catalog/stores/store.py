"""What a store is: the questions that it answers, and the values that it answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

# Attributes of a megabyte exist; sixteen are a mistake, or an attack on memory.
LARGEST_DOCUMENT = 16 * 1024 * 1024
# Bytes that are received when a part was asked for and the server gives the whole.
LARGEST_WHOLE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How stores are opened; plain values, so that a worker elsewhere opens them alike.

    What is None comes from the environment, as the usual tools read it.

    Attributes
    ----------
    endpoint
        URL of a server that speaks S3.
    region
        Of the bucket.
    anonymous
        Whether requests go unsigned; None for what the environment says.
    profile
        Name in the shared credentials file of AWS.
    largest_document
        Bytes; a larger document is refused.
    timeout
        Seconds that one request may take.
    retries
        How often a request is tried again that failed by a time-out, 429 or 5xx.
    """

    endpoint: str | None = None
    region: str | None = None
    anonymous: bool | None = None
    profile: str | None = None
    largest_document: int = LARGEST_DOCUMENT
    timeout: float = 30.0
    retries: int = 5


DEFAULT_OPTIONS = StoreOptions()


class Stat(NamedTuple):
    """When something was last changed, how large it is (bytes), and its etag, if it has one."""

    mtime_ns: int
    size: int
    etag: str = ""


class Document(NamedTuple):
    """The bytes of a document, with its times and etag as they were when it was opened."""

    data: bytes
    mtime_ns: int
    size: int
    etag: str = ""


class Refusal(NamedTuple):
    """An entry of a folder that is not followed, and why, in words."""

    name: str
    message: str


class Listing(NamedTuple):
    """What lies directly in a folder, by name, sorted.

    Attributes
    ----------
    mtime_ns, size
        Of the folder, taken before it was listed; 0 where folders have no times.
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
    def lists(self) -> bool:
        """Whether folders can be listed here: a web server may not; it may be asked, once."""

    @property
    def near(self) -> bool:
        """Whether asking costs next to nothing.

        Then all documents are compared with what is known of them, elsewhere the root's alone.
        """

    @property
    def at_once(self) -> bool:
        """Whether many things are asked for at once, each from a thread, to wait for them once."""

    @property
    def url(self) -> str:
        """URL that was opened, in its one spelling."""

    def list_folder(self, path: str) -> Listing:
        """List a folder; StoreError when it cannot be."""

    def get(self, path: str) -> Document | None:
        """Read a document; None when there is none.

        Raises StoreError when it cannot be read, DocumentError when it is larger
        than is allowed.
        """

    def stat(self, path: str) -> Stat | None:
        """Tell a document's or folder's time and size; None when it is not there."""


class FarStore(Store, Protocol):
    """A store of which many things are asked at once, and where each costs a round trip."""

    def try_listing(self) -> Listing | None:
        """Find out whether folders are listed here, if nobody has tried before.

        Gives the listing of the place itself when it was that which told it.
        """

    def glance(self, path: str, most: int) -> Document | Stat | None:
        """Read a document, unless it is larger than `most` bytes: then tell its time and size.

        It is one request, in place of one that tells and one that reads; what is too large is
        not received. None when there is none; StoreError when it cannot be read.
        """


class PartialStore(Store, Protocol):
    """A store that also reads parts of what is no document: archives, chunks of arrays."""

    def read(self, path: str, start: int = 0, stop: int | None = None) -> bytes | None:
        """Read a part, however large; a negative start counts from the end.

        None when it is not there; StoreError when it cannot be read.
        """
