"""Episodes that exist: list, show, edit."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from pitchcast.audio.chapters import place_chapters, read_chapters
from pitchcast.audio.transcript import read_transcript
from pitchcast.errors import FileError
from pitchcast.model.answers.episodes import EpisodeAnswer, ShownEpisode, answer_episode
from pitchcast.model.answers.feeds import answer_feed
from pitchcast.model.answers.sent import recipients_of
from pitchcast.model.catalog import Catalog, episode_with_id, feeds_showing, one_episode, one_heard_episode, releases_of
from pitchcast.model.contents import Contents, carrying_folders
from pitchcast.model.episode import Chapter, Episode
from pitchcast.model.naming import compare_form, make_slug
from pitchcast.model.steps.edit import edit_episode
from pitchcast.model.steps.retag import retag_audio
from pitchcast.production.mastering import put_episode_cover, put_transcript, read_cover, temporary_folder
from pitchcast.production.retagging import RetaggedFiles, make_anew
from pitchcast.reading import FileKind, digest_of
from pitchcast.site.attempt import Facts, begin, command
from pitchcast.site.change import Wish, change
from pitchcast.site.privacy import check_before_publishing
from pitchcast.site.project import Project

_GIVEN = FileKind(
    what="a picture or a text", at_most_bytes=500_000_000, error=FileError, hint="Check the name and the folder."
)


class EpisodeEditFacts(Facts, frozen=True):
    """The episode that is edited, by its id."""

    episode: str


def list_episodes(project: Project) -> tuple[EpisodeAnswer, ...]:
    """Return every episode, oldest first, withdrawn ones too."""
    catalog = project.catalog()
    return tuple(answer_episode(catalog, episode) for episode in catalog.episodes)


def show(project: Project, name: str) -> ShownEpisode:
    """Return an episode, by id or title, who was sent it, and the feeds that hold it; revoked ones hold nothing."""
    catalog = project.catalog()
    episode = one_episode(catalog, name)
    numbers = set() if episode.withdrawn else releases_of(catalog, episode.id)
    contents = Contents(catalog)
    feeds = tuple(answer_feed(contents, feed) for feed in feeds_showing(catalog, numbers))
    return ShownEpisode(
        episode=answer_episode(catalog, episode), feeds=feeds, recipients=recipients_of(catalog, episode.id)
    )


def edit(project: Project, name: str, changes: dict[str, object], *, keep_file: bool = False) -> EpisodeAnswer:
    """Change title, notes, host, season or number of an episode, keyed by attribute; sound and guid stay.

    ``cover``, ``chapters`` and ``transcript`` are given as paths, None for none. Another title gives the audio's file
    other tags and another name, so that apps may fetch it again, unless *keep_file*; the old file stays readable for
    seven days. Otherwise the tags keep what they said: apps show what the feed says. Raises CatalogError where the
    episode was withdrawn, FileError for files that cannot be used.
    """
    before = project.catalog()
    attempt = begin(
        project,
        command("episodes edit", episode=compare_form(name), changes=_meaning(changes), keep_file=keep_file),
        before,
        lambda catalog: EpisodeEditFacts(episode=one_heard_episode(catalog, name).id),
        EpisodeEditFacts,
    )
    episode = episode_with_id(before, attempt.facts.episode)
    changes = changes | _put_files(project, episode, changes)

    def edited(catalog: Catalog) -> Catalog:
        current = episode_with_id(catalog, episode.id)
        same = all(getattr(current, key) == value for key, value in changes.items())
        return catalog if same else edit_episode(catalog, episode.id, **changes)

    at = project.now()
    renames = changes.get("title", episode.title) != episode.title and not keep_file and not project.dry_run
    with _renamed(project, edited(before), episode.id) if renames else nullcontext() as made:

        def step(catalog: Catalog) -> Catalog:
            after = edited(catalog)
            return retag_audio(after, [made.retagging], at) if made else after

        wish = Wish(
            what=f"edited {episode.id}",
            names=lambda catalog: carrying_folders(catalog, episode.id),
            sources=made.sources if made else {},
        )
        done = change(project, step, wish, attempt)
    if made:
        project.outcome.notes.append("the audio's file goes by the new title: podcast apps may fetch it again")
    return answer_episode(done.catalog, episode_with_id(done.catalog, episode.id))


@contextmanager
def _renamed(project: Project, after: Catalog, episode_id: str) -> Iterator[RetaggedFiles]:
    """Give the files of an episode, with the tags and the name that its title in the catalog *after* asks for."""
    check_before_publishing(project)
    episode = episode_with_id(after, episode_id)
    with temporary_folder(None) as folder:
        yield make_anew(project, after, episode, folder, slug=make_slug(episode.title, fallback="episode"))


def _meaning(changes: dict[str, object]) -> dict[str, object]:
    """Return changes so that the same ones are equal: files by what is in them."""
    return {key: digest_of(value, _GIVEN) if isinstance(value, Path) else value for key, value in changes.items()}


def _put_files(project: Project, episode: Episode, changes: dict[str, object]) -> dict[str, object]:
    """Store the files among *changes* and return what the episode keeps of them."""
    kept: dict[str, object] = {}
    if "cover" in changes:
        picture = changes["cover"]
        kept["cover"] = put_episode_cover(project, read_cover(picture)) if isinstance(picture, Path) else None
    if "chapters" in changes:
        file = changes["chapters"]
        kept["chapters"] = _chapters(episode, file) if isinstance(file, Path) else ()
    if "transcript" in changes:
        file = changes["transcript"]
        words = read_transcript(file, _recording_s(episode)) if isinstance(file, Path) else None
        kept["transcript"] = put_transcript(project, words) if words else None
    return kept


def _chapters(episode: Episode, file: Path) -> tuple[Chapter, ...]:
    given = read_chapters(file, _recording_s(episode))
    return place_chapters(given, episode.timeline, episode.master.duration_s) if episode.timeline else given


def _recording_s(episode: Episode) -> float:
    return episode.timeline.recording_s if episode.timeline else episode.master.duration_s
