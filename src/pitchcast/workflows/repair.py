"""Mend what the doctor finds: a damaged catalog, builds that nobody finished, lost objects, folders of no feed.

Everything under ``public/`` follows from the catalog, so mending is mostly building. Only a damaged catalog loses
something: its newest readable predecessor takes its place, and nothing that was closed since is opened again.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

import msgspec

from pitchcast.errors import CatalogError, ConfigError, FeedError, ObjectMissing
from pitchcast.feed.rss import is_tombstone
from pitchcast.model.catalog import Catalog, Contents, folders
from pitchcast.model.feed import Delivery, Feed, looks_like_token, mask_tokens
from pitchcast.model.finding import Finding
from pitchcast.model.layout import ASSETS, CATALOG, MASTERS, PRIVATE, PRUNED, headers_of, master_key, public_key
from pitchcast.model.steps.access import revoke_feeds
from pitchcast.site.build import build_feeds
from pitchcast.site.change import keep_up
from pitchcast.site.folder import Listed, picture_copies, plan_folder, show_pictures
from pitchcast.site.former_places import close_left, showing_too_much
from pitchcast.site.pending import Announcement, read_pending
from pitchcast.site.project import Progress, Project, no_progress
from pitchcast.site.render import Renderer
from pitchcast.site.stored import list_public
from pitchcast.storage.bucket import ObjectInfo
from pitchcast.storage.ledger import Damage, hashes_in

YOUNG = timedelta(hours=1)
"""A folder of no feed that is younger may belong to somebody who is publishing right now."""
ORPHANED = timedelta(days=7)
"""Masters and pictures that nothing names are kept that long: a publish puts them first and names them later."""
_NAMED = 5


def repair(project: Project, *, progress: Progress = no_progress) -> tuple[Finding, ...]:
    """Mend what can be mended and return what was, or in a dry run what would be.

    Raises CatalogError where the catalog is damaged and no earlier one can be read, or only somebody else may write;
    NeedsUpdate, StorageError.
    """
    damage = project.ledger.damage()
    if not damage:
        _refuse_other_writer(project)
    findings = _mend_catalog(project, damage) if damage else []
    if damage and project.dry_run:
        return tuple(findings)  # what else there is to do follows from the catalog
    progress("repairing", 0.2)
    findings += _finish_builds(project)
    progress("repairing", 0.4)
    listed = list_public(project.bucket)
    catalog = project.ledger.load().catalog
    if catalog is None:
        return tuple(findings)
    if not project.dry_run:
        _bring_back(project)
    findings += _restore_sources(project, catalog, listed)
    progress("repairing", 0.6)
    findings += _build(project, catalog, listed, progress)
    findings += _clear_strays(project, catalog, listed, keep_tokens=damage is not None)
    findings += _close_left(project, catalog)
    progress("repairing", 1.0)
    return tuple(findings)


def prune(project: Project, *, progress: Progress = no_progress) -> tuple[Finding, ...]:
    """Delete masters and pictures older than seven days by the storage's clock that no kept revision names.

    They are set aside first and put back where the catalog names them once they are gone: whoever published one at
    the same moment either did so before that look, or finds it missing after their commit and puts it again.
    Raises CatalogError where a revision cannot be read: what it names is not known then; or only somebody else may
    write.
    """
    _refuse_other_writer(project)
    if not project.dry_run:
        _bring_back(project)  # what a prune that died had set aside
    now = project.now()
    stored = [*project.bucket.list(MASTERS), *project.bucket.list(ASSETS)]
    old = [info for info in stored if now - info.modified > ORPHANED]
    named = _named_anywhere(project, progress) if old else set()  # after listing: what was named since is known
    orphans = [info for info in old if _hash_in(info.key) not in named and _is_unchanged(project, info)]
    if not orphans:
        return (
            _mended(project, "private", "every master and picture is named, or younger than seven days", done=False),
        )
    if not project.dry_run:
        _set_aside(project, [info.key for info in orphans])
        back = _bring_back(project)
        orphans = [info for info in orphans if info.key not in back]
    size_mb = sum(info.size_bytes for info in orphans) / 1e6
    what = f"{_count(len(orphans), 'master or picture')} that nothing names deleted, {size_mb:.1f} MB"
    return (_mended(project, "private", what),)


def _refuse_other_writer(project: Project) -> None:
    catalog = project.ledger.load().catalog
    if catalog:
        project.ledger.refuse_other_writer(catalog, project.who)


# ---- the catalog


def _mend_catalog(project: Project, damage: Damage) -> list[Finding]:
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
        lost = f"“{damage.saved.what}” by {damage.saved.who} at {damage.saved.at:%Y-%m-%d %H:%M} UTC"
    findings = [_mended(project, CATALOG, f"damaged; revision {found.revision} takes its place. Lost: {lost}")]
    if closed:
        what = f"closed since that revision, and stay so: {_listed([feed.id for feed in closed])}"
        do = "Give a new address to those that should be open: pitchcast feeds restore WHO"
        findings.append(Finding(level="warning", where=CATALOG, what=what, do=do))
    if taken_back:
        what = f"no longer there since that revision, so not brought back: {_listed(taken_back)}"
        do = "Deliver again what should be there: pitchcast episodes deliver EPISODE --to WHO"
        findings.append(Finding(level="warning", where=CATALOG, what=what, do=do))
    return findings


def _as_it_is_shown(project: Project, catalog: Catalog) -> tuple[Catalog, list[Feed], list[str]]:
    """Return an earlier catalog without what a lost revision closed, the feeds closed, and episodes taken back.

    What was lost may have been a revoking: a feed or an audio file that is no longer there is not put there again.
    Where nothing at all is there, or a build was unfinished before the revision that was lost, that tells nothing.
    """
    listed = list_public(project.bucket)
    active = [feed for feed in catalog.feeds if feed.state == "active"]
    if not any(feed.path in listed for feed in active):
        return catalog, [], []
    unknown = _unbuilt_before(project, catalog.revision)
    told = [feed for feed in active if feed.path not in unknown]
    contents = Contents(catalog)
    closed = [feed for feed in told if not _is_open(project, contents, feed, listed)]
    gone = {feed.id for feed in closed}
    episodes: dict[str, None] = {}
    feeds = {feed.id: feed for feed in catalog.feeds}
    for feed in told:
        absent = {d.release: d.episode for d in contents.of(feed).deliveries if not _has_audio(feed, d, listed)}
        if absent and feed.id not in gone:
            episodes |= dict.fromkeys(episode.id for episode in absent.values())
            kept = tuple(number for number in feed.releases if number not in absent)
            feeds[feed.id] = msgspec.structs.replace(feed, releases=kept, changed=catalog.revision + 1)
    shown = msgspec.structs.replace(catalog, feeds=tuple(feeds.values())) if episodes else catalog
    return revoke_feeds(shown, gone, project.now()), closed, list(episodes)


def _is_open(project: Project, contents: Contents, feed: Feed, listed: Mapping[str, Listed]) -> bool:
    """Return whether a feed is there, and audio if it should be; an ended address has none.

    A feed that should have none is read: it has a picture, once the show has one, and an ended address never has.
    """
    content, key = contents.of(feed), public_key(feed.path, "feed.xml")
    if key not in listed.get(feed.path, {}):
        return False
    if content.deliveries:
        return any(_has_audio(feed, delivery, listed) for delivery in content.deliveries)
    return not content.cover_url or not is_tombstone(project.bucket.get(key)[0])


def _has_audio(feed: Feed, delivery: Delivery, listed: Mapping[str, Listed]) -> bool:
    return _audio_key(feed, delivery) in listed.get(delivery.audio_path or feed.path, {})


def _audio_key(feed: Feed, delivery: Delivery) -> str:
    return public_key(delivery.audio_path or feed.path, delivery.audio_name)


def _unbuilt_before(project: Project, revision: int) -> set[str]:
    """Return folders of which a build was begun before the commit on *revision*, and none after it."""
    records = list(read_pending(project))
    before = {path for record in records if record.base < revision for path in record.paths}
    return before - {path for record in records if record.base >= revision for path in record.paths}


# ---- builds, sources and strays


def _finish_builds(project: Project) -> list[Finding]:
    if project.dry_run:
        return []
    done = keep_up(project, finishes_all=True)
    finished = done.finished if done else 0
    return [_mended(project, "private/pending", f"{_count(finished, 'abandoned build')} finished")] if finished else []


def _restore_sources(project: Project, catalog: Catalog, listed: Mapping[str, Listed]) -> Iterator[Finding]:
    """Put back masters and covers that are missing, where a public copy holds the very same bytes."""
    present = {info.key for prefix in (MASTERS, ASSETS) for info in project.bucket.list(prefix)}
    wanted: dict[str, tuple[str, str]] = {}
    contents = Contents(catalog)
    for feed in catalog.feeds:
        if feed.state == "active":
            content = contents.of(feed)
            wanted |= {
                c.source: (_hash_in(c.source), c.target) for c in picture_copies(content) if c.source not in present
            }
            for delivery in content.deliveries:
                sha256 = delivery.episode.master.sha256
                copied = _audio_key(feed, delivery)
                if master_key(sha256) not in present and _has_audio(feed, delivery, listed):
                    wanted.setdefault(master_key(sha256), (sha256, copied))
    for copy in show_pictures(catalog):
        if copy.source not in present:
            wanted[copy.source] = (copy.source.rpartition("/")[2].partition(".")[0], copy.target)
    for key, (sha256, copied) in wanted.items():
        if _is_the_same(project, copied, sha256):
            if not project.dry_run:
                project.bucket.copy(copied, key, headers_of(key))
            yield _mended(project, key, "was missing, put back from its public copy")


def _is_the_same(project: Project, key: str, sha256: str) -> bool:
    try:
        body, _ = project.bucket.get(key)
    except ObjectMissing:
        return False
    return hashlib.sha256(body).hexdigest() == sha256


def _build(project: Project, catalog: Catalog, listed: Mapping[str, Listed], progress: Progress) -> list[Finding]:
    """Build the folders that are not what the catalog says, as far as what they are made of is there."""
    contents = Contents(catalog)
    names = {feed.path: feed.id for feed in catalog.feeds}
    present = {info.key for prefix in (MASTERS, ASSETS) for info in project.bucket.list(prefix)}
    wrong: list[str] = []
    render = Renderer(project.assets).render
    for path in folders(catalog):
        try:
            plan = plan_folder(path, contents.at(path), listed.get(path, {}), project.bucket, render)
        except (FeedError, CatalogError, ConfigError):
            continue  # the examination that follows names it
        sources = {copy.source for copy in plan.copies}
        if (plan.copies or plan.documents or plan.withdrawn or plan.leftovers) and (
            sources <= present or project.dry_run
        ):
            wrong.append(path)
    there = listed.get(catalog.show.art_token, {})
    lacks_cover = any(copy.target not in there for copy in show_pictures(catalog))
    if not wrong and not lacks_cover:
        return []
    if not project.dry_run:
        pending = Announcement(project)
        pending.put(tuple(wrong))
        build_feeds(project, wrong or folders(catalog)[:1], keep=pending.keep, progress=progress)
        pending.delete()
    if not wrong:
        return [_mended(project, "the show's cover", "made public again")]
    ids = _listed([names.get(path, f"revoked {mask_tokens(path)}") for path in wrong])
    return [_mended(project, _count(len(wrong), "feed"), f"built as the catalog says: {ids}")]


def _clear_strays(
    project: Project, catalog: Catalog, listed: Mapping[str, Listed], *, keep_tokens: bool
) -> Iterator[Finding]:
    """Delete folders that belong to no feed: retired ones, and old ones that only pitchcast can have made.

    With *keep_tokens* only retired ones: the others may be of a revision that was lost just now.
    """
    now = project.now()
    retired = set(catalog.retired)
    for path in sorted(listed.keys() - set(folders(catalog)) - {catalog.show.art_token}):
        ours = path in retired or (looks_like_token(path) and not keep_tokens)
        if ours and all(now - info.modified > YOUNG for info in listed[path].values()):
            if not project.dry_run:
                project.bucket.delete(_audio_first(listed[path]))
            what = f"{_count(len(listed[path]), 'object')} of no feed deleted"
            yield _mended(project, f"public/{mask_tokens(path)}", what)


def _close_left(project: Project, catalog: Catalog) -> Iterator[Finding]:
    """Close what the places that the show left still show although the catalog no longer does."""
    for place, _, paths in list(showing_too_much(project, catalog)):
        if not project.dry_run:
            close_left(project, catalog, paths)
        yield _mended(project, place.public_url, f"{_count(len(paths), 'feed')} closed that showed too much there")


def _audio_first(there: Listed) -> list[str]:
    return sorted(there, key=lambda key: (key.endswith((".xml", ".html")), key))


# ---- orphans


def _named_anywhere(project: Project, progress: Progress) -> set[str]:
    catalog = project.ledger.load().catalog
    named = set(hashes_in(catalog)) if catalog else set()
    numbers = list(project.ledger.revisions())
    for done, number in enumerate(numbers, 1):
        try:
            named |= project.ledger.mentions(number)
        except ObjectMissing:
            continue  # thinned meanwhile
        progress("reading history", done / len(numbers))
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
    named = hashes_in(catalog) if catalog else frozenset(map(_hash_in, aside))
    back = {key: PRIVATE + key.removeprefix(PRUNED) for key in aside if _hash_in(key) in named}
    for key, original in back.items():
        project.bucket.copy(key, original, headers_of(original))
    project.bucket.delete(aside)
    return set(back.values())


def _hash_in(key: str) -> str:
    return key.rpartition("/")[2].partition(".")[0]


def _is_unchanged(project: Project, info: ObjectInfo) -> bool:
    """Return whether nobody has put the object again since it was listed: a publish under way may have."""
    try:
        return project.bucket.head(info.key).modified == info.modified
    except ObjectMissing:
        return False


def _mended(project: Project, where: str, what: str, *, done: bool = True) -> Finding:
    if not done:
        return Finding(level="ok", where=where, what=what)
    if project.dry_run:
        return Finding(level="warning", where=where, what=f"would be mended: {what}", do="Run without --dry-run.")
    return Finding(level="ok", where=where, what=f"mended: {what}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
