"""The public surface: what `import catalog` offers, and nothing else."""

from __future__ import annotations

import inspect
import re
from importlib import metadata

import pytest

import catalog
from catalog import errors

PUBLIC = {
    "AddressError",
    "AmbiguousAddressError",
    "Catalog",
    "CatalogError",
    "DatabaseError",
    "DatabaseMissingError",
    "DatabaseVersionError",
    "DimensionalityError",
    "DocumentError",
    "FieldError",
    "Image",
    "NoPathError",
    "NotInvertibleError",
    "PointsError",
    "Scene",
    "StatementError",
    "StoreError",
    "TimeLimitError",
    "TransformGraph",
    "TransformationError",
    "UnknownAddressError",
    "UsageError",
    "__version__",
}


def test_the_public_names_are_these() -> None:
    assert set(catalog.__all__) == PUBLIC
    assert set(dir(catalog)) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC - {"__version__"}))
def test_a_public_name_is_documented(name: str) -> None:
    value = getattr(catalog, name)
    assert inspect.isclass(value)
    assert value.__name__ == name
    assert inspect.getdoc(value)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Scenery'"):
        _ = catalog.Scenery  # type: ignore[attr-defined]


def test_every_error_is_public_and_drawn_in_the_tree() -> None:
    ours = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert ours <= PUBLIC
    assert errors.__doc__ is not None
    assert ours == set(re.findall(r"\w+Error", errors.__doc__))
    assert all(issubclass(getattr(errors, name), errors.CatalogError) for name in ours)


def test_the_installed_version_is_that_of_the_package() -> None:
    assert metadata.version("ome-scene-catalog") == catalog.__version__


def test_every_question_of_the_command_line_is_a_method() -> None:
    from catalog.cli import _VERBS

    for section in ("Ask", "Report"):
        for verb in _VERBS[section]:
            name = "search" if verb == "export" else verb
            method = getattr(catalog.Catalog, name)
            assert callable(method)
            assert inspect.getdoc(method)
