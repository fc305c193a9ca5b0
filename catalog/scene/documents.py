"""The metadata documents below a Zarr group, read through its store.

Documents are read as JSON and never by opening arrays, so that codecs which
zarr-python does not know are no obstacle; and children by name, so that a Zarr v2
image below a Zarr v3 scene is found.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from catalog.errors import StoreError
from catalog.metadata.document import parse_json

if TYPE_CHECKING:
    import zarr
    from zarr.abc.store import Store

# Deeper than any hierarchy seen; a symbolic link to a folder above ends here.
DEEPEST = 32

OF_A_NODE = frozenset({"zarr.json", ".zgroup", ".zarray", ".zattrs", ".zmetadata"})


@dataclass(frozen=True, slots=True)
class Document:
    """The metadata of one group or array.

    Attributes
    ----------
    body
        ``zarr.json``, or ``.zarray`` of a Zarr v2 array.
    attributes
        The user's attributes as they stood.
    """

    node_type: Literal["group", "array"]
    zarr_format: int
    body: Mapping[str, Any]
    attributes: dict[str, Any] = field(default_factory=dict)


def read_documents(group: zarr.Group) -> dict[str, Document]:
    """Read the documents of a group and of all groups and arrays below it, by location.

    A store that cannot be listed is read along the locations that the metadata names,
    and consolidated metadata stand in for what was not reached.

    Raises
    ------
    StoreError
        The store cannot be read.
    DocumentError
        A document is not JSON.
    """
    from zarr.core.sync import sync

    url = str(group.store_path)
    try:
        found: dict[str, Document] = sync(_read_below(group.store, group.path, url))
    except OSError as error:
        raise StoreError(f"{url} cannot be read: {error}", url) from error
    if "" not in found:
        raise StoreError(f"{url} holds no Zarr group any more", url)
    return dict(sorted(found.items()))


async def _read_below(store: Store, root: str, url: str) -> dict[str, Document]:
    found: dict[str, Document] = {}

    async def visit(location: str, depth: int) -> None:
        if depth > DEEPEST:
            raise StoreError(
                f"{url} is nested deeper than {DEEPEST} groups at {location}: "
                "is there a link to a folder above?",
                url,
            )
        path = "/".join(part for part in (root, location) if part)
        document = await _read_node(store, path, url)
        if document is not None:
            found[location] = document
            if document.node_type == "array":
                return
        children = [name async for name in _children(store, path, document)]
        await asyncio.gather(
            *(visit(f"{location}/{name}" if location else name, depth + 1) for name in children)
        )

    await visit("", 0)
    top = found.get("")
    for location, document in _consolidated(top) if top else ():
        # Stale copies exist: what stands beside its node wins.
        if not store.supports_listing:
            found.setdefault(location, document)
    return found


async def _read_node(store: Store, path: str, url: str) -> Document | None:
    """Read one node; ``zarr.json`` wins over the documents of Zarr v2."""
    place = f"{url}/{path}"
    body = await _json(store, path, "zarr.json", place)
    if body is not None:
        return _of_version_3(body)
    if (body := await _json(store, path, ".zarray", place)) is not None:
        attributes = await _json(store, path, ".zattrs", place)
        return Document("array", 2, body, attributes or {})
    if (body := await _json(store, path, ".zgroup", place)) is not None:
        attributes = await _json(store, path, ".zattrs", place)
        return Document("group", 2, body, attributes or {})
    return None


def _of_version_3(body: Mapping[str, Any]) -> Document:
    attributes = body.get("attributes")
    return Document(
        "array" if body.get("node_type") == "array" else "group",
        3,
        body,
        attributes if isinstance(attributes, dict) else {},
    )


async def _json(store: Store, path: str, name: str, place: str) -> dict[str, Any] | None:
    from zarr.core.buffer import default_buffer_prototype

    content = await store.get(f"{path}/{name}" if path else name, default_buffer_prototype())
    return None if content is None else parse_json(content.to_bytes(), f"{place}/{name}")


async def _children(store: Store, path: str, document: Document | None) -> AsyncIterator[str]:
    if store.supports_listing:
        async for name in store.list_dir(path):
            child = name.rstrip("/")
            if child and child not in OF_A_NODE:
                yield child
    elif document is not None:
        for location in sorted(set(_named(document.attributes))):
            if ".." not in location.split("/"):
                yield location.strip("/")


def _named(value: object, key: str = "") -> Iterator[str]:
    """Find the locations that metadata names: each `path`, labels and series."""
    if isinstance(value, dict):
        if isinstance(path := value.get("path"), str) and path.strip("/"):
            yield path
        if "multiscales" in value:
            yield "labels"
        if "bioformats2raw.layout" in value:
            yield "OME"
        for name, child in value.items():
            yield from _named(child, name)
    elif isinstance(value, list):
        for child in value:
            if key in ("labels", "series") and isinstance(child, str):
                yield child
            else:
                yield from _named(child)


def _consolidated(top: Document) -> Iterator[tuple[str, Document]]:
    consolidated = top.body.get("consolidated_metadata")
    documents = consolidated.get("metadata") if isinstance(consolidated, dict) else None
    if isinstance(documents, dict):
        for location, body in documents.items():
            if isinstance(body, dict):
                yield location.strip("/"), _of_version_3(body)
