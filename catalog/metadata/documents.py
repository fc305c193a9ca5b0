"""From the bytes of documents to nodes; bytes that come again are understood once.

A node is a value that nobody changes, so that all documents with the same bytes may
share one, and what is worked out of it (`nodes.Note`).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final, Literal, NamedTuple

from catalog.metadata.arrays import read_array
from catalog.metadata.document import parse_json
from catalog.metadata.memory import Memory
from catalog.metadata.nodes import GroupNode, Node
from catalog.metadata.read import read_group

Form = Literal["zarr.json", ".zarray", ".zattrs"]
"""The documents of a Zarr node by name: `.zattrs` of a group."""


class ZarrDocument(NamedTuple):
    """What a document of a Zarr node says.

    Attributes
    ----------
    node_type
        What the document is of: ``array``, ``group``, or what else it says, which is no
        Zarr metadata.
    node
        None for a group without OME-Zarr metadata.
    digest
        Of its bytes.
    body
        The whole document of a group of Zarr v3 that holds consolidated metadata; else empty.
    """

    node_type: object
    node: Node | None
    digest: bytes
    body: dict[str, Any]


# Larger documents (bytes) are plates and the like, of which no two are the same.
_LARGEST = 64 * 1024

# A node takes some ten times the memory of its document: 30 MB for both halves at most.
# The keys are the bytes themselves, so that no digest stands between two documents.
_KNOWN: Final = Memory[tuple[Form, bytes], ZarrDocument](
    1_500_000, weigh=lambda key: 500 + len(key[1])
)

# Where every image differs nothing is worth keeping: a document is known from the second
# time on. (Kept at once, nodes outlive the collector's young generations, and reading
# takes 1.7 times as long.) Two that share a hash are kept one time too early, and are never
# mixed up.
_MET: Final = Memory[int, bool](20_000)


def recall(form: Form, data: bytes) -> ZarrDocument | None:
    """Give what a document with the same bytes says, if it has been read of late."""
    return _KNOWN.recall((form, data))


def read_document(form: Form, data: bytes, url: str) -> ZarrDocument:
    """Read a document of a Zarr node.

    Parameters
    ----------
    data
        The document as it is stored.
    url
        Where it was read; for the error alone.

    Raises
    ------
    DocumentError
        It is no JSON object, or an array's without a usable shape.
    """
    made = _understood(form, parse_json(data, url), digest_of(data))
    if len(data) <= _LARGEST:
        mark = hash((form, data))
        if _MET.recall(mark):
            _KNOWN.keep((form, data), made)
        else:
            _MET.keep(mark, value=True)
    return made


def digest_of(data: bytes) -> bytes:
    """Give the digest of a document."""
    return blake2b(data, digest_size=16).digest()


def _understood(form: Form, document: dict[str, Any], digest: bytes) -> ZarrDocument:
    if form == ".zarray":
        return ZarrDocument("array", read_array(document, 2), digest, {})
    if form == ".zattrs":
        return ZarrDocument("group", _group(document, 2), digest, {})
    node_type = document.get("node_type")
    if node_type == "array":
        return ZarrDocument("array", read_array(document, 3), digest, {})
    node = _group(document.get("attributes"), 3) if node_type == "group" else None
    body = document if "consolidated_metadata" in document else {}
    return ZarrDocument(node_type, node, digest, body)


def _group(attributes: object, zarr_format: int) -> GroupNode | None:
    if not attributes or not isinstance(attributes, dict):
        return None
    return read_group(attributes, zarr_format=zarr_format)
