"""All that is wrong with a hierarchy, from its folders to the values of its parameters."""

from __future__ import annotations

from catalog.crawl.parameters import Parameters, check_parameters
from catalog.crawl.read import Reading
from catalog.metadata.assembly import Assembly, assemble
from catalog.metadata.check import check
from catalog.metadata.problems import Problem


def check_reading(
    reading: Reading,
    *,
    strict: bool = False,
    assembly: Assembly | None = None,
    parameters: Parameters | None = None,
) -> tuple[Problem, ...]:
    """Check a hierarchy as it was read, each problem once.

    Parameters
    ----------
    strict
        Also ask for what the specification's strict schemas ask for.
    assembly, parameters
        What was made of `reading` already, when it is at hand.
    """
    assembly = assembly if assembly is not None else assemble(reading.nodes)
    parameters = parameters if parameters is not None else Parameters(reading.url, reading.options)
    return tuple(
        dict.fromkeys(
            (
                *reading.problems,
                *check(reading.nodes, strict=strict, assembly=assembly),
                *check_parameters(assembly.edges, parameters),
            )
        )
    )
