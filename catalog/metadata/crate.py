"""Read an RO-Crate: what was imaged, and how, in the ``ro-crate-metadata.json`` beside a root.

`RO-Crate 1.1 <https://w3id.org/ro/crate/1.1>`_ is JSON-LD with all entities in one list,
``@graph``, that refer to each other by ``@id``. Its terms are written in many ways, so that
they are known by what they are: whatever is referred to and is a taxon of NCBI is an organism,
and whatever is a term of FBbi (biological imaging methods) is a modality.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from catalog.errors import DocumentError

CRATE = "ro-crate-metadata.json"
"""Name of the document."""

TermKind = Literal["organism", "modality"]

_MOST = 1_000
_LONGEST = 300

# Lists of files and prose say nothing of biology that could be told from anything else, and
# relatives of an organism are not imaged.
_PASSED = frozenset(
    {
        *("@context", "@id", "hasPart", "parentTaxon", "childTaxon"),
        *("name", "alternateName", "label", "description", "abstract", "text"),
    }
)
_SAID: Mapping[str, TermKind] = {
    "organism_classification": "organism",
    "taxonomicRange": "organism",
    "organism": "organism",
    "species": "organism",
    "fbbi_id": "modality",
    "imaging_method": "modality",
    "imagingMethod": "modality",
    "modality": "modality",
}
"""Properties whose values are terms, even if they are known by a name alone."""

_SAME = ("identifier", "termCode", "taxonID", "sameAs", "url", "propertyID")
"""Properties by which an entity says which term it is."""

_LABELS = ("name", "label", "prefLabel", "scientificName", "scientific_name", "alternateName")

_START = r"(?:.*[/:#=])?"
_TAXON = re.compile(
    _START + r"(?:ncbi[ _:]?taxon(?:omy)?|taxon(?:omy)?|taxid|txid|ncbi_txid)"
    r"(?::|/|_| )?(?:txid|taxid|id)?[ :_=]*(\d{1,10})/?",
    re.IGNORECASE,
)
_TAXON_PAGE = re.compile(
    r"https?://(?:www\.)?ncbi\.nlm\.nih\.gov/taxonomy/.*[?&;]id=(\d{1,10})(?:[&;#].*)?",
    re.IGNORECASE,
)
_METHOD = re.compile(_START + r"FBbi[:_](\d{1,8})/?", re.IGNORECASE)
_VOCABULARY = re.compile(r".*[/#:]")
_NUMBER = re.compile(r"(?:NCBI|FBbi)?[:_ ]?(\d{1,10})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Term:
    """An organism or a modality.

    Attributes
    ----------
    identifier
        ``NCBITaxon:9606`` or ``FBbi:00000246``, however it was written; of what is neither,
        its URL or its name.
    label
        As the crate names it; None if it does not.
    """

    identifier: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Crate:
    """What an RO-Crate says of the data that it lies beside.

    Attributes
    ----------
    license
        URL if it has one, else what is written.
    organisms, modalities
        In the order of their identifiers, each once.
    """

    name: str | None = None
    description: str | None = None
    license: str | None = None
    organisms: tuple[Term, ...] = ()
    modalities: tuple[Term, ...] = ()


def identifier_of(text: str, kind: TermKind | None = None) -> str | None:
    """Give the one spelling of a term's identifier; None if a text is none.

    Parameters
    ----------
    kind
        What it is known to be: then its number is enough.

    Examples
    --------
    >>> identifier_of("NCBI:txid9606"), identifier_of("obo:FBbi_00000246")
    ('NCBITaxon:9606', 'FBbi:00000246')
    >>> identifier_of("7227", "organism")
    'NCBITaxon:7227'
    """
    found = _term(text, kind)
    return None if found is None or kind not in (None, found[0]) else found[1]


def _term(text: str, kind: TermKind | None) -> tuple[TermKind, str] | None:
    if len(text) > _LONGEST:
        return None
    text = unquote(text).strip()
    taxon = _TAXON.fullmatch(text) or _TAXON_PAGE.fullmatch(text)
    if taxon is not None:
        return "organism", f"NCBITaxon:{int(taxon[1])}"
    method = _METHOD.fullmatch(text)
    if method is not None:
        return "modality", f"FBbi:{int(method[1]):08}"
    number = None if kind is None else _NUMBER.fullmatch(text)
    if number is None:
        return None
    if kind == "organism":
        return kind, f"NCBITaxon:{int(number[1])}"
    return "modality", f"FBbi:{int(number[1]):08}"


def read_crate(document: Mapping[str, object], url: str = CRATE) -> Crate:
    """Read the JSON object of an RO-Crate; what makes no sense in it is passed over.

    Parameters
    ----------
    url
        Where it was read; for the error alone.

    Raises
    ------
    DocumentError
        When it has no ``@graph`` with entities.
    """
    graph = document.get("@graph")
    entities = [entity for entity in _listed(graph) if isinstance(entity, dict) and entity]
    if not entities:
        raise DocumentError(
            f"{url}: this is no RO-Crate: it has no @graph that lists entities.", url=url
        )
    return _Graph(entities).crate()


class _Graph:
    """The entities of a crate, by their ids."""

    def __init__(self, entities: list[dict[str, object]]) -> None:
        self._entities = entities
        self._by_id: dict[str, dict[str, object]] = {}
        for entity in entities:
            id_ = entity.get("@id")
            if isinstance(id_, str):
                self._by_id.setdefault(id_, entity)

    def crate(self) -> Crate:
        root = self._root()
        found = self._terms()
        return Crate(
            _text(root, "name"),
            _text(root, "description"),
            self._license(root),
            found["organism"],
            found["modality"],
        )

    def _root(self) -> dict[str, object]:
        """Find the entity that stands for all of the data."""
        for id_, entity in self._by_id.items():
            if id_.rpartition("/")[2] in (CRATE, "ro-crate-metadata.jsonld"):
                for about in _references(_of(entity, "about")):
                    if about in self._by_id:
                        return self._by_id[about]
        for id_ in ("./", ".", ""):
            if id_ in self._by_id:
                return self._by_id[id_]
        for entity in self._entities:
            if "Dataset" in _listed(entity.get("@type")):
                return entity
        return {}

    def _license(self, root: Mapping[str, object]) -> str | None:
        for key in ("license", "licence"):
            for value in _listed(_of(root, key)):
                for reference in _references(value):
                    if _is_url(reference):
                        return reference.strip()
                    entity = self._by_id.get(reference) or value
                    said = None
                    if isinstance(entity, dict):
                        keys = ("url", "identifier", "name")
                        said = next((text for key in keys if (text := _text(entity, key))), None)
                    if said or not _is_local(reference):
                        return said or reference.strip()
        return None

    def _terms(self) -> dict[TermKind, tuple[Term, ...]]:
        found: dict[TermKind, dict[str, str | None]] = {"organism": {}, "modality": {}}
        for owner, key, value in self._values():
            kind = _SAID.get(key)
            for reference in _references(value):
                entity = value if isinstance(value, dict) else self._by_id.get(reference, {})
                term = _term(reference, kind)
                if term is not None:
                    if key in _SAME and "Dataset" not in _listed(owner.get("@type")):
                        entity = owner
                    label = _label(entity) or _label(self._by_id.get(reference, {}))
                elif kind is None:
                    continue
                else:
                    entity = self._by_id.get(reference, entity)
                    named = self._named(kind, reference, entity)
                    if named is None:
                        continue
                    term, label = named
                of_kind = found[term[0]]
                if len(of_kind) < _MOST or term[1] in of_kind:
                    of_kind[term[1]] = of_kind.get(term[1]) or label
        for id_, entity in self._by_id.items():
            # An entity may be named elsewhere by another spelling of its id.
            term = _term(id_, None)
            if term is not None and term[1] in found[term[0]]:
                found[term[0]][term[1]] = found[term[0]][term[1]] or _label(entity)
        return {
            kind: tuple(Term(identifier, terms[identifier]) for identifier in sorted(terms))
            for kind, terms in found.items()
        }

    def _named(
        self, kind: TermKind, reference: str, entity: Mapping[str, object]
    ) -> tuple[tuple[TermKind, str], str | None] | None:
        """Know a term by what its entity says, by its URL, or by its name."""
        label = _label(entity)
        for key in _SAME:
            for value in _references(_of(entity, key)):
                term = _term(value, kind)
                if term is not None:
                    return term, label
        reference = reference.strip()
        if _is_url(reference):
            return (kind, reference), label
        if label is not None:
            return (kind, label), label
        if _is_local(reference) or reference in self._by_id:
            return None
        return (kind, reference), reference

    def _values(self) -> Iterator[tuple[dict[str, object], str, object]]:
        """Yield all that is referred to: the entity that does, the property, and the value."""
        pending: list[dict[str, object]] = self._entities[::-1]
        while pending:
            entity = pending.pop()
            for name, given in entity.items():
                key = _short(name)
                if key in _PASSED:
                    continue
                values = [given]
                while values:
                    value = values.pop()
                    if isinstance(value, list):
                        values += value
                    else:
                        yield entity, key, value
                        if isinstance(value, dict):
                            pending.append(value)


def _short(key: str) -> str:
    """Give a property without the vocabulary that it is of."""
    return key if key.startswith("@") else _VOCABULARY.sub("", key)


def _of(entity: Mapping[str, object], key: str) -> object:
    """Give the value of a property, under whichever vocabulary."""
    if key in entity:
        return entity[key]
    return next((value for name, value in entity.items() if _short(name) == key), None)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _references(value: object) -> Iterator[str]:
    """Yield what a value says or refers to, as texts."""
    for item in _listed(value):
        said = item.get("@id", item.get("@value", "")) if isinstance(item, dict) else item
        if isinstance(said, str):
            yield said
        elif isinstance(said, int) and not isinstance(said, bool):
            yield str(said)


def _text(entity: Mapping[str, object], key: str) -> str | None:
    for said in _references(_of(entity, key)):
        if said.strip():
            return said.strip()
    return None


def _label(entity: Mapping[str, object]) -> str | None:
    return next((said for key in _LABELS if (said := _text(entity, key))), None)


def _is_url(text: str) -> bool:
    return text.strip().startswith(("http://", "https://"))


def _is_local(reference: str) -> bool:
    """Tell whether a reference means something within the crate alone, which says nothing."""
    return not reference.strip() or reference.startswith(("#", "_:", "./"))
