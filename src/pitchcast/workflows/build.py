"""Make what lies under ``public/`` say what the catalog says.

Each folder is listed first, then the catalog is loaded, then the folder is changed: a builder that is behind can
then never remove what a newer one has put there. ``feed.xml`` goes last and only over the version that was listed.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from pitchcast.errors import CatalogError, LostRace, ObjectExists, ObjectMissing, StorageUnavailable
from pitchcast.model.answers import Built
from pitchcast.model.catalog import Catalog, Contents
from pitchcast.model.episode import Episode
from pitchcast.model.feed import FeedContent, cover_name, logo_name
from pitchcast.model.layout import PUBLIC, asset_key, headers_of, master_key, public_key
from pitchcast.model.show import Artwork, Logo
from pitchcast.storage.bucket import Bucket, ObjectInfo
from pitchcast.workflows.project import Progress, Project, no_progress
from pitchcast.workflows.rendering import Documents, Renderer

_THREADS = 16
_BATCH = 250
_MAX_ROUNDS = 20
_STALE_S = 900.0  # half of the time after which others may finish our build

Listed = dict[str, ObjectInfo]


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
) -> Built:
    """Build the feed folders *paths* (all else is left alone) and return what was done, or would be in a dry run.

    A folder that the catalog does not know is emptied. Whatever the catalog gained meanwhile is built too. *keep* is
    called before each round, to say that the build is still under way.
    Raises FeedError where a feed would be rejected by apps, and StorageError.
    """
    started = time.monotonic()
    total, renderer = Built(feeds=len(paths)), Renderer(project.assets)
    for start in range(0, len(paths), _BATCH):
        batch = paths[start : start + _BATCH]
        total = _sum(total, _build_batch(project, batch, keep, renderer, dry_run=dry_run))
        progress("building", (start + len(batch)) / len(paths))
    return _sum(total, Built(duration_s=round(time.monotonic() - started, 3)))


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


def carry_out(plan: FolderPlan, bucket: Bucket) -> Built:
    """Do what the plan says: what was withdrawn goes first, audio comes before the feed that names it.

    Raises LostRace where somebody else changed a document meanwhile; the folder is then to be planned anew.
    """
    if plan.withdrawn:
        bucket.delete(plan.withdrawn)
    for copy in plan.copies:
        _copy(copy, bucket, shared=plan.shared)
    for document in plan.documents:
        headers = headers_of(document.key, shared=plan.shared)
        try:
            if document.replaces:
                bucket.replace_if(document.key, document.body, document.replaces, headers)
            else:
                bucket.put_new(document.key, document.body, headers)
        except ObjectExists as error:
            raise LostRace(f"{document.key} appeared meanwhile") from error
    if plan.leftovers:
        bucket.delete(plan.leftovers)
    return _count(plan)


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


def _build_batch(
    project: Project, paths: Sequence[str], keep: Callable[[], None], renderer: Renderer, *, dry_run: bool
) -> Built:
    """Build some folders until the catalog that they were built from is the current one."""
    total, waiting = Built(), list(paths)
    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in range(_MAX_ROUNDS):
            keep()
            started_s = time.time()
            listed = dict(zip(waiting, pool.map(lambda p: _list(project.bucket, p), waiting), strict=True))
            stored = project.ledger.load()
            contents = _contents_by_path(stored.catalog)
            if not dry_run and stored.catalog:
                put_show_cover(project.bucket, stored.catalog)
            plan = partial(plan_folder, bucket=project.bucket, render=renderer.render)
            plans = pool.map(plan, waiting, map(contents, waiting), (listed[path] for path in waiting))
            if dry_run:
                return _sum(total, *map(_count, plans))
            results = list(pool.map(lambda plan, since_s=started_s: _try(plan, project.bucket, since_s), plans))
            total = _sum(total, *(done for done in results if done))
            waiting = [path for path, done in zip(waiting, results, strict=True) if done is None]
            waiting += _overtaken(project, paths, stored.etag, contents)
            if not waiting:
                return total
            waiting = list(dict.fromkeys(waiting))
    raise StorageUnavailable(
        f"{project.bucket.url}: others kept changing the same feeds during the build",
        hint="Run the same command again; nothing is lost.",
    )


def _try(plan: FolderPlan, bucket: Bucket, planned_s: float) -> Built | None:
    """Return what was done, or None where the folder is to be planned anew: it changed, or we slept on the plan."""
    if time.time() - planned_s > _STALE_S:
        return None
    try:
        return carry_out(plan, bucket)
    except LostRace:
        return None


def _overtaken(
    project: Project, paths: Iterable[str], etag: str, built: Callable[[str], FeedContent | None]
) -> list[str]:
    """Return those folders that a catalog newer than the one with *etag* wants otherwise than they were built."""
    if project.ledger.etag() == etag:
        return []
    newer = _contents_by_path(project.ledger.load().catalog)
    return [path for path in paths if newer(path) != built(path)]


def _contents_by_path(catalog: Catalog | None) -> Callable[[str], FeedContent | None]:
    if catalog is None:
        return lambda _path: None
    return Contents(catalog).at


def _list(bucket: Bucket, path: str) -> Listed:
    return {info.key: info for info in bucket.list(f"{PUBLIC}{path}/")}


def _copies(content: FeedContent) -> list[Copy]:
    """Return the audio and pictures that lie in the feed's folder, each once."""
    path = content.feed.path
    audio = [
        Copy(master_key(d.episode.master.sha256), public_key(path, d.audio_name), d.episode.master.size_bytes)
        for d in content.deliveries
    ]
    return audio + list({c.target: c for c in _cover_copies(path, [d.episode for d in content.deliveries])}.values())


def _cover_copies(path: str, episodes: Iterable[Episode]) -> list[Copy]:
    covers = [cover for episode in episodes if episode.cover for cover in episode.cover.sizes]
    return [Copy(asset_key(cover), public_key(path, cover_name(cover)), 0) for cover in covers]


def _is_there(copy: Copy, listed: Listed) -> bool:
    """Return whether the target exists: names change with the bytes, so only a cut-off size could differ."""
    return copy.target in listed and copy.size_bytes in (0, listed[copy.target].size_bytes)


def _copy(copy: Copy, bucket: Bucket, *, shared: bool) -> None:
    try:
        bucket.copy(copy.source, copy.target, headers_of(copy.target, shared=shared))
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
