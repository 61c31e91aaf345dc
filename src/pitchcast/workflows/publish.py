"""Publish a recording: master it, add it to the catalog for its audience, build the feeds concerned."""

import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from pitchcast.audio.chapters import read_chapters
from pitchcast.audio.master import move_chapters
from pitchcast.audio.recording import Recording, hash_recording, probe_recording
from pitchcast.audio.transcript import read_transcript
from pitchcast.errors import UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.publish import Published
from pitchcast.model.catalog import Audience, Catalog, Resolved, find_guid, find_recording, releases_of
from pitchcast.model.episode import Chapter, Episode
from pitchcast.model.feed_notes import check_feed_notes
from pitchcast.model.layout import asset_key, master_key
from pitchcast.model.naming import compare_form
from pitchcast.model.personal import check_texts, fill_texts
from pitchcast.model.prospect import Prospect
from pitchcast.model.recorder_names import is_recorder_name
from pitchcast.model.steps.publish import refuse_replaced
from pitchcast.model.text import MAX_LINE, check_line, check_roles
from pitchcast.model.transcript import Transcript
from pitchcast.production.beginning import ensure_show, new_catalog
from pitchcast.production.delivery import (
    DeliveryPlan,
    Making,
    audience_named,
    carry_out,
    count_lacking,
    find_similar,
    foresee,
    meaning_of,
    reach,
)
from pitchcast.production.differences import differences
from pitchcast.production.greeting import read_greeting
from pitchcast.production.mastering import (
    EpisodeTags,
    Picture,
    UntaggedAudio,
    mastered,
    put_episode_cover,
    put_master,
    put_transcript,
    read_cover,
)
from pitchcast.site.attempt import Attempt, Facts, begin, command
from pitchcast.site.privacy import check_before_publishing, check_listeners
from pitchcast.site.project import Project

_FUTURE_ALLOWED = timedelta(minutes=5)  # clocks differ by that much


@dataclass(frozen=True, slots=True, kw_only=True)
class Pitch:
    """What a salesperson gives: the recording, whom it is for, and what else is known of it.

    ``title`` "" means the file's name; ``date`` None means now. ``again`` makes a second episode of a recording
    that is published already. ``personalise`` fills fields such as ``{name}`` in title, notes and call to action in
    for each prospect. ``for_roles`` are those for whom else it is in a company. ``greeting`` is a few seconds
    spoken for the one prospect that the audience is, heard first.
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
    for_roles: tuple[str, ...] = ()
    again: bool = False
    personalise: bool = False
    unverified: bool = False
    temp_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class PitchTexts:
    """What files say that go with a recording, at its times."""

    chapters: tuple[Chapter, ...]
    transcript: Transcript | None


class PublishFacts(Facts, frozen=True):
    """How often the recording was published before, and the number that the catalog's next release had."""

    repeat: int = msgspec.field(name="again")
    next_release: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(DeliveryPlan):
    """What publishing a pitch would do. ``known`` is the episode where the recording is published already.

    ``same_title`` is the latest episode of that title, made from another recording, that somebody in the audience has.
    """

    pitch: Pitch
    recording: Recording
    sha256: str
    repeat: int
    texts: PitchTexts
    cover: Picture | None
    same_title: Episode | None

    @property
    def needs_title(self) -> bool:
        """Return whether the file's name would become the title."""
        return self.known is None and not self.pitch.title

    @property
    def lacks_title(self) -> bool:
        """Return whether there is nothing to call the pitch: its file's name is a recorder's."""
        return self.needs_title and is_recorder_name(self.pitch.recording.stem)

    @property
    def replaceable(self) -> bool:
        """Return whether all whom the pitch is for have the episode of the same title: it could sound like this."""
        if self.same_title is None or self.resolved.new or self.resolved.public:
            return False
        numbers = releases_of(self.catalog, self.same_title.id)
        return all(not numbers.isdisjoint(feed.releases) for feed in self.resolved.feeds)

    def without_warning(self, warning: str) -> "Plan":
        """Return the plan without a warning that was dealt with."""
        return replace(self, warnings=tuple(one for one in self.warnings if one != warning))


