"""From the nodes of a hierarchy to the record that is written of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import PydanticSerializationError, to_json

from catalog.crawl.checking import check_reading
from catalog.crawl.crates import crate_record, crate_texts, topmost
from catalog.crawl.edges import known_edges, scale_of, transformation_record
from catalog.crawl.extents import extents
from catalog.crawl.free_text import free_text
from catalog.crawl.parameters import Parameters
from catalog.crawl.parts import channels, label_sources, plates, wells
from catalog.crawl.read import GroupDocument, Reading
from catalog.crawl.records import (
    AxisRecord,
    GroupRecord,
    HierarchyRecord,
    ImageRecord,
    LevelRecord,
    ProblemRecord,
    SceneMemberRecord,
    SceneRecord,
    SystemRecord,
    TransformationRecord,
)
from catalog.metadata.assembly import SystemKey, assemble
from catalog.metadata.axes import Axis
from catalog.metadata.nodes import ArrayNode, GroupNode, Note
from catalog.stores.url import name as last_part

if TYPE_CHECKING:
    from catalog.geometry.field import FieldReader
    from catalog.geometry.steps import Mapping

_NO_METADATA = GroupNode(version="", zarr_format=3, kind="collection")
_NO_DOCUMENT = GroupDocument(None, None, b"")

_TEXTS = Note[tuple[str, tuple[str, ...]]]()
"""The attributes of a group as JSON, and the free texts in them."""


def has_metadata(reading: Reading) -> bool:
    """Tell whether OME-Zarr metadata was met, or may be where something could not be read."""
    if any(isinstance(node, GroupNode) for node in reading.nodes.values()):
        return True
    return any(problem.severity == "error" for problem in reading.problems)


def is_array(reading: Reading) -> bool:
    """Tell whether the root is an array, in which no OME-Zarr metadata lies."""
    return isinstance(reading.nodes.get(""), ArrayNode)


def interpret(reading: Reading) -> tuple[HierarchyRecord, Parameters]:
    """Make the record of one hierarchy.

    Returns
    -------
    record, parameters
        `parameters` holds the arrays whose values went into the record.
    """
    draft = _Interpretation(reading)
    return draft.record(), draft.parameters


class _Layout(NamedTuple):
    """The axes of systems, as records and as a text."""

    records: tuple[AxisRecord, ...]
    text: str


class _Interpretation:
    """One hierarchy on its way from nodes to records."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._nodes = reading.nodes
        self._groups: list[tuple[str, GroupNode]] = sorted(
            (path, node) for path, node in reading.nodes.items() if isinstance(node, GroupNode)
        )
        if not self._groups or self._groups[0][0]:
            self._groups.insert(0, ("", _NO_METADATA))
        self._paths = {path for path, _ in self._groups}
        self._assembly = assemble(reading.nodes)
        self._positions = {key: index for index, key in enumerate(self._assembly.systems)}
        self._layouts: dict[int, _Layout] = {}
        self.parameters = Parameters(reading.url, reading.options)
        self._fields: Callable[[str], FieldReader] | None = None
        self._crate_texts: dict[str, tuple[str, ...]] = {}
        if reading.crate is not None:
            said = crate_texts(reading.crate.crate)
            self._crate_texts = dict.fromkeys(topmost(self._groups), said)

    def record(self) -> HierarchyRecord:
        transformations = self._transformations()
        images, levels = self._images(transformations)
        systems = self._systems()
        problems = check_reading(self._reading, assembly=self._assembly, parameters=self.parameters)
        return HierarchyRecord(
            url=self._reading.url,
            digest=self._reading.digest,
            manifest=self._reading.manifest,
            groups=tuple([self._group(path, node) for path, node in self._groups]),
            scenes=tuple(
                SceneRecord(path, _scene_name(node))
                for path, node in self._groups
                if node.kind == "scene" and node.scene is not None
            ),
            members=tuple(
                SceneMemberRecord(*member)
                for member in self._assembly.members
                if member[1] in self._paths
            ),
            images=tuple(images),
            levels=tuple(levels),
            channels=tuple(channels(self._groups)),
            plates=tuple(plates(self._groups)),
            wells=tuple(wells(self._groups)),
            systems=systems,
            transformations=tuple(transformations),
            problems=tuple(
                ProblemRecord(
                    problem.location,
                    problem.pointer,
                    problem.code,
                    problem.severity,
                    problem.message,
                )
                for problem in problems
            ),
            extents=extents(
                self._reading.url,
                systems,
                transformations,
                images,
                levels,
                mapping_of=self._mapping,
            ),
            crate=None if self._reading.crate is None else crate_record(self._reading.crate),
        )

    def _mapping(self, number: int) -> Mapping:
        """Make the mapping of an edge that is not affine, with what opens its fields."""
        from catalog.crawl.edges import edge_mapping_of

        if self._fields is None:
            from catalog.crawl.fields import fields_below

            self._fields = fields_below(self._reading.url, self._reading.options)
        edge = self._assembly.edges[number]
        made = edge_mapping_of(edge, self._assembly.systems, self.parameters)
        return made.reading(self._fields(edge.group))

    def _group(self, path: str, node: GroupNode) -> GroupRecord:
        document = self._reading.documents.get(path, _NO_DOCUMENT)
        texts = _TEXTS.on(node)
        if texts is None:
            texts = _TEXTS.write(node, (_json(node.attributes), free_text(node.attributes)))
        return GroupRecord(
            path=path,
            parent=self._above(path) if path else None,
            kind=node.kind,
            name=last_part(path or self._reading.url),
            ome_version=node.version,
            zarr_format=node.zarr_format,
            mtime_ns=document.mtime_ns,
            size=document.size,
            digest=document.digest,
            attributes=texts[0],
            free_text=texts[1] + self._crate_texts.get(path, ()),
        )

    def _above(self, path: str) -> str:
        """Give the nearest recorded group above."""
        while path:
            path = path.rpartition("/")[0]
            if path in self._paths:
                return path
        return ""

    def _systems(self) -> tuple[SystemRecord, ...]:
        records = []
        paths, layouts = self._paths, self._layouts
        for key, (_, kind, group, image, axes, ndim) in self._assembly.systems.items():
            location, name = key
            layout = None
            if axes is not None:
                layout = (layouts.get(id(axes)) or self._layout(axes)).records
            if location in paths:
                group, array_path = location, ""  # noqa: PLW2901
            else:
                group, array_path = self._place(location, group)  # noqa: PLW2901
            records.append(SystemRecord(group, array_path, name, kind, image, layout, ndim))
        return tuple(records)

    def _layout(self, axes: tuple[Axis, ...]) -> _Layout:
        """Turn axes, which many systems share: the same tuple not twice."""
        layout = self._layouts.get(id(axes))
        if layout is None:
            layout = self._layouts[id(axes)] = _Layout(
                tuple([_axis(axis) for axis in axes]), _axes_text(axes)
            )
        return layout

    def _place(self, location: str, group: str) -> tuple[str, str]:
        """Split the location of a system of a group into a recorded group and what is left."""
        if group not in self._paths or not _is_below(location, group):
            if location.startswith("..") or ":/" in location:  # outside, and never followed
                return (group if group in self._paths else self._above(group)), location
            group = self._above(location)
        return group, location[len(group) + 1 :] if group else location

    def _transformations(self) -> list[TransformationRecord]:
        systems, positions, parameters = self._assembly.systems, self._positions, self.parameters
        records = []
        # What a document declares stands together.
        for group, edges in groupby(self._assembly.edges, itemgetter(0)):
            known = known_edges(self._nodes.get(group))
            is_recorded = group in self._paths
            for edge in edges:
                record = transformation_record(edge, known, systems, positions, parameters)
                if not is_recorded:
                    record = record._replace(group=self._above(group))
                records.append(record)
        return records

    def _images(
        self, transformations: Sequence[TransformationRecord]
    ) -> tuple[list[ImageRecord], list[LevelRecord]]:
        datasets: dict[tuple[str, int | None, int], TransformationRecord] = {}
        for record in transformations:
            if record.origin == "dataset":
                datasets.setdefault((record.group, record.image, record.input), record)
        sources = label_sources(self._groups)
        keys = list(self._assembly.systems)
        images: list[ImageRecord] = []
        levels: list[LevelRecord] = []
        for path, node in self._groups:
            prefix = f"{path}/" if path else ""
            for index, image in enumerate(node.images):
                first: LevelRecord | None = None
                leads: TransformationRecord | None = None
                stand = self._assembly.levels[path][index]
                for number, dataset in enumerate(image.datasets):
                    array = stand[number].array
                    place = dataset.path
                    if array is not None and array.location.startswith(prefix):
                        place = array.location[len(prefix) :]
                    elif array is not None and array.location == path:
                        place = ""
                    level = self._level(path, index, number, place, array)
                    levels.append(level)
                    if level.system is not None and leads is None:
                        leads = datasets.get((path, index, level.system))
                    first = first or level
                intrinsic = None if leads is None else leads.output
                axes: tuple[Axis, ...] | None = None
                if intrinsic is not None:
                    axes = self._assembly.systems[keys[intrinsic]].axes
                elif image.coordinateSystems:
                    axes = image.coordinateSystems[0].axes
                is_first = leads is not None and first is not None and leads.input == first.system
                images.append(
                    ImageRecord(
                        path,
                        index,
                        image.name,
                        self._layout(axes).text if axes is not None else "",
                        first.shape if first else None,
                        first.dtype if first else None,
                        intrinsic,
                        scale_of(leads.affine) if is_first and leads else None,
                        sources.get(path),
                    )
                )
        return images, levels

    def _level(
        self, group: str, image: int, number: int, path: str, array: SystemKey | None
    ) -> LevelRecord:
        if array is None:
            return LevelRecord(group, image, number, path, None, None, None, None)
        node = self._nodes.get(array.location)
        system = self._positions.get(array)
        if not isinstance(node, ArrayNode):
            return LevelRecord(group, image, number, path, None, None, None, system)
        return LevelRecord(group, image, number, path, node.shape, node.chunks, node.dtype, system)


def _scene_name(node: GroupNode) -> str | None:
    extra = None if node.scene is None else node.scene.model_extra
    name = (extra or {}).get("name")
    return name if isinstance(name, str) else None


def _json(attributes: dict[str, Any]) -> str:
    try:
        return to_json(attributes, inf_nan_mode="constants").decode()
    except PydanticSerializationError:  # half of a surrogate pair, which no text holds
        return json.dumps(attributes, separators=(",", ":"))


def _axis(axis: Axis) -> AxisRecord:
    return AxisRecord(axis.name, axis.type, axis.unit, axis.discrete, axis.longName)


def _axes_text(axes: tuple[Axis, ...]) -> str:
    names = [axis.name for axis in axes]
    return ("" if all(len(name) == 1 for name in names) else ",").join(names)


def _is_below(location: str, group: str) -> bool:
    return not group or location == group or location.startswith(group + "/")
