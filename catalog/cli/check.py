"""`catalog check`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import click

from catalog.cli.options import Verb
from catalog.cli.output import printable
from catalog.cli.rendering import json_text
from catalog.errors import CatalogError, DocumentError, UsageError

_DOCUMENTS = ("zarr.json", ".zattrs")


class _Found(NamedTuple):
    """A problem as it is printed; `path` is the argument that it was found below."""

    path: str
    location: str
    pointer: str
    severity: str
    code: str
    message: str


class _Verdict(NamedTuple):
    """What was found below one argument."""

    path: str
    groups: int
    problems: tuple[_Found, ...]

    @property
    def errors(self) -> int:
        """How many problems make it invalid."""
        return sum(problem.severity == "error" for problem in self.problems)


@click.command(cls=Verb)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--strict", is_flag=True, help="Also apply what the strict schemas add.")
@click.option("--attributes", is_flag=True, help="PATH is a JSON file of a group's attributes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when something is invalid.")
@click.pass_context
def check(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    strict: bool,
    attributes: bool,
    as_json: bool,
    exit_zero: bool,
) -> None:
    """Validate OME-Zarr metadata on disk, by the rules of its version.

    PATH is a Zarr group, which is checked with everything below it; or one document
    (zarr.json, .zattrs), checked alone. Beyond the shape of documents this checks
    names, references, dimensionalities, the order of axes, matrices, the graph of
    coordinate systems, and arrays against their axes. No database is needed.

    Exit status 1 says that something is invalid. Warnings alone are valid.

    For example:
      catalog check brain7.zarr
      catalog check --strict --json plate.zarr image.zarr
      catalog check --attributes --json --exit-zero attributes.json
    """
    verdicts = [_verdict(path, strict=strict, attributes=attributes) for path in paths]
    if as_json:
        click.echo(json_text(_as_object(verdicts)))
    else:
        for verdict in verdicts:
            click.echo("\n".join(_lines(verdict)))
    if not exit_zero and any(verdict.errors for verdict in verdicts):
        ctx.exit(1)


def _verdict(path: str, *, strict: bool, attributes: bool) -> _Verdict:
    alone = attributes or Path(path).name in _DOCUMENTS
    if not alone and Path(path).is_file():
        raise UsageError(
            f"{path} is a file. Give the folder of a Zarr group, a zarr.json or .zattrs, or say "
            "with --attributes that it holds a group's attributes."
        )
    try:
        if alone:
            return _document(path, strict=strict, bare=attributes)
        return _hierarchy(path, strict=strict)
    except CatalogError as error:
        code = "invalid-document" if isinstance(error, DocumentError) else "unreadable"
        pointer = error.pointer if isinstance(error, DocumentError) else ""
        return _Verdict(path, 0, (_Found(path, "", pointer, "error", code, error.message),))


def _document(path: str, *, strict: bool, bare: bool) -> _Verdict:
    """Check one document alone; what other documents decide is not judged."""
    from catalog.errors import StoreError
    from catalog.metadata.check import check_attributes
    from catalog.metadata.document import group_attributes, parse_json

    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}.", path) from error
    document = parse_json(data, path)
    version_3 = Path(path).name == "zarr.json" or document.get("node_type") == "group"
    if version_3:
        document = group_attributes(document)
    elif bare:
        version_3 = "ome" in document
    zarr_format = 3 if version_3 else 2
    found = check_attributes(document, zarr_format=zarr_format, strict=strict)
    problems = (_Found(path, p.location, p.pointer, p.severity, p.code, p.message) for p in found)
    return _Verdict(path, 1, tuple(problems))


def _hierarchy(path: str, *, strict: bool) -> _Verdict:
    """Check a group and everything below it."""
    from catalog.crawl.checking import check_reading
    from catalog.crawl.read import read_hierarchy
    from catalog.metadata.nodes import GroupNode
    from catalog.stores.url import normalise

    reading = read_hierarchy(normalise(path))
    groups = sum(isinstance(node, GroupNode) for node in reading.nodes.values())
    found = check_reading(reading, strict=strict)
    problems = [_Found(path, p.location, p.pointer, p.severity, p.code, p.message) for p in found]
    if not groups and not problems:
        message = "There is no OME-Zarr metadata in it, nor below it."
        problems.append(_Found(path, "", "", "error", "no-metadata", message))
    return _Verdict(path, groups, tuple(problems))


def _as_object(verdicts: Iterable[_Verdict]) -> dict[str, object]:
    problems = [problem for verdict in verdicts for problem in verdict.problems]
    errors = [problem for problem in problems if problem.severity == "error"]
    message = None
    if errors:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        message = f"{_place(first)}{first.message}{more}"
    return {"valid": not errors, "message": message, "problems": problems}


def _place(problem: _Found) -> str:
    place = problem.location + (f"#{problem.pointer}" if problem.pointer else "")
    return f"{place}: " if place else ""


def _lines(verdict: _Verdict) -> list[str]:
    warnings = len(verdict.problems) - verdict.errors
    counts = [
        f"{count} {noun}{'' if count == 1 else 's'}"
        for count, noun in ((verdict.errors, "error"), (warnings, "warning"))
        if count
    ]
    judged = "invalid" if verdict.errors else "valid"
    groups = "1 group" if verdict.groups == 1 else f"{verdict.groups} groups"
    lines = [f"{verdict.path}: {', '.join([judged, *counts])} ({groups} checked)"]
    for problem in verdict.problems:
        place = _place(problem).removesuffix(": ") or "/"
        lines.append(f"  {problem.severity}  {problem.code}  {place}")
        lines.append(f"    {problem.message}")
    return [printable(line) for line in lines]
