"""Whose a request is: the folders and file names by which a line of a log is known as the show's.

Files are known by the last two parts of a path: a folder, which is a feed's or that of audio that feeds share, and a
name. Names of audio that was replaced leave the catalog, and logs come later: so names that were once seen are kept.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from pitchcast.analytics.requests import What
from pitchcast.model.base import Row
from pitchcast.model.catalog import Catalog
from pitchcast.model.episode import Episode, Greeting, Master, greeted_episode
from pitchcast.model.feed import Delivery, Feed
from pitchcast.model.layout import FEED_NAME, PAGE_NAME, PUBLIC, cover_name
from pitchcast.model.log_marks import CALL_NAME, mark_of
from pitchcast.model.show import Artwork

_COUNTED_S = 60  # seconds of sound that make a download [PTM 2.3, section 5.5.3]


class KnownFile(Row, frozen=True):
    """What a file name stands for. ``need_bytes`` is how much of it makes a download; both are 0 for what is no audio.

    ``size_bytes`` is 0 too where only an earlier catalog knew it.
    """

    what: What
    episode: str = ""
    size_bytes: int = 0
    need_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder under ``public/``. ``feed`` is the id of the feed that it is or was of, "" for shared audio.

    ``dropped`` names why its requests are not kept, "" where they are. What is not ``secret`` could be a folder of
    somebody else's too, so it has to lie where the show does.
    """

    path: str
    feed: str = ""
    dropped: str = ""
    secret: bool = True


@dataclass(frozen=True, slots=True)
class Targets:
    """Everything that a line can ask for. ``marks`` are feeds by their marks, ``places`` where public folders lie."""

    folders: tuple[Folder, ...]
    files: Mapping[str, KnownFile]
    marks: Mapping[str, str]
    dropped_marks: Mapping[str, str]
    places: frozenset[str]


def make_targets(
    catalog: Catalog, known: Mapping[str, KnownFile], *, without: Collection[str] = (), place: str = ""
) -> Targets:
    """Return what the show's requests ask for; *known* are the names of its files, and of those that it had.

    The requests of prospects *without* statistics, by their ids, are dropped. *place* is what ``place_in_logs`` says of
    the storage.
    """
    folders = {folder.path: folder for folder in _folders(catalog, without)}
    marks = {mark_of(path): feed for path, feed in _feeds_by_path(catalog)}
    unwanted = {feed.id for feed in catalog.feeds if feed.prospect in without}
    erased = {mark_of(path): "erased" for path in catalog.erased_paths}
    objected = {mark: "objected" for mark, feed in marks.items() if feed in unwanted}
    return Targets(
        folders=tuple(folders.values()),
        files=known,
        marks={mark: feed for mark, feed in marks.items() if feed not in unwanted},
        dropped_marks={**erased, **objected},
        places=frozenset((place, *_places(catalog))),
    )


def known_files(catalog: Catalog) -> dict[str, KnownFile]:
    """Return the files of feeds' folders by their names, with those of audio that was replaced."""
    files = {
        PAGE_NAME: KnownFile("page"),
        CALL_NAME: KnownFile("call"),
        FEED_NAME: KnownFile("feed"),
    }
    for cover in catalog.named_covers:
        files |= _pictures(cover.artwork, "")
    for episode in catalog.episodes:
        files |= _pictures(episode.cover, episode.id)
    for delivery in _deliveries(catalog):
        files |= _files_of(delivery)
    return files


