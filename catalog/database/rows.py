"""From a hierarchy's record to the rows of its tables, as tuples of plain values."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TypeVar

from pydantic_core import to_json

from catalog.crawl.records import AxisRecord, HierarchyRecord, ImageRecord, ProblemRecord
from catalog.database.components import LARGE, components
from catalog.database.crates import crate_row, term_rows
from catalog.database.dialects import Cell
from catalog.database.extents import extent_rows
from catalog.database.ids import Ids
from catalog.database.measures import Measures, measures
from catalog.database.mending import mended
from catalog.database.sizes import LARGEST, declared_bytes
from catalog.database.texts import indexable, storable
from catalog.database.words import place_words, search_text

Axes = tuple[AxisRecord, ...]
_Key = TypeVar("_Key")

COLUMNS: dict[str, tuple[str, ...]] = {
    "zarr_group": (
        *("id", "hierarchy_id", "parent_id", "url", "path", "name", "kind", "ome_version"),
        *("zarr_format", "mtime_ns", "size", "digest", "attributes"),
    ),
    "axis_layout": ("id", "digest", "axes", "ndim"),
    "axis": ("axis_layout_id", "position", "name", "type", "unit", "discrete", "long_name"),
    "component": ("id", "hierarchy_id", "systems", "transformations", "adjacency"),
    "coordinate_system": (
        *("id", "hierarchy_id", "group_id", "array_path", "name", "kind", "image_entry"),
        *("axis_layout_id", "ndim", "component_id", "search_text"),
    ),
    "scene": (
        *("group_id", "name", "images", "coordinate_systems", "transformations"),
        *("title", "search_text"),
    ),
    "image": (
        *("id", "group_id", "entry", "name", "axes", "ndim", "shape", "dtype", "pixel_sizes"),
        *("levels", "channels", "intrinsic_system_id", "bytes", "title", "ome_version"),
        *("zarr_format", *Measures._fields, "axis_layout_id", "is_label", "labels"),
        "search_text",
    ),
    "extent": (
        *("image_id", "component_id", "reference_id", "system_id", "shape", "affine"),
        *("low", "high", "approximate", "reason", "crowded"),
        *("low_1", "high_1", "low_2", "high_2", "low_3", "high_3", "low_4", "high_4"),
    ),
    "resolution_level": (
        *("image_id", "level", "path", "shape", "chunks", "dtype", "system_id", "bytes"),
    ),
    "scene_image": ("scene_id", "image_group_id", "referenced"),
    "channel": ("group_id", "position", "label", "color", "active"),
    "label_image": ("image_id", "source_group_id"),
    "plate": (
        *("group_id", "name", "rows", "columns", "wells", "field_count", "acquisitions"),
        *("title", "search_text"),
    ),
    "well": ("group_id", "plate_id", "row", "column", "fields"),
    "transformation": (
        *("id", "hierarchy_id", "group_id", "component_id", "pointer", "name", "type"),
        *("input_id", "output_id", "parameters", "affine", "inverse_affine", "invertibility"),
        *("origin", "image_entry", "search_text"),
    ),
    "crate": ("hierarchy_id", "name", "description", "license", "document"),
    "crate_term": ("hierarchy_id", "kind", "identifier", "label", "label_words"),
    "problem": (
        *("id", "crawl_id", "hierarchy_id", "url", "pointer", "code", "severity", "message"),
    ),
}
"""Tables filled in bulk, parents before children, and the columns that are given."""

_LARGEST_INTEGER = 2**31 - 1

# Edges that nobody looks for by words, and by far the most: they have a text only with a name.
_UNSEARCHED = ("dataset", "implied")

_compact = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def compact_json(value: object) -> str | None:
    """Write a value as JSON without blanks; None stays None."""
    return None if value is None else to_json(value, inf_nan_mode="constants").decode()


@lru_cache(maxsize=4096)
def shape_json(shape: tuple[int, ...] | None) -> str | None:
    """Write a shape as JSON; a collection has few of them, and each many times."""
    return compact_json(shape)


class Rows:
    """Rows of one transaction, by table."""

    def __init__(self) -> None:
        self.of: dict[str, list[tuple[Cell, ...]]] = {name: [] for name in COLUMNS}

    def problem(
        self, id_: int, crawl_id: int, hierarchy_id: int | None, url: str, problem: ProblemRecord
    ) -> None:
        """Add a problem."""
        self.of["problem"].append(
            (
                *(id_, crawl_id, hierarchy_id, storable(url), storable(problem.pointer)),
                *(problem.code, problem.severity, storable(problem.message)),
            )
        )

    def layout(self, id_: int, axes: Axes) -> None:
        """Add a layout and its axes."""
        names = [axis.name for axis in axes]
        joined = ("" if all(len(name) == 1 for name in names) else ",").join(names)
        self.of["axis_layout"].append((id_, layout_digest(axes), storable(joined), len(axes)))
        self.of["axis"].extend(
            (
                *(id_, position, storable(axis.name), _text(axis.type), _text(axis.unit)),
                *(axis.discrete, _text(axis.long_name)),
            )
            for position, axis in enumerate(axes)
        )


def layout_digest(axes: Axes) -> bytes:
    """Digest all that tells one layout from another."""
    return blake2b(_compact(axes).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _text(text: str | None) -> str | None:
    return None if text is None else storable(text)


def _name(text: str | None) -> str | None:
    return None if text is None else indexable(text)


class Draft:
    """A hierarchy on its way into the database: what can be known before ids are.

    Raises
    ------
    ValueError
        When the record refers to what it does not hold.
    """

    def __init__(self, record: HierarchyRecord) -> None:
        self.url = indexable(record.url)
        if self.url != record.url:
            raise ValueError("the URL is longer than 1,000 bytes, or is not Unicode text")
        record, found = mended(record)
        self.record = record
        # Parents sort before children, as their foreign keys need it.
        self.groups = sorted(record.groups, key=lambda group: group.path)
        self._places: dict[str, str] = {}
        self.group_at = {group.path: group for group in self.groups}
        self.group_urls = {group.path: record.url_of(group.path) for group in self.groups}
        if len(self.group_urls) != len(self.groups):
            raise ValueError("a group was recorded twice")
        edges = record.transformations
        ends = [(edge.input, edge.output) for edge in edges]
        systems = len(record.systems)
        if ends and not (min(map(min, ends)) >= 0 and max(map(max, ends)) < systems):
            raise ValueError("a transformation leads to a coordinate system that was not recorded")
        self.component = components(systems, ends)
        self.component_systems = Counter(self.component)
        self.component_edges = Counter([self.component[a] for a, _ in ends])
        # By identity first: most systems share the very same axes, and hashing them takes long.
        shared = {id(system.axes): system.axes for system in record.systems}
        self.layouts = {axes for axes in shared.values() if axes is not None}
        self.problems = (*record.problems, *found)

    @property
    def rows(self) -> int:
        """About how many rows it makes."""
        record = self.record
        return len(self.groups) + 2 * len(record.systems) + len(record.transformations)

    @property
    def needs(self) -> Counter[str]:
        """How many ids of each table it may take."""
        return Counter(
            hierarchy=1,
            zarr_group=len(self.groups),
            image=len(self.record.images),
            component=len(self.component_systems),
            coordinate_system=len(self.record.systems),
            transformation=len(self.record.transformations),
            problem=len(self.problems),
        )

    def place(self, group: str) -> str:
        """Give the words of the place of a group."""
        found = self._places.get(group)
        if found is None:
            found = self._places[group] = place_words(self.group_urls[group])
        return found

    def title(self, group: str, name: str | None) -> tuple[str, str]:
        """Give the title and the text to be searched of the scene or plate that a group is."""
        about = self.group_at[group]
        text = search_text(self.place(group), (name, *about.free_text))
        return indexable(name or about.name), text


class KnownIds:
    """Ids that a hierarchy has already, so that they stay what they were."""

    def __init__(self) -> None:
        self.groups: dict[str, int] = {}
        self.images: dict[tuple[int, int], int] = {}
        self.systems: dict[tuple[int, str, str], int] = {}


def fill(
    rows: Rows,
    draft: Draft,
    *,
    hierarchy_id: int,
    crawl_id: int,
    ids: Ids,
    known: KnownIds,
    layouts: Mapping[Axes, int],
) -> list[tuple[Cell, ...]]:
    """Add all rows of a hierarchy, except groups that have a row already.

    Returns
    -------
    The rows of these groups, to be updated; columns as in `COLUMNS`.
    """
    urls = list(draft.group_urls.values())
    group_ids = dict(
        zip(draft.group_urls, _ids(ids, "zarr_group", urls, known.groups), strict=True)
    )
    again = _fill_groups(rows, draft, hierarchy_id=hierarchy_id, group_ids=group_ids, known=known)
    system_ids, component = _fill_systems(
        rows,
        draft,
        hierarchy_id=hierarchy_id,
        group_ids=group_ids,
        ids=ids,
        known=known,
        layouts=layouts,
    )
    image_ids = _fill_images(
        rows,
        draft,
        group_ids=group_ids,
        system_ids=system_ids,
        ids=ids,
        known=known,
        layouts=layouts,
    )
    _fill_extents(rows, draft, image_ids, system_ids, component)
    _fill_plates(rows, draft, group_ids)
    if draft.record.crate is not None:
        rows.of["crate"].append(crate_row(draft.record.crate, hierarchy_id))
        rows.of["crate_term"] += term_rows(draft.record.crate, hierarchy_id)
    for id_, problem in zip(ids.take("problem", len(draft.problems)), draft.problems, strict=True):
        url = draft.record.url_of(problem.location)
        rows.problem(id_, crawl_id, hierarchy_id, url, problem)
    return again


def _fill_groups(
    rows: Rows, draft: Draft, *, hierarchy_id: int, group_ids: Mapping[str, int], known: KnownIds
) -> list[tuple[Cell, ...]]:
    again: list[tuple[Cell, ...]] = []
    new = rows.of["zarr_group"]
    for group in draft.groups:
        url = draft.group_urls[group.path]
        if indexable(url) != url:
            raise ValueError(f"the URL of the group {group.path!r} is longer than 1,000 bytes")
        (again if url in known.groups else new).append(
            (
                *(group_ids[group.path], hierarchy_id),
                None if group.parent is None else group_ids[group.parent],
                *(url, storable(group.path), indexable(group.name), group.kind),
                *(storable(group.ome_version), group.zarr_format, group.mtime_ns, group.size),
                *(group.digest, storable(group.attributes)),
            )
        )
    return again


def _fill_systems(
    rows: Rows,
    draft: Draft,
    *,
    hierarchy_id: int,
    group_ids: Mapping[str, int],
    ids: Ids,
    known: KnownIds,
    layouts: Mapping[Axes, int],
) -> tuple[list[int], list[int]]:
    """Give the id and the component of each system."""
    record = draft.record
    component_ids = ids.take("component", len(draft.component_systems))
    component = [component_ids[number] for number in draft.component]
    layout_ids = {
        id(system.axes): None if system.axes is None else layouts[system.axes]
        for system in {id(system.axes): system for system in record.systems}.values()
    }
    keys = [(group_ids[system.group], system.array_path, system.name) for system in record.systems]
    system_ids = _ids(ids, "coordinate_system", keys, known.systems)
    place = draft.place
    rows.of["coordinate_system"] += [
        (
            id_,
            hierarchy_id,
            group_id,
            path,
            name,
            system.kind,
            system.image,
            layout_ids[id(system.axes)],
            system.ndim,
            component_id,
            # The grid of an array has no name, and there are millions of them.
            search_text(place(system.group), (name,)) if name else "",
        )
        for id_, component_id, (group_id, path, name), system in zip(
            system_ids, component, keys, record.systems, strict=True
        )
    ]
    edge_ids = ids.take("transformation", len(record.transformations))
    rows.of["transformation"] += [
        (
            id_,
            hierarchy_id,
            group_ids[group],
            component[start],
            pointer,
            name,
            type_,
            system_ids[start],
            system_ids[end],
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
        ) in zip(edge_ids, record.transformations, strict=True)
    ]
    packed = _adjacencies(draft, system_ids, edge_ids)
    rows.of["component"].extend(
        (
            *(component_ids[number], hierarchy_id, size),
            *(draft.component_edges[number], packed.get(number)),
        )
        for number, size in draft.component_systems.items()
    )
    return system_ids, component


def _ids(ids: Ids, table: str, keys: Sequence[_Key], known: Mapping[_Key, int]) -> list[int]:
    """Give each key the id that it has already, or a new one."""
    if not known:
        return ids.take(table, len(keys))
    found = [known.get(key) for key in keys]
    new = iter(ids.take(table, found.count(None)))
    return [next(new) if id_ is None else id_ for id_ in found]


def _adjacencies(
    draft: Draft, system_ids: Sequence[int], edge_ids: Sequence[int]
) -> dict[int, bytes]:
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
            [system_ids[index] for index in systems],
            (
                (
                    *(edge_ids[index], position[edge.input], position[edge.output]),
                    *(edge.type, edge.invertibility, edge.origin),
                )
                for index in edges[number]
                for edge in (record.transformations[index],)
            ),
        )
    return packed


def _ndim(image: ImageRecord, draft: Draft) -> int:
    if image.intrinsic is not None:
        ndim = draft.record.systems[image.intrinsic].ndim
        if ndim is not None:
            return ndim
    if image.shape is not None:
        return len(image.shape)
    return image.axes.count(",") + 1 if "," in image.axes else len(image.axes)


def _fill_images(
    rows: Rows,
    draft: Draft,
    *,
    group_ids: Mapping[str, int],
    system_ids: Sequence[int],
    ids: Ids,
    known: KnownIds,
    layouts: Mapping[Axes, int],
) -> dict[tuple[str, int], int]:
    """Give the id of each image, by its group and entry."""
    record = draft.record
    levels = Counter((level.group, level.image) for level in record.levels)
    sizes = [declared_bytes(level.shape, level.dtype) for level in record.levels]
    image_bytes: dict[tuple[str, int], int] = {}
    for level, size in zip(record.levels, sizes, strict=True):
        if size is not None:
            of = (level.group, level.image)
            image_bytes[of] = min(image_bytes.get(of, 0) + size, LARGEST)
    channels = Counter(channel.group for channel in record.channels)
    annotated = Counter(image.label_of for image in record.images if image.label_of is not None)
    labels: dict[str, list[str | None]] = {}
    for channel in record.channels:
        labels.setdefault(channel.group, []).append(channel.label)
    keys = [(group_ids[image.group], image.index) for image in record.images]
    image_ids: dict[tuple[str, int], int] = {}
    for image, id_ in zip(record.images, _ids(ids, "image", keys, known.images), strict=True):
        group_id = group_ids[image.group]
        group = draft.group_at[image.group]
        axes = None if image.intrinsic is None else record.systems[image.intrinsic].axes
        image_ids[image.group, image.index] = id_
        rows.of["image"].append(
            (
                *(id_, group_id, image.index, _name(image.name), indexable(image.axes)),
                *(_ndim(image, draft), shape_json(image.shape), _name(image.dtype)),
                compact_json(image.pixel_sizes),
                *(levels[image.group, image.index], channels[image.group]),
                None if image.intrinsic is None else system_ids[image.intrinsic],
                image_bytes.get((image.group, image.index)),
                *(indexable(image.name or group.name), indexable(group.ome_version)),
                group.zarr_format,
                *measures(axes, image.axes, image.shape, image.pixel_sizes),
                None if axes is None else layouts[axes],
                image.label_of is not None,
                annotated[image.group],
                search_text(
                    draft.place(image.group),
                    (image.name, *labels.get(image.group, ()), *group.free_text),
                ),
            )
        )
        if image.label_of is not None:
            rows.of["label_image"].append((id_, group_ids.get(image.label_of)))
    rows.of["resolution_level"] += [
        (
            image_ids[group_path, entry],
            number,
            path,
            shape_json(shape),
            shape_json(chunks),
            dtype,
            None if system is None else system_ids[system],
            size,
        )
        for (group_path, entry, number, path, shape, chunks, dtype, system), size in zip(
            record.levels, sizes, strict=True
        )
    ]
    rows.of["channel"].extend(
        (
            *(group_ids[channel.group], channel.index, _name(channel.label)),
            *(_text(channel.color), channel.active),
        )
        for channel in record.channels
    )
    scene_systems = Counter(
        system.group
        for system in record.systems
        if system.kind == "declared" and system.image is None
    )
    scene_edges = Counter(edge.group for edge in record.transformations if edge.origin == "scene")
    members: dict[tuple[int, int], bool] = {}
    for member in record.members:
        # A scene may refer to an image that is not there: a problem, and no row.
        if member.image in group_ids:
            key = (group_ids[member.scene], group_ids[member.image])
            members[key] = members.get(key, False) or member.referenced
    referred = Counter(scene for (scene, _), referenced in members.items() if referenced)
    rows.of["scene"].extend(
        (
            *(group_ids[scene.group], _text(scene.name), referred[group_ids[scene.group]]),
            *(scene_systems[scene.group], scene_edges[scene.group]),
            *draft.title(scene.group, scene.name),
        )
        for scene in record.scenes
    )
    rows.of["scene_image"].extend((*key, referenced) for key, referenced in members.items())
    return image_ids


def _fill_extents(
    rows: Rows,
    draft: Draft,
    image_ids: Mapping[tuple[str, int], int],
    system_ids: Sequence[int],
    component: Sequence[int],
) -> None:
    record = draft.record
    types = {
        extent.reference: tuple([axis.type for axis in axes])
        for extent in {extent.reference: extent for extent in record.extents}.values()
        if extent.reference is not None
        and (axes := record.systems[extent.reference].axes) is not None
    }
    rows.of["extent"] += extent_rows(
        record.extents,
        types,
        image_ids=image_ids,
        system_ids=system_ids,
        component=component,
    )


def _fill_plates(rows: Rows, draft: Draft, group_ids: Mapping[str, int]) -> None:
    record = draft.record
    plates = {plate.group for plate in record.plates}
    for plate in record.plates:
        fields = plate.field_count
        if fields is not None and not -_LARGEST_INTEGER <= fields <= _LARGEST_INTEGER:
            fields = None  # any integer may stand in JSON; no plate has 2^31 fields
        rows.of["plate"].append(
            (
                *(group_ids[plate.group], _text(plate.name), plate.rows, plate.columns),
                *(plate.wells, fields, plate.acquisitions),
                *draft.title(plate.group, plate.name),
            )
        )
    rows.of["well"].extend(
        (
            group_ids[well.group],
            group_ids[well.plate] if well.plate is not None and well.plate in plates else None,
            *(_text(well.row), _text(well.column), well.fields),
        )
        for well in record.wells
    )
