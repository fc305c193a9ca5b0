"""The problems that reading finds: in a store, and in the shape of a document."""

from __future__ import annotations

from catalog.metadata.rules.rule import Rule

READING_RULES: dict[str, tuple[Rule, ...]] = {
    "Stores": (
        Rule("unreadable-document", "error", "", "A metadata document could not be read."),
        Rule("invalid-document", "error", "", "A metadata document is not JSON."),
        Rule("unreadable-folder", "error", "", "A folder could not be listed."),
        Rule(
            "partly-unreadable",
            "error",
            "",
            "A part of the hierarchy could not be read; what was recorded of it before is kept.",
        ),
        Rule("not-understood", "error", "", "A hierarchy made the reader itself fail."),
        Rule(
            "link-not-followed",
            "warning",
            "",
            "A symbolic link leads out of what is indexed, or back to a folder above it.",
        ),
        Rule(
            "not-written",
            "error",
            "",
            "The database refused a hierarchy; what was recorded of it before is kept.",
        ),
        Rule(
            "unstorable-text",
            "warning",
            "",
            "A text holds characters that no database stores; it is kept as JSON escapes.",
        ),
        Rule("long-name", "warning", "", "A name is too long to be indexed; it is shortened."),
        Rule("invalid-name", "warning", "", "The name of a folder is not UTF-8."),
        Rule(
            "empty-store",
            "warning",
            "",
            "A folder is named like a Zarr store and holds no Zarr metadata.",
        ),
        Rule(
            "consolidated-copy",
            "warning",
            "",
            "A group is known from consolidated metadata alone, which may be stale.",
        ),
        Rule(
            "invalid-crate",
            "warning",
            "",
            "The `ro-crate-metadata.json` beside the root is no RO-Crate; nothing of it is "
            "recorded.",
        ),
        Rule(
            "unreadable-crate",
            "warning",
            "",
            "The `ro-crate-metadata.json` beside the root could not be read.",
        ),
    ),
    "Shape": (
        Rule(
            "no-metadata",
            "error",
            "",
            "There is no OME-Zarr metadata, or nothing in it that OME-Zarr knows.",
        ),
        Rule("missing-version", "error", "since 0.5", "A document names no version."),
        Rule(
            "unknown-version",
            "warning",
            "",
            "The version is none that is known; the document is read by its shape, and rules of "
            "single versions are not applied. Or it is a draft (0.9.dev1, 0.9.dev2), whose rules "
            "are applied and may still change.",
        ),
        Rule(
            "misplaced-metadata",
            "error",
            "",
            "OME-Zarr metadata does not stand where its version wants it.",
        ),
        Rule("missing-key", "error", "", "A key that must be there is missing."),
        Rule("wrong-type", "error", "", "A value is of another type than it must be."),
        Rule("wrong-value", "error", "", "A value is not one of those allowed."),
        Rule(
            "unknown-key",
            "error",
            "since 0.6",
            "There is a key where the schema allows none but those that it names: at an end of a "
            "scene's transformation.",
        ),
        Rule("empty", "error", "", "A text or a list that must hold something is empty."),
        Rule(
            "older-form",
            "error",
            "",
            "A form that the document's version, or one before it, has given up; it is read all "
            "the same.",
        ),
        Rule(
            "unknown-transformation",
            "error",
            "",
            "The type of a transformation is none that OME-Zarr has.",
        ),
        Rule("unknown-axis", "error", "", "An axis given by name is not one of its system."),
        Rule(
            "dataset-input",
            "warning",
            "",
            "The input of a resolution level's transformation is another array than the level's "
            "own, which is used.",
        ),
        Rule(
            "unreadable-parameters",
            "error",
            "",
            "Parameters that are stored as an array could not be read.",
        ),
        Rule("too-deep", "error", "", "The metadata is nested too deeply to be understood."),
        Rule("more-problems", "error", "", "There are more problems than are listed."),
    ),
}
