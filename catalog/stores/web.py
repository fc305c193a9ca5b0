"""Web servers: documents by name, and folders where the server lists them.

Nothing but what lies below the opened URL is ever asked for, and redirects are followed only
to there.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import partial
from urllib.parse import quote, urljoin, urlsplit

from catalog.errors import DocumentError, StoreError
from catalog.stores.access import access
from catalog.stores.asking import FailedRequest, ask
from catalog.stores.encoding import decode, encode
from catalog.stores.store import (
    DEFAULT_OPTIONS,
    LARGEST_WHOLE,
    Document,
    Listing,
    Stat,
    StoreOptions,
)
from catalog.stores.traffic import Traffic, traffic
from catalog.stores.url import is_plain, join, relative, split
from catalog.stores.web_client import SAFE, Answer, TooLargeError, location, web_client
from catalog.stores.web_listing import PROPFIND, Names, from_json, from_multistatus, from_page

_ABSENT = frozenset((404, 410))
_REFUSED = frozenset((401, 403))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_MOST_REDIRECTS = 5
_NOT_ALLOWED = frozenset((405, 501))
# A listing of a hundred thousand names is that large.
_LARGEST_LISTING = 64 * 1024 * 1024


class WebStore:
    """A folder of a web server.

    Parameters
    ----------
    url
        A normalised ``http:`` or ``https:`` URL.
    boundary
        URL of a folder above; whether the server lists is asked there, once.
    """

    near = False
    at_once = True

    def __init__(
        self, url: str, boundary: str | None = None, options: StoreOptions = DEFAULT_OPTIONS
    ) -> None:
        self._url = url
        self._options = options
        scheme, host, path = split(url)
        self._client = web_client(f"{scheme}://{host}", options.timeout)
        self._root = f"/{path}"
        self._prefix = f"/{path}/" if path else "/"
        self._origin = f"{scheme}://{host}"
        top = boundary if boundary is not None and relative(url, boundary) is not None else url
        self.access = access(top)
        self._top = split(top)[2]

    @property
    def url(self) -> str:
        """URL that was opened."""
        return self._url

    @property
    def traffic(self) -> Traffic:
        """What this process asked of servers so far."""
        return traffic()

    @property
    def lists(self) -> bool:
        """Whether the server lists folders; asks it when nobody has asked before."""
        return self.access.lists(self._probe)

    def try_listing(self) -> Listing | None:
        """Find out how the server lists the root, if nobody has; if this is it, what is there."""
        tried: list[Listing] = []
        self.access.lists(lambda: self._probe(tried))
        return tried[0] if tried else None

    def list_folder(self, path: str) -> Listing:
        """List a folder as the server does.

        Raises
        ------
        StoreError
            When it does not, or there is no such folder.
        """
        place = self._place(path, folder=True)
        if not self.lists:
            raise self._unlisted(path)
        url = join(self._url, path)
        names = ask(
            lambda: self._names(place, self.access.listing), self._options.retries, url, "listed"
        )
        return _listing(names)

    def get(self, path: str) -> Document | None:
        """Read a document.

        Raises
        ------
        StoreError
            When it is there and cannot be read, or lies somewhere else.
        DocumentError
            When it is larger than any metadata should be.
        """
        place = self._place(path)
        return ask(
            lambda: self._document(path, place), self._options.retries, join(self._url, path)
        )

    def glance(self, path: str, most: int) -> Document | Stat | None:
        """Read a document, unless it is larger than `most` bytes: then tell its time and size.

        Raises
        ------
        StoreError
            When it is there and cannot be read, or lies somewhere else.
        """
        place = self._place(path)
        most = min(most, self._options.largest_document)

        def question() -> Document | Stat | None:
            try:
                answer = self._asked("GET", place, most=most)
            except TooLargeError as error:
                is_there = self._is_there(Answer(200, error.headers, b""), place)
                return _stat(error.headers) if is_there else None
            return self._read_document(answer, place)

        return ask(question, self._options.retries, join(self._url, path))

    def stat(self, path: str) -> Stat | None:
        """Tell a document's time, size and etag; None for what shows no change by these."""
        place = self._place(path)
        return ask(lambda: self._head(place), self._options.retries, join(self._url, path))

    def is_missing(self) -> bool:
        """Tell whether the server says that there is nothing at the URL that was opened."""
        places = dict.fromkeys((self._root, self._prefix))
        return all(
            ask(partial(self._client.ask, "HEAD", place), self._options.retries, self._url).status
            in _ABSENT
            for place in places
        )

    def read(self, path: str, start: int = 0, stop: int | None = None) -> bytes | None:
        """Read a part of a file, however large; a negative start counts from its end."""
        place = self._place(path)
        if stop is not None and start >= 0 and stop <= start:
            return b""
        headers: dict[str, str] = {}
        if start < 0:
            headers["Range"] = f"bytes={start}"
        elif start or stop is not None:
            headers["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
        return ask(
            lambda: self._part(place, headers, start, stop),
            self._options.retries,
            join(self._url, path),
        )

    def _place(self, path: str, *, folder: bool = False) -> str:
        if path and not is_plain(path):
            raise StoreError(f"{path!r} leads out of {self._url}: it is not read", self._url)
        if not path:
            return self._prefix if folder else self._root
        return self._prefix + path + ("/" if folder else "")

    def _document(self, path: str, place: str) -> Document | None:
        largest = self._options.largest_document
        try:
            answer = self._asked("GET", place, most=largest)
        except TooLargeError as error:
            has = "too many" if error.size is None else f"{error.size:,}"
            raise DocumentError(
                f"the document {encode(place)} of {self._origin} has {has} bytes; more than "
                f"{largest:,} are not read",
                join(self._url, path),
            ) from None
        return self._read_document(answer, place)

    def _read_document(self, answer: Answer, place: str) -> Document | None:
        if not self._is_there(answer, place):
            return None
        self.access.readable = True
        found = _stat(answer.headers)
        packed = "content-encoding" in answer.headers  # then its size is told, not ours
        size = found.size if packed and found.size else len(answer.body)
        return Document(answer.body, found.mtime_ns, size, found.etag)

    def _is_there(self, answer: Answer, place: str) -> bool:
        if answer.status in _ABSENT:
            return False
        if answer.status in _REFUSED:
            if not self.access.hides(place, self.lists, self._can_be_read):
                raise FailedRequest(f"access is refused ({answer.status})", status=answer.status)
            # Buckets behind a web server say so of what is not there, lest one learn that.
            return False
        if answer.status in _REDIRECTS:
            if location(answer.headers).endswith(place.rpartition("/")[2] + "/"):
                return False  # a folder, for which servers want a slash
            raise FailedRequest(self._redirected(answer, place), status=answer.status)
        if answer.status not in (200, 206):
            raise FailedRequest(f"the server answers {answer.status}", status=answer.status)
        # Sites answer with a page where there is nothing; no metadata are a page.
        return not answer.headers.get("content-type", "").startswith("text/html")

    def _can_be_read(self, place: str) -> bool:
        answer = self._client.ask("HEAD", place)
        if answer.status in _NOT_ALLOWED:
            return self._headers(place) is not None
        return answer.status == 200

    def _head(self, place: str) -> Stat | None:
        answer = self._asked("HEAD", place)
        if answer.status in _NOT_ALLOWED:
            headers = self._headers(place)
            found = None if headers is None else _stat(headers)
        elif answer.status in _REDIRECTS or not self._is_there(answer, place):
            return None
        else:
            found = _stat(answer.headers)
        return found if found and (found.etag or found.mtime_ns) else None

    def _headers(self, place: str) -> Mapping[str, str] | None:
        """Give what a server that knows no HEAD says of a file, with as little of it as it gives.

        Its ``content-length`` is that of the whole.
        """
        try:
            answer = self._asked("GET", place, {"Range": "bytes=0-0"}, most=LARGEST_WHOLE)
        except TooLargeError as error:
            return error.headers
        if answer.status == 416:  # of an empty file there is no first byte
            return {**answer.headers, "content-length": "0"}
        if answer.status in _REDIRECTS or not self._is_there(answer, place):
            return None
        whole = answer.headers.get("content-range", "").rpartition("/")[2]
        return {**answer.headers, "content-length": whole} if whole else answer.headers

    def _asked(
        self,
        method: str,
        place: str,
        headers: Mapping[str, str] | None = None,
        *,
        most: int | None = None,
    ) -> Answer:
        """Ask for a file; follow redirects that stay below the opened URL."""
        asked = place
        for _ in range(_MOST_REDIRECTS):
            answer = self._client.ask(method, asked, headers, most=most)
            to = self._redirected_to(answer, asked)
            if to is None:
                break
            asked = to
        return answer

    def _redirected_to(self, answer: Answer, place: str) -> str | None:
        """Give where below the opened URL a redirect leads; None if it leads elsewhere."""
        if answer.status not in _REDIRECTS:
            return None
        to = urljoin(self._sent(place), answer.headers.get("location", ""))
        if not to.startswith(self._origin + "/") or "?" in to:
            return None
        path = decode(urlsplit(to).path)
        below = path.startswith(self._prefix) and is_plain(path[len(self._prefix) :])
        return path if below else None

    def _part(
        self, place: str, headers: Mapping[str, str], start: int, stop: int | None
    ) -> bytes | None:
        most = None
        if headers:
            most = max(LARGEST_WHOLE, -start if start < 0 else (stop or start) - start)
        try:
            answer = self._asked("GET", place, headers, most=most)
        except TooLargeError:
            raise FailedRequest(
                f"the server gives no parts, and the whole has more than {LARGEST_WHOLE:,} bytes"
            ) from None
        if answer.status == 416:
            return b""
        if not self._is_there(answer, place):
            return None
        if not headers or answer.status == 206:
            return answer.body
        return answer.body[start:stop]

    def _names(self, place: str, way: str | None) -> Names:
        """List a folder in the way that its root was found to be listed in."""
        try:
            if way == "dav":
                answer = self._client.ask(
                    "PROPFIND",
                    place,
                    {"Depth": "1", "Content-Type": "application/xml"},
                    body=PROPFIND,
                    most=_LARGEST_LISTING,
                )
            else:
                answer = self._client.ask(
                    "GET", place, {"Accept": "text/html, application/json"}, most=_LARGEST_LISTING
                )
        except TooLargeError:
            raise FailedRequest(f"its listing has more than {_LARGEST_LISTING:,} bytes") from None
        return self._read_names(answer, place)

    def _read_names(self, answer: Answer, place: str) -> Names:
        if answer.status in _ABSENT:
            raise FailedRequest("there is no such folder", status=answer.status)
        if answer.status in _REFUSED:
            raise FailedRequest(f"access is refused ({answer.status})", status=answer.status)
        if answer.status in _REDIRECTS:
            raise FailedRequest(self._redirected(answer, place), status=answer.status)
        if answer.status not in (200, 207):
            raise FailedRequest(f"the server answers {answer.status}", status=answer.status)
        url = self._sent(place)
        kind = answer.headers.get("content-type", "")
        if answer.status == 207:
            names = from_multistatus(answer.body, url)
        elif "json" in kind:
            names = from_json(answer.body)
        elif "html" in kind:
            text = answer.body.decode("utf-8", "replace")
            names = from_page(text, url)
            framed = "content-length" in answer.headers or "transfer-encoding" in answer.headers
            if names is not None and not framed and "</html" not in text[-200:].lower():
                raise FailedRequest("the listing ends early", passing=True)
        else:
            names = None
        if names is None:
            raise FailedRequest("the server gives no listing of it that we can read")
        return names

    def _probe(self, tried: list[Listing] | None = None) -> str:
        """Find out how the server lists the root, if it does; add what is there, if it is this."""
        place = f"/{self._top}/" if self._top else "/"

        def question() -> str:
            for way in ("page", "dav"):
                try:
                    names = self._names(place, way)
                except FailedRequest as failed:
                    if failed.passing:
                        raise
                else:
                    if tried is not None and place == self._prefix:
                        tried.append(_listing(names))
                    return way
            return ""

        return ask(question, self._options.retries, self._origin + encode(place), "listed")

    def _unlisted(self, path: str) -> StoreError:
        url = join(self._url, path)
        return StoreError(
            f"{url} cannot be listed: the server lists no folders; give the URL of each hierarchy",
            url,
        )

    def _sent(self, place: str) -> str:
        """Give the URL of a place as it is sent."""
        return self._origin + quote(place.encode("utf-8", "surrogateescape"), safe=SAFE)

    def _redirected(self, answer: Answer, place: str) -> str:
        to = urljoin(self._origin + place, location(answer.headers))
        return (
            f"the server redirects to {to}, which is not followed; if that is where the data "
            "are, give that URL"
        )


def _listing(names: Names) -> Listing:
    return Listing(sorted(names.folders), sorted(names.files), 0, 0)


def _stat(headers: Mapping[str, str]) -> Stat:
    length = headers.get("content-length", "")
    return Stat(
        _ns(headers.get("last-modified", "")),
        int(length) if length.isdecimal() else 0,
        headers.get("etag", "").strip('"'),
    )


def _ns(said: str) -> int:
    try:
        return int(parsedate_to_datetime(said).timestamp()) * 1_000_000_000
    except (ValueError, TypeError, OverflowError):
        return 0
