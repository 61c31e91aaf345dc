"""The first run in a folder: who the host is and what the podcast is called, asked for or taken from the account.

Where the storage holds a show already, that show knows both.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pitchcast.cli.display import Display
from pitchcast.cli.prompts import ask
from pitchcast.cli.session import keep_writer, open_show, read_settings, remember
from pitchcast.config import FILE_NAME, Settings, read_personal, short_path, user_config_path
from pitchcast.errors import ConfigError
from pitchcast.invocation import pitchcast_command, typed_command
from pitchcast.site.project import Project
from pitchcast.workflows.init import check_answer, default_host, default_title, first_settings


@dataclass(frozen=True, slots=True)
class FirstRun:
    """A show to publish in, and what is still to be asked and written before that.

    ``answers`` holds host and title where the settings lack them, as long as nobody was asked: defaults. ``begins``
    says that nothing was ever published in the show: else its host may be a colleague.
    """

    settings: Settings
    project: Project
    answers: Mapping[str, str]
    open_questions: tuple[str, ...]
    begins: bool = True

    @staticmethod
    def begin(display: Display) -> "FirstRun":
        """Open the show; where host or title are not set, as if the defaults were.

        Raises ConfigError where a person would begin a second show by the way; a script is told of the one there is.
        """
        settings = read_settings(display.common)
        project = open_show(display, settings)
        catalog = project.ledger.load().catalog
        if catalog is not None:
            known = {"show.host": catalog.show.host, "show.title": catalog.show.title}
            return FirstRun(settings, project, known, (), begins=False)
        if settings.file is None and "storage.url" not in settings.given:
            _tell_of_others(display)
        host = settings.show.host or default_host(settings.writer)
        answers = {"show.host": host, "show.title": settings.show.title or default_title(host, settings.show.language)}
        missing = [key for key in answers if not getattr(settings.show, key.partition(".")[2])]
        return FirstRun(settings, _with(display, answers), answers, tuple(missing))

    @property
    def writes(self) -> bool:
        """Return whether a pitchcast.toml is to be written: there is none yet."""
        return self.settings.file is None

    def asked(self, display: Display) -> "FirstRun":
        """Ask for what is missing and return the show as the answers make it."""
        if not self.open_questions:
            return self
        place = f"are kept in ./{FILE_NAME}" if self.writes else "become part of the show"
        display.say(f"First run: answers {place}")
        answers = dict(self.answers)
        if "show.host" in self.open_questions:
            answers["show.host"] = _ask(
                display, "Your name, as prospects see it", "show.host", _known_name(self.settings)
            )
        if "show.title" in self.open_questions:
            default = default_title(answers["show.host"], self.settings.show.language)
            answers["show.title"] = _ask(display, "Name of your podcast", "show.title", default)
        return FirstRun(self.settings, _with(display, answers), answers, ())

    def written(self, display: Display) -> Project:
        """Write pitchcast.toml where there is none, and return the show to publish in.

        At a terminal it is remembered as the person's own where no other one is, and the person gets an id.
        """
        writer = keep_writer(display, self.answers["show.host"] if self.begins else default_host(self.settings.writer))
        if not self.writes:
            self._remember(display, self.settings)
            made = writer is not None and writer != self.project.settings.writer
            return open_show(display, replace(self.project.settings, writer=writer)) if made else self.project
        settings = first_settings(
            Path.cwd(),
            self.answers,
            environ=os.environ,
            user_config=user_config_path(),
            storage=self.settings.storage,
        )
        if self.open_questions:
            display.say(
                f"First run: wrote ./{FILE_NAME} with “{self.answers['show.title']}” by {self.answers['show.host']}"
            )
        self._remember(display, settings)
        return open_show(display, settings)

    def _remember(self, display: Display, settings: Settings) -> None:
        if display.common.at_terminal and settings.file and read_personal(user_config_path()).default is None:
            remember(display, settings.file, self.answers["show.title"], as_default=True)


def _tell_of_others(display: Display) -> None:
    """Say where no show is meant, but some are remembered, how to publish there: to a person before another begins."""
    personal = read_personal(user_config_path())
    if not personal.present:
        return
    name = personal.present[0]
    place = short_path(personal.shows[name].parent)
    line = typed_command(*display.common.typed, "--show", name)
    if display.common.at_terminal:
        raise ConfigError(
            f"there is no show here, and none is chosen of those you have, such as “{name}” in {place}",
            hint=f"To publish there: {line}. To begin another one here: {pitchcast_command('init')}",
        )
    display.warn(f"this begins another show, beside yours: “{name}”, in {place}. To publish there: {line}")


def _known_name(settings: Settings) -> str:
    return settings.writer.name if settings.writer else ""


def _ask(display: Display, question: str, key: str, default: str) -> str:
    return ask(display, question, default=default, check=lambda text: check_answer(key, text))


def _with(display: Display, answers: Mapping[str, str]) -> Project:
    return open_show(display, read_settings(display.common, answers))
