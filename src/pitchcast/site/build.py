"""Make what lies under ``public/`` say what the catalog says.

Each folder is listed first, then the catalog is loaded, then the folder is changed: a builder that is behind can
then never remove what a newer one has put there.
"""

import os
import pickle
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import NamedTuple

from pitchcast.config import Settings
from pitchcast.errors import (
    CatalogError,
    ConfigError,
    FeedError,
    LostRace,
    ObjectMissing,
    PitchcastError,
    StorageUnavailable,
)
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.feeds import Built
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import Contents, folders, shared_folders
from pitchcast.model.feed import FeedContent
from pitchcast.model.objects import shared_audio
from pitchcast.model.token import mask_tokens
from pitchcast.site.executors import ALONE, Executors, FolderDone, Part, Workers, working
from pitchcast.site.fingerprints import Marker, Marks
from pitchcast.site.folder import FolderPlan, Listed, Listing, carry_out, plan_folder
from pitchcast.site.project import Progress, Project, open_project
from pitchcast.site.render import Renderer
from pitchcast.site.show_pictures import delete_old_cards, put_show_pictures
from pitchcast.site.stored import list_folder, list_public
from pitchcast.storage.hashed import Proof

_THREADS = 16
_BATCH = 250
_MAX_ROUNDS = 20
_STALE_S = 900.0  # half of the time after which others may finish our build
_LISTED_WHOLE = 500  # folders for which all of public/ is listed at once, a thousand objects a request
_LISTED_AGAIN_S = 300.0
_LOOK_AFTER_S = 30.0
_SAVED_AFTER_S = 60.0
_COUNTED = ("put", "copied", "deleted", "unchanged", "bytes")


def build_feeds(
    project: Project,
    paths: Sequence[str],
    *,
    keep: Callable[[], None] = lambda: None,
    executors: Executors = ALONE,
    tell: Callable[[FolderDone], None] | None = None,
) -> Built:
    """Build the feed folders *paths* (all else is left alone) and return what was done, or would be in a dry run.

    A folder that the catalog does not know is emptied. Whatever the catalog gained meanwhile is built too. *keep* is
    called now and then, to say that the build is still under way. *executors* do the work. *tell* is told of each
    folder, also of one that could not be built; without it, what was wrong with the first such is raised at the end:
    FeedError where a feed would be rejected by apps, CatalogError where what it is made of is missing, ConfigError
    where the company's templates make no page that may be published.
    Raises StorageError.
    """
    builder = Builder(project)
    audio, paths = builder.audio_apart(paths)
    so_far = _BuildProgress(len(paths), project.progress, tell)
    if audio:
        so_far.add(builder.do(Part(audio)))
    overview = _Overview(builder, large=len(paths) >= _LISTED_WHOLE)
    waiting = list(paths)
    while waiting:
        right, seen = overview.right(waiting), builder.view
        wrong = [path for path in waiting if path not in right]
        so_far.expect(len(wrong))
        with working(executors, builder.do, _Elsewhere.of(project), len(wrong)) as workers:
            for folders in _done(workers, wrong, overview.of, keep):
                so_far.add(folders)
                overview.remember(folders)
        waiting = builder.overtaken(right, seen)
        changed = set(waiting)
        so_far.count(folder for path, folder in right.items() if path not in changed)
    overview.save()
    builder.delete_old_cards()
    if so_far.error and not tell:
        raise so_far.error
    return so_far.answer()


class View(NamedTuple):
    """What a builder has read: a catalog with its ETag, and what each folder holds by it."""

    etag: str
    catalog: Catalog | None
    content_at: Callable[[str], FeedContent | None]


