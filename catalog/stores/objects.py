"""Buckets of objects: S3 and what speaks like it, Google's and Azure's, through obstore.

A folder is what lies between two slashes of keys; it has no times, and there is none
without anything in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from catalog.errors import DocumentError, StoreError
from catalog.stores.asking import PASSING, FailedRequest, RefusedError, ask
from catalog.stores.clients import DEAD_END, connect
from catalog.stores.encoding import encode
from catalog.stores.store import (
    DEFAULT_OPTIONS,
    LARGEST_WHOLE,
    Document,
    Listing,
    Stat,
    StoreOptions,
)
from catalog.stores.times import nanoseconds
from catalog.stores.traffic import Traffic, count, traffic
from catalog.stores.url import is_plain, join, split

if TYPE_CHECKING:
    from obstore import GetResult, ListResult, ObjectMeta

T = TypeVar("T")

_STATUS = re.compile(r"non-2xx status code: (\d{3})")
_CODE = re.compile(r"<Code>\s*(\w+)\s*</Code>")
# Entries on one page of a listing, by the protocols.
_PAGE = 1000
_REFUSED = frozenset((401, 403))
_HOW_TO_BE_LET_IN = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile, "
    "or, where all may read, --anonymous",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS, or, where all may read, --anonymous",
    "az": "set AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN, "
    "or, where all may read, --anonymous",
}


class ObjectStore:
    """A folder of a bucket.

    Parameters
    ----------
    url
        A normalised ``s3:``, ``gs:`` or ``az:`` URL.
    boundary
        Keys lead only downwards, and a bucket has no links: what is asked lies below
        `url` in any case.
    """

    near = False
    at_once = True

    def __init__(
        self, url: str, boundary: str | None = None, options: StoreOptions = DEFAULT_OPTIONS
    ) -> None:
        self._url = url
        self._options = options
        self._scheme, bucket, self._root = split(url)
        self._prefix = self._root + "/" if self._root else ""
        self._bucket = f"{self._scheme}://{bucket}"
        self._client, self.access = connect(self._scheme, bucket, options)

    @property
    def url(self) -> str:
        """URL that was opened."""
        return self._url

    @property
    def lists(self) -> bool:
        """Whether the bucket may be listed; tries it when nobody has tried before."""
        return self.access.lists(self._probe)

    def try_listing(self) -> Listing | None:
        """Try to list the folder that was opened, if nobody has tried; give what is there."""
        tried: list[Listing] = []
        self.access.lists(lambda: self._probe(tried))
        return tried[0] if tried else None

    @property
    def traffic(self) -> Traffic:
        """What this process asked of servers so far."""
        return traffic()

    def list_folder(self, path: str) -> Listing:
        """List a folder, all pages of it.

        Raises
        ------
        StoreError
            When there is nothing there, or it must not be listed.
        """
        import obstore

        key = self._key(path)
        return self._listed(
            path, self._ask(path, lambda: obstore.list_with_delimiter(self._client, key), "listed")
        )

    def get(self, path: str) -> Document | None:
        """Read a document.

        Raises
        ------
        StoreError
            When it is there and cannot be read.
        DocumentError
            When it is larger than any metadata should be; it is not received then.
        """
        import obstore

        key = self._key(path)

        def question() -> Document | None:
            found = obstore.get(self._client, key)
            self._judge_size(path, found, self._options.largest_document)
            return self._document(found, found.bytes().to_bytes())

        return self._ask_for(path, question)

    def glance(self, path: str, most: int) -> Document | Stat | None:
        """Read a document, unless it is larger than `most` bytes: then tell its time and size.

        Raises
        ------
        StoreError
            When it is there and cannot be read.
        """
        import obstore

        key = self._key(path)
        most = min(most, self._options.largest_document)

        def question() -> Document | Stat | None:
            found = obstore.get(self._client, key)
            if found.meta["size"] > most:
                return _stat(found.meta)
            return self._document(found, found.bytes().to_bytes())

        return self._ask_for(path, question)

    def stat(self, path: str) -> Stat | None:
        """Tell a document's time, size and etag; None for a folder, which has none."""
        import obstore

        key = self._key(path)
        if not key:
            return None
        found = self._ask_for(path, lambda: obstore.head(self._client, key))
        return None if found is None else _stat(found)

    def read(self, path: str, start: int = 0, stop: int | None = None) -> bytes | None:
        """Read a part of an object, however large; a negative start counts from its end."""
        import obstore

        key = self._key(path)
        wanted: Any = None
        if start < 0:
            wanted = {"range": {"suffix": -start}}
        elif stop is not None:
            if stop <= start:
                return b""
            wanted = {"range": (start, stop)}
        elif start:
            wanted = {"range": {"offset": start}}

        def question() -> bytes | None:
            try:
                data = obstore.get(self._client, key, options=wanted).bytes().to_bytes()
            except Exception as error:
                if "non-partial" not in str(error):
                    raise
                # Some servers give the whole when the part reaches to its end.
                count(requests=1)
                whole = obstore.get(self._client, key)
                self._judge_size(path, whole, LARGEST_WHOLE)
                data = whole.bytes().to_bytes()[start:stop]
            count(size=len(data))
            return data

        return self._ask(path, question, "read")

    def _key(self, path: str) -> str:
        if not path:
            return self._root
        if not is_plain(path):
            raise StoreError(f"{path!r} leads out of {self._url}: it is not read", self._url)
        return self._prefix + path

    def _probe(self, tried: list[Listing] | None = None) -> str:
        """Try to list the folder that was opened; add what is there, if anything is."""
        import obstore

        root = self._root
        try:
            found = self._ask("", lambda: obstore.list_with_delimiter(self._client, root), "listed")
        except RefusedError:
            return ""
        if tried is not None:
            with suppress(StoreError):
                tried.append(self._listed("", found))
        return "yes"

    def _ask_for(self, path: str, question: Callable[[], T]) -> T | None:
        """Ask for a document, which may be refused because it is not there."""
        try:
            return self._ask(path, question, "read")
        except RefusedError:
            if self._hides(path):
                return None
            raise

    def _hides(self, path: str) -> bool:
        """Tell whether what is refused may just as well not be there."""
        import obstore

        def is_there(other: str) -> bool:
            try:
                question = partial(obstore.head, self._client, self._key(other))
                return self._ask(other, question, "read") is not None
            except RefusedError:
                return False

        return self.access.hides(path, self.lists, is_there)

    def _judge_size(self, path: str, found: GetResult, most: int) -> None:
        size = found.meta["size"]
        if size > most:
            raise DocumentError(
                f"the document {encode(path) or self._url} has {size:,} bytes; more than "
                f"{most:,} are not read",
                join(self._url, path),
            )

    def _document(self, found: GetResult, data: bytes) -> Document:
        stat = _stat(found.meta)
        if len(data) != stat.size:
            raise FailedRequest(
                f"the answer ends after {len(data):,} of {stat.size:,} bytes", passing=True
            )
        count(size=len(data))
        self.access.readable = True
        return Document(data, stat.mtime_ns, stat.size, stat.etag)

    def _listed(self, path: str, found: ListResult[Any] | None) -> Listing:
        key = self._key(path)
        folders = sorted(_last(name) for name in found["common_prefixes"]) if found else []
        files = (
            sorted(_last(entry["path"]) for entry in found["objects"] if entry["path"] != key)
            if found
            else []
        )
        self.access.listing = "yes"
        count(requests=(len(folders) + len(files)) // _PAGE)
        if not folders and not files and key:
            url = join(self._url, path)
            raise StoreError(f"{url} cannot be listed: there is nothing there", url)
        return Listing(folders, files, 0, 0)

    def _ask(self, path: str, question: Callable[[], T], verb: str) -> T | None:
        def asked() -> T | None:
            count(requests=1)
            try:
                return question()
            except Exception as error:
                self._judge(error)
                return None

        return ask(asked, self._options.retries, join(self._url, path), verb)

    def _judge(self, error: Exception) -> None:
        """Turn what obstore raises into what it means; nothing when there is nothing."""
        if isinstance(error, (FailedRequest, DocumentError, StoreError)):
            raise error
        text = str(error).partition("\n\nDebug source")[0]
        said = _CODE.search(text)
        code = said.group(1) if said else ""
        if code == "NoSuchBucket" or "container does not exist" in text:
            raise FailedRequest(f"there is no bucket {self._bucket}", status=404) from None
        if isinstance(error, FileNotFoundError):
            return
        found = _STATUS.search(text)
        status = int(found.group(1)) if found else None
        if "/169.254.1" in text or "/latest/" in text or "metadata.google.internal" in text:
            message = f"no credentials were found: {_HOW_TO_BE_LET_IN[self._scheme]}"
            raise FailedRequest(message) from None
        if status in _REFUSED:
            message = f"access is refused ({status}{' ' + code if code else ''}): "
            raise FailedRequest(message + _HOW_TO_BE_LET_IN[self._scheme], status=status) from None
        if DEAD_END in str(error):
            message = "the server redirects to another host, which is not followed"
            raise FailedRequest(message) from None
        if "LOCATION" in text or code == "PermanentRedirect":
            message = "the bucket lies in another region: set AWS_REGION or --region"
            raise FailedRequest(message, status=status) from None
        if isinstance(error, ValueError) or "non-partial" in text:
            raise FailedRequest(text) from None
        raise FailedRequest(
            _words(error, status, code, self._options.timeout),
            passing=status is None or status in PASSING,
            status=status,
        ) from None


def _words(error: Exception, status: int | None, code: str, timeout: float) -> str:
    if status is not None:
        return f"the server answers {status}{' ' + code if code else ''}"
    whole = str(error)
    if "TimedOut" in whole or "operation timed out" in whole:
        return f"there was no answer within {timeout:g} s"
    if "ConnectError" in whole or "Connect," in whole:
        return "the server cannot be reached"
    if "response body" in whole:
        return "the answer ends early"
    return whole.partition("\n")[0]


def _stat(found: ObjectMeta) -> Stat:
    return Stat(
        nanoseconds(found["last_modified"]), found["size"], (found["e_tag"] or "").strip('"')
    )


def _last(key: str) -> str:
    return key.rpartition("/")[2]
