"""Make what lies under ``public/`` say what the catalog says.

Each folder is listed first, then the catalog is loaded, then the folder is changed: a builder that is behind can
then never remove what a newer one has put there. ``feed.xml`` goes last and only over the version that was listed.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial

from pitchcast.errors import (
    CatalogError,
    FeedError,
    LostRace,
    ObjectExists,
    ObjectMissing,
    PitchcastError,
    StorageUnavailable,
)
from pitchcast.model.answers import Built
from pitchcast.model.catalog import Catalog, Contents, folders, shared_folders
from pitchcast.model.feed import FeedContent, cover_name, logo_name, mask_tokens
from pitchcast.model.layout import PUBLIC, asset_key, headers_of, master_key, public_key
from pitchcast.model.show import Artwork, Logo
from pitchcast.storage.bucket import Bucket, ObjectInfo
from pitchcast.workflows.crew import ALONE, Crew, FolderDone, Part, working
from pitchcast.workflows.marks import Marks, mark_of
from pitchcast.workflows.project import Progress, Project, no_progress
from pitchcast.workflows.rendering import Documents, Renderer
from pitchcast.workflows.stored import list_public

_THREADS = 16
_BATCH = 250
_MAX_ROUNDS = 20
_STALE_S = 900.0  # half of the time after which others may finish our build
_LISTED_WHOLE = 500  # folders for which all of public/ is listed at once, a thousand objects a request
_LISTED_AGAIN_S = 300.0
_LOOK_AFTER_S = 30.0
_SAVED_AFTER_S = 60.0

Listed = Mapping[str, ObjectInfo]
Listing = Mapping[str, Listed]


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
    """What makes one folder under ``public/`` right, in the order in which it is done."""

    path: str
    shared: bool
    withdrawn: tuple[str, ...]
    copies: tuple[Copy, ...]
    documents: tuple[Document, ...]
    leftovers: tuple[str, ...]
    unchanged: int


def build_feeds(
    project: Project,
    paths: Sequence[str],
    *,
    progress: Progress = no_progress,
    keep: Callable[[], None] = lambda: None,
    dry_run: bool = False,
    crew: Crew = ALONE,
    tell: Callable[[FolderDone], None] | None = None,
) -> Built:
    """Build the feed folders *paths* (all else is left alone) and return what was done, or would be in a dry run.

    A folder that the catalog does not know is emptied. Whatever the catalog gained meanwhile is built too. *keep* is
    called now and then, to say that the build is still under way. *crew* is who does the work. *tell* is told of each
    folder, also of one that could not be built; without it, what was wrong with the first such is raised at the end:
    FeedError where a feed would be rejected by apps, CatalogError where what it is made of is missing.
    Raises StorageError.
    """
    started = time.monotonic()
    builder = Builder(project)
    audio, paths = builder.audio_apart(paths)
    tally = _Tally(len(paths), progress, started)
    tally.add(builder.do(Part(audio, dry_run=dry_run)) if audio else [], tell)
    whole = len(paths) >= _LISTED_WHOLE
    marks = Marks.load(project.bucket) if whole else None
    waiting = deque(tuple(paths[start : start + _BATCH]) for start in range(0, len(paths), _BATCH))
    with working(crew, project, builder.do, len(paths)) as workers:
        running: dict[Future[Sequence[FolderDone]], Part] = {}
        listing = _Listing(project) if whole else None
        saved = time.monotonic()
        while waiting or running:
            while waiting and len(running) < workers.width:
                part = _part(waiting.popleft(), listing, marks, dry_run=dry_run)
                running[workers.submit(part)] = part
            keep()
            done, _ = wait(running, timeout=_LOOK_AFTER_S, return_when=FIRST_COMPLETED)
            for future in done:
                part = running.pop(future)
                try:
                    folders = future.result()
                except BrokenProcessPool as error:
                    waiting.extend(other.paths for other in (part, *running.values()))
                    running.clear()
                    workers.restart(error)
                    break
                tally.add(folders, tell)
                if marks:
                    marks.update({folder.path: folder.mark for folder in folders})
            if marks and not dry_run and time.monotonic() - saved > _SAVED_AFTER_S:
                _save(marks, builder)
                saved = time.monotonic()
    if marks and not dry_run:
        _save(marks, builder)
    if tally.error and not tell:
        raise tally.error
    return _sum(tally.total, Built(duration_s=round(time.monotonic() - started, 3)))


class Builder:
    """Builds folders of one show; what it has read of the catalog is kept while that stays the same."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._renderer = Renderer(project.assets)
        self._there: set[str] = set()
        self._etag = ""
        self._catalog: Catalog | None = None
        self._content_at: Callable[[str], FeedContent | None] = lambda _path: None

    def do(self, part: Part) -> list[FolderDone]:
        """Build some folders until the catalog that they were built from is the current one.

        Raises StorageError.
        """
        done: dict[str, FolderDone] = {}
        waiting, listed, listed_s = list(part.paths), part.listed, part.listed_s
        marks = part.marks or {}
        with ThreadPoolExecutor(_THREADS) as pool:
            for _ in range(_MAX_ROUNDS):
                if listed is None:
                    listed_s = time.time()
                    each = pool.map(lambda path: _list(self.project.bucket, path), waiting)
                    listed = dict(zip(waiting, each, strict=True))
                self._look()
                if not part.dry_run and self._catalog:
                    put_show_cover(self.project.bucket, self._catalog)
                one = partial(self._one, listed=listed, listed_s=listed_s, marks=marks, dry_run=part.dry_run)
                results = dict(zip(waiting, pool.map(one, waiting), strict=True))
                done |= {path: folder for path, folder in results.items() if folder}
                if part.dry_run:
                    return list(done.values())
                waiting = [path for path, folder in results.items() if folder is None]
                waiting += [path for path in self._overtaken(part.paths) if path not in waiting]
                if not waiting:
                    return list(done.values())
                listed, marks = None, {}
        raise StorageUnavailable(
            f"{self.project.bucket.url}: others kept changing the same feeds during the build",
            hint="Run the same command again; nothing is lost.",
        )

    def audio_apart(self, paths: Sequence[str]) -> tuple[tuple[str, ...], Sequence[str]]:
        """Return the folders of shared audio among these, which are built before any feed, and the others."""
        self._look()
        shared = set(shared_folders(self._catalog)) if self._catalog else set()
        return tuple(path for path in paths if path in shared), [path for path in paths if path not in shared]

    def _check_shared_audio(self, content: FeedContent | None) -> None:
        """Raise CatalogError where audio that a feed shares is not there: it comes before the feed that names it.

        Whoever has announced its folder puts it; doing that here could bring back what was withdrawn meanwhile.
        """
        deliveries = content.deliveries if content and not content.audio_only else ()
        for key in {public_key(d.audio_path, d.audio_name) for d in deliveries if d.audio_path} - self._there:
            try:
                self.project.bucket.head(key)
            except ObjectMissing as error:
                hint = "Run the same command again; if that does not help: pitchcast doctor --repair"
                raise CatalogError(f"{mask_tokens(key)} is not there yet", hint=hint) from error
            self._there.add(key)

    def paths(self) -> set[str]:
        """Return the folders that the catalog knows."""
        self._look()
        return set(folders(self._catalog)) if self._catalog else set()

    def _look(self) -> None:
        """Make sure that what is known of the catalog was current after this call began."""
        if self._etag and self.project.ledger.etag() == self._etag:
            return
        stored = self.project.ledger.load()
        self._etag, self._catalog = stored.etag, stored.catalog
        self._content_at = Contents(stored.catalog).at if stored.catalog else lambda _path: None

    def _overtaken(self, paths: Iterable[str]) -> list[str]:
        """Return those folders that the catalog wants otherwise by now than they were built."""
        etag, built = self._etag, self._content_at
        self._look()
        return [] if self._etag == etag else [path for path in paths if self._content_at(path) != built(path)]

    def _one(
        self, path: str, *, listed: Listing, listed_s: float, marks: Mapping[str, str], dry_run: bool
    ) -> FolderDone | None:
        """Build one folder; None where it is to be planned anew: it changed, or we slept on the plan."""
        content, found = self._content_at(path), listed.get(path, {})
        name = content.feed.id if content else ""
        if content and marks.get(path) == mark_of(content, {key: info.etag for key, info in found.items()}):
            return FolderDone(path, name, Built(unchanged=len(found)), marks[path])
        try:
            plan = plan_folder(path, content, found, self.project.bucket, self._renderer.render)
            if dry_run:
                return FolderDone(path, name, _count(plan), fetched_again=_is_fetched_again(plan, found))
            if time.time() - listed_s > _STALE_S:
                return None
            self._check_shared_audio(content)
            etags = carry_out(plan, self.project.bucket)
        except LostRace:
            return None
        except (FeedError, CatalogError) as error:
            return FolderDone(path, name, Built(), error=error)
        gone = {*plan.withdrawn, *plan.leftovers}
        etags |= {key: info.etag for key, info in found.items() if key not in gone and key not in etags}
        mark = mark_of(content, etags) if content else ""
        return FolderDone(path, name, _count(plan), mark, _is_fetched_again(plan, found))


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
    wanted = _copies(content) if content else []
    rendered = {public_key(path, name): body for name, body in render(content).items()} if content else {}
    copies = tuple(c for c in wanted if not _is_there(c, listed))
    documents = tuple(
        Document(key, body, listed[key].etag if key in listed else "")
        for key, body in rendered.items()
        if key not in listed or not bucket.holds(listed[key], body)
    )
    kept = {public_key(path, name) for name in content.kept} if content else set()
    extra = sorted(listed.keys() - rendered.keys() - {c.target for c in wanted} - kept)
    withdrawn = tuple(key for key in extra if key.endswith((".mp3", ".json", ".vtt", ".txt")))
    return FolderPlan(
        path=path,
        shared=content is not None and content.feed.access == "public",
        withdrawn=withdrawn,
        copies=copies,
        documents=documents,
        leftovers=tuple(key for key in extra if key not in withdrawn),
        unchanged=len(wanted) + len(rendered) - len(copies) - len(documents),
    )


