"""Rows of coordinate systems, of the transformations between them, and of extents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from catalog.database.cells import Cell
from catalog.database.components import LARGE
from catalog.database.extents import extent_rows
from catalog.database.parcels.draft import Draft
from catalog.database.parcels.values import compact_json
from catalog.database.words import search_text

# Edges that nobody looks for by words, and by far the most: they have a text only with a name.
_UNSEARCHED = ("dataset", "implied")

_Tables = Mapping[str, list[tuple[Cell, ...]]]


class Systems(NamedTuple):
    """The number of a hierarchy's first system, and the component of each."""

    first: int
    component: Sequence[int]


def fill_systems(
    tables: _Tables,
    draft: Draft,
    hierarchy: int,
    group_numbers: Mapping[str, int],
    layouts: Mapping[int, int | None],
) -> Systems:
    """Add the rows of systems, transformations and components.

    Parameters
    ----------
    layouts
        By the identity of axes, see `filling`.
    """
    record = draft.record
    first, first_edge = len(tables["coordinate_system"]), len(tables["transformation"])
    first_component = len(tables["component"])
    component = [first_component + number for number in draft.component]
    place = draft.place
    tables["coordinate_system"] += [
        (
            id_,
            hierarchy,
            group_numbers[group],
            path,
            name,
            kind,
            image,
            layouts[id(axes)],
            ndim,
            component_id,
            # The grid of an array has no name, and there are millions of them.
            search_text(place(group), (name,)) if name else "",
        )
        for id_, (component_id, (group, path, name, kind, image, axes, ndim)) in enumerate(
            zip(component, record.systems, strict=True), first
        )
    ]
    tables["transformation"] += [
        (
            id_,
            hierarchy,
            group_numbers[group],
            component[start],
            pointer,
            name,
            type_,
            first + start,
            first + end,
            parameters,
            compact_json(affine),
            compact_json(inverse_affine),
            invertibility,
            origin,
            image,
            search_text(place(group), (name, type_)) if name or origin not in _UNSEARCHED else "",
        )
        for id_, (
            group,
            pointer,
            name,
            type_,
            start,
            end,
            parameters,
            affine,
            inverse_affine,
            invertibility,
            origin,
            image,
        ) in enumerate(record.transformations, first_edge)
    ]
    packed = _adjacencies(draft, first, first_edge)
    edges = draft.component_edges
    tables["component"].extend(
        (first_component + number, hierarchy, size, edges[number], packed.get(number))
        for number, size in draft.component_systems.items()
    )
    return Systems(first, component)


def _adjacencies(draft: Draft, first: int, first_edge: int) -> dict[int, bytes]:
    """Pack the graph of each large component, its systems in order of address."""
    large = {number for number, size in draft.component_systems.items() if size >= LARGE}
    if not large:
        return {}
    from catalog.database.packing import pack

    record = draft.record
    members: dict[int, list[int]] = {number: [] for number in large}
    for index, number in enumerate(draft.component):
        if number in large:
            members[number].append(index)
    edges: dict[int, list[int]] = {number: [] for number in large}
    for index, edge in enumerate(record.transformations):
        number = draft.component[edge.input]
        if number in large:
            edges[number].append(index)

    def address(index: int) -> str:
        system = record.systems[index]
        path = f"{system.group}/{system.array_path}" if system.array_path else system.group
        return f"{record.url_of(path.removeprefix('/'))}#{system.name}"

    packed: dict[int, bytes] = {}
    for number, systems in members.items():
        systems.sort(key=address)
        position = {index: node for node, index in enumerate(systems)}
        packed[number] = pack(
            [first + index for index in systems],
            (
                (
                    *(first_edge + index, position[edge.input], position[edge.output]),
                    *(edge.type, edge.invertibility, edge.origin),
                )
                for index in edges[number]
                for edge in (record.transformations[index],)
            ),
        )
    return packed


def fill_extents(
    tables: _Tables, draft: Draft, images: Mapping[tuple[str, int], int], systems: Systems
) -> None:
    """Add the rows of extents.

    Parameters
    ----------
    images
        Number of each image, by its group and entry.
    """
    record = draft.record
    references = {extent.reference for extent in record.extents} - {None}
    types = {
        reference: tuple([axis.type for axis in axes])
        for reference in references
        if reference is not None and (axes := record.systems[reference].axes) is not None
    }
    tables["extent"] += extent_rows(
        record.extents,
        types,
        images=images,
        first_system=systems.first,
        component=systems.component,
    )
