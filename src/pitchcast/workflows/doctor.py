"""Is everything in order? Found out by trying: ffmpeg, the storage, who can read what, feeds against the catalog."""

from collections.abc import Callable, Iterator
from functools import partial

from pitchcast.errors import AudioError, CatalogError, ConfigError, FeedError, StorageError
from pitchcast.model.catalog import Catalog, Contents, folders
from pitchcast.model.feed import AUDIO_QUERY, FeedContent, mask_tokens
from pitchcast.model.finding import Finding
from pitchcast.model.layout import ASSETS, MASTERS, PENDING, asset_key, master_key, text_key
from pitchcast.model.place import refuse_moved
from pitchcast.site.folder import FolderPlan, Listed, plan_folder
from pitchcast.site.former_places import showing_too_much
from pitchcast.site.project import Progress, Project, no_progress
from pitchcast.site.render import Renderer
from pitchcast.site.stored import list_public
from pitchcast.storage.probe import check_capabilities, check_privacy, check_public
from pitchcast.workflows.feeds import check_stored
from pitchcast.workflows.show import differences


def examine(project: Project, *, progress: Progress = no_progress) -> tuple[Finding, ...]:
    """Return what is not in order, and one "ok" for each thing that is; only probes are put, and deleted again."""
    findings = [_ffmpeg()]
    progress("ffmpeg", 0.1)
    try:
        catalog = project.ledger.load().catalog
        if catalog:
            refuse_moved(catalog.moved, project.bucket.url)
        findings += _storage(project, catalog)
        progress("storage", 0.5)
        findings += _catalog(project, catalog) if catalog else [_empty(project)]
    except (StorageError, CatalogError, ConfigError) as error:
        findings.append(Finding(level="error", where=project.bucket.url, what=error.message, do=error.hint))
    progress("feeds", 1.0)
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
    yield from check_public(bucket, public_url, query=f"{AUDIO_QUERY}=00000000" if shares else "")
    writer = catalog.writer if catalog else ""
    if project.settings.storage.single_writer:
        what = f"single_writer = true: one person publishes at a time, {writer or 'the first who does'}"
        yield Finding(level="ok", where=bucket.url, what=what)
    else:
        yield from check_capabilities(bucket)


def _catalog(project: Project, catalog: Catalog) -> list[Finding]:
    what = (
        f"the catalog loads, at revision {catalog.revision}; episodes: {len(catalog.episodes)},"
        f" feeds: {len(catalog.feeds)}"
    )
    findings = [Finding(level="ok", where=project.bucket.url, what=what)]
    findings += [
        Finding(
            level="warning", where="pitchcast.toml", what=str(d), do="Decide with: pitchcast show apply or show edit"
        )
        for d in differences(project, catalog)
    ]
    findings += _private_objects(project, catalog)
    findings += _pictures(project, catalog)
    faults = list(_feeds(project, catalog))
    outdated = {fault.where for fault in faults}
    rejected = [fault for fault in check_stored(project) if fault.level == "error"]
    faults += [fault for fault in rejected if fault.where.partition(",")[0] not in outdated]
    faults += _left(project, catalog)
    good = Finding(level="ok", where=f"feeds: {len(catalog.feeds)}", what="every feed says what the catalog says")
    return findings + (faults or [good])


