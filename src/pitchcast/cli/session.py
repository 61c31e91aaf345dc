"""What a command works on: the settings that hold here, and the show they name."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from pitchcast.cli.command import Common
from pitchcast.cli.display import Display
from pitchcast.config import Settings, load_settings, user_config_path
from pitchcast.site.project import Project, open_project


def read_settings(common: Common, options: Mapping[str, object] | None = None) -> Settings:
    """Return the settings for the working directory; *options* go by names such as ``storage.url``."""
    return load_settings(
        Path.cwd(),
        config=common.config,
        environ=os.environ,
        user_config=user_config_path(),
        options=options or {},
        typed=common.typed,
    )


def audio_options(level: str | None, clean: str | None, shorten_pauses: float | None) -> dict[str, object]:
    """Return what options say about mastering by the names of settings; None means not given."""
    return {"audio.level": level, "audio.clean": clean, "audio.shorten_pauses": shorten_pauses}


def open_show(display: Display, settings: Settings | None = None, *, dry_run: bool = False) -> Project:
    """Open the show that the settings name, those of the working directory if None.

    With *dry_run* nothing is written to it, whatever is asked for.
    """
    settings = settings or read_settings(display.common)
    display.detail(f"Settings: {settings.file or 'no pitchcast.toml found, so defaults hold'}")
    project = open_project(settings, os.environ, take_over=display.common.take_over)
    display.detail(f"Storage: {project.bucket.url}")
    if not display.common.after_answer:
        display.common.after_answer.append(partial(_tell, display))
        display.common.changed.append(lambda: display.outcome.waits)
    return replace(project, dry_run=dry_run, outcome=display.outcome)


@contextmanager
def showing_progress(display: Display, project: Project) -> Iterator[Project]:
    """Give the project as one whose jobs show how far they are, until the last of them is done."""
    with display.progress() as progress:
        yield replace(project, progress=progress)


def _tell(display: Display) -> None:
    """Tell what came of the show besides the answer; only then an interrupted command need not be told of again."""
    display.tell_outcome()
    display.outcome.answered()
