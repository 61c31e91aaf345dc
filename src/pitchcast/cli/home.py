"""``pitchcast`` alone: the show at a glance, and the next step."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from pitchcast.cli.command import Common
from pitchcast.cli.display import Display, moment_of
from pitchcast.cli.names import sent_to
from pitchcast.cli.session import open_show, read_settings
from pitchcast.config import short_path
from pitchcast.errors import PitchcastError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.home import Home
from pitchcast.model.answers.sent import Sending
from pitchcast.model.finding import Finding
from pitchcast.workflows.home import NOTHING_YET, failure_of, look

_NAMED = 2
_PATIENCE_S = 6  # a storage that does not answer must not keep somebody waiting who only looks


def home(common: Common) -> None:
    """Show where the show is, what was sent last, what needs attention, and what comes next.

    Whatever cannot be looked at is told, and no error: the way to help stands below it all the same.
    """
    display = Display(common)
    common.told.add("show")  # the answer itself names the show and its folder
    found = _found(display)
    display.answer(found, _show_home)


def _show_home(display: Display, found: Home) -> None:
    if found.problem:
        _show_problem(display, found)
    elif not found.catalog_revision:
        _show_beginning(display, found)
    else:
        _show(display, found)
    display.result(f"\nAll commands: {pitchcast_command('--help')}", lines=True)


def _found(display: Display) -> Home:
    try:
        settings = read_settings(display.common)
        patience = min(settings.storage.timeout_s, _PATIENCE_S)
        return look(open_show(display, replace(settings, storage=replace(settings.storage, timeout_s=patience))))
    except PitchcastError as error:
        next_step = pitchcast_command("doctor")
        return msgspec.structs.replace(NOTHING_YET, problem=failure_of(error), next=next_step)


def _show_problem(display: Display, found: Home) -> None:
    if found.show:
        display.result(f"{found.show}{_in_folder(found)}", style="bold")
    assert found.problem is not None  # noqa: S101 (asked before)
    display.result("It cannot be looked at now:" if found.show else "The show cannot be looked at now:")
    display.indented(found.problem.message)
    if found.problem.hint:
        display.indented(found.problem.hint)


def _show_beginning(display: Display, found: Home) -> None:
    """Say what comes first where nothing was published yet."""
    if found.show:
        display.result(f"{found.show}{_in_folder(found)}", style="bold")
        display.result("Nothing has been published yet. The first pitch:")
        display.indented(found.next)
        return
    display.result("There is no show here yet. Begin with a recording, and the name of whom it is for:")
    display.indented(found.next)
    display.result("Or with the set-up file that your company gave you:")
    display.indented(pitchcast_command("join FILE"))


def _show(display: Display, found: Home) -> None:
    display.result(f"{found.show}{_in_folder(found)}", style="bold")
    display.result(
        f"Online at {found.public_url}" if found.online else "On this computer only: nobody else can listen."
    )
    if found.sent:
        until = f" (seen until {moment_of(found.seen_until)})" if found.seen_until else ""
        display.result(f"\nSent last{until}", lines=True)
        columns = ("to", "what", "when", "seen") if found.seen_until else ("to", "what", "when")
        display.table(columns, [_row(one)[: len(columns)] for one in found.sent], indent=2)
    if found.attention:
        display.result("\nNeeds attention", lines=True)
        _show_attention(display, found.attention)
    is_to_go_online = not found.online and bool(found.sent)
    display.result("\nNext: put it online" if is_to_go_online else "\nNext: the next pitch", lines=True)
    display.indented(found.next)
    if is_to_go_online:
        display.indented("FILE is the set-up file that your company gave you. With a bucket of your own instead:")
        display.indented(pitchcast_command("move s3://BUCKET"))


def _show_attention(display: Display, findings: Sequence[Finding]) -> None:
    """Print findings; what is to be done about several of them stands below the last one."""
    for number, finding in enumerate(findings):
        display.indented(finding.what)
        is_said_later = finding.do in [later.do for later in findings[number + 1 :]]
        if finding.do and not is_said_later:
            display.indented(finding.do, by=4)


def _row(sending: Sending) -> tuple[str, str, str, str]:
    what = f"{sending.episode.name} (withdrawn)" if sending.withdrawn else sending.episode.name
    return sent_to(sending, _NAMED), what, moment_of(sending.date), _seen(sending)


def _seen(sending: Sending) -> str:
    """Return what was done since then: “opened, played”, or of several people “3 opened, 1 played”."""
    if sending.seen is None:
        return ""
    counts = {"opened": sending.seen.opened, "played": sending.seen.played, "tapped": sending.seen.tapped}
    return ", ".join(did if sending.feeds == 1 else f"{count:,} {did}" for did, count in counts.items() if count)


def _in_folder(found: Home) -> str:
    """Return where the show's settings are, as the end of a line; "" where they are in the working folder."""
    folder = Path(found.settings_file).parent
    if not found.settings_file or folder.resolve() == Path.cwd():
        return ""
    return f", in {short_path(folder)}"
