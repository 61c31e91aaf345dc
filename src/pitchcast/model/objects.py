"""Every stored object that a catalog or a folder names, by kind: the lists that all who deal with objects pick from.

Builds read the objects under ``private/``, which are named by the SHA-256 of their bytes. What they make lies in
folders under ``public/``: copies of those objects, and documents, which are rendered. Whatever builds, examines,
mends, closes or forgets takes the kinds that it deals with from here, so a new kind of file is added here once.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from pitchcast.model.base import Record
from pitchcast.model.catalog import Catalog
from pitchcast.model.episode import Episode, Greeting
from pitchcast.model.feed import Delivery, Feed, FeedContent
from pitchcast.model.layout import (
    FEED_NAME,
    FEED_STYLE_NAME,
    PAGE_NAME,
    asset_key,
    cover_name,
    logo_name,
    master_key,
    photo_name,
    public_key,
    text_key,
)
from pitchcast.model.log_marks import CALL_NAME
from pitchcast.model.preview import preview_cards
from pitchcast.model.show import Artwork, NamedCover

PrivateKind = Literal[
    "show cover", "logo", "photo", "templates", "audio", "episode cover", "transcript", "named cover", "greeted audio"
]
FileKind = Literal[
    "show cover",
    "logo",
    "photo",
    "feed style",
    "audio",
    "replaced audio",
    "episode cover",
    "named cover",
    "chapters",
    "transcript",
    "call",
    "page",
    "feed",
    "preview card",
]
"""``replaced audio`` may stay in a folder for a while although nothing names it; ``call`` is the page that the call to
action leads through."""


class PrivateObject(Record, frozen=True):
    """An object under ``private/`` that builds read.

    ``owner`` is whose it is: the id of an episode, the name on a cover, or the id of the feed that a greeting is for;
    "" where it is the show's. ``size_bytes`` is 0 where the catalog does not say.
    """

    kind: PrivateKind
    key: str
    owner: str = ""
    size_bytes: int = 0


class PublicFile(Record, frozen=True):
    """A file *name* in the folder *path* under ``public/``.

    ``source`` is the key of the object that it is a copy of, "" for a document. ``size_bytes`` is 0 where nobody knows
    it before. ``delivery`` is what it belongs to, None where it is the whole feed's or the show's.
    """

    kind: FileKind
    path: str
    name: str
    source: str = ""
    size_bytes: int = 0
    delivery: Delivery | None = None

    @property
    def key(self) -> str:
        """Return where it lies."""
        return public_key(self.path, self.name)


# ---- what builds read


def needed_objects(catalog: Catalog) -> Iterator[PrivateObject]:
    """Yield what builds of the catalog read, the show's first; nothing needs what is a withdrawn episode's."""
    withdrawn = {episode.master.sha256 for episode in catalog.episodes if episode.withdrawn}
    yield from _objects_of_show(catalog)
    for episode in catalog.episodes:
        if not episode.withdrawn:
            yield from _objects_of_episode(episode)
    yield from named_cover_objects(catalog.named_covers)
    yield from greeting_objects(
        greeting for greeting in catalog.greetings if greeting.episode_master_sha256 not in withdrawn
    )


def named_cover_objects(covers: Iterable[NamedCover]) -> Iterator[PrivateObject]:
    """Yield the pictures that carry a name."""
    for cover in covers:
        for key in _picture_keys(cover.artwork):
            yield PrivateObject(kind="named cover", key=key, owner=cover.name)


def greeting_objects(greetings: Iterable[Greeting]) -> Iterator[PrivateObject]:
    """Yield the audio that begins with a greeting."""
    for greeting in greetings:
        master = greeting.master
        key = master_key(master.sha256)
        yield PrivateObject(kind="greeted audio", key=key, owner=greeting.feed, size_bytes=master.size_bytes)


def _objects_of_show(catalog: Catalog) -> Iterator[PrivateObject]:
    show, brand = catalog.show, catalog.brand
    for key in _picture_keys(show.cover):
        yield PrivateObject(kind="show cover", key=key)
    if brand.logo:
        yield PrivateObject(kind="logo", key=asset_key(brand.logo))
    if show.photo:
        yield PrivateObject(kind="photo", key=asset_key(show.photo))
    if brand.templates:
        yield PrivateObject(kind="templates", key=text_key(brand.templates))


def _objects_of_episode(episode: Episode) -> Iterator[PrivateObject]:
    owner, master = episode.id, episode.master
    yield PrivateObject(kind="audio", key=master_key(master.sha256), owner=owner, size_bytes=master.size_bytes)
    for key in _picture_keys(episode.cover):
        yield PrivateObject(kind="episode cover", key=key, owner=owner)
    if episode.transcript:
        yield PrivateObject(kind="transcript", key=text_key(episode.transcript.sha256), owner=owner)


def _picture_keys(picture: Artwork | None) -> list[str]:
    return [asset_key(size) for size in picture.sizes] if picture else []


# ---- what lies in the folder that all feeds share


def show_files(catalog: Catalog) -> list[PublicFile]:
    """Return what all feeds share: pictures, and the style sheet by which browsers show feeds."""
    show, logo = catalog.show, catalog.brand.logo
    files = _picture_files("show cover", show.art_token, show.cover)
    if logo:
        files.append(PublicFile(kind="logo", path=show.art_token, name=logo_name(logo), source=asset_key(logo)))
    if show.photo:
        name = photo_name(show.photo)
        files.append(PublicFile(kind="photo", path=show.art_token, name=name, source=asset_key(show.photo)))
    files.append(PublicFile(kind="feed style", path=show.art_token, name=FEED_STYLE_NAME))
    return files


def preview_files(catalog: Catalog) -> list[PublicFile]:
    """Return the pictures that chats show of episodes, once for all feeds; they are drawn, and copies of nothing."""
    token = catalog.show.art_token
    return [PublicFile(kind="preview card", path=token, name=name) for name, _ in preview_cards(catalog)]


# ---- what lies in the folder of a feed, or of audio that feeds share


def folder_files(content: FeedContent) -> list[PublicFile]:
    """Return everything that the folder holds or may hold, in the order in which it is put there."""
    return [*copied_files(content), *replaced_files(content), *rendered_files(content)]


def copied_files(content: FeedContent) -> list[PublicFile]:
    """Return the copies that the folder holds: audio, and covers, each once."""
    path = content.feed.path
    in_folder = [delivery for delivery in content.deliveries if _audio_folder(content.feed, delivery) == path]
    audio = [audio_file(content.feed, delivery) for delivery in in_folder]
    return audio if content.audio_only else audio + _cover_files(content)


def replaced_files(content: FeedContent) -> list[PublicFile]:
    """Return the audio that was replaced and that may stay in the folder."""
    return [PublicFile(kind="replaced audio", path=content.feed.path, name=name) for name in content.kept]


def rendered_files(content: FeedContent) -> list[PublicFile]:
    """Return the documents that the folder holds; the feed, which names the others, comes last."""
    if content.audio_only:
        return []
    path = content.feed.path
    files = []
    for delivery in content.deliveries:
        if chapters := delivery.chapters_name:
            files.append(PublicFile(kind="chapters", path=path, name=chapters, delivery=delivery))
    for delivery in content.deliveries:
        if transcript := delivery.transcript_name:
            files.append(PublicFile(kind="transcript", path=path, name=transcript, delivery=delivery))
    if content.counts_calls or content.is_gone:  # apps keep the notes of an ended address, which lead to it
        files.append(PublicFile(kind="call", path=path, name=CALL_NAME))
    files.append(PublicFile(kind="page", path=path, name=PAGE_NAME))
    files.append(PublicFile(kind="feed", path=path, name=FEED_NAME))
    return files


def shared_audio(content: FeedContent) -> list[PublicFile]:
    """Return the audio that the feed names and that lies in another folder, for all feeds that have the episode."""
    feed = content.feed
    elsewhere = [delivery for delivery in content.deliveries if _audio_folder(feed, delivery) != feed.path]
    return [audio_file(feed, delivery) for delivery in elsewhere]


def audio_file(feed: Feed, delivery: Delivery) -> PublicFile:
    """Return the audio that a feed delivers: in its own folder, or in the one that feeds share."""
    master = delivery.episode.master
    return PublicFile(
        kind="audio",
        path=_audio_folder(feed, delivery),
        name=delivery.audio_name,
        source=master_key(master.sha256),
        size_bytes=master.size_bytes,
        delivery=delivery,
    )


def feed_key(path: str) -> str:
    """Return where the feed of the folder *path* lies."""
    return public_key(path, FEED_NAME)


def _audio_folder(feed: Feed, delivery: Delivery) -> str:
    return delivery.audio_path or feed.path


def _cover_files(content: FeedContent) -> list[PublicFile]:
    """Return the covers in a feed's folder: those of its episodes, each once, and the one that carries a name."""
    path = content.feed.path
    files: dict[str, PublicFile] = {}
    for delivery in content.deliveries:
        files |= {file.name: file for file in _picture_files("episode cover", path, delivery.episode.cover)}
    files |= {file.name: file for file in _picture_files("named cover", path, content.own_cover)}
    return list(files.values())


def _picture_files(
    kind: Literal["show cover", "episode cover", "named cover"], path: str, picture: Artwork | None
) -> list[PublicFile]:
    """Return a picture in every size that there is."""
    sizes = picture.sizes if picture else ()
    return [PublicFile(kind=kind, path=path, name=cover_name(size), source=asset_key(size)) for size in sizes]
