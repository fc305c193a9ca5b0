"""From the attributes of a Zarr group to its OME-Zarr metadata in normal form.

Most documents are read in one step: pydantic takes them as they are, or as a dialect
rewrites them. Only when that fails, the slower way goes through them again, notes
each defect with its place, and keeps all that is not broken.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from catalog.metadata.axes import CoordinateSystem, CoordinateSystemIdentifier
from catalog.metadata.base import Model
from catalog.metadata.dialects import v04, v06dev
from catalog.metadata.dialects.axis_names import resolve_axis_names, unresolved_axes
from catalog.metadata.dialects.trace import Trace
from catalog.metadata.image import ImageLabel, Multiscale, Omero
from catalog.metadata.nodes import ArrayNode, GroupKind, GroupNode
from catalog.metadata.plain import read_normal, with_known_systems
from catalog.metadata.plate import Plate, Well
from catalog.metadata.problems import Place, Problem, Severity, as_pointer
from catalog.metadata.pruning import read_part
from catalog.metadata.scene import SceneAttrs
from catalog.metadata.transformations import AnyTransform
from catalog.metadata.versions import Version, known_version

Json = dict[str, Any]
_Part = TypeVar("_Part", bound=Model)

#: All versions that this package knows.
KNOWN_VERSIONS: Final = frozenset(
    {
        "0.1",
        "0.2",
        "0.3",
        "0.4",
        "0.5",
        "0.6",
        "0.6rc0",
        "0.4-dev-spatialdata",
        "0.5-dev-spatialdata",
        "0.6-dev-spatialdata",
        "0.6.dev1",
        "0.6.dev2",
        "0.6.dev3",
        "0.6.dev4",
    }
)

# Beyond these, a document is told to be hopeless rather than each of its defects.
_MOST_PROBLEMS = 200

_LAYOUT = "bioformats2raw.layout"
_SYSTEMS = "coordinateSystems"
_TRANSFORMATIONS = "coordinateTransformations"
_KEYS = frozenset(
    {"multiscales", "plate", "well", "labels", "image-label", "series", "scene", "omero", _LAYOUT}
)

#: What tells OME-Zarr metadata that no key 'ome' holds.
_BARE: Final[dict[str, type]] = {
    "multiscales": list,
    "plate": dict,
    "well": dict,
    "image-label": dict,
    "labels": list,
    "series": list,
    "scene": dict,
    _TRANSFORMATIONS: list,
}

#: Keys that nothing but OME-Zarr writes, whatever the Zarr format.
_BELOW_OME: Final = ("multiscales", "plate", "well", "image-label", "scene", _LAYOUT)


def read_group(attributes: Json, *, zarr_format: int) -> GroupNode | None:
    """Read the OME-Zarr metadata of a group, of any version, into normal form.

    Bad content is never an error: each defect becomes a problem with a pointer into
    the attributes, the innermost broken element is left out, and the rest is read.

    Parameters
    ----------
    attributes
        The group's attributes: of `zarr.json` (v3), or what `.zattrs` holds (v2).
    zarr_format
        2 or 3.

    Returns
    -------
    GroupNode | None
        None when there is no OME-Zarr metadata.

    Examples
    --------
    >>> node = read_group({"ome": {"version": "0.5", "series": ["0", "1"]}}, zarr_format=3)
    >>> node.kind, node.series
    ('collection', ('0', '1'))
    """
    try:
        return _Reading(attributes, zarr_format).group()
    except RecursionError:
        problem = Problem(
            "too-deep", "", "error", "The metadata is nested too deeply to be understood."
        )
        return GroupNode(
            version="",
            zarr_format=zarr_format,
            kind="collection",
            attributes=attributes,
            problems=(problem,),
        )


def read_annotation(array: ArrayNode) -> SceneAttrs | None:
    """Read the coordinate systems and transformations that an array itself holds.

    Fields of displacements and coordinates were annotated so before 0.6.dev4.

    Returns
    -------
    SceneAttrs | None
        None when the array has none that are usable.
    """
    ome = array.attributes.get("ome", array.attributes)
    if not isinstance(ome, dict) or _TRANSFORMATIONS not in ome:
        return None
    trace = Trace()
    parts = {key: ome[key] for key in (_SYSTEMS, _TRANSFORMATIONS) if key in ome}
    normal, _ = v06dev.normal_scene(parts, trace, ())
    return read_part(SceneAttrs, normal, parts, (), trace)


class _Reading:
    """The reading of one document: what it holds, and what was wrong with it."""

    def __init__(self, attributes: Json, zarr_format: int) -> None:
        self.attributes = attributes
        self.zarr_format = zarr_format
        self.problems: list[Problem] = []
        self.base: Place = ()
        self.version = ""
        self.moved: dict[Place, Place] = {}
        self.implied: list[tuple[str, ...]] = []
        self.shared: list[str] = []

    def group(self) -> GroupNode | None:
        """Return the group's node; None when there is no OME-Zarr metadata."""
        ome = self._metadata()
        if ome is None:
            return None
        self._read_version(ome)
        scene = self._scene(ome)
        images = self._images(ome)
        plate = self._part(Plate, ome, "plate")
        well = self._part(Well, ome, "well")
        omero = self._part(Omero, ome, "omero")
        image_label = self._part(ImageLabel, ome, "image-label")
        labels = self._paths(ome, "labels")
        series = self._paths(ome, "series")
        layout = self._layout(ome)
        kind: GroupKind = "collection"
        if scene is not None and not self._is_element():
            kind = "scene"
        elif plate is not None:
            kind = "plate"
        elif well is not None:
            kind = "well"
        elif images or image_label is not None:
            kind = "image"
        elif labels is not None:
            kind = "labels"
        return GroupNode(
            version=self.version,
            zarr_format=self.zarr_format,
            kind=kind,
            scene=scene,
            images=tuple(images),
            omero=omero,
            image_label=image_label,
            labels=labels,
            plate=plate,
            well=well,
            series=series,
            bioformats2raw=layout,
            spatialdata=self._is_container(),
            implied_systems=tuple(self.implied),
            shared_systems=tuple(dict.fromkeys(self.shared)),
            attributes=self.attributes,
            problems=_few(self.problems),
            base=self.base,
            moved=self.moved,
        )

    # Where the metadata sits, and of which version it is

    def _metadata(self) -> Json | None:
        """Return the object that holds the OME-Zarr metadata, if there is one."""
        attributes = self.attributes
        ome = attributes.get("ome")
        if isinstance(ome, dict):
            self.base = ("ome",)
            return ome
        if "spatialdata_attrs" in attributes or _looks_bare(attributes):
            misplaced = next((key for key in _BELOW_OME if key in attributes), None)
            if self.zarr_format != 2 and misplaced is not None:
                message = "In Zarr v3, OME-Zarr metadata belongs below the key 'ome'."
                self._report("misplaced-metadata", (misplaced,), message)
            return attributes
        if ome is not None and self.zarr_format != 2:
            self._report("wrong-type", ("ome",), f"'ome' must hold an object, not {ome!r:.40}.")
            return {}
        return None

    def _read_version(self, ome: Json) -> None:
        version, place = ome.get("version"), (*self.base, "version")
        if version is None or not self.base:
            version, place = self._version_of_a_part(ome)
        if isinstance(version, str):
            self.version = version
            if known_version(version) is Version.V09:
                message = f"The version {version!r} is a draft, whose rules may still change."
                self._report("unknown-version", place, message, "warning")
            elif version not in KNOWN_VERSIONS:
                message = f"The version {version!r} is unknown; the shapes are read as they are."
                self._report("unknown-version", place, message, "warning")
        elif version is not None:
            message = f"The version must be text, not {version!r:.40}."
            self._report("wrong-type", place, message)
            self.version = str(version) if isinstance(version, (int, float)) else ""
        elif self.base:
            self._report("missing-version", self.base, "The key 'version' is missing.")

    def _version_of_a_part(self, ome: Json) -> tuple[object, Place]:
        """Return the version that 0.4 and older wrote into each part."""
        for key in ("multiscales", "plate", "well", "image-label", "omero"):
            part, place = ome.get(key), (*self.base, key)
            if isinstance(part, list) and part:
                part, place = part[0], (*place, 0)
            if isinstance(part, dict) and part.get("version") is not None:
                return part["version"], (*place, "version")
        return None, self.base

    def _is_container(self) -> bool:
        """Tell whether this is the root of a spatialdata container."""
        spatialdata = self.attributes.get("spatialdata_attrs")
        return isinstance(spatialdata, dict) and (
            "spatialdata_software_version" in spatialdata
            or not self.attributes.keys() & {"ome", "encoding-type", *_KEYS, _TRANSFORMATIONS}
        )

    def _is_element(self) -> bool:
        """Tell whether this is an element of spatialdata without images: points or shapes."""
        marks = {"spatialdata_attrs", "encoding-type"}
        return not self.base and bool(self.attributes.keys() & marks)

    # Scenes and images

    def _scene(self, ome: Json) -> SceneAttrs | None:
        value, place = ome.get("scene"), (*self.base, "scene")
        if value is None:
            if ome.get(_TRANSFORMATIONS) is None:
                return None
            # The container of 0.6.dev1 and dev2; points and shapes of spatialdata.
            value = {key: ome[key] for key in (_SYSTEMS, _TRANSFORMATIONS) if key in ome}
            place = self.base
        if not isinstance(value, dict):
            self._report("wrong-type", place, "'scene' must hold an object.")
            return None
        if place[-1:] == ("scene",):
            scene = read_normal(SceneAttrs, with_known_systems(value))
            if scene is not None and _is_normal_scene(scene):
                return scene
        trace = self._trace()
        if place == self.base and not self._is_element():
            here = (*place, _TRANSFORMATIONS)
            trace.older(here, "A container without 'scene'", "'scene'", Version.V06_DEV3)
        normal, shared = v06dev.normal_scene(value, trace, place)
        self.shared += shared
        part = read_part(SceneAttrs, normal, self.attributes, place, trace)
        if part is not None:
            axes = _axes_by_name(part.coordinateSystems or ())
            part = self._resolved(part, normal, axes, {}, trace)
            self._note_moved(normal, ("scene",), (*self.base, "scene"), trace)
        self.problems += trace.problems
        return part

    def _images(self, ome: Json) -> list[Multiscale]:
        value, place = ome.get("multiscales"), (*self.base, "multiscales")
        if value is None:
            return []
        if not isinstance(value, list):
            self._report("wrong-type", place, "'multiscales' must hold a list of images.")
            return []
        if not value:
            self._report("empty", place, "'multiscales' must not be empty.")
        images: list[Multiscale] = []
        for i, item in enumerate(value):
            image = self._image(item, (*place, i), len(images))
            if image is not None:
                images.append(image)
                if len(images) <= i:
                    self.moved.setdefault(("multiscales", len(images) - 1), (*place, i))
        return images

    def _image(self, value: object, place: Place, index: int) -> Multiscale | None:
        if not isinstance(value, dict):
            self._report("wrong-type", place, "An image must be an object.")
            return None
        older = v04.is_v04(value)
        image = self._plain_image(value, place, index) if older else _normal_image(value)
        if image is not None:
            self.implied.append((v04.PHYSICAL,) if older else ())
            return image
        trace = self._trace()
        implied: list[str] = []
        if older:
            normal, implied, shared = v04.normal_image(value, trace, place)
        else:
            normal, shared = v06dev.normal_image(value, trace, place, self.version)
        part = read_part(Multiscale, normal, self.attributes, place, trace)
        if part is not None:
            axes = _axes_by_name(part.coordinateSystems)
            arrays = {dataset.path: v06dev.array_axes(value) for dataset in part.datasets}
            part = self._resolved(part, normal, axes, arrays, trace)
            here: Place = ("multiscales", index)
            self._note_moved(normal, here, (*self.base, *here), trace)
            self.implied.append(tuple(name for name in implied if name in axes))
            self.shared += shared
        self.problems += trace.problems
        return part

    def _plain_image(self, value: Json, place: Place, index: int) -> Multiscale | None:
        """Read an image of 0.4 or 0.5 in one step, if it is a plain one."""
        # Since 0.6.dev2 the slower way has something to say about this form.
        if known_version(self.version) >= Version.V06_DEV2:
            return None
        plain = v04.plain_image(value, place)
        if plain is None:
            return None
        image = read_normal(Multiscale, with_known_systems(plain[0]))
        if image is None:
            return None
        for moved, origin in plain[1].items():
            self.moved["multiscales", index, *moved] = origin
        return image

    def _resolved(
        self,
        part: _Part,
        normal: Json,
        axes: Mapping[str, list[str]],
        arrays: Mapping[str, list[str] | None],
        trace: Trace,
    ) -> _Part:
        """Resolve names of axes in all transformations of a part, also of its datasets."""
        changes: dict[str, object] = {}
        stated: tuple[AnyTransform, ...] = getattr(part, _TRANSFORMATIONS)
        kept: list[AnyTransform] = []
        forms = normal.get(_TRANSFORMATIONS)
        for i, transformation in enumerate(stated):
            ends = transformation.input, transformation.output
            known = [_known_axes(end, axes, arrays) for end in ends]
            resolved = resolve_axis_names(transformation, known[0], known[1])
            names = unresolved_axes(resolved)
            here = [end is None or not end.path or end.path in arrays for end in ends]
            if names and all(here):
                origin = trace.origin(forms[i]) if isinstance(forms, list) else None
                message = f"No system at its ends has the axes {', '.join(names)}."
                trace.report("unknown-axis", origin or self.base, "error", message)
                if isinstance(forms, list):
                    forms[i] = None
                continue
            kept.append(resolved)
        if len(kept) < len(stated) or any(map(operator.is_not, kept, stated)):
            changes[_TRANSFORMATIONS] = tuple(kept)
            if isinstance(forms, list):
                forms[:] = [form for form in forms if form is not None]
        if isinstance(part, Multiscale):
            datasets = tuple(
                self._resolved(dataset, form, axes, arrays, trace)
                for dataset, form in zip(part.datasets, normal["datasets"], strict=True)
            )
            if any(map(operator.is_not, datasets, part.datasets)):
                changes["datasets"] = datasets
        return part.model_copy(update=changes) if changes else part

    def _note_moved(self, value: object, place: Place, expected: Place, trace: Trace) -> None:
        """Note each part of a normal form that stood elsewhere than its place says."""
        if isinstance(value, dict):
            origin = trace.origin(value)
            if origin is not None and origin != expected:
                self.moved[place] = expected = origin
            for key, item in value.items():
                if isinstance(item, (dict, list)):
                    self._note_moved(item, (*place, key), (*expected, key), trace)
        elif isinstance(value, list) and value and isinstance(value[0], (dict, list)):
            for i, item in enumerate(value):
                self._note_moved(item, (*place, i), (*expected, i), trace)

    # The other parts

    def _part(self, model: type[_Part], ome: Json, key: str) -> _Part | None:
        value = ome.get(key)
        if value is None:
            return None
        part = read_normal(model, value)
        if part is None:
            trace = self._trace()
            normal = _without_nulls(value)
            part = read_part(model, normal, self.attributes, (*self.base, key), trace)
            self.problems += trace.problems
        return part

    def _paths(self, ome: Json, key: str) -> tuple[str, ...] | None:
        value, place = ome.get(key), (*self.base, key)
        if value is None:
            return None
        if not isinstance(value, list):
            self._report("wrong-type", place, f"'{key}' must hold a list of paths.")
            return None
        for i, path in enumerate(value):
            if not isinstance(path, str):
                self._report("wrong-type", (*place, i), "A path must be text.")
        return tuple(path for path in value if isinstance(path, str))

    def _layout(self, ome: Json) -> int | None:
        value = ome.get(_LAYOUT)
        if value is None:
            return None
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if whole and not isinstance(value, bool):
            return int(value)
        place = (*self.base, _LAYOUT)
        self._report("wrong-type", place, f"'{_LAYOUT}' must hold a whole number.")
        return None

    def _trace(self) -> Trace:
        return Trace(known_version(self.version))

    def _report(self, code: str, place: Place, message: str, severity: Severity = "error") -> None:
        self.problems.append(Problem(code, as_pointer(place), severity, message))


