"""Publish a recording: master it, add it to the catalog for its audience, build the feeds concerned."""

import unicodedata
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from pitchcast.audio.chapters import read_chapters
from pitchcast.audio.master import Mastered, move_chapters
from pitchcast.audio.recording import Recording, hash_recording, probe_recording
from pitchcast.audio.transcript import read_transcript
from pitchcast.errors import UsageError
from pitchcast.model.answers import Published, answer_episode
from pitchcast.model.catalog import Audience, Catalog, Resolved, find_recording, resolve_audience
from pitchcast.model.episode import Chapter, Episode
from pitchcast.model.layout import asset_key, master_key
from pitchcast.model.personal import check_texts, fill_texts
from pitchcast.model.prospect import Prospect
from pitchcast.model.steps.greetings import greet
from pitchcast.model.steps.publish import publish_episode, refuse_replaced
from pitchcast.model.text import MAX_LINE, check_line, check_notes
from pitchcast.model.transcript import Transcript
from pitchcast.site.attempt import Attempt, Facts, begin, command
from pitchcast.site.change import change
from pitchcast.site.privacy import check_before_publishing, check_listeners, check_reachable
from pitchcast.site.project import Progress, Project, no_progress
from pitchcast.workflows.delivered import (
    Delivered,
    check_master,
    find_similar,
    folders_of,
    meaning_of,
    published_feeds,
    told_addresses,
)
from pitchcast.workflows.greeting import (
    Spoken,
    StoredGreeting,
    greeting_put,
    greeting_warnings,
    is_heard,
    read_greeting,
)
from pitchcast.workflows.mastering import (
    EpisodeTags,
    Picture,
    UntaggedAudio,
    mastered,
    put_episode_cover,
    put_master,
    put_transcript,
    read_cover,
)
from pitchcast.workflows.show import differences, ensure_show, new_catalog

_FUTURE_ALLOWED = timedelta(minutes=5)  # clocks differ by that much


@dataclass(frozen=True, slots=True, kw_only=True)
class Pitch:
    """What a salesperson gives: the recording, whom it is for, and what else is known of it.

    ``title`` "" means the file's name; ``date`` None means now. ``again`` makes a second episode of a recording
    that is published already. ``personalise`` fills fields such as ``{name}`` in title, notes and call to action in
    for each prospect. ``greeting`` is a few seconds spoken for the one prospect that the audience is, heard first.
    ``cover_per_prospect`` begins the show with a cover for each prospect that carries its name.
    ``unverified`` publishes although privacy could not be proved for lack of an answer.
    """

    recording: Path
    audience: Audience
    title: str = ""
    notes: str = ""
    host: str = ""
    date: datetime | None = None
    season: int = 0
    number: int = 0
    cover: Path | None = None
    cover_per_prospect: bool = False
    chapters: Path | None = None
    transcript: Path | None = None
    greeting: Path | None = None
    again: bool = False
    personalise: bool = False
    unverified: bool = False
    temp_dir: Path | None = None


class PublishFacts(Facts, frozen=True):
    """How often the recording was published before, and the number that the catalog's next release had."""

    again: int
    next_release: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What publishing a pitch would do. ``known`` is the episode where the recording is published already.

    ``similar`` gives, for each prospect that would be created, ids of those with nearly that name.
    """

    pitch: Pitch
    attempt: Attempt[PublishFacts]
    recording: Recording
    sha256: str
    again: int
    known: Episode | None
    catalog: Catalog
    resolved: Resolved
    similar: dict[str, tuple[str, ...]]
    chapters: tuple[Chapter, ...]
    transcript: Transcript | None
    cover: Picture | None
    greeting: Spoken | None
    warnings: tuple[str, ...]

    @property
    def feed_count(self) -> int:
        """Return how many feeds would hold the episode."""
        return len(self.resolved.feeds) + len(self.resolved.new) + self.resolved.public

    @property
    def needs_title(self) -> bool:
        """Return whether the file's name would become the title."""
        return self.known is None and not self.pitch.title

    def with_title(self, title: str) -> "Plan":
        """Return the plan with a title that was asked for. Raises UsageError where it cannot be one."""
        return replace(self, pitch=replace(self.pitch, title=check_line(title, "the title")))


