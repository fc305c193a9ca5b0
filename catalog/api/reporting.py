"""Verbs for reports: SQL, report views, the schema, figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from catalog.api.opened import OpenCatalog

if TYPE_CHECKING:
    from catalog.database.asking import Answer
    from catalog.database.cells import Cell
    from catalog.query.described import ColumnListing, RelationListing, ReportListing
    from catalog.query.stats import Figure


class ReportVerbs(OpenCatalog):
    """Reports over what is recorded."""

    def sql(
        self,
        statement: str,
        parameters: Mapping[str, Cell] | None = None,
        *,
        limit: int | None = 10_000,
        timeout: float | None = 60.0,
    ) -> Answer:
        """Ask one SQL statement that reads; nothing can be changed by it.

        Parameters
        ----------
        parameters
            Values of what stands in the statement as ``:name``.
        limit
            How many rows are wanted (`Answer.cut` says whether there are more); None for all.
        timeout
            Seconds after which it is given up; None for never.

        Returns
        -------
        Rows that come as they are read. Close it, or use it in a ``with`` block, if not
        all are wanted.

        Raises
        ------
        StatementError
            If the statement is not accepted, or would do more than read.
        TimeLimitError
            If it takes too long; also while rows are read.
        """
        from catalog.database.asking import ask

        return ask(self._ready(), statement, parameters, seconds=timeout, limit=limit)

    def reports(self) -> Iterator[ReportListing]:
        """List the reports: views that are made to be read, and to be asked in SQL."""
        from catalog.query.described import reports

        return reports()

    def report(self, name: str, columns: Sequence[str] = (), *, limit: int | None = None) -> Answer:
        """Return the rows of a report in its order: all columns, or those named."""
        from catalog.query.described import report_statement

        return self.sql(report_statement(name, columns), limit=limit, timeout=None)

    def relations(self) -> Iterator[RelationListing]:
        """List the views and tables of the database."""
        from catalog.query.described import relations

        return relations()

    def schema(self, *names: str) -> Iterator[ColumnListing]:
        """List the columns of tables and views, with what they mean; of all if none is named."""
        from catalog.query.described import columns

        return columns(names)

    def definitions(self, *names: str) -> Iterator[str]:
        """Yield the SQL statements that make tables and views; of all if none is named."""
        from catalog.query.described import relation_names

        wanted = relation_names(names)
        with self._ready().reading() as connection:
            for definition in self._database.dialect.definitions(connection):
                if not names or definition.relation in wanted:
                    yield definition.sql

    def stats(self) -> tuple[Figure, ...]:
        """Count what the catalog is made of: things, bytes, versions, types, problems."""
        from catalog.query.stats import stats

        with self._ready().reading() as connection:
            return tuple(stats(connection))
