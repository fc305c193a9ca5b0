"""Options that say how places are opened, for all commands that open some."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import click

from catalog.stores import DEFAULT_OPTIONS, StoreOptions

R = TypeVar("R")

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?", re.IGNORECASE)


def _bytes(ctx: click.Context, param: click.Parameter, value: str) -> int:
    """Read a number of bytes: 16777216, 16M or 16MiB."""
    match = _SIZE.fullmatch(value.strip())
    if match is None or (size := int(float(match[1]) * _UNITS[match[2].upper()])) < 1:
        raise click.BadParameter(
            f"{value!r} is no number of bytes; give 16777216, 16M or 16MiB.", ctx, param
        )
    return size


concurrency_option = click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=64,
    show_default=True,
    metavar="N",
    help="Read N hierarchies at once from servers.",
)


def store_options(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command the options of stores; it gets them as `options: StoreOptions`."""

    @wraps(command)
    def with_options(
        *args: object,
        endpoint_url: str | None,
        region: str | None,
        anonymous: bool,
        profile: str | None,
        max_document_bytes: int,
        timeout: float,
        retries: int,
        **kwargs: object,
    ) -> R:
        options = StoreOptions(
            endpoint=endpoint_url,
            region=region,
            anonymous=anonymous or None,
            profile=profile,
            largest_document=max_document_bytes,
            timeout=timeout,
            retries=retries,
        )
        return command(*args, options=options, **kwargs)

    for option in (
        click.option("--endpoint-url", metavar="URL", help="Server that speaks S3."),
        click.option("--region", metavar="NAME", help="Region of the bucket."),
        click.option("--anonymous", is_flag=True, help="Do not sign requests: public buckets."),
        click.option("--profile", metavar="NAME", help="Profile in ~/.aws to take keys from."),
        click.option(
            "--max-document-bytes",
            callback=_bytes,
            default=f"{DEFAULT_OPTIONS.largest_document // 2**20}MiB",
            show_default=True,
            metavar="SIZE",
            help="Refuse documents that are larger.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True),
            default=DEFAULT_OPTIONS.timeout,
            show_default=True,
            metavar="SECONDS",
            help="Time limit of one request.",
        ),
        click.option(
            "--retries",
            type=click.IntRange(min=0),
            default=DEFAULT_OPTIONS.retries,
            show_default=True,
            metavar="N",
            help="Try again after time-outs, 429 and 5xx.",
        ),
    )[::-1]:
        with_options = option(with_options)
    return with_options