def plan_publish(project: Project, pitch: Pitch) -> Plan:
    """Look at the recording, the audience and the catalog, and return what publishing would do; write nothing.

    Raises RecordingError, UsageError, CatalogError and what reading the storage raises.
    """
    catalog = project.ledger.load().catalog or new_catalog(_asked(project, pitch))
    _check_covers(pitch, catalog)
    pitch = _checked(project, pitch)
    resolved = resolve_audience(catalog, pitch.audience)
    if not (resolved.feeds or resolved.new or resolved.public):
        raise UsageError("nobody to publish for", hint='Say whom it is for: --to "Acme Corp", or --public')
    recording = probe_recording(pitch.recording)
    sha256 = hash_recording(pitch.recording)
    attempt = _begin(project, pitch, catalog, sha256)
    again = attempt.facts.again
    known = find_recording(catalog, sha256, again)
    if known:
        _try_known(project, pitch, catalog, known)
        check_master(project, known)
    elif pitch.personalise:
        _try_texts(pitch, catalog, resolved)
    else:
        refuse_replaced(catalog, sha256, again)
    greeting = read_greeting(pitch.greeting, pitch.audience, resolved)
    return Plan(
        pitch=pitch,
        attempt=attempt,
        recording=recording,
        sha256=sha256,
        again=again,
        known=known,
        catalog=catalog,
        resolved=resolved,
        similar=find_similar(catalog, resolved.new),
        chapters=read_chapters(pitch.chapters) if pitch.chapters else (),
        transcript=read_transcript(pitch.transcript) if pitch.transcript else None,
        cover=read_cover(pitch.cover) if pitch.cover and known is None else None,
        greeting=greeting,
        warnings=(
            *told_addresses(catalog, pitch.audience),
            *greeting_warnings(catalog, known, resolved, greeting),
            *_warnings(pitch, known, resolved),
            *map(str, differences(project, catalog)),
        ),
    )


def publish(project: Project, plan: Plan, *, progress: Progress = no_progress) -> Published:
    """Carry out a plan and return what came of it; run again, it finds its own work and changes nothing.

    Raises what plan_publish raises, AudioError, FeedError, NotPrivate, StorageError; also where everything is done, but
    listeners cannot reach it.
    """
    check_before_publishing(project, unverified=plan.pitch.unverified)
    check_listeners(project, unverified=plan.pitch.unverified)
    with _mastered(project, plan, progress) as finished:
        catalog = ensure_show(_asked(project, plan.pitch))
        draft = _draft(project, plan, catalog, finished, progress)
        with _greeting(project, plan, draft, finished, progress) as made:
            done = change(
                project,
                _step(project, plan, draft, catalog, made),
                what=f"published {draft.title or draft.id}",
                attempt=plan.attempt,
                names=lambda after: folders_of(
                    after, find_recording(after, plan.sha256, plan.again), plan.pitch.audience
                ),
                progress=progress,
                sources=_sources(plan, draft, finished) | (made.sources if made else {}),
            )
    answer = _answer(plan, done.catalog, finished.mastered if finished else None, made)
    check_reachable(project, answer.feeds)
    return answer


def _begin(project: Project, pitch: Pitch, catalog: Catalog, sha256: str) -> Attempt[PublishFacts]:
    greeting = hash_recording(pitch.greeting) if pitch.greeting else ""
    typed = command("publish", recording=sha256, again=pitch.again, greeting=greeting, **meaning_of(pitch.audience))
    return begin(
        project,
        typed,
        catalog,
        lambda found: PublishFacts(again=_again(found, sha256) if pitch.again else 0, next_release=found.next_release),
        PublishFacts,
    )


def _sources(plan: Plan, draft: Episode, finished: UntaggedAudio | None) -> dict[str, bytes | Path]:
    """Return what was stored for a new episode, by key; a known one's is named by the catalog already."""
    if finished is None:
        return {}
    master: dict[str, bytes | Path] = {master_key(draft.master.sha256): finished.path}
    return master | ({asset_key(plan.cover.artwork): plan.cover.body} if plan.cover else {})