def _looks_bare(attributes: Json) -> bool:
    """Tell whether attributes hold OME-Zarr metadata without a key 'ome' around it."""
    if _LAYOUT in attributes:
        return True
    for key, kind in _BARE.items():
        value = attributes.get(key)
        if isinstance(value, kind) and value:
            # GeoZarr's `multiscales` is an object; ours is a list of them.
            return True
    return False


def _few(problems: list[Problem]) -> tuple[Problem, ...]:
    if len(problems) <= _MOST_PROBLEMS:
        return tuple(problems)
    message = f"There are {len(problems) - _MOST_PROBLEMS} more problems in this document."
    return (*problems[:_MOST_PROBLEMS], Problem("more-problems", "", "error", message))


def _without_nulls(value: object) -> object:
    """Return a copy without the keys that hold null, all the way down."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _normal_image(value: Json) -> Multiscale | None:
    """Read an image in one step, if it is in normal form."""
    image = read_normal(Multiscale, with_known_systems(value))
    return image if image is not None and _is_normal_image(image) else None


def _is_normal_scene(scene: SceneAttrs) -> bool:
    """Tell whether no end of a transformation holds a whole system."""
    for transformation in scene.coordinateTransformations:
        for end in (transformation.input, transformation.output):
            if end is not None and end.model_extra and "axes" in end.model_extra:
                return False
    return True


def _is_normal_image(image: Multiscale) -> bool:
    """Tell whether an image that pydantic could read means what 0.6 means by its shape."""
    for dataset in image.datasets:
        transformations = dataset.coordinateTransformations
        if not transformations:
            continue
        start, finish = transformations[0].input, transformations[0].output
        if (
            len(transformations) > 1
            or start is None
            or finish is None
            or start.path != dataset.path
            or start.name is not None
            or finish.name is None
            or finish.model_extra
        ):
            return False
    if image.coordinateTransformations:
        names = {system.name for system in image.coordinateSystems}
        for transformation in image.coordinateTransformations:
            for end in (transformation.input, transformation.output):
                # An unknown name may be a dataset's path: the array's own system.
                if end is None or end.model_extra or (not end.path and end.name not in names):
                    return False
    return True


def _axes_by_name(systems: tuple[CoordinateSystem, ...]) -> dict[str, list[str]]:
    axes: dict[str, list[str]] = {}
    for system in systems:
        axes.setdefault(system.name, [axis.name for axis in system.axes])
    return axes


def _known_axes(
    end: CoordinateSystemIdentifier | None,
    axes: Mapping[str, list[str]],
    arrays: Mapping[str, list[str] | None],
) -> list[str] | None:
    if end is None:
        return None
    if end.path:
        return arrays.get(end.path)
    return axes.get(end.name or "")
