"""Rules about transformations: parameters against the axes of their ends, nested ones too."""

from __future__ import annotations

import math
from collections.abc import Iterable

from catalog.metadata import transformations as tf
from catalog.metadata.assembly import Edge, Level, join
from catalog.metadata.image import Dataset
from catalog.metadata.nodes import ArrayNode, GroupNode
from catalog.metadata.problems import Problem
from catalog.metadata.rules.document import Document
from catalog.metadata.rules.matrices import is_rotation, is_singular
from catalog.metadata.rules.sizes import annotated_axis, output_size
from catalog.metadata.usual import usual
from catalog.metadata.versions import Version

Place = tuple[str | int, ...]

_INTERPOLATIONS = frozenset({"nearest", "linear", "cubic", "bspline-cubic"})
#: Of a scale or a translation, before 0.6.
_FEWEST_NUMBERS = 2
_FIELD_AXIS = {"displacements": "displacement", "coordinates": "coordinate"}


def check_transformations(document: Document) -> Iterable[Problem]:
    """Check all transformations of a document."""
    node = document.node
    walk = _Walk(document)
    for index, image in enumerate(node.images):
        levels = document.levels(index)
        for position, dataset in enumerate(image.datasets):
            walk.level(
                dataset,
                levels[position],
                ("multiscales", index, "datasets", position, "coordinateTransformations"),
            )
        if image.coordinateTransformations:
            where: Place = ("multiscales", index, "coordinateTransformations")
            walk.listed(image.coordinateTransformations, where)
    if node.scene is not None:
        walk.listed(node.scene.coordinateTransformations, ("scene", "coordinateTransformations"))
    return walk.found