def _step(
    project: Project, plan: Plan, draft: Episode, first: Catalog, made: StoredGreeting | None
) -> Callable[[Catalog | None], Catalog]:
    """Return the step that adds the episode, and its greeting; its date is that of now even when it runs again."""
    at = project.now()
    audience = plan.pitch.audience

    def step(found: Catalog | None) -> Catalog:
        before = found or first
        after = publish_episode(
            before, draft, audience, date=plan.pitch.date or at, who=project.who, new_token=project.new_token
        )
        episode = find_recording(after, plan.sha256, plan.again)
        return greet(before, after, episode, audience, made.greeting, at) if made and episode else after

    return step


def title_from(path: Path) -> str:
    """Return a title made from a file's name: what one falls back to where none is given."""
    stem = "" if path.name.startswith(".") and not path.suffix else path.stem  # ".m4a" is only an ending
    printable = "".join(" " if unicodedata.category(char).startswith("C") else char for char in stem)
    return " ".join(printable.replace("_", " ").split())[:MAX_LINE].strip() or "Pitch"


def _mastered(project: Project, plan: Plan, progress: Progress) -> AbstractContextManager[UntaggedAudio | None]:
    """Give the finished audio, or None for an episode that is known: it keeps its own."""
    if plan.known:
        return nullcontext()
    pitch = plan.pitch
    return mastered(
        project,
        pitch.recording,
        chapters=pitch.chapters,
        transcript=pitch.transcript,
        temp_dir=pitch.temp_dir,
        progress=progress,
    )


def _draft(
    project: Project, plan: Plan, catalog: Catalog, finished: UntaggedAudio | None, progress: Progress
) -> Episode:
    """Return the episode to publish, its master and cover stored; a known one with the title that was given."""
    pitch = plan.pitch
    if finished is None:
        assert plan.known is not None  # noqa: S101 (only a known episode is not mastered)
        personalised = plan.known.personalised or pitch.personalise
        return msgspec.structs.replace(plan.known, title=pitch.title, personalised=personalised)
    title = pitch.title or title_from(pitch.recording)
    tag_title, tag_notes = fill_texts(title, pitch.notes, None) if pitch.personalise else (title, pitch.notes)
    episode_tags = EpisodeTags(
        guid=str(uuid.uuid5(uuid.UUID(catalog.show.id), f"{plan.sha256}:{plan.again}")),
        title=tag_title,
        notes=tag_notes,
        host=pitch.host,
        number=pitch.number,
        date=pitch.date or project.now(),
        chapters=move_chapters(plan.chapters, finished.mastered),
    )
    return Episode(
        id="",
        guid=episode_tags.guid,
        title=title,
        slug="",
        recording=plan.sha256,
        again=plan.again,
        master=put_master(project, catalog, finished, episode_tags, progress),
        notes=pitch.notes,
        host=episode_tags.host,
        season=pitch.season,
        number=episode_tags.number,
        chapters=episode_tags.chapters,
        timeline=finished.mastered.timeline.rounded(),
        transcript=put_transcript(project, plan.transcript) if plan.transcript else None,
        cover=put_episode_cover(project, plan.cover) if plan.cover else None,
        personalised=pitch.personalise,
    )


def _greeting(
    project: Project, plan: Plan, episode: Episode, finished: UntaggedAudio | None, progress: Progress
) -> AbstractContextManager[StoredGreeting | None]:
    """Give the greeting before the episode's master, stored; None where none is wanted, or it is heard already."""
    spoken, known = plan.greeting, plan.known
    if spoken is None or (known and is_heard(project, plan.catalog, known, plan.resolved, spoken)):
        return nullcontext()
    before = finished.path if finished else None
    return greeting_put(
        project, spoken, episode.master, finished=before, temp_dir=plan.pitch.temp_dir, progress=progress
    )