def plan_publish(project: Project, pitch: Pitch) -> Plan:
    """Look at the recording, the audience and the catalog, and return what publishing would do; write nothing.

    Raises RecordingError, FileError, UsageError, CatalogError and what reading the storage raises.
    """
    catalog = project.ledger.load().catalog or new_catalog(_asked(project, pitch))
    _check_covers(pitch, catalog)
    pitch = _checked(project, pitch)
    nobody = UsageError("nobody to publish for", hint='Say whom it is for: --to "Acme Corp", or --public')
    resolved = reach(catalog, pitch.audience, nobody)
    recording = probe_recording(pitch.recording)
    sha256 = hash_recording(pitch.recording)
    attempt = _begin(project, pitch, catalog, sha256)
    repeat = attempt.facts.repeat
    known = find_recording(catalog, sha256, repeat)
    lacking = _count_lacking(project, pitch, catalog, resolved, known)
    if known is None and not pitch.personalise:
        refuse_replaced(catalog, sha256, repeat)
    greeting = read_greeting(pitch.greeting, pitch.audience, resolved)
    same_title = None if known or repeat else _same_title(catalog, pitch, resolved)
    return Plan(
        attempt=attempt,
        known=known,
        title=known.title if known else _title_of(pitch),
        audience=pitch.audience,
        personalise=pitch.personalise,
        unverified=pitch.unverified,
        catalog=catalog,
        resolved=resolved,
        similar=find_similar(catalog, resolved.new),
        lacking=lacking,
        greeting=greeting,
        warnings=(
            *foresee(catalog, pitch.audience, known, greeting),
            *_warnings(pitch, known, same_title),
            *map(str, differences(project, catalog)),
        ),
        temp_dir=pitch.temp_dir,
        pitch=pitch,
        recording=recording,
        sha256=sha256,
        repeat=repeat,
        texts=_read_texts(pitch),
        cover=read_cover(pitch.cover) if pitch.cover and known is None else None,
        same_title=same_title,
    )


def same_title_warning(earlier: Episode, recording: Path) -> str:
    """Return what is worth knowing where a title comes a second time, and how to replace the sound instead."""
    line = pitchcast_command("episodes replace", earlier.id, recording)
    return f"there is an episode “{earlier.title}” already: to give it this sound instead, use: {line}"


def _same_title(catalog: Catalog, pitch: Pitch, resolved: Resolved) -> Episode | None:
    """Return the latest episode of the pitch's title that a feed of the audience holds."""
    wanted = compare_form(_title_of(pitch))
    held = {number for feed in resolved.feeds for number in feed.releases}
    alike = (e for e in reversed(catalog.episodes) if compare_form(e.title) == wanted and not e.withdrawn)
    return next((episode for episode in alike if not held.isdisjoint(releases_of(catalog, episode.id))), None)


def refuse_untitled(plan: Plan, hint: str) -> None:
    """Raise UsageError where the name of the recording's file would become a title, and is a recorder's."""
    if plan.lacks_title:
        raise UsageError(f"“{plan.pitch.recording.name}” is a recorder's name for a file, and no title", hint=hint)


def publish(project: Project, plan: Plan) -> Published:
    """Carry out a plan and return what came of it; run again, it finds its own work and changes nothing.

    Raises UsageError where a title is lacking, what plan_publish raises, AudioError, FeedError, NotPrivate,
    StorageError; also where everything is done, but listeners cannot reach it.
    """
    refuse_untitled(plan, "Give it a title.")
    check_before_publishing(project, unverified=plan.unverified)
    check_listeners(project, unverified=plan.unverified)
    with _mastered(project, plan) as finished:
        catalog = ensure_show(_asked(project, plan.pitch))
        episode = plan.known or _new_episode(project, plan, catalog, finished)
        making = Making(
            what=f"published {plan.title} for {audience_named(plan.catalog, plan.resolved)}",
            of=lambda found: find_guid(found, episode.guid) or episode,
            after=lambda found: find_recording(found, plan.sha256, plan.repeat),
            master=episode.master,
            date=plan.pitch.date or project.now(),
            finished=finished,
            sources=_sources(plan, episode, finished),
        )
        return carry_out(project, plan, making, title=plan.pitch.title if plan.known else plan.title)


def _read_texts(pitch: Pitch) -> PitchTexts:
    """Return the chapters and the transcript of a pitch. Raises FileError."""
    chapters = read_chapters(pitch.chapters) if pitch.chapters else ()
    transcript = read_transcript(pitch.transcript) if pitch.transcript else None
    return PitchTexts(chapters, transcript)


def _begin(project: Project, pitch: Pitch, catalog: Catalog, sha256: str) -> Attempt[PublishFacts]:
    greeting = hash_recording(pitch.greeting) if pitch.greeting else ""
    typed = command("publish", recording=sha256, again=pitch.again, greeting=greeting, **meaning_of(pitch.audience))
    return begin(
        project,
        typed,
        catalog,
        lambda found: PublishFacts(
            repeat=_next_repeat(found, sha256) if pitch.again else 0, next_release=found.next_release
        ),
        PublishFacts,
    )


def _sources(plan: Plan, draft: Episode, finished: UntaggedAudio | None) -> dict[str, bytes | Path]:
    """Return what was stored for a new episode, by key; a known one's is named by the catalog already."""
    if finished is None:
        return {}
    master: dict[str, bytes | Path] = {master_key(draft.master.sha256): finished.path}
    return master | ({asset_key(plan.cover.artwork): plan.cover.body} if plan.cover else {})


