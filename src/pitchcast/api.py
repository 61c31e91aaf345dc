"""pitchcast as a library: open a show and publish, take back, list and build as the command line does.

    import pitchcast

    show = pitchcast.open("pitchcast.toml")
    published = show.publish("pitch.m4a", to=["Acme Corp"], title="Cut your cloud bill")
    print(published.feeds[0].page_url)

Everything that is returned is frozen; everything that can go wrong is a ``pitchcast.PitchcastError``.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pitchcast.config import Settings, load_settings, user_config_path
from pitchcast.errors import UsageError
from pitchcast.model.catalog import Audience
from pitchcast.model.prospect import parse_mention

if TYPE_CHECKING:
    from pitchcast.model.answers.episodes import EpisodeAnswer
    from pitchcast.model.answers.feeds import Built, FeedAnswer
    from pitchcast.model.answers.prospects import ProspectAnswer
    from pitchcast.model.answers.publish import Published
    from pitchcast.model.answers.undo import TakenBack
    from pitchcast.model.finding import Finding
    from pitchcast.site.project import Project

Progress = Callable[[str, float], None]


def open_show(config_or_url: str | os.PathLike[str] | None = None, *, host: str = "", title: str = "") -> "PitchShow":
    """Open a show for publishing.

    *config_or_url* is a pitchcast.toml, or where the show is stored: ``s3://bucket/prefix``, or a folder. None looks
    for a pitchcast.toml upwards from the working directory. *host* and *title* serve a show that is only beginning.
    Nothing is contacted yet. Raises ConfigError listing every mistake in the settings.
    """
    options: dict[str, object] = {"show.host": host or None, "show.title": title or None}
    config = None
    if config_or_url is not None:
        text = os.fspath(config_or_url)
        if text.endswith(".toml"):
            config = Path(text)
        else:
            options["storage.url"] = text
    settings = load_settings(
        Path.cwd(), config=config, environ=os.environ, user_config=user_config_path(), options=options
    )
    return PitchShow(settings)


class PitchShow:
    """One show in one storage; made by :func:`pitchcast.open`."""

    def __init__(self, settings: Settings) -> None:
        from pitchcast.site.project import open_project

        self._project: Project = open_project(settings, os.environ)

    def publish(
        self,
        path: str | os.PathLike[str],
        *,
        to: Sequence[str] = (),
        segments: Sequence[str] = (),
        everyone: bool = False,
        public: bool = False,
        existing_only: bool = False,
        title: str = "",
        notes: str = "",
        host: str = "",
        for_roles: Sequence[str] = (),
        date: datetime | None = None,
        season: int = 0,
        episode: int = 0,
        cover: str | os.PathLike[str] | None = None,
        chapters: str | os.PathLike[str] | None = None,
        transcript: str | os.PathLike[str] | None = None,
        greeting: str | os.PathLike[str] | None = None,
        again: bool = False,
        personalise: bool = False,
        unverified: bool = False,
        cover_per_prospect: bool = False,
        temp_dir: str | os.PathLike[str] | None = None,
        progress: Progress | None = None,
    ) -> "Published":
        """Master a recording and deliver it to prospects (ids, names, addresses or ``Name <address>``).

        The same recording for the same prospect changes nothing. A new one needs a *title* where its file's name is a
        recorder's ("New Recording 12"). *notes* are Markdown; *for_roles* say where the page is passed on for
        whom else it is; *date* needs an offset;
        *greeting* is a few seconds spoken for the only one in *to*, heard first. *personalise* fills in fields such
        as ``{name}``; *unverified* publishes although privacy could not be proved for lack of an answer;
        *cover_per_prospect* begins a show whose covers carry names; *temp_dir* is where sound is worked on.
        *progress* is called with a step's name and 0 to 1. Returns what ``pitchcast publish --json`` prints.
        Raises RecordingError, FileError, UsageError, CatalogError, FeedError, AudioError, NotPrivate or StorageError;
        before the catalog changed nothing of it is visible, after that the same call completes it.
        """
        from pitchcast.workflows.publish import Pitch, plan_publish, publish

        if date is not None and date.tzinfo is None:
            raise UsageError("date has no offset", hint="Pass an aware datetime, such as datetime.now(UTC).")
        pitch = Pitch(
            recording=Path(path),
            audience=_audience(to, segments, everyone=everyone, public=public, existing_only=existing_only),
            title=title,
            notes=notes,
            host=host,
            for_roles=tuple(for_roles),
            date=date.astimezone(UTC) if date else None,
            season=season,
            number=episode,
            cover=Path(cover) if cover else None,
            chapters=Path(chapters) if chapters else None,
            transcript=Path(transcript) if transcript else None,
            greeting=Path(greeting) if greeting else None,
            again=again,
            personalise=personalise,
            unverified=unverified,
            cover_per_prospect=cover_per_prospect,
            temp_dir=Path(temp_dir) if temp_dir else None,
        )
        project = replace(self._project, progress=progress) if progress else self._project
        return publish(project, plan_publish(project, pitch))

    def deliver(
        self,
        episode: str,
        *,
        to: Sequence[str] = (),
        segments: Sequence[str] = (),
        everyone: bool = False,
        public: bool = False,
        existing_only: bool = False,
        personalise: bool = False,
        greeting: str | os.PathLike[str] | None = None,
        unverified: bool = False,
    ) -> "Published":
        """Deliver an episode that exists, by id or title, to further prospects, without touching its audio.

        Arguments, answer and errors are those of ``publish``.
        """
        from pitchcast.workflows.deliver import deliver, plan_delivery

        audience = _audience(to, segments, everyone=everyone, public=public, existing_only=existing_only)
        spoken = Path(greeting) if greeting else None
        plan = plan_delivery(
            self._project, episode, audience, personalise=personalise, greeting=spoken, unverified=unverified
        )
        return deliver(self._project, plan)

    def undo(self, episode: str = "") -> "TakenBack":
        """Take back one's own last publish (of *episode* where given), with the prospects it created."""
        from pitchcast.workflows.undo import plan_undo, undo

        attempt, _ = plan_undo(self._project, episode)
        return undo(self._project, attempt)

    def withdraw(self, episode: str) -> "TakenBack":
        """Take an episode, by id or title, out of every feed."""
        from pitchcast.workflows.undo import withdraw

        return withdraw(self._project, episode)

    def link(self, prospect: str) -> "FeedAnswer":
        """Return a prospect's feed; its ``page_url`` is what one sends."""
        from pitchcast.workflows.prospects import link

        return link(self._project, parse_mention(prospect))

    def prospects(self) -> "tuple[ProspectAnswer, ...]":
        """Return every prospect."""
        from pitchcast.workflows.prospects import list_prospects

        return list_prospects(self._project)

    def episodes(self) -> "tuple[EpisodeAnswer, ...]":
        """Return every episode, oldest first."""
        from pitchcast.workflows.episodes import list_episodes

        return list_episodes(self._project)

    def feeds(self) -> "tuple[FeedAnswer, ...]":
        """Return every feed."""
        from pitchcast.workflows.feeds import list_feeds

        return list_feeds(self._project)

    def build(self, *prospects: str, dry_run: bool = False) -> "Built":
        """Make the feeds of the prospects named, or all, say what the catalog says."""
        from pitchcast.workflows.feeds import build

        return build(replace(self._project, dry_run=dry_run), names=prospects)

    def doctor(self) -> "tuple[Finding, ...]":
        """Return what is in order and what is not."""
        from pitchcast.workflows.doctor import examine

        return examine(self._project)


def _audience(
    to: Sequence[str], segments: Sequence[str], *, everyone: bool, public: bool, existing_only: bool
) -> Audience:
    """Return whom a call names. Raises UsageError for what is neither a name nor an address."""
    return Audience(
        to=tuple(parse_mention(who) for who in to),
        segments=tuple(segments),
        everyone=everyone,
        public=public,
        existing_only=existing_only,
    )
