"""Rules about transformations: parameters against the axes of their ends, nested ones too."""

from __future__ import annotations

import math
from collections.abc import Iterator

from catalog.metadata import transformations as tf
from catalog.metadata.assembly import join
from catalog.metadata.image import Dataset
from catalog.metadata.nodes import ArrayNode, GroupNode
from catalog.metadata.problems import Problem
from catalog.metadata.rules.document import Document
from catalog.metadata.rules.matrices import is_rotation, is_singular
from catalog.metadata.rules.sizes import annotated_axis, output_size
from catalog.metadata.versions import Version

Place = tuple[str | int, ...]

_INTERPOLATIONS = frozenset({"nearest", "linear", "cubic", "bspline-cubic"})
#: Of a scale or a translation, before 0.6.
_FEWEST_NUMBERS = 2
_FIELD_AXIS = {"displacements": "displacement", "coordinates": "coordinate"}


def check_transformations(document: Document) -> Iterator[Problem]:
    """Check all transformations of a document."""
    node = document.node
    for index, image in enumerate(node.images):
        top: Place = ("multiscales", index)
        for position, dataset in enumerate(image.datasets):
            where: Place = (*top, "datasets", position)
            yield from _level(document, (*where, "coordinateTransformations"), dataset)
        yield from _list(
            document, (*top, "coordinateTransformations"), image.coordinateTransformations
        )
    if node.scene is not None:
        yield from _list(
            document,
            ("scene", "coordinateTransformations"),
            node.scene.coordinateTransformations,
        )


def _level(document: Document, where: Place, dataset: Dataset) -> Iterator[Problem]:
    """Check the transformations of a resolution level.

    Documents that the specification's own tests call valid have levels whose scale is
    too short: it is an error only where the array itself is known.
    """
    place = join(document.location, dataset.path)
    known = place is not None and isinstance(document.hierarchy.nodes.get(place), ArrayNode)
    walk = _Walk(document, "dimensionality" if known else "level-dimensionality")
    for number, transformation in enumerate(dataset.coordinateTransformations):
        yield from walk.edge(transformation, (*where, number))


def _list(
    document: Document, where: Place, transformations: tuple[tf.AnyTransform, ...]
) -> Iterator[Problem]:
    walk = _Walk(document, "dimensionality")
    names: set[str] = set()
    for number, transformation in enumerate(transformations):
        place = (*where, number)
        name = transformation.name
        if name and name in names and document.version >= Version.V06_DEV1:
            yield document.problem(
                "duplicate-transformation-name",
                f"another transformation of this list is named {name!r} too",
                *place,
            )
        if name:
            names.add(name)
        edge = document.edge(*place)
        if edge is not None and edge.input == edge.output:
            yield document.problem(
                "self-transformation", f"it leads from {edge.input} to itself", *place
            )
        yield from walk.edge(transformation, place)


