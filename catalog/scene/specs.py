"""Documents as pydantic-zarr's specifications of groups and arrays, all of Zarr v3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from pydantic import ValidationError
from pydantic_zarr.v3 import ArraySpec, GroupSpec

from catalog.errors import DocumentError
from catalog.metadata.nodes import ArrayNode
from catalog.scene.documents import Document

# pydantic-zarr 0.9 and 0.10 spell its own aliases differently; these do for both.
AnyArray: TypeAlias = ArraySpec[Any]
AnyGroup: TypeAlias = GroupSpec[Any, Any]
AnySpec: TypeAlias = AnyArray | AnyGroup

_SHUFFLES = ("noshuffle", "shuffle", "bitshuffle")


def nested(nodes: Mapping[str, AnySpec]) -> dict[str, AnySpec]:
    """Nest specifications given by location; plain groups are put where none is given.

    Raises
    ------
    ValueError
        A node is given below an array.
    """
    below: dict[str, dict[str, AnySpec]] = {}
    for location, node in nodes.items():
        name, _, rest = location.partition("/")
        below.setdefault(name, {})[rest] = node
    members: dict[str, AnySpec] = {}
    for name, inner in below.items():
        own = inner.pop("", None)
        if isinstance(own, ArraySpec):
            if inner:
                raise ValueError(f"{name} is an array, and {next(iter(inner))} is given below it")
            members[name] = own
            continue
        group: AnyGroup = GroupSpec(attributes={}, members={}) if own is None else own
        if inner:
            group = group.model_copy(update={"members": {**(group.members or {}), **nested(inner)}})
        members[name] = group
    return members


def flattened(members: Mapping[str, AnySpec] | None, prefix: str = "") -> dict[str, AnySpec]:
    """Give each node below by its location, groups without their members."""
    flat: dict[str, AnySpec] = {}
    for name, member in (members or {}).items():
        flat[prefix + name] = member
        if isinstance(member, GroupSpec):
            flat |= flattened(member.members, f"{prefix}{name}/")
    return flat


def array_spec(document: Document, url: str) -> AnyArray:
    """Describe an array; that of Zarr v2 as the Zarr v3 array with the same chunks.

    Raises
    ------
    DocumentError
        The document lacks what an array needs, or is of a kind that cannot be modelled.
    """
    body = document.body if document.zarr_format == 3 else _of_version_2(document, url)
    known = {name: body[name] for name in ArraySpec.model_fields if name in body}
    try:
        return ArraySpec(**{**known, "attributes": document.attributes})
    except (ValidationError, TypeError) as error:
        raise DocumentError(f"The array at {url} cannot be modelled: {error}", url) from error


def array_node(spec: AnyArray) -> ArrayNode:
    """Give what the assembly needs of an array."""
    chunks = spec.chunk_grid.get("configuration", {}).get("chunk_shape")
    named = spec.data_type if isinstance(spec.data_type, str) else spec.data_type["name"]
    return ArrayNode(
        shape=spec.shape,
        dtype=named,
        chunks=tuple(chunks) if chunks else None,
        dimension_names=spec.dimension_names,
        attributes=plain(spec.attributes),
    )


def plain(attributes: object) -> dict[str, Any]:
    """Give the attributes of a specification as JSON, whether mapping or model."""
    from pydantic import BaseModel

    if isinstance(attributes, BaseModel):
        dumped: dict[str, Any] = attributes.model_dump(mode="json", by_alias=True)
        return dumped
    assert isinstance(attributes, Mapping)
    return dict(attributes)


def _of_version_2(document: Document, url: str) -> dict[str, Any]:
    body = document.body
    try:
        dtype = np.dtype(body["dtype"])
        shape = tuple(body["shape"])
        chunks = tuple(body["chunks"])
    except (KeyError, TypeError, ValueError) as error:
        raise DocumentError(f"The array at {url} cannot be modelled: {error}", url) from error
    codecs: list[dict[str, Any]] = []
    if body.get("order") == "F":
        order = list(reversed(range(len(shape))))
        codecs.append({"name": "transpose", "configuration": {"order": order}})
    codecs += [_codec(codec, dtype) for codec in body.get("filters") or ()]
    endian = "big" if dtype.byteorder == ">" else "little"
    codecs.append(
        {"name": "bytes", "configuration": {"endian": endian}}
        if dtype.itemsize > 1
        else {"name": "bytes"}
    )
    if compressor := body.get("compressor"):
        codecs.append(_codec(compressor, dtype))
    fill_value = body.get("fill_value")
    return {
        "shape": shape,
        "data_type": dtype.newbyteorder("=").name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
        "chunk_key_encoding": {
            "name": "v2",
            "configuration": {"separator": body.get("dimension_separator", ".")},
        },
        "fill_value": dtype.type(0).item() if fill_value is None else fill_value,
        "codecs": codecs,
    }


def _codec(codec: Mapping[str, Any], dtype: np.dtype[Any]) -> dict[str, Any]:
    """Name a codec of numcodecs as Zarr v3 does."""
    configuration = {key: value for key, value in codec.items() if key != "id"}
    name = str(codec.get("id"))
    if name == "blosc":
        shuffle = configuration.get("shuffle", 1)
        # -1 lets the codec choose: bits for single bytes, else bytes
        chosen = (2 if dtype.itemsize == 1 else 1) if shuffle == -1 else shuffle
        configuration |= {"shuffle": _SHUFFLES[chosen], "typesize": dtype.itemsize}
        configuration.setdefault("blocksize", 0)
    elif name not in ("gzip", "zstd"):
        name = f"numcodecs.{name}"
    if name == "zstd":
        configuration.setdefault("checksum", False)
    return {"name": name, "configuration": configuration}
