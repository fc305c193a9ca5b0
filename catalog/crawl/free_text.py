"""What documents say beside the specification: free metadata, as texts to be searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

MOST = 10_000
"""Characters kept of one group."""

_LONGEST = 1_000
_DEEPEST = 20

# Keys whose content has tables of its own, or is structure that nobody looks for.
_STRUCTURE = frozenset(
    {
        *("axes", "bioformats2raw.layout", "coordinateSystems", "coordinateTransformations"),
        *("datasets", "image-label", "labels", "plate", "rdefs", "scene", "series", "version"),
        *("well", "spatialdata_attrs", "spatialdata-encoding-type", "encoding-type"),
        "encoding-version",
    }
)
_ENTERED = frozenset({"ome", "multiscales", "omero"})
_NAMES = frozenset({"name", "channels", "id"})


def free_text(attributes: Mapping[str, object]) -> tuple[str, ...]:
    """Collect the keys and values of a group's attributes that OME-Zarr does not define.

    Each text is a key with its value, such as ``species Mus musculus``. Names of images and
    labels of channels, which are recorded elsewhere, are left out.
    """
    said: list[str] = []
    _look(attributes, said, frozenset())
    texts: list[str] = []
    room = MOST
    for text in said:
        room -= len(text)
        if room < 0:
            break
        texts.append(text)
    return tuple(texts)


def _look(node: Mapping[str, object], said: list[str], names: frozenset[str]) -> None:
    """Walk what OME-Zarr defines, for what it does not define inside it."""
    for key, value in node.items():
        if key in _STRUCTURE or key in names:
            continue
        if key not in _ENTERED:
            said.extend(_free(key, value, 0))
        elif isinstance(value, dict):
            _look(value, said, _NAMES)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict):
                    _look(item, said, _NAMES)


def _free(key: str, value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        yield f"{key} {value}"[:_LONGEST]
    elif depth < _DEEPEST:
        if isinstance(value, Mapping):
            if key:
                yield key[:_LONGEST]
            for inner, item in value.items():
                yield from _free(str(inner), item, depth + 1)
        elif isinstance(value, list):
            if all(isinstance(item, str | int | float) for item in value):
                # Numbers in a row are data; texts in a row are a list of words.
                listed = [item for item in value if isinstance(item, str)]
                yield " ".join([key, *listed])[:_LONGEST]
            else:
                for item in value:
                    yield from _free(key, item, depth + 1)
