"""A recording becomes a master in storage: mastered into a temporary file, tagged, put under its own hash.

A master carries no picture: with one, browsers read a minute of the file before the first sound. Pages and feeds show
the cover by themselves.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pitchcast.audio.chapters import read_chapters
from pitchcast.audio.master import Branding, Mastered, master_recording
from pitchcast.audio.recording import hash_recording
from pitchcast.audio.tags import Tags, write_tags
from pitchcast.audio.temporary import owned_folder
from pitchcast.audio.transcript import read_transcript
from pitchcast.config import Settings
from pitchcast.errors import ObjectMissing, UsageError
from pitchcast.model.catalog import Catalog
from pitchcast.model.episode import Chapter, Episode, Master
from pitchcast.model.layout import headers_of, master_key
from pitchcast.model.notes import notes_text
from pitchcast.model.personal import fill_episode
from pitchcast.model.show import Artwork
from pitchcast.model.transcript import Transcript, TranscriptFile, pack_transcript
from pitchcast.site.assets import with_small
from pitchcast.site.project import Project
from pitchcast.storage.hashed import fetch_named, missing_source


@dataclass(frozen=True, slots=True)
class UntaggedAudio:
    """Finished audio in a temporary file, not yet tagged, and what was measured on it."""

    path: Path
    mastered: Mastered


@dataclass(frozen=True, slots=True)
class Picture:
    """A cover as it will be stored, and what it is."""

    body: bytes
    artwork: Artwork


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeTags:
    """What the tags of one episode say besides what the show says."""

    guid: str
    title: str
    notes: str
    host: str
    number: int
    date: datetime
    chapters: tuple[Chapter, ...]


@contextmanager
def mastered(
    project: Project,
    recording: Path,
    *,
    chapters: Path | None = None,
    transcript: Path | None = None,
    temp_dir: Path | None,
) -> Iterator[UntaggedAudio]:
    """Give a recording's finished audio in a file that is gone afterwards.

    *chapters* and *transcript* must fit its length, which is known once it was read. *temp_dir* None means the user's
    cache folder. Raises RecordingError, AudioError, UsageError for the folder.
    """
    with temporary_folder(temp_dir) as folder:
        output = folder / "master.mp3"
        yield UntaggedAudio(
            output,
            master_recording(
                recording,
                output,
                project.settings.audio,
                branding=branding_of(project.settings),
                temp_dir=folder,
                counted=lambda seconds: _check_length(chapters, transcript, seconds),
                progress=lambda _step, fraction: project.progress("mastering", fraction),
            ),
        )


def branding_of(settings: Settings) -> Branding:
    """Return what is heard around every recording of the show."""
    brand = settings.brand
    return Branding(intro=brand.intro, outro=brand.outro, crossfade_s=brand.crossfade_s)


def put_master(project: Project, catalog: Catalog, finished: UntaggedAudio, episode_tags: EpisodeTags) -> Master:
    """Tag finished audio, store it under its hash and return what it is."""
    measured = finished.mastered
    offset = write_tags(finished.path, tags_of(catalog, episode_tags, measured.samples / measured.sample_rate_hz))
    master = _master_of(finished, offset)
    upload_master(project, finished.path, master)
    return master


def episode_tags_of(catalog: Catalog, episode: Episode, *, now: datetime) -> EpisodeTags:
    """Return what tags say of an episode that exists, with the chapters that it has; *now* where nothing carries it."""
    dates = [release.date for release in catalog.releases if release.episode == episode.id]
    said = fill_episode(episode, None) if episode.personalised else episode  # the audio is the same for everybody
    return EpisodeTags(
        guid=episode.guid,
        title=said.title,
        notes=said.notes,
        host=episode.host,
        number=episode.number,
        date=min(dates, default=now),
        chapters=episode.chapters,
    )


def tags_of(catalog: Catalog, episode_tags: EpisodeTags, duration_s: float) -> Tags:
    """Return the tags of a master of that length."""
    show = catalog.show
    return Tags(
        title=episode_tags.title,
        host=episode_tags.host or show.host,
        show_title=show.title,
        guid=episode_tags.guid,
        date=episode_tags.date,
        notes_text=notes_text(episode_tags.notes),
        category=show.category.rpartition(" > ")[2],
        show_link=show.link,
        track=episode_tags.number,
        chapters=episode_tags.chapters,
        duration_ms=round(1000 * duration_s),
        language=show.language,
        comment=catalog.brand.call_to_action_url,
    )


def upload_master(project: Project, path: Path, master: Master) -> None:
    """Store finished audio, tagged, under its hash."""
    sent_bytes: list[int] = []  # a count below 0 takes back what is sent again

    def uploaded(count: int) -> None:
        sent_bytes.append(count)
        project.progress("uploading", max(0.0, min(1.0, sum(sent_bytes) / master.size_bytes)))

    key = master_key(master.sha256)
    project.bucket.put(key, path, headers_of(key), uploaded)


def fetch_master(project: Project, sha256: str, path: Path) -> Path:
    """Write a stored master into the file *path* and return it. Raises CatalogError where it is missing or damaged."""
    key = master_key(sha256)
    try:
        fetch_named(project.bucket, project.bucket.head(key), path)
    except ObjectMissing as error:
        raise missing_source(project.bucket, key) from error
    return path


@contextmanager
def temporary_folder(wanted: Path | None) -> Iterator[Path]:
    """Give a folder for files that only live during mastering: not on a RAM disk, where three hours do not fit.

    It lies in *wanted*, None means the user's cache folder, and goes afterwards; that of a killed run goes with the
    next one. Raises UsageError where it cannot be made.
    """
    with ExitStack() as stack:
        yield _owned(stack, wanted)


def read_cover(path: Path) -> Picture:
    """Return an episode's own cover, ready to be stored. Raises FileError where the picture cannot be one."""
    from pitchcast.artwork.cover import prepare_cover

    return Picture(*prepare_cover(path))