def _checked(project: Project, pitch: Pitch) -> Pitch:
    """Return the pitch with its texts in order. Raises UsageError naming what is not."""
    if pitch.date is not None and pitch.date > project.now() + _FUTURE_ALLOWED:
        raise UsageError(
            f"--date {pitch.date.isoformat()} is in the future", hint="Leave --date out to publish as of now."
        )
    return replace(
        pitch,
        title=check_line(pitch.title, "the title") if pitch.title else "",
        notes=check_notes(pitch.notes),
        host=check_line(pitch.host, "the host") if pitch.host else "",
    )


def _asked(project: Project, pitch: Pitch) -> Project:
    """Return the project with what the pitch asks of a show that is only beginning."""
    if not pitch.cover_per_prospect:
        return project
    show = replace(project.settings.show, cover_per_prospect=True)
    return replace(project, settings=replace(project.settings, show=show))


def _check_covers(pitch: Pitch, catalog: Catalog) -> None:
    if pitch.cover_per_prospect and not catalog.show.cover_per_prospect:
        raise UsageError(
            "--cover-per-prospect: this show has one cover for all feeds",
            hint="Change it for the whole show with: pitchcast show edit --cover-per-prospect",
        )


def _try_known(project: Project, pitch: Pitch, catalog: Catalog, known: Episode) -> None:
    """Raise CatalogError where a known episode cannot be delivered: it was withdrawn, or has another title."""
    draft = msgspec.structs.replace(known, title=pitch.title, personalised=known.personalised or pitch.personalise)
    now = project.now()
    publish_episode(catalog, draft, pitch.audience, date=now, who=project.who, new_token=project.new_token)


def _try_texts(pitch: Pitch, catalog: Catalog, resolved: Resolved) -> None:
    """Raise UsageError or CatalogError where a new episode's texts cannot be filled in for everybody."""
    if resolved.public:
        raise UsageError("--personalise and --public exclude each other", hint="Publish it for prospects only.")
    ids = {feed.prospect for feed in resolved.feeds}
    known = [prospect for prospect in catalog.prospects if prospect.id in ids]
    new = [Prospect("", mention.name, email=mention.email) for mention in resolved.new]
    check_texts(pitch.title or title_from(pitch.recording), pitch.notes, catalog.brand, [*known, *new])


def _again(catalog: Catalog, sha256: str) -> int:
    """Return the number of the next deliberate publication of the same recording, 0 where there is none yet."""
    known = [(episode.recording, episode.again) for episode in catalog.episodes]
    known += [(old.recording, old.again) for episode in catalog.episodes for old in episode.replaced]
    return max((again + 1 for recording, again in known if recording == sha256), default=0)


def _warnings(pitch: Pitch, known: Episode | None, resolved: Resolved) -> Iterator[str]:
    if resolved.skipped:
        yield f"left out because their feeds are revoked: {', '.join(resolved.skipped)}"
    if known is None and not pitch.title:
        yield f"no --title was given: the file's name became the title, “{title_from(pitch.recording)}”"
    if known is None:
        return
    edited = [word for word, value in (("notes", pitch.notes), ("host", pitch.host)) if value]
    files = (("cover", pitch.cover), ("chapters", pitch.chapters), ("transcript", pitch.transcript))
    edited += [word for word, value in files if value]
    already = f"this recording is published already as “{known.title}”: "
    if edited:
        yield f"{already}{' and '.join(edited)} changed nothing; change them with: pitchcast episodes edit {known.id}"


def _answer(plan: Plan, catalog: Catalog, mastered: Mastered | None, made: StoredGreeting | None) -> Published:
    episode = find_recording(catalog, plan.sha256, plan.again)
    assert episode is not None  # noqa: S101 (the commit just put it there)
    since = plan.attempt.facts.next_release
    return Published(
        episode=answer_episode(catalog, episode),
        feeds=published_feeds(Delivered(plan.catalog, catalog, episode, plan.pitch.audience, plan.similar, since)),
        catalog_revision=catalog.revision,
        changed=plan.attempt.resumes or catalog.revision != plan.catalog.revision,
        trimmed_s=round(mastered.trimmed_start_s + mastered.trimmed_end_s, 3) if mastered else 0.0,
        remarks=(*(mastered.remarks if mastered else ()), *(made.remarks if made else ())),
        warnings=plan.warnings,
    )
