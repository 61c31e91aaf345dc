"""``pitchcast init``: a pitchcast.toml, asked for in a terminal or made from flags."""

import os
from pathlib import Path

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display
from pitchcast.cli.prompts import ask
from pitchcast.cli.session import keep_writer, remember
from pitchcast.config import FILE_NAME, read_personal, user_config_path
from pitchcast.config.settings import DEFAULTS
from pitchcast.errors import ConfigError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.init import Initialised
from pitchcast.workflows.init import (
    check_answer,
    default_host,
    default_title,
    first_settings,
    render_first_settings,
    wordless,
)

app = new_group()


@command(app, "init")
def init(
    common: Common,
    host: options.ShowHost = None,
    title: options.ShowTitle = None,
    email: options.ShowEmail = None,
    language: options.Language = None,
    category: options.Category = None,
    link: options.Link = None,
    description: options.Description = None,
    storage: options.Storage = None,
    endpoint_url: options.EndpointUrl = None,
    public_url: options.PublicUrl = None,
    profile: options.Profile = None,
    dry_run: options.DryRun = False,
) -> None:
    """Write a pitchcast.toml here: who speaks, what the podcast is called, where it is kept.

    In a terminal it asks; in a script it takes these options, and defaults for the rest. The show is remembered as
    yours: in a terminal it is used from any folder that has no pitchcast.toml.

    \b
    Example:
      pitchcast init
      pitchcast init --host "Dana Reyes" --title "Bills" --storage s3://pitches/d
    """
    display = Display(common)
    if common.config is not None:
        raise UsageError("init writes ./pitchcast.toml, not the file of --config", hint="Leave --config out.")
    if common.show:
        raise UsageError("init begins a new show", hint="Leave --show out.")
    _check_absent()
    given = {
        "show.host": host,
        "show.title": title,
        "show.email": email,
        "show.language": language,
        "show.category": category,
        "show.link": link,
        "show.description": description,
        "storage.url": storage,
        "storage.endpoint_url": endpoint_url,
        "storage.public_url": public_url,
        "storage.profile": profile,
    }
    answers = _completed(display, {key: value for key, value in given.items() if value})
    folder = Path.cwd()
    if dry_run:
        _show(display, answers, render_first_settings(folder, answers))
        return
    _tell_wordless(display, answers)
    keep_writer(display, answers["show.host"])
    first_settings(folder, answers, environ=os.environ, user_config=user_config_path())
    common.wrote.append(f"./{FILE_NAME}")
    remember(display, folder / FILE_NAME, answers["show.title"], as_default=common.at_terminal)
    _show(display, answers, f"Wrote ./{FILE_NAME}")
    display.say(f"Publish a first pitch: {pitchcast_command('publish RECORDING --to', 'Acme Corp')}")


def _tell_wordless(display: Display, answers: dict[str, str]) -> None:
    note = wordless(answers.get("show.language", DEFAULTS.show.language))
    if note:
        display.warn(note)


def _check_absent() -> None:
    if os.path.lexists(FILE_NAME):
        raise ConfigError(
            f"./{FILE_NAME} exists and is not overwritten",
            hint="Edit it, or start another show in another folder.",
        )


def _completed(display: Display, given: dict[str, str]) -> dict[str, str]:
    """Return the answers together with those that were asked for, or the defaults where nobody can be asked."""
    asks = display.common.may_ask
    if "show.host" not in given:
        writer = read_personal(user_config_path()).writer
        known = writer.name if writer else ""
        question = "Your name, as prospects see it"
        given["show.host"] = _ask(display, "show.host", question, known) if asks else default_host(writer)
    title = default_title(given["show.host"], given.get("show.language", DEFAULTS.show.language))
    if "show.title" not in given:
        given["show.title"] = _ask(display, "show.title", "Name of your podcast", title) if asks else title
    if asks and "storage.url" not in given:
        question = "Where it is kept: a folder, or s3://BUCKET/PREFIX"
        given["storage.url"] = _ask(display, "storage.url", question, DEFAULTS.storage.url)
        if given["storage.url"].startswith("s3://"):
            _ask_service(display, given)
    return given


def _ask_service(display: Display, given: dict[str, str]) -> None:
    """Ask what a bucket needs besides its name; Enter leaves it out."""
    for key, question in (
        ("storage.endpoint_url", "Address of the S3 service"),
        ("storage.profile", "AWS profile that holds the keys"),
        ("storage.public_url", "Public address of the bucket, if it has one"),
    ):
        if key not in given:
            answer = _ask(display, key, question, "-")
            given |= {key: answer} if answer != "-" else {}


def _ask(display: Display, key: str, question: str, default: str = "") -> str:
    return ask(display, question, default=default, check=lambda text: text if text == "-" else check_answer(key, text))


def _show(display: Display, answers: dict[str, str], text: str) -> None:
    written = Initialised(file=str(Path.cwd() / FILE_NAME), settings=answers)
    display.answer(written, lambda to, _answer: to.result(text.rstrip("\n"), lines=True))