def carry_out(plan: FolderPlan, bucket: Bucket) -> dict[str, str]:
    """Do what the plan says and return the ETag of each object that was put or copied, by its key.

    What was withdrawn goes first, audio comes before the feed that names it.
    Raises LostRace where somebody else changed a document meanwhile; the folder is then to be planned anew.
    """
    if plan.withdrawn:
        bucket.delete(plan.withdrawn)
    etags = {copy.target: _copy(copy, bucket, shared=plan.shared) for copy in plan.copies}
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
    """Make sure that the show's cover and logo are public, under their own token, once for all feeds."""
    for copy in show_pictures(catalog):
        try:
            bucket.head(copy.target)
        except ObjectMissing:
            _copy(copy, bucket, shared=True)


def show_pictures(catalog: Catalog) -> list[Copy]:
    """Return where the pictures that all feeds share come from, and where they lie."""
    show, logo = catalog.show, catalog.brand.logo
    named: list[tuple[Artwork | Logo, str]] = []
    named += [(cover, cover_name(cover)) for cover in (show.cover.sizes if show.cover else ())]
    named += [(logo, logo_name(logo))] if logo else []
    return [Copy(asset_key(picture), public_key(show.art_token, name), 0) for picture, name in named]


class _Tally:
    """What was done so far, for the progress that people see and for the answer."""

    def __init__(self, feeds: int, progress: Progress, started: float) -> None:
        self.total = Built(feeds=feeds)
        self.error: PitchcastError | None = None
        self._progress, self._started = progress, started
        self._done = self._errors = 0

    def add(self, folders: Sequence[FolderDone], tell: Callable[[FolderDone], None] | None) -> None:
        """Count further folders."""
        self.total = _sum(self.total, *(folder.built for folder in folders))
        self._done += len(folders)
        for folder in folders:
            self._errors += folder.error is not None
            self.error = self.error or folder.error
            if tell:
                tell(folder)
        rate = self._done / max(time.monotonic() - self._started, 0.001)
        errors = f", {self._errors} could not be built" if self._errors else ""
        detail = f" · {rate:,.0f} feeds a second{errors}" if self.total.feeds >= _LISTED_WHOLE else ""
        self._progress(f"building{detail}", min(1.0, self._done / max(self.total.feeds, 1)))