def bytes_needed(master: Master) -> int:
    """Return how many bytes from the file's first one make a download: what stands before the sound, and 60 seconds.

    [PTM 2.3, section 5.5.3]; the whole file where it is shorter.
    """
    sound_bytes = master.size_bytes - master.audio_offset_bytes
    samples = _COUNTED_S * master.sample_rate_hz
    if master.samples <= samples:
        return master.size_bytes
    return master.audio_offset_bytes + -(-sound_bytes * samples // master.samples)


def _folders(catalog: Catalog, without: Collection[str]) -> Iterator[Folder]:
    """Yield each folder; of those that come twice the later one holds."""
    for path in (*catalog.retired_paths, *catalog.erased_paths):
        yield Folder(path, dropped="erased")
    for episode in catalog.episodes:
        if episode.audio_path:
            yield Folder(episode.audio_path)
    for feed in catalog.feeds:
        dropped = "objected" if feed.prospect and feed.prospect in without else ""
        for path in feed.paths:
            yield Folder(path, feed.id, dropped, secret=feed.access == "private")


def _feeds_by_path(catalog: Catalog) -> Iterator[tuple[str, str]]:
    for feed in catalog.feeds:
        yield from ((path, feed.id) for path in feed.paths)


def _places(catalog: Catalog) -> Iterator[str]:
    """Yield what stands before the folder of a public feed in logs: a bucket and prefix, or a host and path.

    A web server's own log names no host, and may serve ``public/`` at its root.
    """
    yield ""
    for url in (catalog.public_url, *(place.public_url for place in catalog.former_places)):
        parts = urlsplit(url)
        yield from (f"{parts.netloc.lower()}{parts.path}", parts.path, parts.netloc.lower())
    for place in catalog.former_places:
        yield place_in_logs(place.url)


def place_in_logs(url: str) -> str:
    """Return what an S3 log writes before the folders of a show at ``s3://bucket/prefix``; "" for a folder."""
    if not url.startswith("s3://"):
        return ""
    return f"{url.removeprefix('s3://')}/{PUBLIC}".removesuffix("/")


def _deliveries(catalog: Catalog) -> Iterator[Delivery]:
    """Yield each episode as it was delivered: the names of its files are the same for all feeds, but for greetings."""
    episodes = {episode.id: _with_all_replaced(episode) for episode in catalog.episodes}
    releases = {release.number: release for release in catalog.releases}
    for release in catalog.releases:
        yield _delivery(episodes[release.episode], release.number, release.public_number, catalog)
    for greeting in catalog.greetings:
        release_of_it = releases.get(greeting.release)
        episode = episodes.get(release_of_it.episode) if release_of_it else None
        if release_of_it and episode and episode.master.sha256 == greeting.episode_master_sha256:
            greeted = greeted_episode(episode, greeting)
            yield _delivery(greeted, release_of_it.number, release_of_it.public_number, catalog, greeting)


def _delivery(
    episode: Episode, number: int, public_number: int, catalog: Catalog, greeting: Greeting | None = None
) -> Delivery:
    date = catalog.saved.at  # no name depends on it
    return Delivery(episode=episode, date=date, release=number, greeting=greeting, public_number=public_number)


def _with_all_replaced(episode: Episode) -> Episode:
    """Return the episode as if all audio that was ever replaced could still be read: its names are then known."""
    replaced = tuple(msgspec.structs.replace(old, still_readable=True) for old in episode.replaced)
    return msgspec.structs.replace(episode, replaced=replaced)


def _files_of(delivery: Delivery) -> dict[str, KnownFile]:
    episode, master = delivery.episode, delivery.episode.master
    files = {delivery.audio_name: KnownFile("audio", episode.id, master.size_bytes, bytes_needed(master))}
    # The size of replaced audio is not known any more; a minute of it takes about as much as one of today's.
    files |= {name: KnownFile("audio", episode.id, 0, bytes_needed(master)) for name in delivery.kept_names}
    for name in (delivery.chapters_name, delivery.transcript_name):
        if name:
            files[name] = KnownFile("transcript", episode.id)
    return files


def _pictures(picture: Artwork | None, episode: str) -> dict[str, KnownFile]:
    sizes: Iterable[Artwork] = picture.sizes if picture else ()
    return {cover_name(size): KnownFile("cover", episode) for size in sizes}


def feeds_without(catalog: Catalog, feeds: Iterable[str], without: Collection[str]) -> list[str]:
    """Return those of these feeds, by id, whose requests may not be kept: they are gone, or of one who objected."""
    living: dict[str, Feed] = {feed.id: feed for feed in catalog.feeds}
    return [one for one in feeds if one not in living or living[one].prospect in without]
