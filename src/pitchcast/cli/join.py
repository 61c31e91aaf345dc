"""``pitchcast join``: a salesperson takes the set-up file from ops, and is ready to publish."""

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec

from pitchcast.cli import options
from pitchcast.cli.access_keys import profile_with_keys
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display, counted
from pitchcast.cli.prompts import ask, confirm
from pitchcast.cli.session import chosen_show, keep_writer, open_show, read_settings, remember, showing_progress
from pitchcast.config import (
    ChosenShow,
    Settings,
    StorageSettings,
    load_settings,
    read_personal,
    rewrite_settings,
    short_path,
    user_config_path,
)
from pitchcast.config.choosing import Why
from pitchcast.errors import CatalogError, ConfigError, UsageError
from pitchcast.invocation import pitchcast_command, typed_command
from pitchcast.model.answers.join import Joined
from pitchcast.model.catalog import Catalog
from pitchcast.model.text import check_line
from pitchcast.workflows.doctor import examine
from pitchcast.workflows.init import default_host
from pitchcast.workflows.join import (
    SetUp,
    adopt,
    check_adoptable,
    extends_setup,
    is_same_place,
    plan_join,
    read_setup,
    storage_to_move_to,
)
from pitchcast.workflows.join import join as write_settings
from pitchcast.workflows.move import move, plan_move

app = new_group()


@command(app, "join")
def join(
    common: Common,
    source: options.JoinFrom = "",
    profile: options.Profile = None,
    bring_along: options.BringAlong = False,
    dry_run: options.DryRun = False,
) -> None:
    """Set yourself up from the file that ops gave you; it holds no secrets.

    It writes ./pitchcast.toml on top of that file; where you have a show on this computer, it asks whether to bring
    that along, with its links. It shows to which bucket and service your keys will go, and asks; a script says --yes,
    after a look with --dry-run. In a terminal it asks for your access key and secret, unseen, tries them, and keeps
    them as an AWS profile, readable for you alone; a script brings keys in the environment or a profile. At the end it
    tries out whether all is well, as pitchcast doctor does; what that finds leaves the exit code 0. Without a file it
    tries your keys, and asks for new ones if they do not fit.

    \b
    Example:
      pitchcast join company.toml
      pitchcast join https://intranet.example.com/pitchcast.toml --profile sales
      pitchcast join company.toml --bring-along --yes
      pitchcast join
    """
    display = Display(common)
    if source:
        take_setup(display, source, profile=profile or "", bring_along=bring_along, dry_run=dry_run)
    else:
        _renew_keys(display, profile or "")


def take_setup(display: Display, source: str, *, profile: str, bring_along: bool, dry_run: bool) -> None:
    """Join the show of a set-up file: with a new pitchcast.toml, or on top of one that there is."""
    if display.common.config is not None:
        raise UsageError("join writes ./pitchcast.toml, not the file of --config", hint="Leave --config out.")
    setup = read_setup(source)
    there = _find_show(display, setup)
    storage = setup.settings.storage
    _agree(display, storage, dry_run=dry_run)
    if dry_run:
        _foresee(display, setup, there)
        return
    renews = there is not None and is_same_place(there.settings.storage, storage)
    used, brought = profile_with_keys(display, storage, profile or storage.profile, renews=renews), 0
    _ask_name(display)
    if there and there.catalog:
        there, brought = _bring_along(display, setup, there, used, wanted=bring_along)
    path = there.file if there else plan_join(setup, Path.cwd())
    if there:
        adopt(setup, path, profile=used)
    else:
        write_settings(setup, Path.cwd(), profile=used)
    display.common.wrote.append(str(path))
    _finish(display, path, _answer(setup, path, profile=used, brought=brought))


def _foresee(display: Display, setup: SetUp, there: "_LocalShow | None") -> None:
    """Tell what joining would do."""
    if there and there.catalog:
        display.say(f"Would ask whether to bring along {_along(there.catalog)}.")
    path = there.file if there else plan_join(setup, Path.cwd())
    _show(display, _answer(setup, path), dry_run=True)


