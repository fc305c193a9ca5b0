"""The rules about what documents describe: images, scenes, labels, plates, collections."""

from __future__ import annotations

from catalog.metadata.rules.rule import Rule

DOCUMENT_RULES: dict[str, tuple[Rule, ...]] = {
    "Images": (
        Rule("duplicate-image", "error", "", "Two entries of `multiscales` say the same."),
        Rule("duplicate-dataset", "error", "", "Two resolution levels are the same array."),
        Rule(
            "level-transformation",
            "error",
            "since 0.4",
            "A resolution level does not have exactly what its version asks for: a scale, or a "
            "scale and a translation (since 0.6.dev3 also an identity).",
        ),
        Rule(
            "level-system",
            "error",
            "since 0.6",
            "The resolution levels of an image lead to different coordinate systems.",
        ),
        Rule(
            "level-order",
            "error",
            "",
            "Resolution levels are not ordered from the largest to the smallest.",
            elsewhere=True,
        ),
        Rule(
            "array-axes",
            "error",
            "",
            "An array has another number of dimensions than its image has axes.",
            elsewhere=True,
        ),
        Rule(
            "dimension-names",
            "warning",
            "0.5",
            "The `dimension_names` of an array are missing, or not the names of the image's axes.",
            elsewhere=True,
        ),
        Rule(
            "missing-array",
            "warning",
            "",
            "The array of a resolution level was not found.",
            elsewhere=True,
        ),
        Rule(
            "image-transformation",
            "error",
            "since 0.6.dev3",
            "A transformation of an image has the intrinsic coordinate system at neither end.",
        ),
        Rule(
            "image-transformation-kind",
            "error",
            "0.4, 0.5",
            "The transformations of an image are not a scale, or a scale and a translation.",
        ),
        Rule(
            "upward-reference",
            "error",
            "since 0.6.dev4",
            "A transformation of an image refers to something above the image.",
        ),
        Rule(
            "label-transformation",
            "error",
            "since 0.6",
            "A transformation between an image and its labels is not an identity, a scale, a "
            "translation, or a sequence of a scale and a translation.",
        ),
        Rule("omero-without-channels", "error", "", "`omero` has no `channels`."),
        Rule(
            "omero-channels",
            "warning",
            "",
            "`omero` describes another number of channels than the image has.",
            elsewhere=True,
        ),
        Rule(
            "omero-color",
            "warning",
            "",
            "The colour of a channel is not six hexadecimal digits.",
        ),
        Rule("omero-details", "error", "0.4", "A channel has no `color` or no `window`."),
        Rule(
            "omero-value",
            "error",
            "",
            "The `label` of a channel (before 0.9 also its `family`) is not text, or `active` "
            "(since 0.9 also `inverted`) is not true or false.",
        ),
        Rule(
            "omero-window",
            "error",
            "",
            "The window of a channel lacks `start` or `end` (before 0.9 also `min` or `max`), or "
            "one of them is not a number.",
        ),
    ),
    "Scenes": (
        Rule("empty-scene", "error", "since 0.6", "A scene has no transformations."),
        Rule(
            "unreferenced-image",
            "warning",
            "since 0.6",
            "An image lies in a scene that does not refer to it.",
            elsewhere=True,
        ),
    ),
    "Labels": (
        Rule(
            "missing-label",
            "warning",
            "",
            "A labels group lists a label image that was not found.",
            elsewhere=True,
        ),
        Rule(
            "unlisted-label",
            "warning",
            "",
            "A label image lies in a labels group that does not list it.",
            elsewhere=True,
        ),
        Rule("label-without-image", "warning", "", "An `image-label` has no `multiscales` beside."),
        Rule(
            "missing-label-source",
            "error",
            "",
            "The source of a label image is not an image.",
            elsewhere=True,
        ),
        Rule(
            "label-axes",
            "warning",
            "",
            "The axes of a label image are not among those of its image, and nothing relates them.",
            elsewhere=True,
        ),
        Rule(
            "label-levels",
            "error",
            "",
            "A label image has another number of resolution levels than its image.",
            elsewhere=True,
        ),
        Rule(
            "label-shape",
            "warning",
            "",
            "A dimension of a label image is neither that of its image nor one.",
            elsewhere=True,
        ),
        Rule("label-dtype", "error", "", "A label image does not hold integers.", elsewhere=True),
        Rule("empty-list", "error", "", "A list that must hold something is empty."),
        Rule("label-value", "error", "", "An entry of a label image has no whole `label-value`."),
        Rule("duplicate-label-value", "error", "", "Two entries describe the same label value."),
        Rule("label-color", "error", "", "An `rgba` is not four integers from 0 to 255."),
    ),
    "Plates and wells": (
        Rule("plate-name", "error", "", "The name of a row or column is not alphanumeric."),
        Rule("duplicate-name", "error", "", "Two rows or two columns have the same name."),
        Rule(
            "similar-name",
            "warning",
            "",
            "Two rows or two columns have names that differ in case only.",
        ),
        Rule("duplicate-well", "error", "", "A plate lists a well twice."),
        Rule("well-path", "error", "", "The path of a well is not a row and a column."),
        Rule("well-index", "error", "", "A well has no row or column index, or one out of range."),
        Rule(
            "well-place",
            "error",
            "",
            "The path of a well and its indices refer to different rows and columns.",
        ),
        Rule(
            "well-path-order",
            "warning",
            "",
            "The path of a well names its column before its row.",
        ),
        Rule("duplicate-acquisition", "error", "", "Two acquisitions have the same id."),
        Rule("negative-number", "error", "", "A count, an id or a time is negative (or zero)."),
        Rule("missing-well", "warning", "", "A well that its plate lists was not found.", True),
        Rule(
            "missing-field",
            "warning",
            "",
            "A field of view that its well lists was not found.",
            elsewhere=True,
        ),
        Rule("duplicate-field", "error", "", "A well lists a field of view twice."),
        Rule(
            "field-path",
            "error",
            "",
            "The path of a field of view is not a plain name: letters and digits in 0.4 and 0.5, "
            "since then also `_`, `.` and `-`.",
        ),
        Rule(
            "unknown-acquisition",
            "error",
            "",
            "A field of view belongs to an acquisition that the plate does not have.",
            elsewhere=True,
        ),
        Rule(
            "missing-acquisition",
            "error",
            "",
            "A field of view names no acquisition, and its plate has several.",
            elsewhere=True,
        ),
    ),
    "Collections": (
        Rule("bioformats2raw-layout", "error", "", "`bioformats2raw.layout` is not 3."),
        Rule(
            "missing-series",
            "warning",
            "",
            "An image of a bioformats2raw collection was not found.",
            elsewhere=True,
        ),
        Rule(
            "mixed-versions",
            "warning",
            "since 0.5",
            "Documents of one hierarchy claim different versions.",
            elsewhere=True,
        ),
    ),
    "Strict": (
        Rule("missing-name", "error", "", "An image or a plate has no name.", strict=True),
        Rule(
            "missing-type", "error", "", "An image does not say how it was downscaled.", strict=True
        ),
        Rule(
            "missing-details",
            "error",
            "",
            "An image has no `metadata` about its downscaling.",
            strict=True,
        ),
        Rule("missing-colors", "error", "", "An `image-label` has no `colors`.", strict=True),
        Rule(
            "acquisition-details",
            "error",
            "",
            "An acquisition has no `name` or no `maximumfieldcount`.",
            strict=True,
        ),
        Rule(
            "axis-type",
            "error",
            "since 0.6",
            "The type of an axis is none that the specification knows.",
            strict=True,
        ),
        Rule("axis-without-type", "warning", "0.4, 0.5", "An axis has no type.", strict=True),
    ),
}