class _Walk:
    """One walk along transformations, nested ones too."""

    def __init__(self, document: Document, code: str) -> None:
        self.document = document
        self.code = code

    def edge(self, transformation: tf.AnyTransform, place: Place) -> Iterator[Problem]:
        """Check a transformation against the systems at its ends."""
        edge = self.document.edge(*place)
        inputs = outputs = None
        if edge is not None and edge.transformation is transformation:
            systems = self.document.hierarchy.assembly.systems
            inputs, outputs = systems[edge.input].ndim, systems[edge.output].ndim
        yield from self.check(transformation, inputs, outputs, place)

    def check(
        self, transformation: tf.AnyTransform, inputs: int | None, outputs: int | None, place: Place
    ) -> Iterator[Problem]:
        """Check a transformation between so many axes; None: not known."""
        if isinstance(transformation, tf.Scale | tf.Translation):
            yield from self._vector(transformation, inputs, outputs, place)
        elif isinstance(transformation, tf.Affine | tf.Rotation):
            yield from self._matrix(transformation, inputs, outputs, place)
        elif isinstance(transformation, tf.MapAxis):
            yield from self._map_axis(transformation, inputs, outputs, place)
        elif isinstance(transformation, tf.ProjectAxis):
            yield from self._project_axis(transformation, inputs, outputs, place)
        elif isinstance(transformation, tf.Sequence):
            yield from self._sequence(transformation, inputs, outputs, place)
        elif isinstance(transformation, tf.ByDimension):
            yield from self._by_dimension(transformation, inputs, outputs, place)
        elif isinstance(transformation, tf.Bijection):
            yield from self._equal(inputs, outputs, place, "a bijection")
            yield from self.check(transformation.forward, inputs, outputs, (*place, "forward"))
            yield from self.check(transformation.inverse, outputs, inputs, (*place, "inverse"))
        elif isinstance(transformation, tf.Displacements | tf.Coordinates):
            yield from self._field(transformation, inputs, outputs, place)
        else:
            yield from self._equal(inputs, outputs, place, "an identity")

    def _mismatch(self, message: str, place: Place) -> Problem:
        return self.document.problem(self.code, message, *place)

    def _equal(
        self, inputs: int | None, outputs: int | None, place: Place, what: str
    ) -> Iterator[Problem]:
        if inputs is not None and outputs is not None and inputs != outputs:
            yield self._mismatch(
                f"{what} keeps the number of axes, and leads from {inputs} to {outputs}", place
            )

    def _fits(
        self, inputs: int | None, outputs: int | None, size: tuple[int, int], place: Place
    ) -> Iterator[Problem]:
        """Compare what a transformation takes and gives with the axes at its ends."""
        if inputs is not None and inputs != size[0]:
            yield self._mismatch(
                f"it takes points with {size[0]} coordinates, and its input has {inputs} axes",
                place,
            )
        elif outputs is not None and outputs != size[1]:
            yield self._mismatch(
                f"it gives points with {size[1]} coordinates, and its output has {outputs} axes",
                place,
            )

    def _vector(
        self,
        transformation: tf.Scale | tf.Translation,
        inputs: int | None,
        outputs: int | None,
        place: Place,
    ) -> Iterator[Problem]:
        kind = transformation.type
        values = (
            transformation.scale
            if isinstance(transformation, tf.Scale)
            else transformation.translation
        )
        path = transformation.path
        if path is not None and self.document.version >= Version.V06_DEV3:
            yield self.document.problem(
                "parameters-by-path",
                f"write the {kind} inline: its version does not know parameters by path",
                *place,
            )
        if values is None:
            size = inputs if inputs is not None else outputs
            if path is not None:
                yield from self._stored(path, None if size is None else (size,), place)
            yield from self._equal(inputs, outputs, place, f"a {kind}")
            return
        yield from self._finite(values, (*place, kind))
        yield from self._fits(inputs, outputs, (len(values), len(values)), place)
        if len(values) < _FEWEST_NUMBERS and self.document.version in (Version.V04, Version.V05):
            words = f"a {kind} has two numbers or more, not {len(values)}"
            yield self.document.problem("dimensionality", words, *place, kind)
        if isinstance(transformation, tf.Scale):
            if self.document.version >= Version.V06:
                if any(value <= 0 for value in values):
                    words = "a factor is not positive, as the schema asks"
                    yield self.document.problem("scale-factor", words, *place, kind)
                return
            if 0 in values:
                yield self.document.problem(
                    "zero-scale", "a factor is zero; the scale has no inverse", *place, kind
                )
            if any(value < 0 for value in values):
                yield self.document.problem(
                    "negative-scale", "a factor is negative; axes are flipped", *place, kind
                )

    def _finite(self, values: tuple[float, ...], place: Place) -> Iterator[Problem]:
        for index, value in enumerate(values):
            if not math.isfinite(value):
                yield self.document.problem(
                    "not-finite", f"{value} is not a finite number", *place, index
                )

    def _matrix(
        self,
        transformation: tf.Affine | tf.Rotation,
        inputs: int | None,
        outputs: int | None,
        place: Place,
    ) -> Iterator[Problem]:
        kind = transformation.type
        affine = isinstance(transformation, tf.Affine)
        matrix = (
            transformation.affine
            if isinstance(transformation, tf.Affine)
            else transformation.rotation
        )
        if matrix is not None and transformation.path is not None:
            yield self.document.problem(
                "parameters", f"the {kind} is given both inline and by path", *place
            )
        if matrix is None:
            if transformation.path is not None:
                columns = None if inputs is None else inputs + affine
                shape = None if outputs is None or columns is None else (outputs, columns)
                yield from self._stored(transformation.path, shape, place)
            if not affine:
                yield from self._equal(inputs, outputs, place, "a rotation")
            return
        for index, row in enumerate(matrix):
            yield from self._finite(row, (*place, kind, index))
        widths = {len(row) for row in matrix}
        if len(widths) != 1:
            yield self._mismatch(f"the rows of the {kind} have different lengths", (*place, kind))
            return
        width = widths.pop()
        if affine:
            yield from self._fits(inputs, outputs, (width - 1, len(matrix)), place)
            square = [row[:-1] for row in matrix]
            if len(matrix) == width - 1 and is_singular(square):
                yield self.document.problem(
                    "singular-affine", "the affine is singular; it has no inverse", *place, kind
                )
            return
        yield from self._fits(inputs, outputs, (width, len(matrix)), place)
        if not is_rotation(matrix):
            yield self.document.problem(
                "rotation-matrix",
                "the matrix is not a rotation: rows orthonormal, determinant one; "
                "write an affine if that is what is meant",
                *place,
                kind,
            )

    def _map_axis(
        self, transformation: tf.MapAxis, inputs: int | None, outputs: int | None, place: Place
    ) -> Iterator[Problem]:
        indices = transformation.mapAxis
        size = len(indices) if inputs is None else inputs
        strict = self.document.version >= Version.V06_DEV3
        # Before 0.6.dev3 a mapAxis may also project.
        repeated = strict and len(set(indices)) != len(indices)
        if repeated or max(indices, default=-1) >= size:
            yield self.document.problem(
                "map-axis",
                f"{list(indices)} is not a permutation of the {size} input axes",
                *place,
                "mapAxis",
            )
        elif strict or (inputs is not None and len(indices) == inputs):
            yield from self._fits(inputs, outputs, (len(indices), len(indices)), place)
        elif outputs is not None and outputs != len(indices):
            yield self._mismatch(
                f"it gives {len(indices)} axes, and its output has {outputs}", place
            )

    def _project_axis(
        self, transformation: tf.ProjectAxis, inputs: int | None, outputs: int | None, place: Place
    ) -> Iterator[Problem]:
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
                yield self.document.problem(
                    "project-axis",
                    f"{list(indices)} are not different indices of {size or 'the'} axes",
                    *place,
                    key,
                )
        if inputs is not None and outputs is not None and result != outputs:
            yield self._mismatch(
                f"it leads from {inputs} to {result} axes, and its output has {outputs}", place
            )

    def _sequence(
        self, transformation: tf.Sequence, inputs: int | None, outputs: int | None, place: Place
    ) -> Iterator[Problem]:
        parts = transformation.transformations
        if not parts:
            yield self.document.problem("empty-sequence", "the sequence is empty", *place)
        current = inputs
        for index, part in enumerate(parts):
            last = index == len(parts) - 1
            after = outputs if last else output_size(part, current)
            yield from self.check(part, current, after, (*place, "transformations", index))
            current = after

    def _by_dimension(
        self, transformation: tf.ByDimension, inputs: int | None, outputs: int | None, place: Place
    ) -> Iterator[Problem]:
        given: list[int] = []
        for index, item in enumerate(transformation.transformations):
            where: Place = (*place, "transformations", index)
            given.extend(item.outputAxes)
            if inputs is not None and any(axis >= inputs for axis in item.inputAxes):
                yield self.document.problem(
                    "by-dimension-inputs",
                    f"{list(item.inputAxes)} are not indices of the {inputs} input axes",
                    *where,
                    "inputAxes",
                )
            yield from self.check(
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
            yield self.document.problem(
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
    ) -> Iterator[Problem]:
        kind = transformation.type
        way = transformation.interpolation
        checked = way is not None and self.document.version >= Version.V06_DEV2
        if checked and way not in _INTERPOLATIONS:
            yield self.document.problem(
                "interpolation",
                f"{way!r} is none of {', '.join(sorted(_INTERPOLATIONS))}",
                *place,
                "interpolation",
            )
        if isinstance(transformation, tf.Displacements):
            yield from self._equal(inputs, outputs, place, "a displacement field")
        location = join(self.document.location, transformation.path)
        array, vector = self._field_array(location, _FIELD_AXIS[kind])
        if array is None:
            yield from self._not_found(transformation.path, location, place)
            return
        if inputs is not None and len(array.shape) != inputs + 1:
            yield self.document.problem(
                "parameters-shape",
                f"the field has {len(array.shape)} dimensions; {inputs + 1} are needed, "
                "one for each input axis and one for the vector",
                *place,
                "path",
            )
        elif outputs is not None and vector is not None and array.shape[vector] != outputs:
            yield self.document.problem(
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

    def _stored(self, path: str, shape: tuple[int, ...] | None, place: Place) -> Iterator[Problem]:
        """Check the shape of parameters that are stored as an array."""
        location = join(self.document.location, path)
        node = self.document.hierarchy.nodes.get(location) if location is not None else None
        if not isinstance(node, ArrayNode):
            yield from self._not_found(path, location, place)
        elif shape is not None and node.shape != shape:
            yield self.document.problem(
                "parameters-shape",
                f"the array at {path!r} has the shape {node.shape}; {shape} is needed",
                *place,
                "path",
            )

    def _not_found(self, path: str, location: str | None, place: Place) -> Iterator[Problem]:
        if location is None:
            yield self.document.problem(
                "outside-hierarchy",
                f"{path!r} leads out of this hierarchy and is not followed",
                *place,
                "path",
            )
        else:
            yield self.document.problem(
                "missing-parameters", f"nothing was found at {path!r}", *place, "path"
            )
