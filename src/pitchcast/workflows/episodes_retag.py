"""Make audio files anew without a picture, and find those that hold one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from pitchcast.errors import CatalogError
from pitchcast.model.answers.episodes import Retagged, RetaggedEpisode
from pitchcast.model.answers.feeds import answer_feed
from pitchcast.model.catalog import Catalog, feeds_showing, one_episode, releases_of
from pitchcast.model.contents import Contents, carrying_folders
from pitchcast.model.episode import Episode, Greeting
from pitchcast.model.feed import Feed
from pitchcast.model.naming import compare_form
from pitchcast.model.steps.access import REPLACED_KEPT
from pitchcast.model.steps.greetings import greetings_of
from pitchcast.model.steps.retag import retag_audio
from pitchcast.production.mastering import temporary_folder
from pitchcast.production.retagging import RetaggedFiles, make_anew, with_pictures
from pitchcast.site.attempt import Attempt, Facts, begin, command
from pitchcast.site.change import Wish, change, unchanged
from pitchcast.site.privacy import check_before_publishing
from pitchcast.site.project import Project, no_progress


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
