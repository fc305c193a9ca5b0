"""The rules about the graph: references, axes and transformations."""

from __future__ import annotations

from catalog.metadata.rules.rule import Rule

GRAPH_RULES: dict[str, tuple[Rule, ...]] = {
    "References": (
        Rule(
            "unknown-system",
            "error",
            "",
            "A transformation names a coordinate system that is not declared where it points to. "
            "The edge is kept, and its end is kept as undeclared.",
        ),
        Rule(
            "ambiguous-system",
            "error",
            "",
            "An end could mean several coordinate systems, or none in particular; "
            "it needs a name, or a path.",
            elsewhere=True,
        ),
        Rule(
            "missing-image",
            "error",
            "",
            "A transformation points to a location where there is no image and no scene.",
            elsewhere=True,
        ),
        Rule(
            "outside-hierarchy",
            "error",
            "",
            "A location leads out of the hierarchy (`..` beyond the root, a URL). "
            "It is never followed.",
            elsewhere=True,
        ),
        Rule("missing-end", "error", "", "A transformation does not say from or to which system."),
        Rule(
            "self-transformation",
            "warning",
            "",
            "A transformation leads from a coordinate system to itself.",
        ),
        Rule("duplicate-system", "error", "", "A document declares a coordinate system twice."),
        Rule(
            "conflicting-system",
            "error",
            "",
            "Two entries of a group declare coordinate systems of one name with different axes; "
            "the second is addressed as `entry/name`.",
        ),
        Rule(
            "duplicate-transformation-name",
            "warning",
            "since 0.6",
            "Two transformations of one list have the same name. The text of the specification "
            "forbids it, and its own tests have it in a valid scene.",
        ),
        Rule(
            "disconnected",
            "error",
            "since 0.6",
            "Not all coordinate systems of an image (and its arrays), or of a scene, are connected "
            "by transformations.",
            elsewhere=True,
        ),
    ),
    "Axes": (
        Rule("duplicate-axis", "error", "", "Two axes of a coordinate system have the same name."),
        Rule(
            "axis-count",
            "error",
            "0.4 to 0.6",
            "A coordinate system of an image does not have two to five axes.",
        ),
        Rule(
            "space-axes",
            "error",
            "0.4 to 0.6",
            "A coordinate system of an image does not have two or three axes of type `space` "
            "(or, since 0.6, two or more of type `array`).",
        ),
        Rule(
            "axis-types",
            "error",
            "0.4 to 0.6",
            "A coordinate system of an image has more than one axis of type `time`, or more than "
            "one of type `channel` or of a type of its own.",
        ),
        Rule(
            "axis-order",
            "error",
            "0.4 to 0.6",
            "Axes are not in the order time, channel (or a type of its own), space.",
        ),
        Rule(
            "scene-axes",
            "error",
            "0.6",
            "A coordinate system of a scene does not have two or three axes of type `space` or "
            "two or more of type `array`, or has more than five axes.",
        ),
        Rule(
            "axis-orientation",
            "error",
            "",
            "The orientation of an axis is not one of the vocabulary, is on an axis that is not "
            "of type `space`, or repeats that of another axis. A warning before 0.9, which "
            "brought the key.",
        ),
        Rule("axis-unit", "warning", "", "The unit of an axis is not one of those recommended."),
    ),
    "Transformations": (
        Rule(
            "dimensionality",
            "error",
            "",
            "The parameters of a transformation do not fit the number of axes of its ends, or of "
            "the transformation that holds it.",
        ),
        Rule(
            "level-dimensionality",
            "warning",
            "",
            "The transformation of a resolution level does not fit the number of axes.",
        ),
        Rule("not-finite", "error", "", "A parameter is not a finite number."),
        Rule(
            "rotation-matrix",
            "error",
            "since 0.6",
            "A rotation is not a square matrix with orthonormal rows and determinant one "
            "(to within 0.002).",
        ),
        Rule("scale-factor", "error", "since 0.6", "A factor of a scale is zero or negative."),
        Rule("zero-scale", "warning", "before 0.6", "A scale has a zero and cannot be inverted."),
        Rule("negative-scale", "warning", "before 0.6", "A scale has a negative factor."),
        Rule("singular-affine", "warning", "", "A square affine is singular: it has no inverse."),
        Rule(
            "parameters",
            "error",
            "since 0.6",
            "A transformation holds its parameters twice, inline and by `path`.",
        ),
        Rule(
            "parameters-by-path",
            "error",
            "since 0.6.dev3",
            "A scale or a translation holds its parameters by `path`.",
        ),
        Rule(
            "missing-parameters",
            "warning",
            "",
            "Parameters or a field are stored where no array, or no value, was found.",
            elsewhere=True,
        ),
        Rule(
            "parameters-shape",
            "error",
            "",
            "The array of stored parameters, or of a field, has a shape that does not fit.",
            elsewhere=True,
        ),
        Rule("empty-sequence", "error", "since 0.6", "A sequence holds no transformation."),
        Rule(
            "map-axis",
            "error",
            "since 0.6",
            "The indices of a mapAxis are not those of its input axes, each once.",
        ),
        Rule(
            "project-axis",
            "error",
            "since 0.6",
            "A projectAxis repeats the index of an axis, or exceeds those that there are.",
        ),
        Rule(
            "by-dimension-outputs",
            "error",
            "since 0.6",
            "The items of a byDimension do not give each output axis exactly once.",
        ),
        Rule(
            "by-dimension-gap",
            "warning",
            "since 0.6",
            "The items of a byDimension inside another transformation leave out an output axis. "
            "The text of the specification forbids it, and its own tests have it in a valid "
            "image; points cannot be moved by it.",
        ),
        Rule(
            "by-dimension-inputs",
            "error",
            "since 0.6",
            "An item of a byDimension takes an input axis that does not exist.",
        ),
        Rule(
            "interpolation",
            "error",
            "since 0.6.dev2",
            "The interpolation of a field is not `nearest`, `linear`, `cubic` or `bspline-cubic`.",
        ),
    ),
}
