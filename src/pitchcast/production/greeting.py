"""A greeting for one prospect: put before the episode's master, and stored with it as one file under its own hash."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pitchcast.audio.greeting import Greeted, check_greeting, move_greeting, prepend_greeting
from pitchcast.audio.recording import hash_recording
from pitchcast.audio.tags import copy_tags
from pitchcast.model.catalog import Audience, Catalog, Resolved, releases_of
from pitchcast.model.episode import Episode, Greeting, Master
from pitchcast.model.feed import Feed
from pitchcast.model.layout import master_key
from pitchcast.model.show import LoudnessTarget
from pitchcast.model.steps.greetings import check_one_listener, find_greeting, greetings_of
from pitchcast.model.waveform import first_part, joined_waveform
from pitchcast.production.mastering import fetch_master, temporary_folder, upload_master
from pitchcast.site.project import Project


@dataclass(frozen=True, slots=True)
class Spoken:
    """A greeting as it was recorded: the file, and its SHA-256."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredGreeting:
    """A greeting before its master, stored, and the file it was stored from, which lives as long as it may be needed.

    ``remarks`` are sentences about how it came out.
    """

    greeting: Greeting
    path: Path
    remarks: tuple[str, ...] = ()

    @property
    def sources(self) -> dict[str, bytes | Path]:
        """Return what was stored, by key."""
        return {master_key(self.greeting.master.sha256): self.path}


def read_greeting(path: Path | None, audience: Audience, resolved: Resolved) -> Spoken | None:
    """Return the greeting in a file, None where none is named, after looking whether it can be heard first.

    Raises UsageError where the audience is not exactly one prospect, RecordingError where the file is no greeting.
    """
    if path is None:
        return None
    check_one_listener(audience, resolved)
    check_greeting(path)
    return Spoken(path, hash_recording(path))


def greeting_warnings(
    catalog: Catalog, episode: Episode | None, resolved: Resolved, spoken: Spoken | None
) -> Iterator[str]:
    """Yield what is worth knowing before a greeting comes before an episode, which may be new."""
    if spoken is None:
        return
    for feed in resolved.feeds:
        name = next(p.name for p in catalog.prospects if p.id == feed.prospect)
        if episode and _is_there_without(spoken, catalog, feed, episode):
            yield f"{name} has this episode already: its audio changes there, and apps may fetch it again"
        if _was_passed_on(catalog, feed):
            yield f"those whom {name} passed the podcast on to hear it without the greeting"


def _is_there_without(spoken: Spoken, catalog: Catalog, feed: Feed, episode: Episode) -> bool:
    """Return whether the feed holds the episode already, with another greeting or with none."""
    there = find_greeting(catalog, feed, episode)
    if there is not None and there.recording_sha256 == spoken.sha256:
        return False
    return not releases_of(catalog, episode.id).isdisjoint(feed.releases)


def _was_passed_on(catalog: Catalog, feed: Feed) -> bool:
    """Return whether the prospect has invited colleagues, who have feeds of their own."""
    return any(child.parent and child.prospect == feed.prospect for child in catalog.feeds)


def is_heard(project: Project, catalog: Catalog, episode: Episode, resolved: Resolved, spoken: Spoken) -> bool:
    """Return whether the prospect hears that greeting before the episode already, treated as it would be now."""
    there = [greeting for feed in resolved.feeds if (greeting := find_greeting(catalog, feed, episode))]
    audio = project.settings.audio
    wanted = (spoken.sha256, audio.clean, audio.level, episode.master.sha256)
    return any(greeting.known_by == wanted for greeting in there)


@contextmanager
def greeting_put(
    project: Project,
    spoken: Spoken,
    master: Master,
    *,
    finished: Path | None = None,
    temp_dir: Path | None = None,
) -> Iterator[StoredGreeting]:
    """Put a greeting before a master, store the whole, and give it, not yet in any feed.

    *finished* is the master as a file, with its tags, where it is at hand.
    """
    audio = project.settings.audio
    with temporary_folder(temp_dir) as folder:
        before = finished or fetch_master(project, master.sha256, folder / "master.mp3")
        said = prepend_greeting(
            before,
            spoken.path,
            folder / "greeted.mp3",
            target=_target(project, master),
            clean=audio.clean,
            level=audio.level,
            temp_dir=folder,
            progress=lambda _step, fraction: project.progress("mastering the greeting", fraction),
        )
        draft = Greeting(
            recording_sha256=spoken.sha256,
            episode_master_sha256=master.sha256,
            master=master,
            shift_samples=0,
            heard_lufs=0.0,
            true_peak_dbtp=0.0,
            clean=audio.clean,
            level=audio.level,
        )
        greeting = _put(project, draft, said, before, folder / "greeted.mp3", master)
        yield StoredGreeting(greeting, folder / "greeted.mp3", tuple(f"Greeting: {remark}" for remark in said.remarks))


def put_greetings_anew(
    project: Project, catalog: Catalog, episode_id: str, master: Master, finished: Path
) -> tuple[StoredGreeting, ...]:
    """Put every greeting of an episode before its other master, store them, and return them.

    *finished* is that master as a file, with its tags, in a folder for temporary files; what is stored stays there.
    """
    return tuple(
        _put_anew(project, greeting, master, finished, finished.with_name(f"greeted-{number}.mp3"))
        for number, greeting in enumerate(greetings_of(catalog, episode_id))
    )


def _put_anew(project: Project, old: Greeting, master: Master, finished: Path, path: Path) -> StoredGreeting:
    with temporary_folder(path.parent) as folder:
        said = move_greeting(
            fetch_master(project, old.master.sha256, folder / "old.mp3"),
            Greeted(
                samples=old.master.samples,
                sample_rate_hz=old.master.sample_rate_hz,
                shift_samples=old.shift_samples,
                heard_lufs=old.heard_lufs,
                true_peak_dbtp=old.true_peak_dbtp,
                waveform=first_part(old.master.waveform, old.shift_samples / old.master.samples),
            ),
            finished,
            path,
            target=_target(project, master),
            temp_dir=folder,
        )
    return StoredGreeting(_put(project, old, said, finished, path, master), path)


def _put(project: Project, draft: Greeting, said: Greeted, before: Path, path: Path, master: Master) -> Greeting:
    """Tag and store a file that begins with a greeting; loudness is the master's, which the greeting was matched to."""
    offset = copy_tags(before, path, shift_s=said.shift_s, duration_s=said.duration_s)
    whole = msgspec.structs.replace(
        master,
        sha256=hash_recording(path),
        size_bytes=path.stat().st_size,
        samples=said.samples,
        true_peak_dbtp=max(master.true_peak_dbtp, said.true_peak_dbtp),
        audio_offset_bytes=offset,
        waveform=joined_waveform(said.waveform, said.shift_samples / said.samples, master.waveform),
    )
    upload_master(project, path, whole)
    return msgspec.structs.replace(
        draft,
        episode_master_sha256=master.sha256,
        master=whole,
        shift_samples=said.shift_samples,
        heard_lufs=said.heard_lufs,
        true_peak_dbtp=said.true_peak_dbtp,
    )


def _target(project: Project, master: Master) -> LoudnessTarget:
    """Return the loudness of the master itself, and the ceiling that holds for everything."""
    ceiling = project.settings.audio.target.true_peak_dbtp
    return LoudnessTarget(integrated_lufs=master.heard_lufs, true_peak_dbtp=ceiling)
