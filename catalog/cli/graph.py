"""`catalog graph`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from catalog.cli.options import Verb, database_option
from catalog.cli.output import opened, opened_binary

if TYPE_CHECKING:
    from catalog.graph import TransformGraph

Picture = Literal["svg", "png", "dot", "mmd"]

_SUFFIXES: dict[str, Picture] = {
    ".svg": "svg",
    ".png": "png",
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mmd",
    ".mermaid": "mmd",
}
_DOCUMENTS = ("zarr.json", ".zattrs", ".zgroup")


@click.command(cls=Verb)
@click.argument("scene", metavar="SCENE")
@click.option(
    "-o",
    "--output",
    "output_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to FILE (.svg .png .dot .mmd).",
)
@click.option(
    "--as",
    "form",
    type=click.Choice(["svg", "png", "dot", "mmd"]),
    help="Form, where FILE does not tell it.  [default: mmd]",
)
@click.option("--no-fold", is_flag=True, help="Draw each system and group by itself.")
@database_option
def graph(
    *,
    scene: str,
    output_file: Path | None,
    form: Picture | None,
    no_fold: bool,
    database: str,
) -> None:
    """Draw the coordinate systems of a scene and the transformations between them.

    SCENE is a Zarr group on disk, which is read as it is now; else what the database
    holds at and below a group or folder.

    Groups are frames. Many that are alike (the tiles of a scene, the wells of a plate)
    are one stack with its count, and so are the levels of a pyramid. Arrows point as
    declared; solid ones are walked both ways.

    SVG and PNG are drawn without any other program; PNG needs the extra 'png'. DOT is
    for Graphviz, mmd is Mermaid for Markdown.

    For example:
      catalog graph brain7.zarr -o brain7.svg
      catalog graph brain7.zarr/tiles/t00 -o tile.png
      catalog graph --as dot brain7.zarr | dot -Tpdf > brain7.pdf
    """
    form = form or _form_of(output_file)
    found, title = _opened(scene, database)
    fold = None if no_fold else 4
    if form == "png":
        picture = found.to_png(title=title, fold=fold)
        with opened_binary(output_file) as file:
            file.write(picture)
    else:
        draw = {"svg": found.to_svg, "dot": found.to_dot, "mmd": found.to_mermaid}[form]
        text = draw(title=title, fold=fold)
        with opened(output_file) as stream:
            stream.write(text)
    if output_file is not None:
        click.echo(
            f"{output_file}: {len(found):,} coordinate systems, "
            f"{len(found.edges):,} transformations",
            err=True,
        )


def _form_of(file: Path | None) -> Picture:
    if file is None:
        return "mmd"
    form = _SUFFIXES.get(file.suffix.lower())
    if form is None:
        raise click.UsageError(
            f"-o {file}: the suffix decides the form, and {file.suffix or 'none'} is not one of "
            f"{', '.join(_SUFFIXES)}. Choose one of them, or give --as as well."
        )
    return form


def _opened(scene: str, database: str) -> tuple[TransformGraph, str]:
    """Open a scene on disk where there is one, else in the database; with its title."""
    from catalog.stores.url import name, normalise

    folder = _folder(scene)
    if folder is not None:
        from catalog.scene import open_hierarchy

        return open_hierarchy(folder), name(normalise(str(folder)))
    from catalog.api import Catalog

    with Catalog(database) as catalog:
        # Of a tile it holds the scene's systems too, and the scene's name is the title.
        return catalog.graph(scene), ""


def _folder(scene: str) -> Path | None:
    """Find the Zarr group on disk that is meant, if there is one."""
    from catalog.errors import CatalogError
    from catalog.stores.url import normalise, to_path

    try:
        folder = Path(to_path(normalise(scene)))
    except CatalogError:
        return None
    return folder if any((folder / name).exists() for name in _DOCUMENTS) else None