def title_from(path: Path) -> str:
    """Return a title made from a file's name: what one falls back to where none is given."""
    stem = "" if path.name.startswith(".") and not path.suffix else path.stem  # ".m4a" is only an ending
    printable = "".join(" " if unicodedata.category(char).startswith("C") else char for char in stem)
    return " ".join(printable.replace("_", " ").split())[:MAX_LINE].strip() or "Pitch"


def _title_of(pitch: Pitch) -> str:
    return pitch.title or title_from(pitch.recording)


def _mastered(project: Project, plan: Plan) -> AbstractContextManager[UntaggedAudio | None]:
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
    )


def _new_episode(project: Project, plan: Plan, catalog: Catalog, finished: UntaggedAudio | None) -> Episode:
    """Return the episode to publish, its master, cover and transcript stored."""
    assert finished is not None  # noqa: S101 (only a known episode is not mastered)
    pitch = plan.pitch
    title = plan.title
    tag_title, tag_notes = fill_texts(title, pitch.notes, None) if pitch.personalise else (title, pitch.notes)
    episode_tags = EpisodeTags(
        guid=str(uuid.uuid5(uuid.UUID(catalog.show.id), f"{plan.sha256}:{plan.repeat}")),
        title=tag_title,
        notes=tag_notes,
        host=pitch.host,
        number=pitch.number,
        date=pitch.date or project.now(),
        chapters=move_chapters(plan.texts.chapters, finished.mastered),
    )
    return Episode(
        id="",
        guid=episode_tags.guid,
        title=title,
        slug="",
        recording_sha256=plan.sha256,
        repeat=plan.repeat,
        master=put_master(project, catalog, finished, episode_tags),
        notes=pitch.notes,
        host=episode_tags.host,
        season=pitch.season,
        number=episode_tags.number,
        chapters=episode_tags.chapters,
        timeline=finished.mastered.timeline.rounded(),
        transcript=put_transcript(project, plan.texts.transcript) if plan.texts.transcript else None,
        cover=put_episode_cover(project, plan.cover) if plan.cover else None,
        personalised=pitch.personalise,
        for_roles=pitch.for_roles,
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
        notes=check_feed_notes(pitch.notes),
        host=check_line(pitch.host, "the host") if pitch.host else "",
        for_roles=check_roles(pitch.for_roles),
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
            hint=f"Change it for the whole show with: {pitchcast_command('show edit --cover-per-prospect')}",
        )


def _count_lacking(project: Project, pitch: Pitch, catalog: Catalog, resolved: Resolved, known: Episode | None) -> int:
    """Return how many feeds would get the episode. Raises what count_lacking raises, or _check_texts for a new one."""
    if known:
        audience, personalise = pitch.audience, pitch.personalise
        return count_lacking(project, catalog, known, audience, title=pitch.title, personalise=personalise)
    if pitch.personalise:
        _check_texts(pitch, catalog, resolved)
    return len(resolved.feeds) + len(resolved.new) + resolved.public


def _check_texts(pitch: Pitch, catalog: Catalog, resolved: Resolved) -> None:
    """Raise UsageError or CatalogError where a new episode's texts cannot be filled in for everybody."""
    if resolved.public:
        raise UsageError("--personalise and --public exclude each other", hint="Publish it for prospects only.")
    ids = {feed.prospect for feed in resolved.feeds}
    known = [prospect for prospect in catalog.prospects if prospect.id in ids]
    new = [Prospect("", mention.name, email=mention.email) for mention in resolved.new]
    check_texts(_title_of(pitch), pitch.notes, catalog.brand, [*known, *new])


def _next_repeat(catalog: Catalog, sha256: str) -> int:
    """Return the number of the next deliberate publication of the same recording, 0 where there is none yet."""
    known = [(episode.recording_sha256, episode.repeat) for episode in catalog.episodes]
    known += [(old.recording_sha256, old.repeat) for episode in catalog.episodes for old in episode.replaced]
    return max((repeat + 1 for recording, repeat in known if recording == sha256), default=0)


def _warnings(pitch: Pitch, known: Episode | None, same_title: Episode | None) -> Iterator[str]:
    if same_title:
        yield same_title_warning(same_title, pitch.recording)
    if known:
        yield from _changed_nothing(pitch, known)
    elif not pitch.title:
        yield f"no --title was given: the file's name became the title, “{title_from(pitch.recording)}”"


def _changed_nothing(pitch: Pitch, known: Episode) -> Iterator[str]:
    """Yield that what was given with a recording that is published already changed nothing there."""
    given = {
        "notes": pitch.notes,
        "host": pitch.host,
        "for-roles": pitch.for_roles,
        "cover": pitch.cover,
        "chapters": pitch.chapters,
        "transcript": pitch.transcript,
    }
    words = [word for word, value in given.items() if value]
    if not words:
        return
    options = [part for word in words for part in (f"--{word}", word.upper())]
    yield (
        f"this recording is published already as “{known.title}”: {' and '.join(words)} changed nothing; "
        f"change them with: {pitchcast_command('episodes edit', known.id, *options)}"
    )
