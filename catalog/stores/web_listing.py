"""What servers give as the listing of a folder: pages of links, JSON, or WebDAV."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urljoin, urlsplit
from xml.parsers import expat

# How nginx, Apache, lighttpd, Python and others head such a page.
_HEADING = re.compile(
    r"\s*(index of|directory listing|directory index|directory:|listing of)", re.IGNORECASE
)

PROPFIND = (
    b'<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/></prop>'
    b"</propfind>"
)


class Names(NamedTuple):
    """Names of what lies directly in a folder."""

    folders: list[str]
    files: list[str]


def from_page(text: str, url: str) -> Names | None:
    """Read a page of links; None when the page is something else.

    Parameters
    ----------
    url
        Of the folder, percent-encoded, with a slash at its end: only what lies directly
        below it is taken, wherever else the links of the page lead.
    """
    page = _Page()
    page.feed(text)
    page.close()
    here = _decoded(urlsplit(url).path).strip("/")
    for heading in page.headings:
        # rclone and Caddy head the page with the path alone.
        said = heading.strip()
        if _HEADING.match(said) or (said.startswith("/") and said.strip("/") == here):
            break
    else:
        return None
    return _below(page.links, url)


def from_json(data: bytes) -> Names | None:
    """Read a listing as nginx and Caddy give it in JSON; None when it is something else."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list):
        return None
    names = Names([], [])
    for entry in found:
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not ("type" in entry or "is_dir" in entry):
            return None
        plain = name.rstrip("/")
        if plain in ("", ".", "..") or "/" in plain:
            continue
        is_folder = entry.get("type") == "directory" or entry.get("is_dir") is True
        (names.folders if is_folder else names.files).append(plain)
    return names


def from_multistatus(data: bytes, url: str) -> Names | None:
    """Read the answer to a PROPFIND of depth 1; None when it is something else."""
    parser = expat.ParserCreate(namespace_separator=" ")
    links: list[str] = []
    state = {"text": "", "href": "", "folder": "", "known": ""}

    def start(tag: str, _attributes: dict[str, str]) -> None:
        state["text"] = ""
        if tag == "DAV: multistatus":
            state["known"] = "yes"
        elif tag == "DAV: response":
            state["href"] = state["folder"] = ""
        elif tag == "DAV: collection":
            state["folder"] = "yes"

    def end(tag: str) -> None:
        if tag == "DAV: href" and not state["href"]:
            state["href"] = state["text"].strip()
        elif tag == "DAV: response" and state["href"]:
            links.append(state["href"].rstrip("/") + ("/" if state["folder"] else ""))

    def text(data: str) -> None:
        state["text"] += data

    def refuse(*_: object) -> None:
        # Entities that grow without end come by a declaration; a listing needs none.
        raise expat.ExpatError("a declaration of entities")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        return None
    return _below(links, url) if state["known"] else None


class _Page(HTMLParser):
    """The links of a page, and its headings."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.headings: list[str] = []
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links.extend(value for name, value in attrs if name == "href" and value)
        elif tag in ("title", "h1", "h2"):
            self._open = tag
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.headings[-1] += data


def _below(links: Iterable[str], url: str) -> Names:
    """Take those links that lead to what lies directly in the folder."""
    here = urlsplit(url)
    base = _decoded(here.path)
    folders: dict[str, None] = {}
    files: dict[str, None] = {}
    for link in links:
        try:
            to = urlsplit(urljoin(url, link))
        except ValueError:
            continue
        if (to.scheme, to.netloc) != (here.scheme, here.netloc) or to.query or to.fragment:
            continue
        path = _decoded(to.path)
        if not path.startswith(base):
            continue
        name = path[len(base) :]
        plain = name.removesuffix("/")
        if plain in ("", ".", "..") or "/" in plain or "\0" in plain:
            continue
        (folders if name.endswith("/") else files)[plain] = None
    return Names(list(folders), [name for name in files if name not in folders])


def _decoded(path: str) -> str:
    return unquote_to_bytes(path).decode("utf-8", "surrogateescape")
