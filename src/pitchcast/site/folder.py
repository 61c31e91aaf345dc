"""What is to be done so that one folder under ``public/`` holds what the catalog says, and doing it.

What was withdrawn goes first, audio comes before the feed that names it, ``feed.xml`` goes last; documents are written
only over the version that was listed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pitchcast.errors import CatalogError, LostRace, ObjectExists, ObjectMissing
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers import Built
from pitchcast.model.catalog import Catalog
from pitchcast.model.feed import FeedContent, cover_name, logo_name
from pitchcast.model.layout import asset_key, headers_of, master_key, public_key
from pitchcast.model.show import Artwork, Logo
from pitchcast.site.render import Documents
from pitchcast.storage.bucket import Bucket, ObjectInfo
from pitchcast.storage.hashed import Proof

Listed = Mapping[str, ObjectInfo]
Listing = Mapping[str, Listed]

_WITHDRAWN_FIRST = (".mp3", ".json", ".vtt", ".txt")  # what people hear or read of an episode


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered object. ``replaces`` is the ETag it may overwrite, "" where there must be none."""

    key: str
    body: bytes
    replaces: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy within the storage."""

    source: str
    target: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """What makes one folder under ``public/`` right, in the order in which it is done.

    ``stays`` are the keys of copies that are right as they are.
    """

    path: str
    shared: bool
    withdrawn: tuple[str, ...]
    copies: tuple[Copy, ...]
    documents: tuple[Document, ...]
    leftovers: tuple[str, ...]
    unchanged: int
    stays: frozenset[str] = frozenset()

    @property
    def built(self) -> Built:
        """What is done when it is carried out."""
        return Built(
            put=len(self.documents),
            copied=len(self.copies),
            deleted=len(self.withdrawn) + len(self.leftovers),
            unchanged=self.unchanged,
            bytes=sum(len(d.body) for d in self.documents) + sum(c.size_bytes for c in self.copies),
        )

    @property
    def changes_something(self) -> bool:
        """Return whether the folder is not what it should be."""
        return bool(self.withdrawn or self.copies or self.documents or self.leftovers)

    def fetched_again(self, listed: Listed) -> bool:
        """Return whether an episode's audio comes under another name than it has in the folder as it was *listed*."""
        replaced = listed.keys() - self.stays
        episodes = {key.rpartition("-")[0] for key in replaced if key.endswith(".mp3")}
        return any(c.target.endswith(".mp3") and c.target.rpartition("-")[0] in episodes for c in self.copies)


def plan_folder(
    path: str,
    content: FeedContent | None,
    listed: Listed,
    bucket: Bucket,
    render: Callable[[FeedContent], Documents],
) -> FolderPlan:
    """Return what is to be done so that the folder in *bucket*, as it was *listed*, holds *content*, or nothing.

    *render* is that of a ``Renderer``.
    """
    wanted = _wanted_in(path, content, render) if content else _NOTHING
    copies = tuple(copy for copy in wanted.copies if not _is_there(copy, listed))
    documents = tuple(_documents_to_put(wanted.documents, listed, bucket))
    targets = {copy.target for copy in wanted.copies}
    extra = sorted(listed.keys() - wanted.documents.keys() - targets - wanted.kept)
    return FolderPlan(
        path=path,
        shared=content is not None and content.feed.access == "public",
        withdrawn=tuple(key for key in extra if key.endswith(_WITHDRAWN_FIRST)),
        copies=copies,
        documents=documents,
        leftovers=tuple(key for key in extra if not key.endswith(_WITHDRAWN_FIRST)),
        unchanged=len(wanted.copies) + len(wanted.documents) - len(copies) - len(documents),
        stays=frozenset(targets - {copy.target for copy in copies}),
    )


@dataclass(frozen=True, slots=True)
class _FolderContent:
    """What a folder should hold: copies, the bytes of documents by key, and keys of ``kept`` files that may stay."""

    copies: list[Copy]
    documents: dict[str, bytes]
    kept: set[str]


_NOTHING = _FolderContent([], {}, set())


def _wanted_in(path: str, content: FeedContent, render: Callable[[FeedContent], Documents]) -> _FolderContent:
    """Return what the folder of a feed should hold."""
    return _FolderContent(
        copies=_copies(content),
        documents={public_key(path, name): body for name, body in render(content).items()},
        kept={public_key(path, name) for name in content.kept},
    )