class Builder:
    """Builds folders of one show; what it has read of the catalog is kept while that stays the same."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._renderer = Renderer(project.assets)
        self._marker = Marker()
        self._proof = Proof(project.bucket)
        self._there: set[str] = set()
        self._covered = ""
        self._beside_cover: Set[str] = frozenset()
        self.view = View("", None, lambda _path: None)

    def do(self, part: Part) -> list[FolderDone]:
        """Build some folders until the catalog that they were built from is the current one.

        Raises StorageError.
        """
        done: dict[str, FolderDone] = {}
        waiting, listed, listed_s = list(part.paths), part.listed, part.listed_s
        with ThreadPoolExecutor(_THREADS) as pool:
            for _ in range(_MAX_ROUNDS):
                if listed is None:
                    listed_s = time.time()
                    each = pool.map(lambda path: list_folder(self.project.bucket, path), waiting)
                    listed = dict(zip(waiting, each, strict=True))
                self._look()
                if not self.project.dry_run:
                    self.put_show_pictures()
                one = partial(self._one, listed=listed, listed_s=listed_s)
                results = dict(zip(waiting, pool.map(one, waiting), strict=True))
                done |= {path: folder for path, folder in results.items() if folder}
                if self.project.dry_run:
                    return list(done.values())
                waiting = [path for path, folder in results.items() if folder is None]
                waiting += [path for path in self.overtaken(part.paths, self.view) if path not in waiting]
                if not waiting:
                    return list(done.values())
                listed = None
        raise StorageUnavailable(
            f"{self.project.bucket.url}: others kept changing the same feeds during the build",
            hint="Run the same command again; nothing is lost.",
        )

    def audio_apart(self, paths: Sequence[str]) -> tuple[tuple[str, ...], Sequence[str]]:
        """Return the folders of shared audio among these, which are built before any feed, and the others."""
        self._look()
        shared = set(shared_folders(self.view.catalog)) if self.view.catalog else set()
        return tuple(path for path in paths if path in shared), [path for path in paths if path not in shared]

    def right(self, listed: Listing, marks: Mapping[str, str]) -> dict[str, FolderDone]:
        """Return those folders of which nothing has changed, by what was just *listed*, since they got their mark."""
        self._look()
        right = {}
        for path, mark in marks.items():
            content, found = self.view.content_at(path), listed.get(path, {})
            if content and mark == self._marker.mark_of(content, {key: info.etag for key, info in found.items()}):
                right[path] = FolderDone(path, content.feed.id, Built(unchanged=len(found)), mark)
        return right

    def overtaken(self, paths: Iterable[str], seen: View) -> list[str]:
        """Return those folders that the catalog wants otherwise by now than it did when it was *seen*."""
        self._look()
        now = self.view
        if now.etag == seen.etag:
            return []
        return [path for path in paths if now.content_at(path) != seen.content_at(path)]

    def put_show_pictures(self) -> None:
        """Make sure that the pictures of all feeds are public, once for each catalog."""
        if self.view.catalog and self._covered != self.view.etag:
            self._beside_cover |= put_show_pictures(self.project, self.view.catalog)
            self._covered = self.view.etag

    def delete_old_cards(self) -> None:
        """Delete the preview cards that no episode has any more, of those that were seen beside the cover before."""
        self._look()
        if self.view.catalog and self._beside_cover:
            delete_old_cards(self.project.bucket, self.view.catalog, self._beside_cover)

    def _check_shared_audio(self, content: FeedContent | None) -> None:
        """Raise CatalogError where audio that a feed shares is not there: it comes before the feed that names it.

        Whoever has announced its folder puts it; doing that here could bring back what was withdrawn meanwhile.
        """
        audio = shared_audio(content) if content else []
        for key in {file.key for file in audio} - self._there:
            try:
                self.project.bucket.head(key)
            except ObjectMissing as error:
                hint = f"Run the same command again; if that does not help: {pitchcast_command('doctor --repair')}"
                raise CatalogError(f"{mask_tokens(key)} is not there yet", hint=hint) from error
            self._there.add(key)

    def paths(self) -> set[str]:
        """Return the folders that the catalog knows."""
        self._look()
        return set(folders(self.view.catalog)) if self.view.catalog else set()

    def _look(self) -> None:
        """Make sure that what is known of the catalog was current after this call began."""
        if self.view.etag and self.project.ledger.etag() == self.view.etag:
            return
        stored = self.project.ledger.load()
        catalog = stored.catalog
        self.view = View(stored.etag, catalog, Contents(catalog).at if catalog else lambda _path: None)

    def _one(self, path: str, *, listed: Listing, listed_s: float) -> FolderDone | None:
        """Build one folder; None where it is to be planned anew: it changed, or we slept on the plan."""
        content, found = self.view.content_at(path), listed.get(path, {})
        name = content.feed.id if content else ""
        try:
            plan = plan_folder(path, content, found, self.project.bucket, self._renderer.render)
            if self.project.dry_run:
                return FolderDone(path, name, plan.built, fetched_again=plan.fetched_again(found))
            if time.time() - listed_s > _STALE_S:
                return None
            self._check_shared_audio(content)
            etags = _etags_after(plan, found, carry_out(plan, self.project.bucket, self._proof))
        except LostRace:
            return None
        except (FeedError, CatalogError, ConfigError) as error:  # the last: a template makes no page for this feed
            return FolderDone(path, name, Built(), error=error)
        mark = self._marker.mark_of(content, etags) if content else ""
        withdrawn = next((key for key in plan.withdrawn if key.endswith(".mp3")), "")
        return FolderDone(path, name, plan.built, mark, plan.fetched_again(found), withdrawn=withdrawn)


def _etags_after(plan: FolderPlan, found: Listed, written: Mapping[str, str]) -> dict[str, str]:
    """Return the ETags of what a folder holds once its plan was carried out: what was written, and what stayed."""
    gone = {*plan.withdrawn, *plan.leftovers}
    return {**{key: info.etag for key, info in found.items() if key not in gone}, **written}


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """What another process is told: which show, and who builds; no secrets, and nothing that is open."""

    settings: bytes
    who: str
    dry_run: bool

    @classmethod
    def of(cls, project: Project) -> "_Elsewhere":
        return cls(pickle.dumps(project.settings), project.who, project.dry_run)

    def __call__(self, part: Part) -> list[FolderDone]:
        return _builder_of(self).do(part)


@lru_cache(maxsize=4)
def _builder_of(told: _Elsewhere) -> Builder:
    """Return what builds a show's folders in this process, kept from part to part with the catalog it has read."""
    settings: Settings = pickle.loads(told.settings)  # noqa: S301 - made by _Elsewhere.of, handed over by our own pool
    project = open_project(settings, {**os.environ, "PITCHCAST_USER": told.who})
    return Builder(replace(project, dry_run=told.dry_run))


