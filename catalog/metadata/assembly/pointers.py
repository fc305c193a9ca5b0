"""Where the parts of a node stand in its document, for the many that have not moved."""

from __future__ import annotations

from functools import lru_cache

from catalog.metadata.nodes import GroupNode
from catalog.metadata.problems import as_pointer

_to = lru_cache(maxsize=16)(as_pointer)


@lru_cache(maxsize=4096)
def _of_level(root: str, image: int, dataset: int, index: int) -> str:
    """Point to a transformation of a resolution level: all images have the same few."""
    return f"{root}/multiscales/{image}/datasets/{dataset}/coordinateTransformations/{index}"


class Pointers:
    """JSON pointers to the transformations of one group, as its document stood."""

    __slots__ = ("node", "root")

    def __init__(self, node: GroupNode) -> None:
        self.node = node
        self.root = None if node.moved else _to(node.base)

    def dataset(self, image: int, dataset: int, index: int) -> str:
        """Point to a transformation of a resolution level."""
        if self.root is not None:
            return _of_level(self.root, image, dataset, index)
        return self.node.pointer(
            "multiscales", image, "datasets", dataset, "coordinateTransformations", index
        )

    def image(self, image: int, index: int) -> str:
        """Point to a transformation of an image."""
        if self.root is not None:
            return f"{self.root}/multiscales/{image}/coordinateTransformations/{index}"
        return self.node.pointer("multiscales", image, "coordinateTransformations", index)

    def scene(self, index: int) -> str:
        """Point to a transformation of a scene."""
        if self.root is not None:
            return f"{self.root}/scene/coordinateTransformations/{index}"
        return self.node.pointer("scene", "coordinateTransformations", index)