def _documents_to_put(documents: Mapping[str, bytes], listed: Listed, bucket: Bucket) -> Iterator[Document]:
    """Yield the documents that are not there yet or that are there with other bytes, in their order."""
    for key, body in documents.items():
        if key not in listed:
            yield Document(key, body, replaces="")
        elif not bucket.holds(listed[key], body):
            yield Document(key, body, replaces=listed[key].etag)


def carry_out(plan: FolderPlan, bucket: Bucket, proof: Proof | None = None) -> dict[str, str]:
    """Do what the plan says and return the ETag of each object that was put or copied, by its key.

    What was withdrawn goes first, audio comes before the feed that names it. *proof* is kept for many folders.
    Raises CatalogError where what is to be copied is missing, or not what its name says.
    Raises LostRace where somebody else changed a document meanwhile; the folder is then to be planned anew.
    """
    if plan.withdrawn:
        bucket.delete(plan.withdrawn)
    etags = {copy.target: _copy(copy, bucket, proof or Proof(bucket), shared=plan.shared) for copy in plan.copies}
    for document in plan.documents:
        headers = headers_of(document.key, shared=plan.shared)
        try:
            if document.replaces:
                etags[document.key] = bucket.replace_if(document.key, document.body, document.replaces, headers)
            else:
                etags[document.key] = bucket.put_new(document.key, document.body, headers)
        except ObjectExists as error:
            raise LostRace(f"{document.key} appeared meanwhile") from error
    if plan.leftovers:
        bucket.delete(plan.leftovers)
    return etags


def put_show_cover(bucket: Bucket, catalog: Catalog) -> None:
    """Make sure that the show's cover and logo are public, under their own token, once for all feeds.

    Raises CatalogError where one is missing, or not what its name says.
    """
    proof = Proof(bucket)
    for copy in show_pictures(catalog):
        try:
            bucket.head(copy.target)
        except ObjectMissing:
            _copy(copy, bucket, proof, shared=True)


def show_pictures(catalog: Catalog) -> list[Copy]:
    """Return where the pictures that all feeds share come from, and where they lie."""
    show, logo = catalog.show, catalog.brand.logo
    named: list[tuple[Artwork | Logo, str]] = []
    named += [(cover, cover_name(cover)) for cover in (show.cover.sizes if show.cover else ())]
    named += [(logo, logo_name(logo))] if logo else []
    return [Copy(asset_key(picture), public_key(show.art_token, name), 0) for picture, name in named]


def _copies(content: FeedContent) -> list[Copy]:
    """Return the audio and pictures that lie in the feed's folder, each once."""
    audio = []
    for delivery in content.deliveries:
        if content.audio_only or not delivery.audio_path:  # else it lies in the folder of the audio that feeds share
            master, target = delivery.episode.master, public_key(content.feed.path, delivery.audio_name)
            audio.append(Copy(master_key(master.sha256), target, master.size_bytes))
    return audio + picture_copies(content)


def picture_copies(content: FeedContent) -> list[Copy]:
    """Return the covers that lie in the feed's own folder, each once, and where they come from."""
    if content.audio_only:
        return []
    pictures = [delivery.episode.cover for delivery in content.deliveries]
    copies: dict[str, Copy] = {}
    for picture in filter(None, [*pictures, content.own_cover]):
        for size in picture.sizes:
            target = public_key(content.feed.path, cover_name(size))
            copies[target] = Copy(asset_key(size), target, 0)
    return list(copies.values())


def _is_there(copy: Copy, listed: Listed) -> bool:
    """Return whether the target exists: names change with the bytes, so only a cut-off size could differ."""
    return copy.target in listed and copy.size_bytes in (0, listed[copy.target].size_bytes)


def _copy(copy: Copy, bucket: Bucket, proof: Proof, *, shared: bool) -> str:
    headers = headers_of(copy.target, shared=shared)
    try:
        return bucket.copy(copy.source, copy.target, headers, if_match=proof.check(copy.source, copy.size_bytes))
    except LostRace:
        proof.forget(copy.source)
        raise
    except ObjectMissing as error:
        raise CatalogError(
            f"{bucket.url}/{copy.source} is named by the catalog but missing",
            hint=f"See what else is missing with: {pitchcast_command('doctor')}",
        ) from error
