"""RO-Crates as they are written in the field, and as nobody should write them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import DocumentError
from catalog.metadata.crate import CRATE, Crate, Term, identifier_of, read_crate

Entity = dict[str, object]

DESCRIPTOR: Entity = {
    "@id": "ro-crate-metadata.json",
    "@type": "CreativeWork",
    "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    "about": {"@id": "./"},
}


def crate(*entities: Entity) -> Crate:
    context = ["https://w3id.org/ro/crate/1.1/context", {"obo": "http://purl.obolibrary.org/obo/"}]
    return read_crate({"@context": context, "@graph": [DESCRIPTOR, *entities]})


def root(**said: object) -> Entity:
    return {"@id": "./", "@type": "Dataset", **said}


def identifiers(found: tuple[Term, ...]) -> list[str]:
    return [term.identifier for term in found]


def test_the_crate_of_a_converted_image() -> None:
    found = crate(
        root(
            name="Fly",
            description="A fly.",
            license="https://creativecommons.org/licenses/by/4.0/",
            resultOf={"@id": "#acquisition"},
        ),
        {
            "@id": "#sample",
            "@type": "biosample",
            "organism_classification": {"@id": "NCBI:txid7227"},
        },
        {"@id": "#specimen", "@type": "specimen", "biosample": {"@id": "#sample"}},
        {
            "@id": "#acquisition",
            "@type": "image_acquisition",
            "specimen": {"@id": "#specimen"},
            "fbbi_id": {"@id": "obo:FBbi_00000243"},
        },
    )
    assert found == Crate(
        "Fly",
        "A fly.",
        "https://creativecommons.org/licenses/by/4.0/",
        (Term("NCBITaxon:7227"),),
        (Term("FBbi:00000243"),),
    )


@pytest.mark.parametrize(
    "written",
    [
        *("NCBI:txid9606", "NCBITaxon:9606", "NCBITaxon_9606", "obo:NCBITaxon_9606", "taxon:9606"),
        *("txid9606", "ncbitaxon:9606", " taxonomy:9606 ", "NCBITaxon%3A9606", "NCBI taxon 9606"),
        "http://purl.obolibrary.org/obo/NCBITaxon_9606",
        "https://www.ncbi.nlm.nih.gov/Taxonomy/Browser/wwwtax.cgi?mode=Info&id=9606",
        "https://www.ncbi.nlm.nih.gov/Taxonomy/Browser/wwwtax.cgi?id=9606&lvl=3",
        "https://www.ncbi.nlm.nih.gov/datasets/taxonomy/9606/",
        "https://identifiers.org/taxonomy:9606",
        "http://purl.uniprot.org/taxonomy/9606",
    ],
)
def test_a_taxon_has_one_spelling(written: str) -> None:
    assert identifier_of(written) == identifier_of(written, "organism") == "NCBITaxon:9606"
    assert identifier_of(written, "modality") is None


@pytest.mark.parametrize(
    "written",
    [
        *("obo:FBbi_00000246", "FBbi:00000246", "FBbi:246", "fbbi_00000246"),
        "http://purl.obolibrary.org/obo/FBbi_00000246",
    ],
)
def test_an_imaging_method_has_one_spelling(written: str) -> None:
    assert identifier_of(written) == identifier_of(written, "modality") == "FBbi:00000246"
    assert identifier_of(written, "organism") is None


@pytest.mark.parametrize("written", ["9606", "NCBI:9606"])
def test_a_number_means_something_where_it_is_known_of_what(written: str) -> None:
    assert identifier_of(written) is None
    assert identifier_of(written, "organism") == "NCBITaxon:9606"
    assert identifier_of("246", "modality") == "FBbi:00000246"


@pytest.mark.parametrize(
    "written", ["", "Homo sapiens", "taxonomy", "GO:0005634", "https://a.org/2024", "x" * 10_000]
)
def test_other_texts_are_no_terms(written: str) -> None:
    assert identifier_of(written) is None


@pytest.mark.parametrize(
    "value",
    [
        "NCBI:txid10090",
        10090,
        "10090",
        {"@id": "taxon:10090"},
        {"@value": "10090"},
        [{"@id": "taxon:10090"}, {"@id": "NCBITaxon:10090"}],
        {"@id": "#mouse"},
        "#mouse",
        {"@id": "http://purl.obolibrary.org/obo/NCBITaxon_10090", "name": "Mus musculus"},
    ],
)
def test_a_term_may_be_a_text_a_reference_or_an_object(value: object) -> None:
    found = crate(
        root(),
        {"@id": "#sample", "@type": ["biosample"], "organism_classification": value},
        {"@id": "#mouse", "@type": "Taxon", "identifier": "NCBI:txid10090", "name": "Mus musculus"},
    )
    assert found.organisms == (Term("NCBITaxon:10090", "Mus musculus"),)


@pytest.mark.parametrize(
    ("value", "term"),
    [
        ("Mus musculus", Term("Mus musculus", "Mus musculus")),
        ({"scientific_name": "Mus musculus"}, Term("Mus musculus", "Mus musculus")),
        ({"@id": "#m"}, Term("Mus musculus", "Mus musculus")),
        ({"@id": "https://a.org/Q1"}, Term("https://a.org/Q1", None)),
        ({"@id": "#nowhere"}, None),
        ({"@id": "_:b0"}, None),
        ("", None),
        (None, None),
        (True, None),
        ([[], {}, ""], None),
    ],
)
def test_a_term_without_an_identifier_is_known_by_its_name(
    value: object, term: Term | None
) -> None:
    found = crate(root(taxonomicRange=value), {"@id": "#m", "name": "Mus musculus"})
    assert found.organisms == (() if term is None else (term,))


def test_labels_are_found_under_another_spelling_of_the_identifier() -> None:
    found = crate(
        root(about={"@id": "obo:NCBITaxon_7227"}, measurementMethod=[{"@id": "obo:FBbi_00000251"}]),
        {"@id": "NCBI:txid7227", "@type": "Taxon", "scientificName": "Drosophila melanogaster"},
        {"@id": "http://purl.obolibrary.org/obo/FBbi_00000251", "name": "confocal microscopy"},
    )
    assert found.organisms == (Term("NCBITaxon:7227", "Drosophila melanogaster"),)
    assert found.modalities == (Term("FBbi:00000251", "confocal microscopy"),)


def test_an_entity_is_known_by_what_it_says_it_is() -> None:
    found = crate(
        root(organism_classification={"@id": "#m"}),
        {"@id": "#m", "name": "mouse", "sameAs": "https://a.org/m", "identifier": "taxon:10090"},
    )
    assert found.organisms == (Term("NCBITaxon:10090", "mouse"),)


def test_a_method_may_be_the_type_of_an_acquisition() -> None:
    found = crate(root(), {"@id": "_:a", "@type": ["http://purl.obolibrary.org/obo/FBbi_00000243"]})
    assert found.modalities == (Term("FBbi:00000243"),)


def test_relatives_and_prose_are_no_organisms() -> None:
    found = crate(
        root(description="taxon:1", name="NCBITaxon:2", organism_classification="taxon:3"),
        {"@id": "taxon:3", "parentTaxon": {"@id": "taxon:4"}},
        {"@id": "taxon:4", "name": "its genus"},
    )
    assert identifiers(found.organisms) == ["NCBITaxon:3"]
    assert found.name == "NCBITaxon:2"


def test_what_is_not_flattened_is_read_too() -> None:
    found = crate(
        root(
            resultOf={
                "@type": "image_acquisition",
                "fbbi_id": "FBbi:00000369",
                "specimen": {"biosample": [{"organism_classification": "taxon:7955"}]},
            }
        )
    )
    assert identifiers(found.organisms + found.modalities) == ["NCBITaxon:7955", "FBbi:00000369"]


def test_properties_of_named_vocabularies_are_the_same() -> None:
    found = crate(
        root(**{"schema:name": "A", "http://schema.org/license": {"@id": "https://a.org/l"}}),
        {"@id": "#s", "https://schema.org/taxonomicRange": {"@id": "taxon:1"}},
    )
    assert (found.name, found.license) == ("A", "https://a.org/l")
    assert identifiers(found.organisms) == ["NCBITaxon:1"]


@pytest.mark.parametrize(
    ("said", "license"),
    [
        ({"license": "CC-BY-4.0"}, "CC-BY-4.0"),
        ({"licence": "https://a.org/by"}, "https://a.org/by"),
        ({"license": {"@id": "https://a.org/by"}}, "https://a.org/by"),
        ({"license": [{"@id": "https://a.org/by"}, "other"]}, "https://a.org/by"),
        ({"license": {"@id": "#l"}}, "https://a.org/0"),
        ({"license": {"name": "Public domain"}}, "Public domain"),
        ({"license": [None, {}, []]}, None),
        ({}, None),
    ],
)
def test_licenses(said: dict[str, object], license: str | None) -> None:
    assert crate(root(**said), {"@id": "#l", "url": "https://a.org/0"}).license == license


@pytest.mark.parametrize(
    "entities",
    [
        [{"@id": "./", "name": "this"}, {"@id": "other/", "@type": "Dataset", "name": "no"}],
        [{"@type": ["Dataset"], "name": "this"}],
        [
            {"@id": "./", "name": "no"},
            {"@id": "https://a.org/ro-crate-metadata.json", "about": {"@id": "https://a.org/"}},
            {"@id": "https://a.org/", "name": "this"},
        ],
    ],
)
def test_the_root_is_what_the_descriptor_is_about(entities: list[Entity]) -> None:
    assert read_crate({"@graph": entities}).name == "this"


@pytest.mark.parametrize(
    "document", [{}, {"@graph": []}, {"@graph": 3}, {"@graph": ["a", None]}, {"@graph": [{}]}]
)
def test_without_entities_it_is_no_crate(document: dict[str, object]) -> None:
    with pytest.raises(DocumentError, match=f"https://a.org/{CRATE}: this is no RO-Crate"):
        read_crate(document, f"https://a.org/{CRATE}")


def test_a_list_of_many_files_takes_no_time_and_many_terms_end() -> None:
    files = [{"@id": f"c/{number}", "@type": "File"} for number in range(20_000)]
    parts = [{"@id": entity["@id"]} for entity in files]
    many = [f"taxon:{number}" for number in range(5_000)]
    found = crate(root(hasPart=parts, about=many), *files)
    assert len(found.organisms) == 1_000


KEYS = st.sampled_from(
    [
        *("@id", "@type", "@value", "@graph", "about", "name", "license", "description", "url"),
        *("organism_classification", "taxonomicRange", "fbbi_id", "identifier", "schema:name", ""),
    ]
)
TEXTS = st.sampled_from(
    [
        *("./", ".", "", "#a", "_:b", "ro-crate-metadata.json", "Dataset", "9606", "Homo sapiens"),
        *("NCBI:txid9606", "obo:FBbi_00000246", "\ud800", "\0", "https://a.org/"),
    ]
)
VALUES: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@given(st.lists(st.dictionaries(KEYS, VALUES, min_size=1, max_size=6), min_size=1, max_size=6))
def test_any_graph_is_read(entities: list[Entity]) -> None:
    found = read_crate({"@graph": entities})
    for terms in (found.organisms, found.modalities):
        assert identifiers(terms) == sorted(set(identifiers(terms)))
        assert all(term.identifier for term in terms)
        assert all(term.label is None or term.label.strip() for term in terms)
    for text in (found.name, found.description, found.license):
        assert text is None or text.strip() == text != ""


@given(st.permutations(range(5)))
def test_the_order_of_entities_says_nothing(order: list[int]) -> None:
    graph: list[Entity] = [
        DESCRIPTOR,
        root(name="A", license={"@id": "#l"}, resultOf={"@id": "#a"}),
        {"@id": "#a", "fbbi_id": ["FBbi:1", {"@id": "obo:FBbi_00000002"}], "about": "taxon:5"},
        {"@id": "NCBI:txid5", "name": "five"},
        {"@id": "#l", "name": "mine"},
    ]
    shuffled = [graph[number] for number in order]
    assert read_crate({"@graph": shuffled}) == read_crate({"@graph": graph})
    # It stays what it is when written and read again.
    assert read_crate(json.loads(json.dumps({"@graph": shuffled}))) == read_crate({"@graph": graph})


@pytest.mark.parametrize("nest", [lambda inner: [inner], lambda inner: {"about": inner}])
def test_depth_is_no_limit(nest: Callable[[object], object]) -> None:
    value: object = {"@id": "taxon:1"}
    for _ in range(5_000):
        value = nest(value)
    assert identifiers(crate(root(about=value)).organisms) == ["NCBITaxon:1"]
