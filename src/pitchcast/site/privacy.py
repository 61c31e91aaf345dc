"""Who can read what: proved before anything is published, and again when a feed is there."""

from collections.abc import Mapping, Sequence

from pitchcast.errors import NotPrivate, StorageError, StorageUnavailable
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.publish import PublishedFeed
from pitchcast.model.finding import Finding
from pitchcast.model.layout import PUBLIC
from pitchcast.model.place import refuse_moved
from pitchcast.model.token import mask_tokens
from pitchcast.site.build import build_feeds
from pitchcast.site.project import Project
from pitchcast.storage.probe import (
    anonymous_get,
    anonymous_status,
    check_capabilities,
    check_privacy,
    check_public,
    is_unanswered,
    longest_kept_s,
)

_LOOKED_AT = 5  # folders that are looked at for all of many


def check_private(project: Project, *, unverified: bool = True) -> None:
    """Refuse to write anything personal where the private half of the storage can be read by anyone.

    Raises NotPrivate; without *unverified* StorageUnavailable where that could not be tried for lack of an answer.
    """
    findings = check_privacy(project.bucket, _public_url(project))
    for finding in findings:
        if finding.level == "error":
            raise NotPrivate(f"{finding.where}: {finding.what}", hint=finding.do)
    if not unverified:
        _raise_unanswered(findings)


def check_before_publishing(project: Project, *, unverified: bool = False) -> None:
    """Refuse to go on where the private half of the storage can be read by anyone, or only somebody else may write.

    The first time, also refuse a storage that would lose a colleague's work. Raises NotPrivate, StorageError, or
    CatalogError that names the single writer.
    *unverified* lets pass what could not be tried for lack of an answer, never what was proved to be open.
    """
    catalog = project.ledger.load().catalog
    if catalog:
        refuse_moved(catalog.moved, project.bucket.url)
        project.ledger.refuse_other_writer(catalog, project.who)
    check_private(project, unverified=unverified)
    if catalog is None and not project.settings.storage.single_writer:
        _raise_first(check_capabilities(project.bucket))


def check_listeners(project: Project, *, unverified: bool = True) -> None:
    """Refuse to go on where nobody could listen: the public half of a bucket was never opened.

    Raises StorageError; without *unverified* StorageUnavailable where that could not be tried for lack of an answer.
    """
    if not project.bucket.url.startswith("s3://"):
        return
    findings = check_public(project.bucket, _public_url(project))
    _raise_first(findings)
    if not unverified:
        _raise_unanswered(findings)


def check_taken_away(project: Project, paths: Sequence[str], withdrawn: Mapping[str, str]) -> list[str]:
    """Look whether what was taken away is gone, and return a sentence for each address that a cache still serves.

    *paths* are the folders concerned, *withdrawn* is the key of one audio file that was deleted in a folder. Of many
    folders a few are looked at. Raises StorageUnavailable where the storage itself still has what must not be there.
    """
    lost_audio = [path for path in paths if path in withdrawn][:_LOOKED_AT]
    left = build_feeds(project.as_dry_run(), lost_audio or list(paths[:_LOOKED_AT]))
    if left.put or left.copied or left.deleted:
        raise StorageUnavailable(f"{project.bucket.url} still holds what was taken away", hint="Run the command again.")
    if not project.bucket.url.startswith("s3://"):
        return []
    keys = [withdrawn[path] for path in lost_audio]
    notes = [_cached(project, f"{_public_url(project)}/{key.removeprefix(PUBLIC)}") for key in keys]
    return list(filter(None, notes))


def _cached(project: Project, address: str) -> str:
    """Return a sentence where listeners are still given what is gone at the storage, else ""."""
    try:
        status, headers, _ = anonymous_get(address, start=0, length=1, reach=project.bucket.reach)
    except StorageUnavailable:
        return ""  # whether it can be reached at all is another matter
    if status not in (200, 206):
        return ""
    kept_s = longest_kept_s(headers)
    until = "until it forgets it" if kept_s is None else f"for up to {kept_s // 3600 + 1} hours"
    return f"a cache before the storage still serves {mask_tokens(address)}, {until}; ask the service to purge it"


def _raise_first(findings: Sequence[Finding]) -> None:
    for finding in findings:
        if finding.level == "error":
            raise StorageError(f"{finding.where}: {finding.what}", hint=finding.do)


def _raise_unanswered(findings: Sequence[Finding]) -> None:
    for finding in findings:
        if is_unanswered(finding):
            raise StorageUnavailable(f"{finding.where}: {finding.what}", hint=finding.do)


def _public_url(project: Project) -> str:
    catalog = project.ledger.load().catalog
    return catalog.public_url if catalog else project.public_url()


def check_reachable(project: Project, feeds: Sequence[PublishedFeed]) -> None:
    """Raise StorageError where a listener without credentials does not get feed and audio.

    A folder is served by somebody else, so only a bucket is asked. One feed stands for all of a publish. The error is
    an answer: what was published is done, and the same command has nothing to complete.
    """
    if not project.bucket.url.startswith("s3://"):
        return
    for feed in [feed for feed in feeds if feed.new][:1]:
        for url, length in ((feed.feed_url, None), (feed.audio_url, 1024)):
            status = anonymous_status(url, length=length, reach=project.bucket.reach)
            if status not in (200, 206):
                project.outcome.answered()
                raise StorageError(
                    f"everything is stored, but listeners get the answer {status} for {mask_tokens(url)}",
                    hint=f"Open public/ with “{pitchcast_command('storage setup')}”, or correct [storage] public_url.",
                )