class _Walk:
    """One walk along the transformations of a document, nested ones too.

    It gathers what it finds, rather than to yield it through a generator for each
    nested part: most walks find nothing.
    """

    def __init__(self, document: Document) -> None:
        self.found: list[Problem] = []
        self.document = document
        self.version = document.version
        self.systems = document.hierarchy.assembly.systems
        self.edges = document.hierarchy.edges
        self.code = "dimensionality"

    def level(self, dataset: Dataset, level: Level, where: Place) -> None:
        """Check the transformations of a resolution level.

        Documents that the specification's own tests call valid have levels whose scale is
        too short: it is an error only where the array itself is known.
        """
        array = level.array
        known = array is not None and isinstance(
            self.document.hierarchy.nodes.get(array.location), ArrayNode
        )
        self.code = "dimensionality" if known else "level-dimensionality"
        for number, transformation in enumerate(dataset.coordinateTransformations):
            edge = level.edges[number] if level.edges else None
            self.edge(transformation, edge, (*where, number))
        self.code = "dimensionality"

    def listed(self, transformations: tuple[tf.AnyTransform, ...], where: Place) -> None:
        """Check the transformations that an image or a scene lists."""
        names: set[str] = set()
        node, location, edges = self.document.node, self.document.location, self.edges
        # Nothing in most documents stands elsewhere than its place says.
        pointer = None if node.moved else node.pointer(*where)
        for number, transformation in enumerate(transformations):
            place = (*where, number)
            name = transformation.name
            if name and name in names and self.version >= Version.V06_DEV1:
                self._report(
                    "duplicate-transformation-name",
                    f"another transformation of this list is named {name!r} too",
                    *place,
                )
            if name:
                names.add(name)
            edge = edges.get((location, f"{pointer}/{number}" if pointer else node.pointer(*place)))
            if edge is not None and edge.input == edge.output:
                words = f"it leads from {edge.input} to itself"
                self._report("self-transformation", words, *place)
            self.edge(transformation, edge, place)

    def edge(self, transformation: tf.AnyTransform, edge: Edge | None, place: Place) -> None:
        """Check a transformation against the systems at its ends."""
        inputs = outputs = None
        if edge is not None and edge.transformation is transformation:
            inputs, outputs = self.systems[edge.input].ndim, self.systems[edge.output].ndim
            if inputs == outputs and _is_plainly_right(transformation, inputs):
                return
        self.check(transformation, inputs, outputs, place)

    def check(
        self, transformation: tf.AnyTransform, inputs: int | None, outputs: int | None, place: Place
    ) -> None:
        """Check a transformation between so many axes; None: not known."""
        if isinstance(transformation, (tf.Scale, tf.Translation)):
            self._vector(transformation, inputs, outputs, place)
        elif isinstance(transformation, tf.Sequence):
            self._sequence(transformation, inputs, outputs, place)
        elif isinstance(transformation, (tf.Affine, tf.Rotation)):
            self._matrix(transformation, inputs, outputs, place)
        elif isinstance(transformation, tf.MapAxis):
            self._map_axis(transformation, inputs, outputs, place)
        elif isinstance(transformation, tf.ProjectAxis):
            self._project_axis(transformation, inputs, outputs, place)
        elif isinstance(transformation, tf.ByDimension):
            self._by_dimension(transformation, inputs, outputs, place)
        elif isinstance(transformation, tf.Bijection):
            self._equal(inputs, outputs, place, "a bijection")
            self.check(transformation.forward, inputs, outputs, (*place, "forward"))
            self.check(transformation.inverse, outputs, inputs, (*place, "inverse"))
        elif isinstance(transformation, (tf.Displacements, tf.Coordinates)):
            self._field(transformation, inputs, outputs, place)
        else:
            self._equal(inputs, outputs, place, "an identity")

    def _report(self, code: str, message: str, *place: str | int) -> None:
        self.found.append(self.document.problem(code, message, *place))

    def _mismatch(self, message: str, place: Place) -> None:
        self._report(self.code, message, *place)

    def _equal(self, inputs: int | None, outputs: int | None, place: Place, what: str) -> None:
        if inputs is not None and outputs is not None and inputs != outputs:
            self._mismatch(
                f"{what} keeps the number of axes, and leads from {inputs} to {outputs}", place
            )

    def _fits(
        self, inputs: int | None, outputs: int | None, size: tuple[int, int], place: Place
    ) -> None:
        """Compare what a transformation takes and gives with the axes at its ends."""
        if inputs is not None and inputs != size[0]:
            self._mismatch(
                f"it takes points with {size[0]} coordinates, and its input has {inputs} axes",
                place,
            )
        elif outputs is not None and outputs != size[1]:
            self._mismatch(
                f"it gives points with {size[1]} coordinates, and its output has {outputs} axes",
                place,
            )

    def _vector(
        self,
        transformation: tf.Scale | tf.Translation,
        inputs: int | None,
        outputs: int | None,
        place: Place,
    ) -> None:
        kind = transformation.type
        values = (
            transformation.scale
            if isinstance(transformation, tf.Scale)
            else transformation.translation
        )
        path = transformation.path
        if path is not None and self.version >= Version.V06_DEV3:
            self._report(
                "parameters-by-path",
                f"write the {kind} inline: its version does not know parameters by path",
                *place,
            )
        if values is None:
            size = inputs if inputs is not None else outputs
            if path is not None:
                self._stored(path, None if size is None else (size,), place)
            self._equal(inputs, outputs, place, f"a {kind}")
            return
        size = len(values)
        finite = all(map(math.isfinite, values))
        if not finite:
            self._finite(values, (*place, kind))
        self._fits(inputs, outputs, (size, size), place)
        if size < _FEWEST_NUMBERS and self.version in (Version.V04, Version.V05):
            words = f"a {kind} has two numbers or more, not {size}"
            self._report("dimensionality", words, *place, kind)
        if not isinstance(transformation, tf.Scale) or (finite and min(values, default=1) > 0):
            return
        if self.version >= Version.V06:
            if any(value <= 0 for value in values):
                words = "a factor is not positive, as the schema asks"
                self._report("scale-factor", words, *place, kind)
            return
        if 0 in values:
            self._report("zero-scale", "a factor is zero; the scale has no inverse", *place, kind)
        if any(value < 0 for value in values):
            self._report("negative-scale", "a factor is negative; axes are flipped", *place, kind)

    def _finite(self, values: tuple[float, ...], place: Place) -> None:
        for index, value in enumerate(values):
            if not math.isfinite(value):
                self._report("not-finite", f"{value} is not a finite number", *place, index)

    def _matrix(
        self,
        transformation: tf.Affine | tf.Rotation,
        inputs: int | None,
        outputs: int | None,
        place: Place,
    ) -> None:
        kind = transformation.type
        affine = isinstance(transformation, tf.Affine)
        matrix = (
            transformation.affine
            if isinstance(transformation, tf.Affine)
            else transformation.rotation
        )
        if matrix is not None and transformation.path is not None:
            self._report("parameters", f"the {kind} is given both inline and by path", *place)
        if matrix is None:
            if transformation.path is not None:
                columns = None if inputs is None else inputs + affine
                shape = None if outputs is None or columns is None else (outputs, columns)
                self._stored(transformation.path, shape, place)
            if not affine:
                self._equal(inputs, outputs, place, "a rotation")
            return
        for index, row in enumerate(matrix):
            self._finite(row, (*place, kind, index))
        widths = {len(row) for row in matrix}
        if len(widths) != 1:
            self._mismatch(f"the rows of the {kind} have different lengths", (*place, kind))
            return
        width = widths.pop()
        if affine:
            self._fits(inputs, outputs, (width - 1, len(matrix)), place)
            square = [row[:-1] for row in matrix]
            if len(matrix) == width - 1 and is_singular(square):
                self._report(
                    "singular-affine", "the affine is singular; it has no inverse", *place, kind
                )
            return
        self._fits(inputs, outputs, (width, len(matrix)), place)
        if not is_rotation(matrix):
            self._report(
                "rotation-matrix",
                "the matrix is not a rotation: rows orthonormal, determinant one; "
                "write an affine if that is what is meant",
                *place,
                kind,
            )

    def _map_axis(
        self, transformation: tf.MapAxis, inputs: int | None, outputs: int | None, place: Place
    ) -> None:
        indices = transformation.mapAxis
        size = len(indices) if inputs is None else inputs
        strict = self.version >= Version.V06_DEV3
        # Before 0.6.dev3 a mapAxis may also project.
        repeated = strict and len(set(indices)) != len(indices)
        if repeated or max(indices, default=-1) >= size:
            self._report(
                "map-axis",
                f"{list(indices)} is not a permutation of the {size} input axes",
                *place,
                "mapAxis",
            )
        elif strict or (inputs is not None and len(indices) == inputs):
            self._fits(inputs, outputs, (len(indices), len(indices)), place)
        elif outputs is not None and outputs != len(indices):
            self._mismatch(f"it gives {len(indices)} axes, and its output has {outputs}", place)

    def _project_axis(
        self, transformation: tf.ProjectAxis, inputs: int | None, outputs: int | None, place: Place
    ) -> None:
        created = transformation.createdOutputs or ()
        dropped = transformation.droppedInputs or ()
        result = outputs
        if inputs is not None:
            result = inputs - len(dropped) + len(created)
        for key, indices, size in (
            ("droppedInputs", dropped, inputs),
            ("createdOutputs", created, result),
        ):
            high = size is not None and indices and max(indices) >= size
            if high or len(set(indices)) != len(indices):
                self._report(
                    "project-axis",
                    f"{list(indices)} are not different indices of {size or 'the'} axes",
                    *place,
                    key,
                )
        if inputs is not None and outputs is not None and result != outputs:
            self._mismatch(
                f"it leads from {inputs} to {result} axes, and its output has {outputs}", place
            )

    def _sequence(
        self, transformation: tf.Sequence, inputs: int | None, outputs: int | None, place: Place
    ) -> None:
        parts = transformation.transformations
        if not parts:
            self._report("empty-sequence", "the sequence is empty", *place)
        current = inputs
        for index, part in enumerate(parts):
            last = index == len(parts) - 1
            after = outputs if last else output_size(part, current)
            self.check(part, current, after, (*place, "transformations", index))
            current = after

    def _by_dimension(
        self, transformation: tf.ByDimension, inputs: int | None, outputs: int | None, place: Place
    ) -> None:
        given: list[int] = []
        for index, item in enumerate(transformation.transformations):
            where: Place = (*place, "transformations", index)
            given.extend(item.outputAxes)
            if inputs is not None and any(axis >= inputs for axis in item.inputAxes):
                self._report(
                    "by-dimension-inputs",
                    f"{list(item.inputAxes)} are not indices of the {inputs} input axes",
                    *where,
                    "inputAxes",
                )
            self.check(
                item.transformation,
                len(item.inputAxes),
                len(item.outputAxes),
                (*where, "transformation"),
            )
        size = max(given, default=-1) + 1 if outputs is None else outputs
        if sorted(given) != list(range(size)):
            # The specification's text asks for each axis; a document that its own tests call
            # valid leaves one out, inside a sequence.
            fits = len(set(given)) == len(given) and max(given, default=size) < size
            inside = len(place) > (3 if place[0] == "scene" else 4)
            self._report(
                "by-dimension-gap" if fits and inside else "by-dimension-outputs",
                f"its items give the output axes {sorted(given)}; each of the {size} must be "
                "given once",
                *place,
            )

    def _field(
        self,
        transformation: tf.Displacements | tf.Coordinates,
        inputs: int | None,
        outputs: int | None,
        place: Place,
    ) -> None:
        kind = transformation.type
        way = transformation.interpolation
        checked = way is not None and self.version >= Version.V06_DEV2
        if checked and way not in _INTERPOLATIONS:
            self._report(
                "interpolation",
                f"{way!r} is none of {', '.join(sorted(_INTERPOLATIONS))}",
                *place,
                "interpolation",
            )
        if isinstance(transformation, tf.Displacements):
            self._equal(inputs, outputs, place, "a displacement field")
        location = join(self.document.location, transformation.path)
        array, vector = self._field_array(location, _FIELD_AXIS[kind])
        if array is None:
            self._not_found(transformation.path, location, place)
            return
        if inputs is not None and len(array.shape) != inputs + 1:
            self._report(
                "parameters-shape",
                f"the field has {len(array.shape)} dimensions; {inputs + 1} are needed, "
                "one for each input axis and one for the vector",
                *place,
                "path",
            )
        elif outputs is not None and vector is not None and array.shape[vector] != outputs:
            self._report(
                "parameters-shape",
                f"the vectors of the field have {array.shape[vector]} components, and the output "
                f"has {outputs} axes",
                *place,
                "path",
            )

    def _field_array(self, location: str | None, axis: str) -> tuple[ArrayNode | None, int | None]:
        """Find the array of a field and which of its dimensions is the vector."""
        nodes = self.document.hierarchy.nodes
        node = nodes.get(location) if location is not None else None
        if isinstance(node, ArrayNode):
            return node, annotated_axis(node, axis)
        if isinstance(node, GroupNode) and node.images and location is not None:
            image = node.images[0]
            place = join(location, image.datasets[0].path)
            array = nodes.get(place) if place is not None else None
            if isinstance(array, ArrayNode):
                for system in image.coordinateSystems:
                    for index, found in enumerate(system.axes):
                        if found.type == axis and index < len(array.shape):
                            return array, index
                return array, None
        return None, None

    def _stored(self, path: str, shape: tuple[int, ...] | None, place: Place) -> None:
        """Check the shape of parameters that are stored as an array."""
        location = join(self.document.location, path)
        node = self.document.hierarchy.nodes.get(location) if location is not None else None
        if not isinstance(node, ArrayNode):
            self._not_found(path, location, place)
        elif shape is not None and node.shape != shape:
            self._report(
                "parameters-shape",
                f"the array at {path!r} has the shape {node.shape}; {shape} is needed",
                *place,
                "path",
            )

    def _not_found(self, path: str, location: str | None, place: Place) -> None:
        if location is None:
            self._report(
                "outside-hierarchy",
                f"{path!r} leads out of this hierarchy and is not followed",
                *place,
                "path",
            )
        else:
            self._report("missing-parameters", f"nothing was found at {path!r}", *place, "path")


def _is_plainly_right(transformation: tf.AnyTransform, ndim: int | None) -> bool:
    """Tell at once that no rule has anything to say of a transformation, as of nearly all.

    A usual one, with finite numbers for each axis and factors above zero, is right in all
    versions.
    """
    numbers = usual(transformation)
    if numbers is None or ndim is None or ndim < _FEWEST_NUMBERS:
        return False
    factors, offsets = numbers
    # A sum is finite only where all of its terms are.
    if offsets is not None and (len(offsets) != ndim or not math.isfinite(sum(offsets))):
        return False
    return factors is None or (
        len(factors) == ndim and math.isfinite(sum(factors)) and min(factors) > 0.0
    )