class _Listing:
    """All that lies under ``public/``, listed in one go and again when that is some minutes ago."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._listed: Listing = {}
        self.at_s = 0.0

    def of(self, paths: Iterable[str]) -> Listing:
        """Return what lies in these folders."""
        if time.time() - self.at_s > _LISTED_AGAIN_S:
            self.at_s = time.time()
            self._listed = list_public(self._project.bucket)
        return {path: self._listed.get(path, {}) for path in paths}


def _part(paths: tuple[str, ...], listing: _Listing | None, marks: Marks | None, *, dry_run: bool) -> Part:
    listed = listing.of(paths) if listing else None
    known = marks.of(paths) if marks else None
    return Part(paths, listed, listing.at_s if listing else 0.0, known, dry_run)


def _save(marks: Marks, builder: Builder) -> None:
    marks.save(builder.project.bucket, builder.paths())


def _is_fetched_again(plan: FolderPlan, found: Mapping[str, ObjectInfo]) -> bool:
    """Return whether audio comes under another name than an episode's audio has in the folder."""
    episodes = {key.rpartition("-")[0] for key in found if key.endswith(".mp3")}
    return any(c.target.endswith(".mp3") and c.target.rpartition("-")[0] in episodes for c in plan.copies)


def _list(bucket: Bucket, path: str) -> Listed:
    return {info.key: info for info in bucket.list(f"{PUBLIC}{path}/")}


