"""Finds out by trying whether all is in order: ffmpeg, the storage, who can read what, feeds against the catalog."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from pitchcast.errors import AudioError, CatalogError, ConfigError, FeedError, StorageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import Contents, folders
from pitchcast.model.finding import Finding
from pitchcast.model.layout import FEED_STYLE_NAME, PRIVATE, is_preview, master_key
from pitchcast.model.log_marks import NO_MARK, audio_query
from pitchcast.model.place import refuse_moved
from pitchcast.model.token import mask_tokens
from pitchcast.model.writer import name_in
from pitchcast.production.differences import differences
from pitchcast.site.folder import FolderPlan, Listing, plan_folder
from pitchcast.site.former_places import showing_too_much
from pitchcast.site.project import Progress, Project
from pitchcast.site.render import Renderer
from pitchcast.site.stored import list_public
from pitchcast.storage.bucket import ObjectInfo
from pitchcast.storage.probe import check_capabilities, check_privacy, check_public, is_unanswered
from pitchcast.upkeep import strays
from pitchcast.upkeep.caches import check_caches
from pitchcast.upkeep.interrupted import check_interrupted
from pitchcast.upkeep.logs import check_logs
from pitchcast.upkeep.served import check_served
from pitchcast.upkeep.sources import Looked, damaged_pictures, damaged_show_files, look_at_sources
from pitchcast.workflows.feeds import check_stored


def examine(project: Project, *, thorough: bool = False) -> tuple[Finding, ...]:
    """Return what is not in order, and one "ok" for each thing that is; only probes are put, and deleted again.

    A *thorough* look reads every master, picture and text, however large the show is.
    """
    findings = [_ffmpeg()]
    project.progress("ffmpeg", 0.1)
    try:
        catalog = project.ledger.load().catalog
        if catalog:
            refuse_moved(catalog.moved, project.bucket.url)
        storage = list(_storage(project, catalog))
        findings += storage
        project.progress("storage", 0.3)
        findings += _catalog(project, thorough=thorough) if catalog else [_empty(project)]
        if catalog and not any(map(_hides_public, storage)):
            findings += check_served(project, catalog)
        findings += _logs(project)
    except (StorageError, CatalogError, ConfigError) as error:
        findings.append(Finding(level="error", where=project.bucket.url, what=error.message, do=error.hint))
    project.progress("feeds", 1.0)
    return tuple(findings)


def _ffmpeg() -> Finding:
    from pitchcast.audio.ffmpeg import ffmpeg_version, find_ffmpeg

    try:
        return Finding(level="ok", where=str(find_ffmpeg()), what=f"{ffmpeg_version()} runs")
    except AudioError as error:
        return Finding(level="error", where="ffmpeg", what=error.message, do=error.hint)


def _storage(project: Project, catalog: Catalog | None) -> Iterator[Finding]:
    bucket = project.bucket
    if bucket.url.startswith("s3://"):
        from pitchcast.storage.s3.checksums import check_uploads  # boto3 takes a while to import

        uploads = list(check_uploads(bucket))
        yield from uploads
        if any(finding.level == "error" for finding in uploads):
            return  # what follows would be refused for the same reason
    public_url = catalog.public_url if catalog else project.public_url()
    yield from check_privacy(bucket, public_url)
    shares = catalog.show.audio == "shared" if catalog else project.settings.storage.audio == "shared"
    yield from check_public(bucket, public_url, query=audio_query(NO_MARK) if shares else "")
    writer = catalog.writer if catalog else ""
    if project.settings.storage.single_writer:
        what = f"single_writer = true: one person publishes at a time, {name_in(writer) or 'the first who does'}"
        yield Finding(level="ok", where=bucket.url, what=what)
    else:
        yield from check_capabilities(bucket)


def _hides_public(finding: Finding) -> bool:
    """Return whether listeners are answered by nobody, or by something else: no more need be said of the answers."""
    return finding.level == "error" or is_unanswered(finding)


def _logs(project: Project) -> list[Finding]:
    try:
        return list(check_logs(project))
    except (StorageError, ConfigError) as error:
        where = project.settings.audience.logs
        what = f"the access logs cannot be looked at: {error.message}"
        return [Finding(level="warning", where=where, what=what, do=error.hint)]


def _catalog(project: Project, *, thorough: bool) -> list[Finding]:
    stored = {info.key: info for info in project.bucket.list(PRIVATE)}
    listed = list_public(project.bucket)
    catalog = project.catalog()  # after listing: it names the folders of what was published meanwhile
    what = (
        f"the catalog loads, at revision {catalog.revision}; episodes: {len(catalog.episodes)},"
        f" feeds: {len(catalog.feeds)}"
    )
    findings = [Finding(level="ok", where=project.bucket.url, what=what)]
    findings += [
        Finding(
            level="warning",
            where="pitchcast.toml",
            what=str(d),
            do=f"Decide with: {pitchcast_command('show apply')}",
        )
        for d in differences(project, catalog)
    ]
    reading = replace(project, progress=_between(project.progress, 0.3, 0.6))
    looked = look_at_sources(reading, catalog, stored, listed, thorough=thorough)
    findings += [fault.finding for fault in looked.faults]
    findings += _unread(looked)
    findings += check_interrupted(project, catalog)
    findings += _pictures(project, catalog, looked)
    faults = list(_feeds(project, catalog, stored, listed, looked))
    outdated = {fault.where for fault in faults}
    rejected = [fault for fault in check_stored(project) if fault.level == "error"]
    faults += [fault for fault in rejected if fault.where.partition(",")[0] not in outdated]
    faults += _left(project, catalog)
    good = Finding(level="ok", where=f"feeds: {len(catalog.feeds)}", what="every feed says what the catalog says")
    findings += faults or [good]
    findings += strays.findings(strays.find_strays(project, catalog, stored, listed))
    findings += check_caches(project, catalog)
    return findings


def _between(progress: Progress, start: float, end: float) -> Progress:
    """Return what tells the progress of a part of the whole."""
    return lambda step, fraction: progress(step, start + (end - start) * fraction)


def _unread(looked: Looked) -> Iterator[Finding]:
    if looked.unread_bytes:
        what = (
            f"of {looked.unread_bytes / 1e6:.0f} MB of masters and pictures only the sizes were compared;"
            f" {pitchcast_command('doctor --thorough')} reads them"
        )
        yield Finding(level="ok", where="private", what=what)


def _pictures(project: Project, catalog: Catalog, looked: Looked) -> Iterator[Finding]:
    """Yield each episode whose audio holds a picture; known by one small read of each master, see with_pictures."""
    from pitchcast.production.retagging import with_pictures  # it works on sound, which takes a while to import

    heard = (episode for episode in catalog.episodes if not episode.withdrawn)
    whole = (episode for episode in heard if master_key(episode.master.sha256) not in looked.wrong)
    for episode in with_pictures(project, whole):
        what = "its audio holds a picture, which browsers read before the first sound"
        do = (
            f"Make it anew: {pitchcast_command('episodes edit', episode.id, '--retag')} "
            f"Or every one: {pitchcast_command('episodes edit --all --retag')}"
        )
        yield Finding(level="warning", where=episode.id, what=what, do=do)


def _feeds(
    project: Project, catalog: Catalog, stored: Mapping[str, ObjectInfo], listed: Listing, looked: Looked
) -> Iterator[Finding]:
    """Yield each feed whose objects are not what the catalog says."""
    contents = Contents(catalog)
    names = {feed.path: feed.id for feed in catalog.feeds}
    plan = partial(plan_folder, bucket=project.bucket, render=Renderer(project.assets).render)
    right = {key: info for key, info in stored.items() if key not in looked.wrong}
    for path in folders(catalog):
        content, there = contents.at(path), listed.get(path, {})
        where = names.get(path, "") or f"ended {mask_tokens(path)}"
        damaged = damaged_pictures(content, there, right)
        try:
            planned = plan(path, content, there)
        except CatalogError as error:
            if not looked.faults:  # else they have said it
                yield Finding(level="error", where=where, what=error.message, do=error.hint)
        except FeedError as error:
            yield Finding(level="error", where=where, what=error.message, do="Edit the episode or show that it names.")
        except ConfigError as error:
            yield Finding(level="error", where=where, what=error.message, do=error.hint)
        else:
            yield from _folder(planned, where, names.get(path, ""), damaged)
    if wrong := damaged_show_files(catalog, listed, right):
        yield _shared_files(wrong)


def _shared_files(wrong: Collection[str]) -> Finding:
    names = [key.rpartition("/")[2] for key in wrong]
    apps_need = [name for name in names if name != FEED_STYLE_NAME and not is_preview(name)]
    return Finding(
        level="error" if apps_need else "warning",  # the next build brings style sheet and preview cards
        where="the show",
        what=f"{len(wrong)} of the files that all feeds share are missing or damaged",
        do=f"Make them public again: {pitchcast_command('doctor --repair')}",
    )


def _left(project: Project, catalog: Catalog) -> Iterator[Finding]:
    """Yield each place that the show left and that still shows what the catalog no longer does."""
    try:
        for place, _, paths in showing_too_much(project, catalog):
            what = f"the show left this place, and {len(paths)} feeds still show there what it no longer shows"
            yield Finding(
                level="error",
                where=place.public_url,
                what=what,
                do=f"Close them: {pitchcast_command('doctor --repair')}",
            )
    except StorageError as error:
        yield Finding(level="warning", where="places that the show left", what=error.message, do=error.hint)


def _folder(plan: FolderPlan, where: str, feed_id: str, damaged: Sequence[str]) -> Iterator[Finding]:
    changes = {
        "missing or outdated": len(plan.copies) + len(plan.documents),
        "to be removed": len(plan.withdrawn) + len(plan.leftovers),
        "damaged": len(damaged),
    }
    said = ", ".join(f"{count} objects {what}" for what, count in changes.items() if count)
    if said:
        mend = f"Mend it: {pitchcast_command('doctor --repair')}"
        yield Finding(
            level="error",
            where=where,
            what=f"the feed is not what the catalog says: {said}",
            do=mend if damaged or not feed_id else f"Build it: {pitchcast_command('feeds build', feed_id)}",
        )


def _empty(project: Project) -> Finding:
    what = "nothing has been published yet"
    return Finding(
        level="ok",
        where=project.bucket.url,
        what=what,
        do=f"Publish: {pitchcast_command('publish RECORDING --to NAME')}",
    )
