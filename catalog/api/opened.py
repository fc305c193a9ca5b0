"""A catalog as an open database: what all its verbs stand on."""

from __future__ import annotations

from catalog.database.closing import Closing
from catalog.database.database_urls import display_url
from catalog.database.engine import Database


class OpenCatalog(Closing):
    """A database, and whether it was found to hold a catalog of this version."""

    def __init__(self, url: str = "sqlite:///catalog.db") -> None:
        self._database = Database(url)
        self._ensured = False

    def __repr__(self) -> str:
        return f"Catalog({display_url(self._database.url)!r})"

    def close(self) -> None:
        """Close the connections; the next question opens new ones."""
        self._database.close()

    @property
    def url(self) -> str:
        """URL of the database, without a password."""
        return display_url(self._database.url)

    def _ready(self) -> Database:
        """Say once that the database is there and of this version."""
        if not self._ensured:
            from catalog.database.migration import ensure

            ensure(self._database.url, create=False)
            self._ensured = True
        return self._database
