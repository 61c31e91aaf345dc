"""Mend what the doctor finds: a damaged catalog, lost or damaged objects, interrupted commands, what is left over.

Everything under ``public/`` follows from the catalog, so mending is mostly building. Only a damaged catalog loses
something: its newest readable predecessor takes its place, and nothing that was closed since is opened again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from pitchcast.errors import CatalogError, ConfigError, FeedError, ObjectMissing
from pitchcast.feed.rss import is_tombstone
from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import Contents, folders
from pitchcast.model.feed import Delivery, Feed
from pitchcast.model.finding import Finding
from pitchcast.model.layout import (
    ASSETS,
    CATALOG,
    MASTERS,
    PENDING,
    PRIVATE,
    PRUNED,
    hash_in,
    headers_of,
    is_private_name,
)
from pitchcast.model.objects import audio_file, feed_key, show_files
from pitchcast.model.steps.access import revoke_feeds
from pitchcast.model.text import first_few
from pitchcast.model.token import mask_tokens
from pitchcast.model.writer import name_in
from pitchcast.site.build import build_feeds
from pitchcast.site.folder import Listed, Listing, plan_folder
from pitchcast.site.former_places import close_left, showing_too_much
from pitchcast.site.pending import announced, read_pending
from pitchcast.site.project import Project
from pitchcast.site.render import Renderer
from pitchcast.site.stored import list_public
from pitchcast.storage.bucket import ObjectInfo
from pitchcast.storage.ledger import DamagedCatalog, hashes_in
from pitchcast.upkeep.interrupted import finish_interrupted
from pitchcast.upkeep.sources import damaged_pictures, damaged_show_files, look_at_sources
from pitchcast.upkeep.sources import mend as mend_source
from pitchcast.upkeep.strays import StrayFolder, Strays, find_strays, some_keys

ORPHANED = timedelta(days=7)
"""Masters and pictures that nothing names are kept that long: a publish puts them first and names them later."""
_NAMED = 5


def repair(project: Project, *, thorough: bool = False) -> tuple[Finding, ...]:
    """Mend what can be mended and return what was, or in a dry run what would be.

    A *thorough* repair reads every master, picture and text to see whether it is damaged, however large the show is.

    Raises CatalogError where the catalog is damaged and no earlier one can be read, or only somebody else may write;
    NeedsUpdate, StorageError.
    """
    damage = project.ledger.damage()
    if not damage:
        _refuse_other_writer(project)
    findings = _mend_catalog(project, damage) if damage else []
    if damage and project.dry_run:
        return tuple(findings)  # what else there is to do follows from the catalog
    if project.ledger.load().catalog is None:
        return tuple(findings)
    project.progress("repairing", 0.1)
    if not project.dry_run:
        _bring_back(project)
    mended, wrong = _mend_sources(project, thorough=thorough)
    findings += mended
    project.progress("repairing", 0.4)
    findings += _finish_interrupted(project)
    project.progress("repairing", 0.6)
    findings += _build(project, wrong)
    findings += _clear_strays(project)
    findings += _close_left(project, project.catalog())
    project.progress("repairing", 1.0)
    return tuple(findings)


def prune(project: Project) -> tuple[Finding, ...]:
    """Delete what only a person can say is not needed, and return what was deleted, or in a dry run would be.

    That is files which pitchcast did not make, folders of feeds that were lost with a damaged catalog, and masters and
    pictures older than seven days by the storage's clock that no kept revision names.
    Raises CatalogError where a revision cannot be read: what it names is not known then; or only somebody else may
    write.
    """
    _refuse_other_writer(project)
    if project.ledger.load().catalog is None:
        return ()
    return (*_prune_strays(project), *_prune_orphans(project))


def _refuse_other_writer(project: Project) -> None:
    catalog = project.ledger.load().catalog
    if catalog:
        project.ledger.refuse_other_writer(catalog, project.who)


# ---- the catalog


def _mend_catalog(project: Project, damage: DamagedCatalog) -> list[Finding]:
    found = project.ledger.newest_readable()
    if found is None:
        raise CatalogError(
            f"{project.bucket.url}/{CATALOG}: {damage.why}, and no earlier revision can be read",
            hint="Restore private/ from a backup of the storage.",
        )
    catalog, closed, taken_back = _as_it_is_shown(project, found)
    if not project.dry_run:
        what = f"restored revision {found.revision} after the catalog was damaged"
        project.ledger.mend(damage, catalog, who=project.who, what=what, at=project.now())
    lost = "what was changed after it"
    if damage.saved:
        lost = f"“{damage.saved.what}” by {name_in(damage.saved.who)} at {damage.saved.at:%Y-%m-%d %H:%M} UTC"
    findings = [_mended(project, CATALOG, f"damaged; revision {found.revision} takes its place. Lost: {lost}")]
    if closed:
        what = f"closed since that revision, and stay so: {first_few([feed.id for feed in closed], _NAMED)}"
        do = f"Give a new address to those that should be open: {pitchcast_command('feeds restore WHO')}"
        findings.append(Finding(level="warning", where=CATALOG, what=what, do=do))
    if taken_back:
        what = f"no longer there since that revision, so not brought back: {first_few(taken_back, _NAMED)}"
        do = f"Deliver again what should be there: {pitchcast_command('episodes deliver EPISODE --to WHO')}"
        findings.append(Finding(level="warning", where=CATALOG, what=what, do=do))
    return findings


def _as_it_is_shown(project: Project, catalog: Catalog) -> tuple[Catalog, list[Feed], list[str]]:
    """Return an earlier catalog without what a lost revision closed, the feeds closed, and episodes taken back.

    What was lost may have been a revoking: a feed or an audio file that is no longer there is not put there again.
    """
    listed = list_public(project.bucket)
    contents = Contents(catalog)
    built = _surely_built(project, catalog, listed)
    is_open = {feed.id: _is_open(project, contents, feed, listed) for feed in built}
    closed = [feed for feed in built if not is_open[feed.id]]
    still_open = [feed for feed in built if is_open[feed.id]]
    shown, taken_back = _without_lost_audio(catalog, contents, still_open, listed)
    return revoke_feeds(shown, {feed.id for feed in closed}, project.now()), closed, taken_back


def _surely_built(project: Project, catalog: Catalog, listed: Listing) -> list[Feed]:
    """Return the active feeds that were built, so that what is no longer there was taken away since.

    Where nothing at all is there, or a build was unfinished before the revision that was lost, that tells nothing.
    """
    active = [feed for feed in catalog.feeds if feed.state == "active"]
    if not any(feed.path in listed for feed in active):
        return []
    unbuilt = _unbuilt_before(project, catalog.revision)
    return [feed for feed in active if feed.path not in unbuilt]


def _without_lost_audio(
    catalog: Catalog, contents: Contents, feeds: Iterable[Feed], listed: Listing
) -> tuple[Catalog, list[str]]:
    """Return the catalog in which *feeds* no longer hold releases whose audio is gone, and the ids of their episodes.

    *contents* are those of the catalog. It is the same catalog where all audio is there.
    """
    shortened: dict[str, Feed] = {}
    taken_back: dict[str, None] = {}  # each id once, in the order of the feeds
    for feed in feeds:
        lost = [delivery for delivery in contents.of(feed).deliveries if not _has_audio(feed, delivery, listed)]
        if lost:
            lost_releases = {delivery.release for delivery in lost}
            kept = tuple(number for number in feed.releases if number not in lost_releases)
            shortened[feed.id] = msgspec.structs.replace(feed, releases=kept, changed_revision=catalog.revision + 1)
            taken_back |= dict.fromkeys(delivery.episode.id for delivery in lost)
    if not shortened:
        return catalog, []
    after = tuple(shortened.get(feed.id, feed) for feed in catalog.feeds)
    return msgspec.structs.replace(catalog, feeds=after), list(taken_back)


def _is_open(project: Project, contents: Contents, feed: Feed, listed: Mapping[str, Listed]) -> bool:
    """Return whether a feed is there, and audio if it should be; an ended address has none.

    A feed that should have none is read: it has a picture, once the show has one, and an ended address never has.
    """
    content, key = contents.of(feed), feed_key(feed.path)
    if key not in listed.get(feed.path, {}):
        return False
    if content.deliveries:
        return any(_has_audio(feed, delivery, listed) for delivery in content.deliveries)
    return not content.cover_url or not is_tombstone(project.bucket.get(key)[0])


def _has_audio(feed: Feed, delivery: Delivery, listed: Mapping[str, Listed]) -> bool:
    audio = audio_file(feed, delivery)
    return audio.key in listed.get(audio.path, {})


def _unbuilt_before(project: Project, revision: int) -> set[str]:
    """Return folders of which a build was begun before the commit on *revision*, and none after it."""
    before: set[str] = set()
    since: set[str] = set()
    for record in read_pending(project):
        if record.base < revision:
            before.update(record.paths)
        else:
            since.update(record.paths)
    return before - since


# ---- sources, builds and strays


def _mend_sources(project: Project, *, thorough: bool) -> tuple[list[Finding], frozenset[str]]:
    """Put back masters and pictures that are missing or damaged, where a copy holds the very same bytes.

    Return what was put back, and the keys of what is still wrong.
    """
    stored = {info.key: info for info in project.bucket.list(PRIVATE)}
    listed = list_public(project.bucket)
    looked = look_at_sources(project, project.catalog(), stored, listed, thorough=thorough)
    findings: list[Finding] = []
    wrong = set(looked.wrong)
    for fault in looked.faults:
        if fault.can_be_mended and (project.dry_run or mend_source(project, fault)):
            wrong.discard(fault.source.key)
            was = "missing" if fault.missing else "damaged"
            how = "put back from its public copy" if fault.copy else "drawn anew"
            findings.append(_mended(project, fault.source.key, f"was {was}, {how}"))
    return findings, frozenset(wrong)


def _finish_interrupted(project: Project) -> Iterator[Finding]:
    try:
        done = finish_interrupted(project)
    except (CatalogError, FeedError, ConfigError) as error:
        yield Finding(level="error", where=PENDING, what=error.message, do=error.hint)
        return
    for said in done:
        yield _mended(project, PENDING, said)


@dataclass(frozen=True, slots=True)
class _Wrong:
    """What a build is to make right: ``paths`` of folders, and ``pictures`` that are damaged, or missing for all."""

    paths: tuple[str, ...]
    pictures: tuple[str, ...]
    shared: bool

    @property
    def is_empty(self) -> bool:
        return not self.paths and not self.shared


def _build(project: Project, unusable: frozenset[str]) -> Iterator[Finding]:
    """Build the folders that are not what the catalog says, as far as what they are made of is not *unusable*."""
    stored = {info.key: info for info in project.bucket.list(PRIVATE) if info.key not in unusable}
    listed = list_public(project.bucket)
    catalog = project.catalog()
    wrong = _to_build(project, catalog, stored, listed)
    if wrong.is_empty or _lacks_picture(catalog, unusable, listed):
        return
    if not project.dry_run:
        with announced(project, wrong.paths) as announcement:
            project.bucket.delete(wrong.pictures)  # so that the build sees them missing
            build_feeds(project, wrong.paths or folders(catalog)[:1], keep=announcement.keep)
    yield from _told(project, catalog, wrong)


def _told(project: Project, catalog: Catalog, wrong: _Wrong) -> Iterator[Finding]:
    """Yield what was built, or would be in a dry run."""
    if wrong.shared:
        yield _mended(project, "the show", "its pictures made public again")
    if wrong.paths:
        names = {feed.path: feed.id for feed in catalog.feeds}
        ids = first_few([names.get(path, f"ended {mask_tokens(path)}") for path in wrong.paths], _NAMED)
        yield _mended(project, _count(len(wrong.paths), "feed"), f"built as the catalog says: {ids}")


def _to_build(project: Project, catalog: Catalog, stored: Mapping[str, ObjectInfo], listed: Listing) -> _Wrong:
    contents = Contents(catalog)
    render = Renderer(project.assets).render
    paths: list[str] = []
    shared = damaged_show_files(catalog, listed, stored)
    pictures = list(shared)
    for path in folders(catalog):
        content, there = contents.at(path), listed.get(path, {})
        try:
            plan = plan_folder(path, content, there, project.bucket, render)
        except (FeedError, CatalogError, ConfigError):
            continue  # the examination that follows names it
        damaged = damaged_pictures(content, there, stored)
        can_be_built = all(copy.source in stored for copy in plan.copies)
        if can_be_built and (plan.changes_something or damaged):
            paths.append(path)
            pictures += damaged
    return _Wrong(tuple(paths), tuple(pictures), bool(shared))


def _lacks_picture(catalog: Catalog, unusable: frozenset[str], listed: Listing) -> bool:
    """Return whether a picture of all feeds is not public and cannot be made so: then nothing can be built."""
    there = listed.get(catalog.show.art_token, {})
    return any(file.source in unusable and file.key not in there for file in show_files(catalog))


def _clear_strays(project: Project) -> Iterator[Finding]:
    """Delete what looks that were cut off have left, and folders of no feed that nobody can need."""
    found = _strays(project)
    if found.throw_away:
        if not project.dry_run:
            project.bucket.delete(found.throw_away)
        what = f"left over from a look that was cut off, deleted: {some_keys(found.throw_away)}"
        yield _mended(project, "storage", what)
    yield from _delete_folders(project, found.to_repair)


def _prune_strays(project: Project) -> Iterator[Finding]:
    """Delete files that pitchcast did not make, and folders of feeds that were lost with a damaged catalog."""
    found = _strays(project)
    yield from _delete_folders(project, found.to_prune)
    if found.deletable:
        if not project.dry_run:
            project.bucket.delete(found.deletable)
        count = _count(len(found.deletable), "file")
        yield _mended(project, "files", f"{count} that pitchcast did not make deleted: {some_keys(found.deletable)}")


def _delete_folders(project: Project, of_none: Iterable[StrayFolder]) -> Iterator[Finding]:
    for folder in of_none:
        if not project.dry_run:
            project.bucket.delete(_audio_first(folder.listed))
        what = f"{_count(len(folder.listed), 'object')} of no feed deleted"
        yield _mended(project, f"public/{mask_tokens(folder.path)}", what)


def _strays(project: Project) -> Strays:
    stored = {info.key: info for info in project.bucket.list(PRIVATE)}
    listed = list_public(project.bucket)
    return find_strays(project, project.catalog(), stored, listed)  # loaded after listing: it names what came since


def _close_left(project: Project, catalog: Catalog) -> Iterator[Finding]:
    """Close what the places that the show left still show although the catalog no longer does."""
    for place, _, paths in list(showing_too_much(project, catalog)):
        if not project.dry_run:
            close_left(project, catalog, paths)
        yield _mended(project, place.public_url, f"{_count(len(paths), 'feed')} closed that showed too much there")


def _audio_first(there: Listed) -> list[str]:
    return sorted(there, key=lambda key: (key.endswith((".xml", ".html")), key))


# ---- orphans


def _prune_orphans(project: Project) -> tuple[Finding, ...]:
    """Delete masters and pictures older than seven days that no kept revision names.

    They are set aside first and put back where the catalog names them once they are gone: whoever published one at
    the same moment either did so before that look, or finds it missing after their commit and puts it again.
    """
    if not project.dry_run:
        _bring_back(project)  # what a prune that died had set aside
    orphans = _find_orphans(project)
    if not orphans:
        what = "every master and picture is named, or younger than seven days"
        return (Finding(level="ok", where="private", what=what),)
    if not project.dry_run:
        _set_aside(project, [info.key for info in orphans])
        back = _bring_back(project)
        orphans = [info for info in orphans if info.key not in back]
    size_mb = sum(info.size_bytes for info in orphans) / 1e6
    kinds = "master or picture" if len(orphans) == 1 else "masters and pictures"
    what = f"{len(orphans)} {kinds} that nothing names deleted, {size_mb:.1f} MB"
    return (_mended(project, "private", what),)


def _find_orphans(project: Project) -> list[ObjectInfo]:
    """Return the masters and pictures older than seven days that no kept revision names."""
    now = project.now()
    stored = [*project.bucket.list(MASTERS), *project.bucket.list(ASSETS)]
    ours = [info for info in stored if is_private_name(info.key)]
    old = [info for info in ours if now - info.modified > ORPHANED]
    if not old:
        return []  # to read the whole history takes time
    named = _named_anywhere(project)  # after listing: what was named since is known
    unnamed = [info for info in old if hash_in(info.key) not in named]
    return [info for info in unnamed if _is_unchanged(project, info)]


def _named_anywhere(project: Project) -> set[str]:
    catalog = project.ledger.load().catalog
    named = set(hashes_in(catalog)) if catalog else set()
    numbers = list(project.ledger.revisions())
    for done, number in enumerate(numbers, 1):
        try:
            named |= project.ledger.mentions(number)
        except ObjectMissing:
            continue  # thinned meanwhile
        project.progress("reading history", done / len(numbers))
    return named


def _set_aside(project: Project, keys: Sequence[str]) -> None:
    for key in keys:
        with suppress(ObjectMissing):  # somebody else prunes too
            project.bucket.copy(key, PRUNED + key.removeprefix(PRIVATE), headers_of(key))
    project.bucket.delete(keys)


def _bring_back(project: Project) -> set[str]:
    """Put back what was set aside and is named by now, delete the rest of it, and return the keys put back."""
    aside = [info.key for info in project.bucket.list(PRUNED)]
    if not aside:
        return set()
    catalog = project.ledger.load().catalog
    named = hashes_in(catalog) if catalog else frozenset(map(hash_in, aside))
    back = {key: PRIVATE + key.removeprefix(PRUNED) for key in aside if hash_in(key) in named}
    for key, original in back.items():
        project.bucket.copy(key, original, headers_of(original))
    project.bucket.delete(aside)
    return set(back.values())


def _is_unchanged(project: Project, info: ObjectInfo) -> bool:
    """Return whether nobody has put the object again since it was listed: a publish under way may have."""
    try:
        return project.bucket.head(info.key).modified == info.modified
    except ObjectMissing:
        return False


def _mended(project: Project, where: str, what: str) -> Finding:
    if project.dry_run:
        return Finding(level="warning", where=where, what=f"would be mended: {what}", do="Run without --dry-run.")
    return Finding(level="ok", where=where, what=f"mended: {what}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