def _copies(content: FeedContent) -> list[Copy]:
    """Return the audio and pictures that lie in the feed's folder, each once."""
    path = content.feed.path
    audio = [
        Copy(master_key(d.episode.master.sha256), public_key(path, d.audio_name), d.episode.master.size_bytes)
        for d in content.deliveries
        if content.audio_only or not d.audio_path
    ]
    return audio + picture_copies(content)


def picture_copies(content: FeedContent) -> list[Copy]:
    """Return the covers that lie in the feed's own folder, and where they come from."""
    if content.audio_only:
        return []
    covers = [cover for d in content.deliveries if d.episode.cover for cover in d.episode.cover.sizes]
    covers += content.own_cover.sizes if content.own_cover else ()
    copies = (Copy(asset_key(cover), public_key(content.feed.path, cover_name(cover)), 0) for cover in covers)
    return list({copy.target: copy for copy in copies}.values())


def _is_there(copy: Copy, listed: Listed) -> bool:
    """Return whether the target exists: names change with the bytes, so only a cut-off size could differ."""
    return copy.target in listed and copy.size_bytes in (0, listed[copy.target].size_bytes)


def _copy(copy: Copy, bucket: Bucket, *, shared: bool) -> str:
    try:
        return bucket.copy(copy.source, copy.target, headers_of(copy.target, shared=shared))
    except ObjectMissing as error:
        raise CatalogError(
            f"{bucket.url}/{copy.source} is named by the catalog but missing",
            hint="See what else is missing with: pitchcast doctor",
        ) from error


def _count(plan: FolderPlan) -> Built:
    return Built(
        put=len(plan.documents),
        copied=len(plan.copies),
        deleted=len(plan.withdrawn) + len(plan.leftovers),
        unchanged=plan.unchanged,
        bytes=sum(len(d.body) for d in plan.documents) + sum(c.size_bytes for c in plan.copies),
    )


def _sum(*parts: Built) -> Built:
    names = Built.__struct_fields__
    return Built(**{name: sum(getattr(part, name) for part in parts) for name in names})
