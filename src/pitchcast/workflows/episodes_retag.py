"""Make an episode's files anew without a picture: the tags are written again, the sound is not encoded again."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec

from pitchcast.audio.recording import hash_recording
from pitchcast.audio.tags import copy_tags, holds_picture, write_tags
from pitchcast.errors import CatalogError, ObjectMissing
from pitchcast.model.answers.episodes import Retagged, RetaggedEpisode
from pitchcast.model.answers.feeds import answer_feed
from pitchcast.model.catalog import Catalog, feeds_showing, one_episode, releases_of
from pitchcast.model.contents import Contents, carrying_folders
from pitchcast.model.episode import Episode, Greeting, Master
from pitchcast.model.feed import Feed
from pitchcast.model.layout import master_key
from pitchcast.model.naming import compare_form
from pitchcast.model.steps.access import REPLACED_KEPT
from pitchcast.model.steps.greetings import greetings_of
from pitchcast.model.steps.retag import Retagging, retag_audio
from pitchcast.site.attempt import Attempt, Facts, begin, command
from pitchcast.site.change import Wish, change, unchanged
from pitchcast.site.privacy import check_before_publishing
from pitchcast.site.project import Project, no_progress
from pitchcast.workflows.mastering import episode_tags_of, fetch_master, tags_of, temporary_folder, upload_master

_THREADS = 8


class RetagFacts(Facts, frozen=True):
    """The ids of the episodes that were asked for."""

    episodes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetagPlan:
    """What would be made anew: ``episodes`` whose audio holds a picture. ``unchanged`` are those without one."""

    attempt: Attempt[RetagFacts]
    catalog: Catalog
    episodes: tuple[Episode, ...]
    unchanged: tuple[Episode, ...]


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


def plan_retag(project: Project, names: Sequence[str], *, everything: bool = False) -> RetagPlan:
    """Look which of the episodes named, by id or title, hold a picture; write nothing.

    *everything* means every episode that is not withdrawn. Raises CatalogError for one that is and was named,
    UnknownName, AmbiguousName.
    """
    catalog = project.catalog()
    typed = command("episodes edit --retag", episodes=sorted(map(compare_form, names)), everything=everything)
    attempt = begin(project, typed, catalog, lambda found: _asked(found, names, everything), RetagFacts)
    asked = [episode for episode in _heard(catalog) if episode.id in attempt.facts.episodes]
    pictured = with_pictures(project, asked)
    anew = {episode.id for episode in pictured}
    unchanged = tuple(episode for episode in asked if episode.id not in anew)
    return RetagPlan(attempt=attempt, catalog=catalog, episodes=pictured, unchanged=unchanged)


def _asked(catalog: Catalog, names: Sequence[str], everything: bool) -> RetagFacts:
    named = [one_episode(catalog, name) for name in names]
    for episode in named:
        if episode.withdrawn:
            raise CatalogError(f"{episode.id} is withdrawn", hint="Its audio is served to nobody: leave it out.")
    ids = [episode.id for episode in _heard(catalog)]
    if not everything:
        chosen = {episode.id for episode in named}
        ids = [episode_id for episode_id in ids if episode_id in chosen]
    return RetagFacts(episodes=tuple(ids))


def _heard(catalog: Catalog) -> list[Episode]:
    """Return the episodes that are not withdrawn."""
    return [episode for episode in catalog.episodes if not episode.withdrawn]


def planned_answer(plan: RetagPlan) -> Retagged:
    """Return what scripts are told of a plan: what would be made anew, and whose apps would fetch it again."""
    return _answer(plan, plan.catalog, plan.episodes)


def retag(project: Project, plan: RetagPlan) -> Retagged:
    """Make the files of a plan anew, put them in the place of the old ones by one change, and build the feeds.

    Tags say what the catalog says now. Ids, guids and dates stay; file names change, and the old files stay readable
    for seven days, for apps that have not looked at the feed since. Every new file lies in the user's cache folder
    until the end. Raises CatalogError where a file is missing in storage, NotPrivate, StorageError; the same command
    then completes the work.
    """
    if project.dry_run:
        return planned_answer(plan)
    if not plan.episodes:
        _change_nothing(project, plan)
        return planned_answer(plan)
    check_before_publishing(project)
    with temporary_folder(None) as folder:
        made = _make_all(project, plan, folder)
        at = project.now()
        sources: dict[str, bytes | Path] = {}
        for one in made:
            sources |= one.sources
        what = f"made the audio of {len(made)} episodes anew without pictures"
        wish = Wish(what=what, names=lambda catalog: _carrying(catalog, plan), sources=sources)
        retaggings = [one.retagging for one in made]
        done = change(project, lambda catalog: retag_audio(catalog, retaggings, at), wish, plan.attempt)
    answer = _answer(plan, done.catalog, _changed_episodes(plan, made, done.catalog))
    return msgspec.structs.replace(answer, old_audio_until=at + REPLACED_KEPT) if answer.changed else answer


def _change_nothing(project: Project, plan: RetagPlan) -> None:
    """Complete what an interrupted run of the command left, where there is no audio to make anew."""
    what = "made no audio anew: no picture is in it"
    change(project, unchanged, Wish(what=what, names=lambda catalog: _carrying(catalog, plan)), plan.attempt)


def _make_all(project: Project, plan: RetagPlan, folder: Path) -> list[RetaggedFiles]:
    """Make the files of every episode of a plan anew, in a folder for temporary files, and store them."""
    made = []
    quiet = replace(project, progress=no_progress)  # how far one file is says little of how far all are
    for number, episode in enumerate(plan.episodes):
        project.progress("tagging", number / len(plan.episodes))
        made.append(make_anew(quiet, plan.catalog, episode, folder))
    return made


def _changed_episodes(plan: RetagPlan, made: Iterable[RetaggedFiles], after: Catalog) -> tuple[Episode, ...]:
    """Return the episodes whose new master the catalog names *after*; a colleague may have replaced one meanwhile."""
    new = {one.retagging.episode: one.retagging.master for one in made}
    masters = {episode.id: episode.master for episode in after.episodes}
    return tuple(episode for episode in plan.episodes if masters.get(episode.id) == new[episode.id])


def _holds_picture(project: Project, episode: Episode) -> bool:
    try:
        return holds_picture(partial(project.bucket.read_range, master_key(episode.master.sha256)))
    except ObjectMissing:
        return False


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


def _put(project: Project, path: Path, old: Master, offset: int) -> Master:
    """Store a file with new tags and return what it is: what was measured on the sound stays."""
    size_bytes = path.stat().st_size
    master = msgspec.structs.replace(old, sha256=hash_recording(path), size_bytes=size_bytes, audio_offset_bytes=offset)
    upload_master(project, path, master)
    return master


def _answer(plan: RetagPlan, after: Catalog, anew: Sequence[Episode]) -> Retagged:
    done = {episode.id for episode in anew}
    contents = Contents(after)
    episodes = tuple(
        RetaggedEpisode(id=e.id, title=e.title, files=1 + _greeted_files(greetings_of(plan.catalog, e.id)))
        for e in anew
    )
    return Retagged(
        episodes=episodes,
        files=sum(episode.files for episode in episodes),
        unchanged=tuple(episode.id for episode in plan.unchanged),
        passed_over=tuple(episode.id for episode in plan.episodes if episode.id not in done),
        feeds=tuple(answer_feed(contents, feed) for feed in _feeds(after, anew)),
        changed=bool(anew),
        old_audio_until=None,
        catalog_revision=after.revision,
    )


def _carrying(catalog: Catalog, plan: RetagPlan) -> list[str]:
    """Return the folders that show the episodes that were asked for."""
    paths: list[str] = []
    for episode in plan.attempt.facts.episodes:
        paths += carrying_folders(catalog, episode)
    return paths


def _greeted_files(greetings: Iterable[Greeting]) -> int:
    return len({greeting.master.sha256 for greeting in greetings})


def _feeds(catalog: Catalog, episodes: Iterable[Episode]) -> list[Feed]:
    """Return the active feeds that show one of the episodes."""
    numbers: set[int] = set()
    for episode in episodes:
        numbers |= releases_of(catalog, episode.id)
    return feeds_showing(catalog, numbers)
