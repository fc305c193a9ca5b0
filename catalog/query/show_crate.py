"""What `show` says of the RO-Crate of a hierarchy."""

from __future__ import annotations

import sqlalchemy as sa

from catalog.database.schema import crate, crate_term
from catalog.query.shown import CrateShown, TermShown


def crate_shown(connection: sa.Connection, hierarchy_id: int) -> CrateShown | None:
    """Give what the crate of a hierarchy says; None if it has none."""
    columns = (crate.c.name, crate.c.description, crate.c.license)
    found = connection.execute(
        sa.select(*columns).where(crate.c.hierarchy_id == hierarchy_id)
    ).first()
    if found is None:
        return None
    terms: dict[str, list[TermShown]] = {"organism": [], "modality": []}
    c = crate_term.c
    query = sa.select(c.kind, c.identifier, c.label).where(c.hierarchy_id == hierarchy_id)
    for kind, identifier, label in connection.execute(query.order_by(c.identifier)):
        terms[kind].append(TermShown(identifier, label))
    return CrateShown(*found, tuple(terms["organism"]), tuple(terms["modality"]))