def _private_objects(project: Project, catalog: Catalog) -> Iterator[Finding]:
    """Yield what the catalog names and storage lacks, and builds that were begun and not finished."""
    present = {info.key for info in project.bucket.list(MASTERS)}
    present |= {info.key for info in project.bucket.list(ASSETS)}
    for episode in catalog.episodes:
        needed = [master_key(episode.master.sha256), *map(asset_key, episode.cover.sizes if episode.cover else ())]
        needed += [text_key(episode.transcript.sha256)] if episode.transcript else []
        for key in needed:
            if key not in present and not episode.withdrawn:
                what = f"{key} is missing, so no feed with this episode can be built again"
                yield Finding(level="error", where=episode.id, what=what, do="Restore it from a backup of the storage.")
    brand = catalog.brand
    needed = [asset_key(picture) for picture in catalog.show.cover.sizes] if catalog.show.cover else []
    needed += [asset_key(brand.logo)] if brand.logo else []
    needed += [text_key(brand.templates)] if brand.templates else []
    for key in needed:
        if key not in present:
            do = "Put it back from pitchcast.toml with: pitchcast show apply, or from a backup of the storage."
            yield Finding(level="error", where="the show", what=f"{key} is missing, so no feed can be built", do=do)
    for cover in catalog.named_covers:
        for key in map(asset_key, cover.artwork.sizes):
            if key not in present:
                what = f"{key} is missing, the cover for {cover.name}, so that feed cannot be built again"
                do = "Mend it: pitchcast doctor --repair; or draw all anew: pitchcast show edit --no-cover-per-prospect"
                yield Finding(level="error", where="covers", what=what, do=do)
    withdrawn = {episode.master.sha256 for episode in catalog.episodes if episode.withdrawn}
    for greeting in catalog.greetings:
        key = master_key(greeting.master.sha256)
        if key not in present and greeting.of not in withdrawn:
            what = f"{key} is missing, so what begins with a greeting cannot be built again"
            do = "Mend it: pitchcast doctor --repair; or give the greeting again: pitchcast episodes deliver"
            yield Finding(level="error", where=greeting.feed, what=what, do=do)
    pending = list(project.bucket.list(PENDING))
    if pending:
        what = f"{len(pending)} builds were begun and not finished, or are under way"
        do = "The next command that writes finishes those older than half an hour; or now: pitchcast doctor --repair"
        yield Finding(level="warning", where=PENDING, what=what, do=do)


def _pictures(project: Project, catalog: Catalog) -> Iterator[Finding]:
    """Yield each episode whose audio holds a picture; known by one small read of each master, see with_pictures."""
    from pitchcast.workflows.episodes_retag import with_pictures  # it works on sound, which takes a while to import

    for episode in with_pictures(project, (e for e in catalog.episodes if not e.withdrawn)):
        what = "its audio holds a picture, which browsers read before the first sound"
        do = f"Make it anew: pitchcast episodes edit {episode.id} --retag; or every one: --all instead of its name"
        yield Finding(level="warning", where=episode.id, what=what, do=do)


def _feeds(project: Project, catalog: Catalog) -> Iterator[Finding]:
    """Yield each feed whose objects are not what the catalog says, and objects that belong to no feed."""
    listed = list_public(project.bucket)
    contents = Contents(catalog)
    names = {feed.path: feed.id for feed in catalog.feeds}
    plan = partial(plan_folder, bucket=project.bucket, render=Renderer(project.assets).render)
    for path in folders(catalog):
        yield from _folder(plan, contents.at(path), path, names.get(path, ""), listed.get(path, {}))
    for path in sorted(listed.keys() - set(folders(catalog)) - {catalog.show.art_token}):
        what = f"{len(listed[path])} objects under public/{mask_tokens(path)} belong to no feed"
        do = "If nobody is publishing right now: pitchcast doctor --repair, which leaves alone what it does not know."
        yield Finding(level="error", where=mask_tokens(path), what=what, do=do)


def _left(project: Project, catalog: Catalog) -> Iterator[Finding]:
    """Yield each place that the show left and that still shows what the catalog no longer does."""
    try:
        for place, _, paths in showing_too_much(project, catalog):
            what = f"the show left this place, and {len(paths)} feeds still show there what it no longer shows"
            yield Finding(level="error", where=place.public_url, what=what, do="Close them: pitchcast doctor --repair")
    except StorageError as error:
        yield Finding(level="warning", where="places that the show left", what=error.message, do=error.hint)


def _folder(
    plan_it: Callable[[str, FeedContent | None, Listed], FolderPlan],
    content: FeedContent | None,
    path: str,
    feed_id: str,
    listed: Listed,
) -> Iterator[Finding]:
    where = feed_id or f"revoked {mask_tokens(path)}"
    try:
        plan = plan_it(path, content, listed)
    except (FeedError, ConfigError) as error:
        yield Finding(level="error", where=where, what=error.message, do="Edit the episode or show that it names.")
        return
    changes = {
        "missing or outdated": len(plan.copies) + len(plan.documents),
        "to be removed": len(plan.withdrawn) + len(plan.leftovers),
    }
    said = ", ".join(f"{count} objects {what}" for what, count in changes.items() if count)
    if said:
        yield Finding(
            level="error",
            where=where,
            what=f"the feed is not what the catalog says: {said}",
            do=f"Build it: pitchcast feeds build {feed_id}".strip(),
        )


def _empty(project: Project) -> Finding:
    what = "nothing has been published yet"
    return Finding(level="ok", where=project.bucket.url, what=what, do="Publish: pitchcast publish RECORDING --to NAME")
