"""The files of an episode with other tags: the tags are written again, the sound is not encoded again."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from pitchcast.audio.recording import hash_recording
from pitchcast.audio.tags import copy_tags, holds_picture, write_tags
from pitchcast.errors import ObjectMissing
from pitchcast.model.catalog import Catalog
from pitchcast.model.episode import Episode, Master
from pitchcast.model.layout import master_key
from pitchcast.model.steps.greetings import greetings_of
from pitchcast.model.steps.retag import Retagging
from pitchcast.production.mastering import episode_tags_of, fetch_master, tags_of, upload_master
from pitchcast.site.project import Project

_THREADS = 8


@dataclass(frozen=True, slots=True)
class RetaggedFiles:
    """New files of one episode, stored, and where each was stored from, by key."""

    retagging: Retagging
    sources: dict[str, bytes | Path]


def with_pictures(project: Project, episodes: Iterable[Episode]) -> tuple[Episode, ...]:
    """Return those of the episodes whose master holds a picture, in the same order.

    The catalog does not say it. The first 16 KB of each master do, where the list of its tags is: one small request an
    episode, some at a time. What begins with a greeting carries the tags of its master, so it is not asked for. A
    master that is missing counts as one without a picture.
    """
    asked = tuple(episodes)
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(partial(_holds_picture, project), asked)
        return tuple(episode for episode, pictured in zip(asked, found, strict=True) if pictured)


def make_anew(project: Project, catalog: Catalog, episode: Episode, folder: Path, *, slug: str = "") -> RetaggedFiles:
    """Write the tags of an episode's files anew and store them; their names begin with *slug* if given.

    Raises CatalogError where a file is missing in storage, StorageError.
    """
    path = fetch_master(project, episode.master.sha256, folder / f"{episode.id}.mp3")
    tags = tags_of(catalog, episode_tags_of(catalog, episode, now=project.now()), episode.master.duration_s)
    master = _put(project, path, episode.master, write_tags(path, tags))
    sources: dict[str, bytes | Path] = {master_key(master.sha256): path}
    files: dict[str, Master] = {}  # by the hash of the old file: two prospects may hear the same words
    greetings = []
    for greeting in greetings_of(catalog, episode.id):
        if greeting.episode_master_sha256 != episode.master.sha256:
            greetings.append(greeting)  # it is not heard, and must not come to be
            continue
        old = greeting.master
        if old.sha256 not in files:
            greeted = fetch_master(project, old.sha256, folder / f"{episode.id}-{len(files)}.mp3")
            offset = copy_tags(path, greeted, shift_s=greeting.shift_s, duration_s=old.duration_s)
            files[old.sha256] = _put(project, greeted, old, offset)
            sources[master_key(files[old.sha256].sha256)] = greeted
        greetings.append(
            msgspec.structs.replace(greeting, episode_master_sha256=master.sha256, master=files[old.sha256])
        )
    retagging = Retagging(
        episode=episode.id,
        old_master_sha256=episode.master.sha256,
        master=master,
        greetings=tuple(greetings),
        slug=slug,
    )
    return RetaggedFiles(retagging, sources)


def _holds_picture(project: Project, episode: Episode) -> bool:
    try:
        return holds_picture(partial(project.bucket.read_range, master_key(episode.master.sha256)))
    except ObjectMissing:
        return False


def _put(project: Project, path: Path, old: Master, offset: int) -> Master:
    """Store a file with new tags and return what it is: what was measured on the sound stays."""
    size_bytes = path.stat().st_size
    master = msgspec.structs.replace(old, sha256=hash_recording(path), size_bytes=size_bytes, audio_offset_bytes=offset)
    upload_master(project, path, master)
    return master