def _answer(setup: SetUp, path: Path, *, profile: str = "", brought: int = 0) -> Joined:
    """Return what is answered before anything was tried out; *path* is the pitchcast.toml."""
    return Joined(
        settings=str(path),
        extends=setup.extends,
        storage_url=setup.settings.storage.url,
        endpoint_url=setup.settings.storage.endpoint_url,
        profile=profile,
        brought_along=brought,
        findings=(),
    )


def _finish(display: Display, path: Path, answer: Joined) -> None:
    """Try out whether all is well, remember the show, and tell."""
    settings = load_settings(Path.cwd(), config=path, environ=os.environ, user_config=user_config_path())
    project = open_show(display, settings)
    findings = examine(project)
    if not any(finding.level == "error" for finding in findings):
        catalog = project.ledger.load().catalog
        name = catalog.show.title if catalog else settings.show.title
        remember(display, path, name, as_default=display.common.at_terminal)
    _show(display, msgspec.structs.replace(answer, findings=findings), dry_run=False)


# ---- a show that there is already


@dataclass(frozen=True, slots=True)
class _LocalShow:
    """The show that somebody who joins has: its pitchcast.toml and settings, its catalog where it is to come along."""

    file: Path
    settings: Settings
    why: Why
    catalog: Catalog | None = None


def _find_show(display: Display, setup: SetUp) -> _LocalShow | None:
    """Return the show that is put on top of the set-up file, None where a new pitchcast.toml is written here.

    Raises ConfigError where there is another one in this folder.
    """
    chosen = chosen_show(display.common, tell=False)
    if chosen.file is None:
        return None
    settings = _settings_of(display, chosen)
    found = _LocalShow(chosen.file, settings, chosen.why)
    if chosen.why == "remembered" and not _is_local(settings):
        return None  # it stays, and another one is joined here
    joined_before = extends_setup(chosen.file) or is_same_place(settings.storage, setup.settings.storage)
    if not (joined_before or _is_local(settings)):
        raise ConfigError(
            f"{chosen.file} exists and is not overwritten: its show lies in {settings.storage.url}",
            hint=f"Join in another, empty folder; or move that show: {pitchcast_command('move s3://BUCKET/PREFIX')}",
        )
    check_adoptable(setup, chosen.file)
    if not _is_local(settings):
        return found
    catalog = open_show(display, settings).ledger.load().catalog
    if catalog is None and chosen.why == "remembered":
        return None
    return replace(found, catalog=catalog)


def _settings_of(display: Display, chosen: ChosenShow) -> Settings:
    if chosen.why == "remembered":
        return load_settings(Path.cwd(), config=chosen.file, environ=os.environ, user_config=user_config_path())
    return read_settings(display.common)


def _is_local(settings: Settings) -> bool:
    return not settings.storage.url.startswith("s3://")


def _bring_along(
    display: Display, setup: SetUp, there: _LocalShow, profile: str, *, wanted: bool
) -> tuple[_LocalShow | None, int]:
    """Move a show of this computer to the storage that is joined, if that is meant.

    Return the show to go on with, None for a new one in this folder, and how many feeds came along. Raises
    CatalogError where it cannot come along or is not to, and has this folder; UsageError where a script does not say.
    """
    storage = storage_to_move_to(setup, there.settings.storage, profile)
    source = open_show(display, there.settings)
    try:
        plan = plan_move(source, storage, os.environ)
    except CatalogError as error:
        if there.why != "remembered" or wanted:
            raise CatalogError(f"your show cannot come along: {error.message}", hint=_ELSEWHERE) from error
        display.say(f"Your show in {there.file.parent} stays on this computer.")
        return None, 0
    if not (wanted or _wants_to(display, there.file, plan.source.ledger.load().catalog)):
        if there.why != "remembered":
            raise ConfigError("nothing was written", hint=_ELSEWHERE)
        return None, 0
    with showing_progress(display, plan.source) as shown:
        done = move(replace(plan, source=shown), os.environ)
    for problem in done.problems:
        display.warn(problem)
    return there, done.feeds