def _done(
    workers: Workers,
    paths: Sequence[str],
    look: Callable[[tuple[str, ...]], Part],
    keep: Callable[[], None],
) -> Iterator[Sequence[FolderDone]]:
    """Hand folders to workers, each batch looked at just before, and yield what comes back.

    A dead worker's batches go to others.
    """
    waiting = deque(tuple(paths[start : start + _BATCH]) for start in range(0, len(paths), _BATCH))
    running: dict[Future[Sequence[FolderDone]], Part] = {}
    while waiting or running:
        while waiting and len(running) < workers.width:
            part = look(waiting.popleft())
            running[workers.submit(part)] = part
        keep()
        for future in wait(running, timeout=_LOOK_AFTER_S, return_when=FIRST_COMPLETED)[0]:
            part = running.pop(future)
            try:
                yield future.result()
            except BrokenProcessPool as error:
                waiting.extend(other.paths for other in (part, *running.values()))
                running.clear()
                workers.restart(error)
                break


class _Overview:
    """What is known of the folders beforehand: in a *large* build all that lies under ``public/`` and is remembered.

    That is listed in one go, and again when it is some minutes ago. In a small build each part is looked at by itself.
    """

    def __init__(self, builder: Builder, *, large: bool) -> None:
        self._builder = builder
        self._bucket = builder.project.bucket
        self._large, self._dry_run = large, builder.project.dry_run
        self._marks = Marks.load(self._bucket) if large else Marks({})
        self._listed: Listing = {}
        self._listed_s = 0.0
        self._saved_s = time.monotonic()

    def right(self, paths: Sequence[str]) -> dict[str, FolderDone]:
        """Return those of the folders in which nothing is to be done: they are what they were when last built."""
        if not self._large:
            return {}
        progress = self._builder.project.progress
        progress("looking at what is there", 0.0)
        self._list()
        right = self._builder.right(self._listed, self._marks.of(paths))
        if not self._dry_run:
            self._builder.put_show_pictures()
        progress("looking at what is there", 1.0)
        return right

    def of(self, paths: tuple[str, ...]) -> Part:
        """Return these folders with what is known to lie in them."""
        if not self._large:
            return Part(paths)
        self._list()
        return Part(paths, {path: self._listed.get(path, {}) for path in paths}, self._listed_s)

    def _list(self) -> None:
        if time.time() - self._listed_s > _LISTED_AGAIN_S:
            self._listed_s = time.time()
            self._listed = list_public(self._bucket, large=True)

    def remember(self, folders: Iterable[FolderDone]) -> None:
        """Keep what was done in mind, and store it now and then."""
        self._marks.update({folder.path: folder.mark for folder in folders})
        if time.monotonic() - self._saved_s > _SAVED_AFTER_S:
            self.save()

    def save(self) -> None:
        """Store what is remembered of the folders that the catalog knows."""
        if self._large and not self._dry_run:
            self._marks.save(self._bucket, self._builder.paths())
        self._saved_s = time.monotonic()


class _BuildProgress:
    """What was done so far, for the progress that people see and for the answer."""

    def __init__(self, feeds: int, progress: Progress, tell: Callable[[FolderDone], None] | None) -> None:
        self.error: PitchcastError | None = None
        self._feeds, self._progress, self._tell = feeds, progress, tell
        self._counts: Counter[str] = Counter()
        self._began_s = self._started_s = time.monotonic()
        self._expected = self._done = self._errors = 0

    def answer(self) -> Built:
        """Return what was done in all, and how long that took."""
        took_s = round(time.monotonic() - self._began_s, 3)
        return Built(**self._counts, feeds=self._feeds, duration_s=took_s)

    def expect(self, folders: int) -> None:
        """Say how many folders are built next; the time left is reckoned from them."""
        self._expected, self._done, self._started_s = folders, 0, time.monotonic()

    def count(self, folders: Iterable[FolderDone]) -> None:
        """Count folders, and tell of each."""
        for folder in folders:
            for name in _COUNTED:
                self._counts[name] += getattr(folder.built, name)
            self._errors += folder.error is not None
            self.error = self.error or folder.error
            if self._tell:
                self._tell(folder)

    def add(self, folders: Sequence[FolderDone]) -> None:
        """Count folders that were just built, and show how far that is."""
        self.count(folders)
        self._done += len(folders)
        rate = self._done / max(time.monotonic() - self._started_s, 0.001)
        errors = f", {self._errors} could not be built" if self._errors else ""
        detail = f" · {rate:,.0f} feeds a second{errors}" if self._feeds >= _LISTED_WHOLE else ""
        self._progress(f"building{detail}", min(1.0, self._done / max(self._expected, 1)))
