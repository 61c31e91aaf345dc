"""What a command works on: the settings that hold here, and the show they name."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from pitchcast.cli.command import Common
from pitchcast.cli.display import Display
from pitchcast.config import (
    ChosenShow,
    Settings,
    ShowRequest,
    choose_show,
    ensure_writer,
    load_settings,
    remember_show,
    user_config_path,
)
from pitchcast.errors import ConfigError
from pitchcast.model.writer import Writer
from pitchcast.site.project import Project, open_project


def chosen_show(common: Common, *, tell: bool = True) -> ChosenShow:
    """Return which show is meant here, and why; one that only the user's settings name is told once, on stderr.

    So is one that they named and that is gone, whatever is done without it.
    """
    chosen = choose_show(
        ShowRequest(
            start=Path.cwd(),
            environ=os.environ,
            user_config=user_config_path(),
            config=common.config,
            show=common.show,
            at_terminal=common.at_terminal,
            typed=common.typed,
        )
    )
    if chosen.gone:
        Display(common).warn(chosen.gone)
    if tell and chosen.why == "remembered" and "show" not in common.told:
        common.told.add("show")
        Display(common).say(f"Show: {chosen.name}, in {chosen.place}")
    return chosen


def read_settings(common: Common, options: Mapping[str, object] | None = None) -> Settings:
    """Return the settings of the show that is meant here; *options* go by names such as ``storage.url``."""
    chosen = chosen_show(common)
    return load_settings(
        Path.cwd(),
        config=None if chosen.why == "folder" else chosen.file,
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


def remember(display: Display, file: Path, name: str, *, as_default: bool) -> None:
    """Remember a show as the person's own: in a terminal it is then found from any folder."""
    try:
        kept = remember_show(user_config_path(), file, name, as_default=as_default)
    except ConfigError as error:
        display.warn(f"the show is not remembered: {error.message}")
    else:
        display.detail(f"The show is remembered as “{kept}” in {user_config_path()}")


def keep_writer(display: Display, name: str) -> Writer | None:
    """Return who sits at the terminal, with an id under which changes are noted; it is made where there is none.

    Scripts go on without: on servers, whose folders come and go, login and computer tell more. PITCHCAST_USER does too.
    """
    if not display.common.at_terminal or os.environ.get("PITCHCAST_USER"):
        return None
    try:
        return ensure_writer(user_config_path(), name)
    except ConfigError as error:
        display.warn(f"changes are noted under your login: {error.message}")
        return None


@contextmanager
def showing_progress(display: Display, project: Project) -> Iterator[Project]:
    """Give the project as one whose jobs show how far they are, until the last of them is done."""
    with display.progress() as progress:
        yield replace(project, progress=progress)


def _tell(display: Display) -> None:
    """Tell what came of the show besides the answer; only then an interrupted command need not be told of again."""
    display.tell_outcome()
    display.outcome.answered()
