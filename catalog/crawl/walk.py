"""The walk through one hierarchy: which documents to ask for, and what their answers mean.

There is no I/O here (see `driving`). Where folders can be listed, each group is listed
once and everything in it is looked at; elsewhere the walk goes where the metadata leads, and
looks for an RO-Crate beside the root.
Nothing is ever asked about what lies in an array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from catalog.crawl.consolidated import Copy, copies_v2, copies_v3
from catalog.crawl.driving import Asking, Kind
from catalog.crawl.findings import Findings
from catalog.crawl.naming import Role, is_storable, named
from catalog.crawl.place import (
    ARRAY_V2,
    ATTRIBUTES_V2,
    COPIES_V2,
    GROUP_V2,
    V3,
    Place,
    documents_of,
    is_of_chunks,
    of_root,
)
from catalog.crawl.reading import Reading
from catalog.errors import CatalogError, DocumentError, StoreError
from catalog.metadata.crate import CRATE
from catalog.metadata.nodes import GroupNode
from catalog.stores import DEFAULT_OPTIONS, Document, Listing, StoreOptions

# Questions in one batch: it bounds the documents that are held before they are understood.
_AT_ONCE = 1024
# Numbered images that are asked for before it is known whether the one before is there.
_MOST_AHEAD = 32
# Beyond so many names, the listing is waited for rather than asked beside it.
_MOST_NAMED = 1024


class Walk:
    """One walk through a hierarchy, and where it has been so far.

    Parameters
    ----------
    url
        Of the hierarchy's root, for messages.
    near, lists
        Of the store, see `catalog.stores.Store`.
    options
        How the store was opened.
    asked_ns
        Unix time when the first document was asked for; now, if None.
    """

    def __init__(
        self,
        url: str,
        *,
        near: bool,
        lists: bool,
        options: StoreOptions = DEFAULT_OPTIONS,
        asked_ns: int | None = None,
    ) -> None:
        self._url = url
        self._options = options
        self._near = near
        self._lists = lists
        self._found = Findings(url, near=near, asked_ns=asked_ns)
        # Functions rather than bound methods, so that a walk is freed as soon as it ends.
        self._pending: list[tuple[Kind, str, _Take, Place]] = []
        self._root_document: dict[str, Any] | None = None
        self._copies_v2: dict[str, Any] | None = None
        self._root_has_copies = False
        self._root_listing: Listing | None = None
        # Where names are followed, places are met twice: by name, and by listing.
        self._met: set[str] = {""}
        self._shown: set[str] = set()
        self._unshown: dict[str, Place] = {}
        self._roles: dict[str, Role] = {}
        # Labels that consolidated metadata does not name: not looked for while it proves true.
        self._believes = False
        self._unsought: list[tuple[str, int]] = []
        # `OME` groups of bioformats2raw, and the groups whose images they name.
        self._numbered: dict[str, str] = {}
        # Documents of numbered images that were asked for ahead: who waits for the answer that
        # is to come, and answers that nobody waited for.
        self._coming: dict[str, Place | None] = {}
        self._early: dict[str, Document | CatalogError | None] = {}

    def run(self) -> Asking[Reading]:
        """Ask for what lies in the hierarchy, and give it.

        Raises
        ------
        StoreError
            When there is no Zarr metadata at the root, or it cannot be read.
        DocumentError
            When the root's own document cannot be understood.
        """
        found = self._found
        root = Place("", 3, "any", of_root(lists=self._lists))
        self._seek(root)
        if not self._lists:
            self._ask(CRATE, root)
        yield from self._questions()
        if not self._lists:
            if self._unsought and not self._found.agree_with(self._copies()):
                yield from self._seek_labels()
            self._require_names()
        if found.lost or self._root_has_copies:
            if self._copies_v2 is None and self._root_document is None:
                root = Place("", 2, "any", ())
                root.met = "broken"  # or something in it is
                self._ask(COPIES_V2, root)
                yield from self._questions()
            found.stand_in(self._copies(), for_all=self._root_has_copies)
        if "" in found.lost:
            raise found.lost[""]
        if not self._near:
            found.leave_arrays(self._met)
        return found.reading(self._root_listing, self._options)

    def _questions(self) -> Asking[None]:
        pending = self._pending
        while pending:
            batch = pending[-_AT_ONCE:]
            del pending[-_AT_ONCE:]
            answers = yield batch
            for (_, where, take, place), answer in zip(batch, answers, strict=True):
                take(self, place, where, answer)

    def _seek_labels(self) -> Asking[None]:
        """Look for labels after all: what consolidated metadata does not name may be there."""
        unsought, self._unsought = self._unsought, []
        self._believes = False
        for path, zarr_format in unsought:
            self._go(path, zarr_format, "probe")
        yield from self._questions()

    # What is asked

    def _ask(self, name: str, place: Place) -> None:
        self._pending.append(("get", place.prefix + name, _TAKES[name], place))

    def _list(self, place: Place) -> None:
        self._pending.append(("list", place.path, Walk._take_listing, place))

    def _seek(self, place: Place) -> None:
        """Ask for the next document that may be there; without any, for a listing."""
        sought = place.sought
        if sought:
            place.sought = sought[1:]
            where = place.prefix + sought[0]
            if where in self._coming:
                self._coming[where] = place
            elif where in self._early:
                _TAKES[sought[0]](self, place, where, self._early.pop(where))
            else:
                self._pending.append(("get", where, _TAKES[sought[0]], place))
        elif self._lists and place.named and place.path not in self._shown:
            self._unshown[place.path] = place
        elif self._lists and not place.doubtful:
            self._list(place)
        elif place.path in self._numbered:
            self._number(self._numbered[place.path], 0, place.zarr_format)
        elif not place.path:
            raise self._nothing()

    def _go(self, path: str, zarr_format: int, role: Role) -> None:
        """Go where the metadata leads, once."""
        if path not in self._met:
            self._met.add(path)
            sought = documents_of(zarr_format, role, near=self._near, lists=self._lists)
            place = Place(path, zarr_format, role, sought)
            place.named = True
            self._seek(place)

    # What is made of the answers

    def _take_v3(self, place: Place, where: str, answer: Document | CatalogError | None) -> None:
        if answer is None:
            if place.listing is None:
                self._seek(place)
            else:
                self._enter(place)
            return
        if isinstance(answer, CatalogError):
            self._fail(place, where, answer)
            return
        try:
            document = self._found.add_v3(place.path, where, answer)
        except DocumentError:
            place.met = "broken"
            self._enter(place)
            return
        if document is not None:
            place.zarr_format = 3
            place.met = "group"
            if not place.path:
                self._root_document = document
                if not self._lists:
                    self._follow_copies(copies_v3(document))
            self._enter(place)

    def _take_array_v2(
        self, place: Place, where: str, answer: Document | CatalogError | None
    ) -> None:
        if answer is None:
            self._seek(place)
        elif isinstance(answer, CatalogError):
            self._found.fail(place.path, where, answer)
        else:
            self._found.add_array_v2(place.path, where, answer)

    def _take_attributes_v2(
        self, place: Place, where: str, answer: Document | CatalogError | None
    ) -> None:
        if answer is None and place.listing is None:
            self._seek(place)
            return
        place.met = "group"
        place.zarr_format = 2
        if isinstance(answer, CatalogError):
            self._fail(place, where, answer)
            return
        if answer is not None:
            self._found.add_attributes_v2(place.path, where, answer)
        self._enter_v2(place)

    def _take_group_v2(
        self, place: Place, where: str, answer: Document | CatalogError | None
    ) -> None:
        if isinstance(answer, CatalogError):
            self._fail(place, where, answer)
        elif answer is None:
            self._seek(place)
        else:
            place.doubtful = False
            self._found.add_plain(where, answer)
            self._enter_v2(place)

    def _enter_v2(self, place: Place) -> None:
        if not self._lists and not place.path:
            # Its names are of use where no listing tells them.
            place.met = "group"
            self._ask(COPIES_V2, place)
        self._enter(place)

    def _take_copies(
        self, place: Place, where: str, answer: Document | CatalogError | None
    ) -> None:
        """Take what ``.zmetadata`` holds: for its names, or in place of what is lost."""
        if answer is None:
            if place.met == "nothing" and not self._lists:
                self._seek(place)
            return
        if isinstance(answer, CatalogError):
            self._found.fail("", where, answer)
            return
        if place.met == "nothing" and "" not in self._found.lost:
            self._root_has_copies = True
        counts = self._root_has_copies or place.met != "group"
        self._copies_v2 = self._found.add_copies_v2(where, answer, counts=counts)
        if self._copies_v2 is not None and not self._lists:
            self._follow_copies(copies_v2(self._copies_v2))

    def _take_early(self, place: Place, where: str, answer: Document | CatalogError | None) -> None:
        """Keep what was asked for ahead, until all numbers before are known to be there."""
        waiting = self._coming.pop(where)
        if waiting is None:
            self._early[where] = answer
        else:
            _TAKES[where.rpartition("/")[2]](self, waiting, where, answer)

    def _take_crate(self, place: Place, where: str, answer: Document | CatalogError | None) -> None:
        if isinstance(answer, CatalogError):
            self._found.fail_crate(where, answer)
        elif answer is not None and (self._lists or not answer.data.lstrip().startswith(b"<")):
            # Else a page, as some servers answer whatever is asked for and not there.
            self._found.add_crate(where, answer)

    def _take_listing(self, place: Place, where: str, answer: Listing | CatalogError) -> None:
        path = place.path
        if isinstance(answer, CatalogError):
            if not path and place.met == "nothing":
                raise answer
            self._found.fail(path, where, answer, "unreadable-folder")
            return
        if self._near:
            self._found.add_folder(path, answer)
        elif not path:
            self._root_listing = answer
        for name, message in answer.refused:
            link = place.prefix + name
            self._found.warn(link, "link-not-followed", f"the link {link} {message}")
        if not path and CRATE in answer.files:
            self._ask(CRATE, place)
        place.listing = answer
        if place.met != "nothing" or self._look(place, answer.files):
            self._enter(place)

    def _look(self, place: Place, files: list[str]) -> bool:
        """Take from a listing which documents there are; say whether to go on at once."""
        if place.zarr_format == 2 and V3 in files:
            self._ask(V3, place)
        elif place.zarr_format == 2 and not self._near and ARRAY_V2 in files:
            self._ask(ARRAY_V2, place)
        elif ATTRIBUTES_V2 in files:
            self._ask(ATTRIBUTES_V2, place)
        elif GROUP_V2 in files:
            place.met = "group"
            place.zarr_format = 2
            return True
        elif place.path:
            return True
        elif COPIES_V2 in files:
            self._root_has_copies = True
            return True
        else:
            raise self._nothing()
        return False

    def _fail(self, place: Place, where: str, error: CatalogError) -> None:
        """Go on without a document that could not be read."""
        self._found.fail(place.path, where, error)
        if place.met == "nothing":
            place.met = "broken"
        self._enter(place)

    # What lies in a folder

    def _enter(self, place: Place) -> None:
        """Go on to what lies in a folder whose own documents are known."""
        if not self._near and place.met == "group":
            self._follow(place)
        if not self._lists:
            return
        listing = place.listing
        if listing is None:
            self._list(place)
            return
        place.listing = None
        bare = place.met != "group"
        near = self._near
        usual = documents_of(place.zarr_format, "any", near=near, lists=True)
        for name in listing.folders:
            if not name.isascii() and not is_storable(name):
                message = f"the name of a folder, {name!r}, is not UTF-8"
                self._found.warn(place.path, "invalid-name", message)
                continue
            by_link = bool(listing.links) and name in listing.links
            if place.linked and by_link:
                # A link inside of what a link leads to is not followed: so every walk ends.
                continue
            path = place.prefix + name
            doubtful = bare and is_of_chunks(name)
            role: Role = "any"
            sought = usual
            if not near:
                if path in self._met:
                    self._show(path, doubtful)
                    continue
                self._met.add(path)
                role = self._roles.get(path, "any")
                sought = documents_of(place.zarr_format, role, near=False, lists=True)
            below = Place(path, place.zarr_format, role, sought)
            below.linked = place.linked or by_link
            if doubtful:
                below.doubtful = True
                below.sought = (V3, ARRAY_V2, GROUP_V2)
            self._seek(below)

    def _show(self, path: str, doubtful: bool) -> None:
        """Know of a folder that metadata led to before a listing did that it is there."""
        self._shown.add(path)
        place = self._unshown.pop(path, None)
        if place is not None:
            place.doubtful = doubtful
            place.sought = (GROUP_V2,) if doubtful else ()
            self._seek(place)

    # Where metadata leads

    def _follow(self, place: Place) -> None:
        """Go to what a group names: it cannot be met by listing, or not as soon."""
        node = self._found.nodes.get(place.path)
        if isinstance(node, GroupNode):
            if not self._lists:
                self._follow_names(place, node)
            elif place.zarr_format == 2:
                self._expect(place.path, node)
            else:
                names = dict(named(place.path, node))
                for path, role in names.items() if len(names) <= _MOST_NAMED else ():
                    if role != "probe":
                        self._go(path, 3, role)
        if not self._lists:
            self._count_on(place, node if isinstance(node, GroupNode) else None)

    def _follow_names(self, place: Place, node: GroupNode) -> None:
        for path, role in named(place.path, node):
            if role == "probe" and self._believes:
                self._unsought.append((path, place.zarr_format))
            else:
                self._go(path, place.zarr_format, role)
        if node.bioformats2raw is not None and node.plate is None:
            self._numbered[f"{place.prefix}OME"] = place.path
            self._go(f"{place.prefix}OME", place.zarr_format, "group")

    def _count_on(self, place: Place, node: GroupNode | None) -> None:
        """Go to the images of a bioformats2raw collection: those named, or 0, 1, 2 and so on."""
        path, zarr_format = place.path, place.zarr_format
        base = self._numbered.get(path)
        if base is not None:
            prefix = f"{base}/" if base else ""
            for series in (node.series if node is not None else None) or ():
                written = series.strip("/")
                if is_storable(written) and ".." not in written.split("/"):
                    self._go(prefix + written, zarr_format, "group")
            if node is None or not node.series:
                self._number(base, 0, zarr_format)
        elif place.role == "group":
            higher, _, number = path.rpartition("/")
            if number.isdecimal() and higher in self._numbered.values():
                self._number(higher, int(number) + 1, zarr_format)

    def _number(self, base: str, number: int, zarr_format: int = 3) -> None:
        """Go to a numbered image, and ask for as many more as have been met."""
        prefix = f"{base}/" if base else ""
        self._go(f"{prefix}{number}", zarr_format, "group")
        ahead = min(number, _MOST_AHEAD)
        for other in range(number + 1, number + ahead + 1):
            path = f"{prefix}{other}"
            (name, *_) = documents_of(zarr_format, "group", near=self._near, lists=False)
            where = f"{path}/{name}"
            if not (path in self._met or where in self._coming or where in self._early):
                self._coming[where] = None
                place = Place(path, zarr_format, "group", ())
                self._pending.append(("get", where, Walk._take_early, place))

    def _expect(self, path: str, node: GroupNode) -> None:
        """Remember what a group of Zarr v2 says of folders that its listing will show."""
        for place, role in named(path, node):
            self._roles.setdefault(place, "group" if role == "probe" else role)
            higher = place.rpartition("/")[0]
            while higher and higher != path and higher not in self._roles:
                self._roles[higher] = "group"
                higher = higher.rpartition("/")[0]

    def _follow_copies(self, copies: Iterable[Copy]) -> None:
        """Go to all that consolidated metadata names; what is there is read from its place."""
        for copy in copies:
            self._believes = True
            if is_storable(copy.path):
                self._go(copy.path, copy.zarr_format, "array" if copy.is_array else "group")

    def _copies(self) -> Iterator[Copy]:
        if self._root_document is not None:
            yield from copies_v3(self._root_document)
        elif self._copies_v2 is not None:
            yield from copies_v2(self._copies_v2)

    def _require_names(self) -> None:
        """Refuse a root that says nothing of what lies in it, where nothing can be listed."""
        root = self._found.nodes.get("")
        if "" in self._found.lost or len(self._met) > 1:
            return
        if root is None or (isinstance(root, GroupNode) and root.kind == "collection"):
            raise StoreError(
                f"{self._url} cannot be listed, and its metadata names nothing that lies in it: "
                "index the groups in it by their own URLs, or write consolidated metadata",
                self._url,
            )

    def _nothing(self) -> StoreError:
        return StoreError(f"there is no Zarr metadata in {self._url}", self._url)


_Take = Callable[[Walk, Place, str, Any], None]
_TAKES: dict[str, _Take] = {
    V3: Walk._take_v3,
    ARRAY_V2: Walk._take_array_v2,
    ATTRIBUTES_V2: Walk._take_attributes_v2,
    GROUP_V2: Walk._take_group_v2,
    COPIES_V2: Walk._take_copies,
    CRATE: Walk._take_crate,
}