def _wants_to(display: Display, file: Path, catalog: Catalog | None) -> bool:
    if not display.common.may_ask:
        line = typed_command(*display.common.typed, "--bring-along")
        raise UsageError("there is a show here already", hint=f"To bring it along, with all its links, say so: {line}")
    display.say(f"There is a show on this computer, in {short_path(file.parent)}.")
    return catalog is not None and confirm(f"Bring {_along(catalog)} along?", default=True)


def _along(catalog: Catalog) -> str:
    return f"your {counted(len(catalog.prospects), 'prospect')} and their links"


_ELSEWHERE = "Join in another, empty folder: your show here stays on this computer."


# ---- who, and with which keys


def _ask_name(display: Display) -> None:
    """Ask at a terminal, once in a life, under which name changes are noted."""
    common = display.common
    if not common.at_terminal or os.environ.get("PITCHCAST_USER") or read_personal(user_config_path()).writer:
        return
    name = default_host()
    if common.may_ask:
        question = "Your name, as colleagues see it in the history"
        name = ask(display, question, default=name, check=lambda text: check_line(text, "your name"))
    keep_writer(display, name)


def _renew_keys(display: Display, profile: str) -> None:
    """Try the keys of the show that is used here, and ask for new ones where they do not fit."""
    settings = read_settings(display.common)
    if settings.file is None or _is_local(settings):
        raise UsageError(
            "there is no show in a bucket here whose keys could be tried",
            hint=f"Name the set-up file that ops gave you: {pitchcast_command('join FILE')}",
        )
    storage = settings.storage
    used = profile_with_keys(display, storage, profile or storage.profile, renews=True)
    if used != storage.profile:
        rewrite_settings(settings.file, {("storage", "profile"): used})
        display.common.wrote.append(str(settings.file))
    answer = Joined(
        settings=str(settings.file),
        extends="",
        storage_url=storage.url,
        endpoint_url=storage.endpoint_url,
        profile=used,
        findings=(),
    )
    _finish(display, settings.file, answer)


def _agree(display: Display, storage: StorageSettings, *, dry_run: bool) -> None:
    """Show where requests with keys of this computer will go, and go on only if that is meant.

    Raises UsageError in a script without --yes, ConfigError where somebody says no.
    """
    if not storage.url.startswith("s3://"):
        return
    buckets = f"{storage.url} and {storage.private_url}" if storage.private_url else storage.url
    where = f"{buckets} at {storage.endpoint_url or 'Amazon S3'}"
    common = display.common
    display.say(f"Your keys {'would' if dry_run else 'will'} be used for {where}")
    if dry_run or common.yes:
        return
    if not common.may_ask:
        line = typed_command(*common.typed, "--yes")
        hint = f"If that is the storage that ops told you of, say so: {line}"
        raise UsageError(f"joining uses keys of this computer for {where}", hint=hint)
    if not confirm("Is that the storage that ops told you of?", default=False):
        raise ConfigError("nothing was written, and no key was used", hint="Ask ops for the right set-up file.")


def _show(display: Display, joined: Joined, *, dry_run: bool) -> None:
    """Tell what was written and found. What the doctor finds wrong with the show is no failure of joining it."""
    display.answer(joined, partial(_show_settings, dry_run=dry_run))


def _show_settings(display: Display, joined: Joined, *, dry_run: bool) -> None:
    errors = _errors(joined)
    display.findings(joined.findings)
    if joined.brought_along:
        links = pitchcast_command("feeds export")
        display.say(f"{counted(joined.brought_along, 'feed')} came along. Links to send: {links}")
    display.result(f"{'Would write' if dry_run else 'Wrote'} {joined.settings} for {joined.storage_url}")
    ready = f"{counted(errors, 'error')}; what to do stands below each." if errors else "Ready to publish."
    display.say("" if dry_run else ready)


def _errors(joined: Joined) -> int:
    return sum(finding.level == "error" for finding in joined.findings)
