"""Addresses that have ended and that a cache before the storage still serves.

A few of those that ended last are asked for, as a listener would: the feed and the page must be what the storage holds,
and audio that was deleted must be gone. The catalog does not keep the names of deleted audio; the revision before the
end does, as long as history keeps it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter

from pitchcast.errors import CatalogError, ObjectMissing, ObjectTooLarge, StorageUnavailable
from pitchcast.model.catalog import Catalog, Tombstone, feeds_showing, releases_of
from pitchcast.model.contents import Contents
from pitchcast.model.episode import Episode
from pitchcast.model.feed import FeedContent
from pitchcast.model.finding import Finding
from pitchcast.model.layout import FEED_NAME, PAGE_NAME, PUBLIC, public_key
from pitchcast.model.objects import audio_file, copied_files
from pitchcast.model.token import mask_tokens
from pitchcast.site.project import Project
from pitchcast.storage.bucket import Reach
from pitchcast.storage.probe import anonymous_get, is_served, longest_kept_s

_LOOKED_AT = 5  # ended addresses, and as many withdrawn episodes
_REVISIONS = 3  # each is read whole
_PURGE = "Ask the service that caches to purge this address, and let it keep nothing that says private."


Judge = Callable[[bytes], bool]

_DOCUMENTS: Mapping[str, Judge] = {
    PAGE_NAME: lambda body: b".mp3" in body,
    FEED_NAME: lambda body: b"<enclosure" in body,
}


@dataclass(frozen=True, slots=True)
class _Ended:
    """An address that has ended. ``is_old`` tells a document of before by its bytes; audio (None) must be gone."""

    url: str
    is_old: Judge | None = None


def check_caches(project: Project, catalog: Catalog) -> Iterator[Finding]:
    """Yield each address that a cache still serves although it has ended; nothing where nobody answers at all.

    Each is asked for twice: the first look may lead a cache to notice.
    """
    if not is_served(project.bucket, catalog.public_url):
        return
    reach = project.bucket.reach
    try:
        for ended in [*_documents(project, catalog), *_audio(project, catalog)]:
            headers = _serves(ended, reach) and _serves(ended, reach)
            if headers:
                yield _told(ended, headers)
    except StorageUnavailable:
        return  # that nobody answers at all is found by itself


def _told(ended: _Ended, headers: dict[str, str]) -> Finding:
    kept_s = longest_kept_s(headers)
    age = f", {headers['age']} seconds old" if headers.get("age", "").isdecimal() else ""
    until = "" if kept_s is None else f"; it may do so for {_span(kept_s)} after it took it"
    what = f"a cache still serves what has ended{age}{until}"
    return Finding(level="warning", where=mask_tokens(ended.url), what=what, do=_PURGE)


def _span(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 3600 else f"{seconds // 3600} hours"


def _serves(ended: _Ended, reach: Reach) -> dict[str, str] | None:
    """Return the headers of an answer that must not be given any more, None where it is not given."""
    if ended.is_old is None:
        status, headers, _ = anonymous_get(ended.url, start=0, length=1, reach=reach)
        is_page = "html" in headers.get("content-type", "")  # of a host that answers so where there is nothing
        return headers if status in (200, 206) and not is_page else None
    status, headers, body = anonymous_get(ended.url, reach=reach)
    return headers if status == 200 and ended.is_old(body) else None


def _lately_ended(catalog: Catalog) -> list[Tombstone]:
    return sorted(catalog.tombstones, key=attrgetter("ended_at"))[-_LOOKED_AT:]


def _lately_withdrawn(catalog: Catalog) -> list[Episode]:
    withdrawn = (episode for episode in catalog.episodes if episode.withdrawn)
    return sorted(withdrawn, key=attrgetter("changed_revision"))[-_LOOKED_AT:]


def _documents(project: Project, catalog: Catalog) -> Iterator[_Ended]:
    """Yield the page and the feed of the addresses that ended last, as far as the storage says there that they did.

    Services may write into pages that pass through them, so each is judged by whether it names audio.
    """
    for tombstone in _lately_ended(catalog):
        for name, is_old in _DOCUMENTS.items():
            try:
                body, _ = project.bucket.get(public_key(tombstone.path, name))
            except (ObjectMissing, ObjectTooLarge):
                continue  # that it is missing, or somebody else's, is found by itself
            if not is_old(body):
                yield _Ended(f"{catalog.public_url}/{tombstone.path}/{name}", is_old)


def _audio(project: Project, catalog: Catalog) -> Iterator[_Ended]:
    """Yield one audio file of each address that ended last, and of each episode that was withdrawn last."""
    ended = {tombstone.path: tombstone.changed_revision for tombstone in _lately_ended(catalog)}
    withdrawn = {episode.id: episode.changed_revision for episode in _lately_withdrawn(catalog)}
    revisions = sorted({*ended.values(), *withdrawn.values()})
    for revision in revisions[-_REVISIONS:]:
        before = _before(project, revision)
        if before is None:
            continue
        paths = [path for path, changed in ended.items() if changed == revision]
        episodes = [episode for episode, changed in withdrawn.items() if changed == revision]
        for key in _audio_keys(before, paths, episodes):
            yield from _gone(project, key, catalog.public_url)


def _audio_keys(before: Catalog, paths: Iterable[str], episodes: Iterable[str]) -> Iterator[str]:
    """Yield the key of one audio file of each of these folders and episodes, as far as there was one *before*."""
    contents = Contents(before)
    feeds = filter(None, map(contents.at, paths))
    keys = [_own_audio(content) for content in feeds]
    keys += [_audio_of(before, contents, episode) for episode in episodes]
    return filter(None, keys)


def _gone(project: Project, key: str, public_url: str) -> Iterator[_Ended]:
    """Yield the address of an object unless the storage still holds it: then no cache is to blame."""
    try:
        project.bucket.head(key)
    except ObjectMissing:
        yield _Ended(f"{public_url}/{key.removeprefix(PUBLIC)}")


def _before(project: Project, revision: int) -> Catalog | None:
    try:
        return project.ledger.revision(revision - 1)
    except (ObjectMissing, CatalogError):
        return None


def _own_audio(content: FeedContent) -> str:
    """Return the key of audio that lay in the feed's own folder; what feeds share goes on for the others."""
    return next((file.key for file in copied_files(content) if file.kind == "audio"), "")


def _audio_of(before: Catalog, contents: Contents, episode: str) -> str:
    """Return the key of an episode's audio in any feed that showed it."""
    for feed in feeds_showing(before, releases_of(before, episode))[:1]:
        for delivery in contents.of(feed).deliveries:
            if delivery.episode.id == episode:
                return audio_file(feed, delivery).key
    return ""
