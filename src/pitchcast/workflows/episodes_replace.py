"""Replace an episode's audio: same episode, same guid, another recording."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pitchcast.audio.chapters import read_chapters
from pitchcast.audio.master import Mastered, move_chapters
from pitchcast.audio.recording import hash_recording, probe_recording
from pitchcast.audio.transcript import read_transcript
from pitchcast.model.answers.episodes import ReplacedEpisode, answer_episode
from pitchcast.model.answers.feeds import answer_feed
from pitchcast.model.catalog import Catalog, episode_with_id, feeds_showing, releases_of
from pitchcast.model.contents import Contents, carrying_folders
from pitchcast.model.episode import Chapter, Episode
from pitchcast.model.layout import master_key
from pitchcast.model.naming import compare_form
from pitchcast.model.steps.access import REPLACED_KEPT, check_replacement, replace_audio
from pitchcast.model.steps.greetings import greetings_of
from pitchcast.model.transcript import Transcript
from pitchcast.production.greeting import put_greetings_anew
from pitchcast.production.mastering import UntaggedAudio, episode_tags_of, mastered, put_master, put_transcript
from pitchcast.site.attempt import Attempt, Facts, begin, command
from pitchcast.site.change import Step, Wish, change, unchanged
from pitchcast.site.privacy import check_before_publishing
from pitchcast.site.project import Project

_REFETCHED = "apps may fetch the episode again; what somebody fetched before stays with them as it was"


class ReplaceFacts(Facts, frozen=True):
    """The episode whose audio is replaced, by its id."""

    episode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What replacing an episode's audio would do; ``same`` where the recording is what the episode is made of."""

    attempt: Attempt[ReplaceFacts]
    episode: Episode
    recording: Path
    sha256: str
    chapters: tuple[Chapter, ...]
    transcript: Transcript | None
    catalog: Catalog
    temp_dir: Path | None

    @property
    def same(self) -> bool:
        """Return whether nothing would change."""
        return self.episode.recording_sha256 == self.sha256


def plan_replacement(
    project: Project,
    name: str,
    recording: Path,
    *,
    chapters: Path | None = None,
    transcript: Path | None = None,
    temp_dir: Path | None = None,
) -> Replacement:
    """Look at the episode, by id or title, and at the recording; write nothing.

    Raises CatalogError where the episode was withdrawn or the recording is another episode's, RecordingError.
    """
    catalog = project.catalog()
    probe_recording(recording)
    sha256 = hash_recording(recording)
    typed = command("episodes replace", episode=compare_form(name), recording=sha256)
    attempt = begin(
        project,
        typed,
        catalog,
        lambda found: ReplaceFacts(episode=check_replacement(found, name, sha256).id),
        ReplaceFacts,
    )
    return Replacement(
        attempt=attempt,
        episode=check_replacement(catalog, attempt.facts.episode, sha256),
        recording=recording,
        sha256=sha256,
        chapters=read_chapters(chapters) if chapters else (),
        transcript=read_transcript(transcript) if transcript else None,
        catalog=catalog,
        temp_dir=temp_dir,
    )


def planned_answer(plan: Replacement) -> ReplacedEpisode:
    """Return what scripts are told of a plan: the episode as it is now, and the feeds that hold it."""
    return _answer(plan, plan.catalog, changed=not plan.same)


def replace_episode(project: Project, plan: Replacement) -> ReplacedEpisode:
    """Master the recording and put it in the place of the episode's audio, in every feed that holds it.

    The old audio stays readable for seven days, for apps that have not looked at the feed since, and is then removed by
    the next writing command. Chapters are those given: marks of the old audio fit no other one. Greetings are put
    before the new audio.
    """
    what = f"replaced the audio of {plan.episode.id}"
    if plan.same:
        wish = Wish(what=what, names=lambda after: carrying_folders(after, plan.episode.id))
        done = change(project, unchanged, wish, plan.attempt)
        return _answer(plan, done.catalog, changed=plan.attempt.resumes)
    check_before_publishing(project)
    with mastered(project, plan.recording, temp_dir=plan.temp_dir) as finished:
        sources, step = _step(project, plan, finished)
        done = change(project, step, Wish(what=what, sources=sources), plan.attempt)
        return _answer(plan, done.catalog, changed=True, measured=finished.mastered)


def _step(project: Project, plan: Replacement, finished: UntaggedAudio) -> tuple[dict[str, bytes | Path], Step]:
    """Return what was stored, by key, and the step that puts it in the old audio's place."""
    chapters = move_chapters(plan.chapters, finished.mastered)
    episode = plan.episode
    episode_tags = replace(episode_tags_of(plan.catalog, episode, now=project.now()), chapters=chapters)
    master = put_master(project, plan.catalog, finished, episode_tags)
    anew = put_greetings_anew(project, plan.catalog, episode.id, master, finished.path)
    sources: dict[str, bytes | Path] = {master_key(master.sha256): finished.path}
    for made in anew:
        sources |= made.sources
    at = project.now()
    timeline = finished.mastered.timeline.rounded()
    transcript = put_transcript(project, plan.transcript) if plan.transcript else None
    return sources, lambda catalog: replace_audio(
        catalog,
        episode.id,
        recording=plan.sha256,
        master=master,
        chapters=chapters,
        at=at,
        timeline=timeline,
        transcript=transcript,
        greetings=[made.greeting for made in anew],
    )


def _answer(
    plan: Replacement,
    after: Catalog,
    *,
    changed: bool,
    measured: Mastered | None = None,
) -> ReplacedEpisode:
    episode = episode_with_id(after, plan.episode.id)
    numbers = releases_of(after, episode.id)
    contents = Contents(after)
    return ReplacedEpisode(
        episode=answer_episode(after, episode),
        feeds=tuple(answer_feed(contents, feed) for feed in feeds_showing(after, numbers)),
        changed=changed,
        old_audio_until=episode.replaced[-1].replaced_at + REPLACED_KEPT if measured else None,
        catalog_revision=after.revision,
        trimmed_s=round(measured.trimmed_start_s + measured.trimmed_end_s, 3) if measured else 0.0,
        remarks=measured.remarks if measured else (),
        warnings=tuple(_warnings(plan)) if changed else (),
    )


def _warnings(plan: Replacement) -> Iterator[str]:
    yield _REFETCHED
    if plan.episode.chapters and not plan.chapters:
        yield "the chapters were those of the old recording and go: give new ones with --chapters"
    if plan.episode.transcript and not plan.transcript:
        yield "the transcript was that of the old recording and goes: give a new one with --transcript"
    greeted = [greeting.feed for greeting in greetings_of(plan.catalog, plan.episode.id)]
    if greeted:
        yield f"greetings stay, before the new audio: {', '.join(greeted)}"
