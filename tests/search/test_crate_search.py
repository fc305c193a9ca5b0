"""Finding by what RO-Crates say: organisms, imaging methods, licenses, words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalog import Catalog
from catalog.cli import main
from catalog.crawl.records import CrateRecord, CrateTermRecord, HierarchyRecord
from catalog.errors import UsageError

MOUSE, HUMAN, FLY = "NCBITaxon:10090", "NCBITaxon:9606", "NCBITaxon:7227"
CONFOCAL, SPIM = "FBbi:00000251", "FBbi:00000369"
BY, ZERO = "https://creativecommons.org/licenses/by/4.0/", "CC0"

# Name: license, organisms, and modalities, with their labels.
CRATES: dict[str, tuple[str | None, dict[str, str | None], dict[str, str | None]] | None] = {
    "a": (BY, {MOUSE: "Mus musculus"}, {CONFOCAL: None}),
    "b": (BY, {MOUSE: None}, {SPIM: "SPIM"}),
    "c": (ZERO, {MOUSE: None, HUMAN: "Homo sapiens"}, {CONFOCAL: "confocal microscopy"}),
    "d": (None, {FLY: "Drosophila melanogaster", "Größe": "Größe"}, {}),
    "e": (None, {}, {}),
    "f": None,
}


def crate(name: str) -> CrateRecord | None:
    made = CRATES[name]
    if made is None:
        return None
    license, organisms, modalities = made
    terms = [CrateTermRecord("organism", *term) for term in organisms.items()]
    terms += [CrateTermRecord("modality", *term) for term in modalities.items()]
    return CrateRecord(f"crate {name}", "About it.", license, "{}", tuple(terms))


@pytest.fixture
def crates(
    write: Callable[..., None], image_record: Callable[..., HierarchyRecord], catalog: Catalog
) -> Catalog:
    """A catalog of scenes with one image each, and labels of two."""
    write(
        *(
            replace(
                image_record(f"file:///d/{name}", scene=f"scene {name}", labels=name in "ab"),
                crate=crate(name),
            )
            for name in CRATES
        )
    )
    return catalog


def found(catalog: Catalog, **asked: object) -> str:
    for of in ("images", "scenes"):
        names = [each.url[-1] for each in catalog.search(of=of, **asked)]  # type: ignore[arg-type]
        assert len(names) == catalog.count(of=of, **asked)  # type: ignore[arg-type]
        if of == "images":
            images = names
    assert images == names
    return "".join(images)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        *((text, "abc") for text in (MOUSE, "taxon:10090", "NCBI:txid10090", "10090")),
        # A name that one crate gives stands for the identifier in all of them.
        *((text, "abc") for text in ("Mus musculus", "mus  MUSCULUS", "mus-musculus")),
        *(("homo sapiens", "c"), ("http://purl.obolibrary.org/obo/NCBITaxon_9606", "c")),
        *(("größe", "d"), ("GROSSE", "d"), ("Mus", ""), ("", ""), ("%", ""), ("f", "")),
    ],
)
def test_by_organism(crates: Catalog, text: str, names: str) -> None:
    assert found(crates, organism=[text]) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        *((text, "ac") for text in (CONFOCAL, "obo:FBbi_00000251", "Confocal Microscopy", "251")),
        *(("spim", "b"), ("NCBITaxon:9606", "")),
    ],
)
def test_by_modality(crates: Catalog, text: str, names: str) -> None:
    assert found(crates, modality=[text]) == names


def test_of_several_one_has_to_fit_and_filters_are_joined(crates: Catalog) -> None:
    assert found(crates, organism=["human", "homo sapiens", "taxon:7227"]) == "cd"
    assert (
        found(crates, organism=["taxon:10090"], modality=["spim", "confocal microscopy"]) == "abc"
    )
    assert found(crates, organism=["taxon:7227"], modality=["spim"]) == ""


@pytest.mark.parametrize(
    ("where", "names"),
    [
        (f"organism = '{MOUSE}'", "abc"),
        (f"organism = '{MOUSE}' AND organism = '{HUMAN}'", "c"),
        (f"NOT organism = '{MOUSE}'", "def"),
        (f"organism <> '{MOUSE}'", "def"),
        ("organism IS NULL", "ef"),
        ("organism LIKE 'NCBITaxon:%'", "abcd"),
        ("organism_name = 'Mus musculus'", "a"),
        ("organism_name IS NULL", "bef"),
        (f"modality IN ('{SPIM}', '{CONFOCAL}')", "abc"),
        ("modality_name LIKE '%micro%'", "c"),
        ("license IS NULL", "def"),
        ("license LIKE '%creativecommons%' OR license = 'CC0'", "abc"),
    ],
)
def test_by_cql2(crates: Catalog, where: str, names: str) -> None:
    assert found(crates, where=where) == names


def test_facets_count_things_and_not_terms(crates: Catalog) -> None:
    said: dict[str, Counter[str]] = {
        name: Counter() for name in ("organism", "modality", "license")
    }
    for made in CRATES.values():
        if made is not None:
            said["license"].update([made[0]] if made[0] else [])
            said["organism"].update(list(made[1]))
            said["modality"].update(list(made[2]))
    for of in ("images", "scenes"):
        for field, counts in said.items():
            values = list(crates.facet(field, of=of))
            assert {each.value: each.count for each in values} == counts
            assert [each.count for each in values] == sorted(counts.values(), reverse=True)
    assert [each.count for each in crates.facet("organism", of="labels")] == [2]


def test_what_was_removed_is_not_found(crates: Catalog, write: Callable[..., None]) -> None:
    from catalog.database.writer import Writer

    Writer(crates._database).mark_removed("file:///d/a", (), prune_limit=1)
    assert found(crates, organism=["taxon:10090"]) == "bc"
    assert [each.count for each in crates.facet("license")] == [1, 1]


def test_other_things_have_no_organism(crates: Catalog) -> None:
    for of in ("systems", "transformations"):
        with pytest.raises(UsageError, match="have no field 'organism'"):
            crates.search(of=of, organism=["taxon:1"])
    with pytest.raises(UsageError, match="takes a list of texts"):
        crates.search(organism="taxon:1")  # type: ignore[arg-type]


def test_the_sql_that_is_printed_finds_the_same(crates: Catalog) -> None:
    written = crates.search_sql(organism=["mus musculus"], modality=["251"], limit=None)
    with crates._database.reading() as connection:
        rows = connection.exec_driver_sql(written.split(";")[0].replace("%", "%%")).all()
    assert [row[2][-1] for row in rows] == ["a", "c"]


def test_show_says_what_a_crate_says(crates: Catalog) -> None:
    shown = crates.show("file:///d/c").crate  # type: ignore[union-attr]
    assert shown.license == ZERO
    assert shown.organisms == ((MOUSE, None), (HUMAN, "Homo sapiens"))
    assert crates.show("file:///d/f").crate is None  # type: ignore[union-attr]
    # What lies in a hierarchy is of what the hierarchy is of.
    assert crates.show("file:///d/a/labels/l0").crate.name == "crate a"  # type: ignore[union-attr]


def test_the_command_line(crates: Catalog) -> None:
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(main, ["-d", crates.url, *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    rows = json.loads(run("search", "--organism", "MUS musculus", "--modality", "spim", "--json"))
    assert [row["url"] for row in rows] == ["file:///d/b"]
    assert run("search", "--scenes", "--modality", "FBbi_00000251", "--count") == "2\n"
    shown = run("show", "file:///d/c").splitlines()
    at = shown.index("RO-Crate  'crate c'")
    assert shown[at + 1 : at + 6] == [
        f"  organism  {MOUSE}",
        f"  organism  {HUMAN}  'Homo sapiens'",
        f"  modality  {CONFOCAL}  'confocal microscopy'",
        "  license   CC0",
        "  About it.",
    ]


def test_from_a_folder_to_what_is_found(database_url: str, tmp_path: Path) -> None:
    scale = {"type": "scale", "scale": [0.5, 0.5]}
    image = {
        "axes": [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}],
        "datasets": [{"path": "0", "coordinateTransformations": [scale]}],
    }
    attributes = {"ome": {"version": "0.5", "multiscales": [image]}}
    document = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
    graph = [
        {"@id": "./", "@type": "Dataset", "name": "Atlas of wings", "license": {"@id": BY}},
        {"@id": "#s", "@type": "biosample", "organism_classification": {"@id": "NCBI:txid7227"}},
        {"@id": "NCBI:txid7227", "name": "Drosophila melanogaster"},
    ]
    for name in ("with", "without"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "zarr.json").write_text(json.dumps(document))
    (tmp_path / "with" / "ro-crate-metadata.json").write_text(json.dumps({"@graph": graph}))
    with Catalog(database_url) as catalog:
        catalog.index(str(tmp_path))
        for asked in (
            {"organism": ["drosophila melanogaster"]},
            {"organism": ["taxon:7227"]},
            {"text": "wings"},
            {"text": "drosophila 7227"},
            {"where": f"license = '{BY}'"},
        ):
            (one,) = catalog.search(**asked)  # type: ignore[arg-type]
            assert one.url.endswith("/with")
