"""What is to be done so that one folder under ``public/`` holds what the catalog says, and doing it.

What was withdrawn goes first, audio comes before the feed that names it, ``feed.xml`` goes last; documents are written
only over the version that was listed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pitchcast.errors import LostRace, ObjectExists, ObjectMissing
from pitchcast.model.answers.feeds import Built
from pitchcast.model.feed import FeedContent
from pitchcast.model.layout import headers_of, is_of_episode, public_key
from pitchcast.model.objects import PublicFile, copied_files, replaced_files
from pitchcast.site.render import Documents
from pitchcast.storage.bucket import Bucket, ObjectInfo
from pitchcast.storage.hashed import Proof, missing_source

Listed = Mapping[str, ObjectInfo]
Listing = Mapping[str, Listed]


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered object. ``replaces`` is the ETag it may overwrite, "" where there must be none."""

    key: str
    body: bytes
    replaces: str


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """What makes one folder under ``public/`` right, in the order in which it is done.

    ``stays`` are the keys of copies that are right as they are.
    """

    path: str
    shared: bool
    withdrawn: tuple[str, ...]
    copies: tuple[PublicFile, ...]
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
        return any(file.kind == "audio" and file.key.rpartition("-")[0] in episodes for file in self.copies)


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
    targets = {copy.key for copy in wanted.copies}
    extra = sorted(listed.keys() - wanted.documents.keys() - targets - wanted.kept)
    return FolderPlan(
        path=path,
        shared=content is not None and content.feed.access == "public",
        withdrawn=tuple(key for key in extra if is_of_episode(key)),
        copies=copies,
        documents=documents,
        leftovers=tuple(key for key in extra if not is_of_episode(key)),
        unchanged=len(wanted.copies) + len(wanted.documents) - len(copies) - len(documents),
        stays=frozenset(targets - {copy.key for copy in copies}),
    )


@dataclass(frozen=True, slots=True)
class _FolderContent:
    """What a folder should hold: copies, the bytes of documents by key, and keys of ``kept`` files that may stay."""

    copies: list[PublicFile]
    documents: dict[str, bytes]
    kept: set[str]


_NOTHING = _FolderContent([], {}, set())


def _wanted_in(path: str, content: FeedContent, render: Callable[[FeedContent], Documents]) -> _FolderContent:
    """Return what the folder of a feed should hold."""
    return _FolderContent(
        copies=copied_files(content),
        documents={public_key(path, name): body for name, body in render(content).items()},
        kept={file.key for file in replaced_files(content)},
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
    etags = {copy.key: copy_file(copy, bucket, proof or Proof(bucket), shared=plan.shared) for copy in plan.copies}
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


def copy_file(copy: PublicFile, bucket: Bucket, proof: Proof, *, shared: bool) -> str:
    """Copy a file from the private half and return its ETag; *shared* files may be kept by caches on the way.

    Raises CatalogError where its source is missing, or not what its name says, LostRace where that was replaced.
    """
    headers = headers_of(copy.key, shared=shared)
    try:
        return bucket.copy(copy.source, copy.key, headers, if_match=proof.check(copy.source, copy.size_bytes))
    except LostRace:
        proof.forget(copy.source)
        raise
    except ObjectMissing as error:
        raise missing_source(bucket, copy.source) from error


def _is_there(copy: PublicFile, listed: Listed) -> bool:
    """Return whether a copy exists: names change with the bytes, so only a cut-off size could differ."""
    return copy.key in listed and copy.size_bytes in (0, listed[copy.key].size_bytes)
