"""``pitchcast join``: a salesperson takes the set-up file from ops, and is ready to publish."""

import os
import sys
from functools import partial
from pathlib import Path

import typer

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display, counted
from pitchcast.cli.prompts import ask_hidden, confirm
from pitchcast.cli.session import open_show, read_settings
from pitchcast.config import StorageSettings
from pitchcast.errors import ConfigError, UsageError
from pitchcast.invocation import typed_command
from pitchcast.model.answers.join import Joined
from pitchcast.model.finding import Finding
from pitchcast.workflows.doctor import examine
from pitchcast.workflows.join import DEFAULT_PROFILE, SetUp, check_key, has_profile, keep_keys, plan_join, read_setup
from pitchcast.workflows.join import join as write_settings

app = new_group()


@command(app, "join")
def join(
    common: Common,
    source: options.JoinFrom,
    profile: options.Profile = None,
    dry_run: options.DryRun = False,
) -> None:
    """Set yourself up from the file that ops gave you; it holds no secrets.

    It writes ./pitchcast.toml on top of that file. It shows to which bucket and service your keys will go, and asks; a
    script says --yes, after a look with --dry-run. In a terminal it then asks for your access key and secret, unseen,
    and keeps them as an AWS profile, readable for you alone; a script brings keys in the environment or a profile.
    At the end it tries out whether all is well, as pitchcast doctor does.

    \b
    Example:
      pitchcast join company.toml
      pitchcast join https://intranet.example.com/pitchcast.toml --profile sales
      pitchcast join company.toml --yes
    """
    display = Display(common)
    if common.config is not None:
        raise UsageError("join writes ./pitchcast.toml, not the file of --config", hint="Leave --config out.")
    setup = read_setup(source)
    path = plan_join(setup, Path.cwd())
    _agree(display, setup.settings.storage, dry_run=dry_run)
    used = ""
    findings: tuple[Finding, ...] = ()
    if not dry_run:
        used = _keys(display, setup, profile or setup.settings.storage.profile)
        write_settings(setup, Path.cwd(), profile=used)
        common.wrote.append(str(path))
        findings = examine(open_show(display, read_settings(common)))
    joined = Joined(
        settings=str(path),
        extends=setup.extends,
        storage_url=setup.settings.storage.url,
        endpoint_url=setup.settings.storage.endpoint_url,
        profile=used,
        findings=findings,
    )
    _show(display, joined, dry_run=dry_run)


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


def _keys(display: Display, setup: SetUp, profile: str) -> str:
    """Return the profile that holds the keys, after asking for them where nobody knows any; "" where none is used."""
    if not setup.settings.storage.url.startswith("s3://"):
        return ""
    name = profile or DEFAULT_PROFILE
    if has_profile(name):
        display.say(f"Using the keys of your AWS profile “{name}”.")
        return name
    if not (display.common.may_ask and sys.stdin.isatty()):
        if profile and not os.environ.get("AWS_ACCESS_KEY_ID"):
            raise UsageError(f"there is no AWS profile “{profile}”", hint="Make it first, or run this in a terminal.")
        return ""
    display.say(f"Your keys are kept as the AWS profile “{name}”; what you type is not shown.")
    access_key = ask_hidden(display, "Access key", check_key)
    secret_key = ask_hidden(display, "Secret key", check_key)
    path = keep_keys(name, access_key, secret_key, os.environ)
    display.say(f"Kept in {path}, readable for you alone.")
    return name


def _show(display: Display, joined: Joined, *, dry_run: bool) -> None:
    display.answer(joined, partial(_show_settings, dry_run=dry_run))
    if _errors(joined):
        raise typer.Exit(1)


def _show_settings(display: Display, joined: Joined, *, dry_run: bool) -> None:
    errors = _errors(joined)
    display.findings(joined.findings)
    display.result(f"{'Would write' if dry_run else 'Wrote'} {joined.settings} for {joined.storage_url}")
    ready = f"{counted(errors, 'error')}; what to do stands below each." if errors else "Ready to publish."
    display.say("" if dry_run else ready)


def _errors(joined: Joined) -> int:
    return sum(finding.level == "error" for finding in joined.findings)