def put_episode_cover(project: Project, picture: Picture) -> Artwork:
    """Store an episode's own cover as an asset and return what it is."""
    cover, pictures = with_small(picture.artwork, picture.body)
    project.put_assets(pictures)
    return cover


def put_transcript(project: Project, transcript: Transcript) -> TranscriptFile:
    """Store a transcript, with the recording's times, as an asset and return what the episode keeps of it."""
    sha256 = project.put_text(pack_transcript(transcript))
    return TranscriptFile(sha256=sha256, extension=transcript.extension)


def _check_length(chapters: Path | None, transcript: Path | None, recording_s: float) -> None:
    """Raise RecordingError where chapters or words lie past the end of a recording."""
    if chapters:
        read_chapters(chapters, recording_s)
    if transcript:
        read_transcript(transcript, recording_s)


def _master_of(finished: UntaggedAudio, offset: int) -> Master:
    measured = finished.mastered
    return Master(
        sha256=hash_recording(finished.path),
        size_bytes=finished.path.stat().st_size,
        samples=measured.samples,
        sample_rate_hz=measured.sample_rate_hz,
        channels=measured.channels,
        bitrate_kbps=measured.bitrate_kbps,
        integrated_lufs=measured.integrated_lufs,
        heard_lufs=measured.heard_lufs,
        true_peak_dbtp=measured.true_peak_dbtp,
        audio_offset_bytes=offset,
        waveform=measured.waveform,
    )


def _owned(stack: ExitStack, wanted: Path | None) -> Path:
    if wanted is None:
        from platformdirs import user_cache_path

        wanted = user_cache_path("pitchcast")
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        return stack.enter_context(owned_folder(wanted))
    except OSError as error:
        raise UsageError(
            f"cannot write temporary files into {wanted}: {error.strerror}",
            hint="Name another folder with --temp-dir.",
        ) from error
