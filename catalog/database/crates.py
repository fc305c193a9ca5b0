"""Rows of the RO-Crates of hierarchies."""

from __future__ import annotations

from catalog.crawl.records import CrateRecord
from catalog.database.cells import Cell
from catalog.database.parcels.values import name_cell, text_cell
from catalog.database.texts import indexable, storable
from catalog.database.words import joined


def crate_row(crate: CrateRecord, hierarchy: int) -> tuple[Cell, ...]:
    """Make the row of a crate; columns as in `catalog.database.parcels.columns.COLUMNS`."""
    return (
        *(hierarchy, text_cell(crate.name), text_cell(crate.description)),
        name_cell(crate.license),
        storable(crate.document),
    )


def term_rows(crate: CrateRecord, hierarchy: int) -> list[tuple[Cell, ...]]:
    """Make the rows of what a crate names."""
    labels = {(term.kind, indexable(term.identifier)): term.label for term in crate.terms}
    return [
        (hierarchy, kind, identifier, text_cell(label), label_words(label or ""))
        for (kind, identifier), label in labels.items()
    ]


def label_words(label: str) -> str:
    """Give the words by which a term is found, whatever their case."""
    return indexable(joined(label))
