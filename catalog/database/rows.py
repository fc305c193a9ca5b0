"""From a hierarchy's record to the rows of its tables, as tuples of plain values."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b

from catalog.crawl.records import AxisRecord, HierarchyRecord, ImageRecord, ProblemRecord
from catalog.database.components import LARGE, components
from catalog.database.dialects import Cell
from catalog.database.ids import Ids
from catalog.database.measures import Measures, measures
from catalog.database.sizes import LARGEST, declared_bytes
from catalog.database.texts import indexable, storable
from catalog.database.words import place_words, search_text

Axes = tuple[AxisRecord, ...]

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
    return None if value is None else _compact(value)


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
        self.record = record
        self.url = indexable(record.url)
        if self.url != record.url:
            raise ValueError("the URL is longer than 1,000 bytes, or is not Unicode text")
        # Parents sort before children, as their foreign keys need it.
        self.groups = sorted(record.groups, key=lambda group: group.path)
        self._places: dict[str, str] = {}
        self.group_at = {group.path: group for group in self.groups}
        self.group_urls = {group.path: record.url_of(group.path) for group in self.groups}
        if len(self.group_urls) != len(self.groups):
            raise ValueError("a group was recorded twice")
        ends = [(edge.input, edge.output) for edge in record.transformations]
        systems = len(record.systems)
        if any(not (0 <= a < systems and 0 <= b < systems) for a, b in ends):
            raise ValueError("a transformation leads to a coordinate system that was not recorded")
        self.component = components(systems, ends)
        self.component_systems = Counter(self.component)
        self.component_edges = Counter(self.component[a] for a, _ in ends)
        self.layouts = {system.axes for system in record.systems if system.axes is not None}
        self.problems = (*record.problems, *self._mended())

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
            axis_layout=len(self.layouts),
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

    def _mended(self) -> list[ProblemRecord]:
        """Say where a name or a text is stored in another form than it stood."""
        record = self.record
        found: dict[tuple[str, str], ProblemRecord] = {}

        def note(location: str, text: str | None, mend: Callable[[str], str]) -> None:
            if text is None or mend(text) == text:
                return
            if storable(text) != text:
                code, what = "unstorable-text", "a NUL character or half of a surrogate pair"
                done = "it is kept as the escape that JSON has for it"
            else:
                code, what, done = "long-name", "a name of more than 1,000 bytes", "it is shortened"
            words = f"Here stands {what}; in the catalog {done}."
            found.setdefault((location, code), ProblemRecord(location, "", code, "warning", words))

        for group in self.groups:
            note(group.path, group.name, indexable)
            note(group.path, group.attributes, storable)
        for system in record.systems:
            note(system.group, system.name, indexable)
            note(system.group, system.array_path, indexable)
        for image in record.images:
            note(image.group, image.name, indexable)
        for channel in record.channels:
            note(channel.group, channel.label, indexable)
        for edge in record.transformations:
            if edge.name is not None:
                note(edge.group, edge.name, indexable)
        return list(found.values())


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
    group_ids = {
        group.path: known.groups.get(draft.group_urls[group.path]) or ids.one("zarr_group")
        for group in draft.groups
    }
    again = _fill_groups(rows, draft, hierarchy_id=hierarchy_id, group_ids=group_ids, known=known)
    system_ids = _fill_systems(
        rows,
        draft,
        hierarchy_id=hierarchy_id,
        group_ids=group_ids,
        ids=ids,
        known=known,
        layouts=layouts,
    )
    _fill_images(
        rows,
        draft,
        group_ids=group_ids,
        system_ids=system_ids,
        ids=ids,
        known=known,
        layouts=layouts,
    )
    _fill_plates(rows, draft, group_ids)
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
) -> list[int]:
    record = draft.record
    component_ids = ids.take("component", len(draft.component_systems))
    system_ids: list[int] = []
    systems = rows.of["coordinate_system"]
    for number, system in zip(draft.component, record.systems, strict=True):
        group_id = group_ids[system.group]
        key = (group_id, indexable(system.array_path), indexable(system.name))
        id_ = known.systems.get(key) or ids.one("coordinate_system")
        system_ids.append(id_)
        systems.append(
            (
                *(id_, hierarchy_id, *key, system.kind, system.image),
                None if system.axes is None else layouts[system.axes],
                *(system.ndim, component_ids[number]),
                # The grid of an array has no name, and there are millions of them.
                search_text(draft.place(system.group), (system.name,)) if system.name else "",
            )
        )
    edge_ids = ids.take("transformation", len(record.transformations))
    edges = rows.of["transformation"]
    for id_, edge in zip(edge_ids, record.transformations, strict=True):
        edges.append(
            (
                *(id_, hierarchy_id, group_ids[edge.group]),
                component_ids[draft.component[edge.input]],
                *(storable(edge.pointer), _name(edge.name), edge.type),
                *(system_ids[edge.input], system_ids[edge.output], storable(edge.parameters)),
                *(compact_json(edge.affine), compact_json(edge.inverse_affine)),
                *(edge.invertibility, edge.origin, edge.image),
                search_text(draft.place(edge.group), (edge.name, edge.type))
                if edge.name or edge.origin not in _UNSEARCHED
                else "",
            )
        )
    packed = _adjacencies(draft, system_ids, edge_ids)
    rows.of["component"].extend(
        (
            *(component_ids[number], hierarchy_id, size),
            *(draft.component_edges[number], packed.get(number)),
        )
        for number, size in draft.component_systems.items()
    )
    return system_ids


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
) -> None:
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
    image_ids: dict[tuple[str, int], int] = {}
    for image in record.images:
        group_id = group_ids[image.group]
        group = draft.group_at[image.group]
        axes = None if image.intrinsic is None else record.systems[image.intrinsic].axes
        id_ = known.images.get((group_id, image.index)) or ids.one("image")
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
    rows.of["resolution_level"].extend(
        (
            *(image_ids[level.group, level.image], level.level, storable(level.path)),
            *(shape_json(level.shape), shape_json(level.chunks), _text(level.dtype)),
            None if level.system is None else system_ids[level.system],
            size,
        )
        for level, size in zip(record.levels, sizes, strict=True)
    )
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
