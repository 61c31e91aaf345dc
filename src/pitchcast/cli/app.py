"""The program ``pitchcast``: find the command, run it, and end with the exit code that scripts rely on.

Nothing heavy is imported here, and each command's module only when that command is called: ``pitchcast --help``
answers at once.
"""

import functools
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple, cast

import typer
import typer.core
import typer.main

from pitchcast.cli import deadline, last_resort
from pitchcast.cli.command import Common, Escaped, Interrupted, new_group, with_common_options
from pitchcast.cli.deadline import TimedOut
from pitchcast.cli.last_resort import faults_collected
from pitchcast.cli.options import Version
from pitchcast.cli.started import this_program
from pitchcast.cli.streams import OutputLost, usable_streams
from pitchcast.errors import PitchcastError
from pitchcast.invocation import further_hint, pitchcast_command, start_as
from pitchcast.programs import forget_working_folder


class CommandEntry(NamedTuple):
    """A command or a group of them: where it is listed, the module that holds it, and what it does."""

    section: str
    module: str
    summary: str


COMMANDS = {
    "publish": CommandEntry(
        "Every day", "publish", "Turn a recording into a private podcast, and print the link to send."
    ),
    "link": CommandEntry("Every day", "link", "Print a prospect's link again."),
    "undo": CommandEntry("Every day", "undo", "Take back your last publish."),
    "preview": CommandEntry("Every day", "preview", "Listen on this computer to what was published."),
    "prospects": CommandEntry(
        "Look and change", "prospects", "Whom the show is for: add, import, list, show, edit, invite …"
    ),
    "episodes": CommandEntry(
        "Look and change", "episodes", "The pitches published: list, show, edit, deliver, replace, withdraw."
    ),
    "feeds": CommandEntry(
        "Look and change", "feeds", "What each prospect subscribes to: list, build, check, export, rotate, revoke …"
    ),
    "show": CommandEntry("Look and change", "show", "The podcast itself: show, edit, apply pitchcast.toml."),
    "history": CommandEntry("Look and change", "history", "Who changed what, and an earlier state brought back."),
    "logs": CommandEntry("Who listened", "logs", "Read the storage's access logs, from which statistics are made."),
    "stats": CommandEntry(
        "Who listened", "stats", "Show what the access logs say: downloads, listeners, opens, plays, taps."
    ),
    "leads": CommandEntry(
        "Who listened", "leads", "Show whom to call today and who is warm, each with what was seen and what to do."
    ),
    "report": CommandEntry("Who listened", "pipeline", "Show by week what was published and what was seen of it."),
    "init": CommandEntry("Set up", "init", "Write a pitchcast.toml."),
    "join": CommandEntry("Set up", "join", "Set yourself up from the file that ops gave you; it holds no secrets."),
    "doctor": CommandEntry("Set up", "doctor", "Find out whether everything is in order, and what to do if not."),
    "move": CommandEntry(
        "Set up", "move", "Move the show to another storage: a folder goes to a bucket, or a bucket to another."
    ),
    "storage": CommandEntry(
        "Set up", "storage", "Open a bucket's public half to listeners, or switch its access logs on."
    ),
    "audio": CommandEntry("Audio alone", "audio", "Look into a recording, or only master it."),
}


_COMPLETION = ("install_completion", "show_completion")


@functools.cache
def _built(group: typer.Typer) -> Any:
    """Return what typer makes of a group, made once: messages about a mistake look at it anew, and it takes a while."""
    return typer.main.get_command(group)


class Root(typer.core.TyperGroup):
    """The commands of COMMANDS, each imported when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return every command's name, in the order in which they are shown."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command or a group, or None where there is none of that name."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"pitchcast.cli.{entry.module}")
        found = _built(module.app)
        found.name = cmd_name
        return found

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is meant; typer suggests near names only of commands that it knows."""
        self.commands = cast(Any, dict.fromkeys(COMMANDS))  # only the names are looked at
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands in their sections, without importing any."""
        for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
            rows = [(name, entry.summary) for name, entry in COMMANDS.items() if entry.section == section]
            with formatter.section(section):
                formatter.write_dl([(name.ljust(max(map(len, COMMANDS))), summary) for name, summary in rows])

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands first: they are what people look for."""
        self.format_commands(ctx, formatter)
        records: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                records[parameter.name in _COMPLETION].append(record)
        with formatter.section("Everywhere, in front of a command or behind it"):
            formatter.write_dl(records[False])
        with formatter.section("For the shell"):
            formatter.write_dl(records[True])


app = new_group(completion=True)
app.info.cls = Root


@app.callback(invoke_without_command=True)
@with_common_options
def root(common: Common, version: Version = False) -> None:
    """Turn a recorded pitch into a private podcast for one prospect.

    Without a command it shows where your show is, what was sent last, and what comes next.

    \b
    Start here:
      pitchcast publish pitch.m4a --to "Acme Corp" --title "Cut your cloud bill"
    """
    if common.alone:
        importlib.import_module("pitchcast.cli.home").home(common)


_COMPLETING = "_PITCHCAST_COMPLETE"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; whatever happens, nobody is shown a traceback."""
    forget_working_folder()
    given = list(sys.argv[1:] if arguments is None else arguments)
    start_as(this_program() if arguments is None else ["pitchcast"])
    with usable_streams(), faults_collected(for_good=arguments is None) as faults:
        ending = _run(_to_carry_out(given))
        if faults.in_threads and isinstance(ending, int):
            ending = _fault(faults.in_threads[0])
        if faults.in_tidying and ending == 0:
            _show_plainly("Note", last_resort.told(faults.in_tidying[0]))
        if isinstance(ending, CommandFailure):
            _show(ending, as_json="--json" in given)
            if ending.kind == deadline.KIND and arguments is None:
                deadline.leave(ending.exit_code)
            return ending.exit_code
        return ending


class CommandFailure(NamedTuple):
    """Why a command did not do what it was asked to; one without a message is not told."""

    kind: str
    message: str
    hint: str
    exit_code: int


def _run(arguments: list[str]) -> int | CommandFailure:
    """Return the exit code, or the failure to be told."""
    slip = _slipped_dash(arguments)
    if slip:
        return CommandFailure("usage", *slip, 2)
    try:
        code = _called(arguments)
        sys.stdout.flush()
    except PitchcastError as error:
        return CommandFailure(error.kind, error.message, further_hint(error.hint, arguments), error.exit_code)
    except TimedOut as end:
        return CommandFailure(deadline.KIND, end.message, end.hint, deadline.EXIT_CODE)
    except (Interrupted, KeyboardInterrupt, typer.Abort):
        return CommandFailure("interrupted", "interrupted", "Run the same command again to complete it.", 130)
    except typer.TyperException as error:
        return _misused(error, arguments)
    except OutputLost as lost:
        return _lost(lost)
    except Escaped as fault:
        return _fault(fault.__cause__ or fault)
    except SystemExit as end:
        code = end.code
    except BaseException as error:  # noqa: BLE001 - the last resort; a panic in a library written in Rust is no Exception
        return _fault(error)
    return code if isinstance(code, int) else 0


def _called(arguments: list[str]) -> object:
    """Call the command; without any words typer is not asked, for what it imports to read options takes a while.

    A shell that completes a command line calls the program without words too, and says so in the environment.
    """
    if not arguments and _COMPLETING not in os.environ:
        return importlib.import_module("pitchcast.cli.home").home(Common())
    return _built(app).main(arguments, prog_name="pitchcast", standalone_mode=False, obj=Common(typed=tuple(arguments)))


def _to_carry_out(typed: list[str]) -> list[str]:
    """Return the command for what was typed; what does not begin with a command may be plain all the same."""
    if not typed or typed[0] in COMMANDS or typed[0].startswith("--") or typed[0] == "-h":
        return typed
    from pitchcast.cli.intent import plainly_meant  # only where something else than a command was typed

    return plainly_meant(typed, tuple(COMMANDS), may_ask=sys.stdin.isatty() and sys.stderr.isatty())


def _slipped_dash(typed: Sequence[str]) -> tuple[str, str] | None:
    """Return what is meant where a word begins with a long dash, which is read as a name."""
    if not any(word[:1] in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212" for word in typed if word):
        return None
    from pitchcast.cli.intent import slipped_dash

    return slipped_dash(_built(app), typed)


def _meant(typed: Sequence[str]) -> tuple[str, str] | None:
    """Return what is wrong with a command that cannot be read, and what to type instead, where that is known."""
    from pitchcast.cli.intent import meant

    return meant(_built(app), typed)


def _lost(lost: OutputLost) -> CommandFailure:
    """Return what is told when nobody can read the answer: nothing where who read it has seen enough."""
    message = f"the answer could not be written to standard output: {lost.reason}"
    if lost.changed:
        hint = "Run the same command again where its answer can be written: it then completes and answers."
        return CommandFailure("output", f"{message}; what was asked is done", hint, 4)
    if lost.wrote:
        message += f"; {', '.join(lost.wrote)} is written"
    elif lost.reader_left:
        return CommandFailure("output", "", "", 1)
    return CommandFailure("output", message, "Make room there, or send the answer elsewhere.", 1)


def _fault(error: BaseException) -> CommandFailure:
    return CommandFailure(last_resort.KIND, last_resort.told(error), last_resort.HINT, 1)


def _show(failure: CommandFailure, *, as_json: bool) -> None:
    """Tell what went wrong, plainly where even that goes wrong."""
    if not failure.message:
        return
    try:
        from pitchcast.cli.display import show_failure  # rich and all: only where there is something to show

        show_failure(failure.kind, failure.message, failure.hint, as_json=as_json)
    except OutputLost:
        show_failure(failure.kind, failure.message, failure.hint, as_json=False)
    except BaseException:  # noqa: BLE001 - whatever is broken, the failure is to be told
        _show_plainly("Error", failure.message)


def _show_plainly(level: str, message: str) -> None:
    """Write a line with nothing that could be what is broken."""
    with suppress(BaseException):
        from pitchcast.cli.escaping import printable

        sys.stderr.write(f"{level}: {printable(last_resort.masked(message), lines=False)}\n")


def _misused(error: typer.TyperException, typed: Sequence[str]) -> CommandFailure:
    """Return what is told of a command that cannot be read."""
    message, hint = _meant(typed) or (_usage_message(error), _usage_hint(typed))
    return CommandFailure("usage", message, hint, error.exit_code)


def _usage_message(error: typer.TyperException) -> str:
    message = error.format_message().rstrip(".")
    return message[:1].lower() + message[1:]


def _usage_hint(typed: Sequence[str]) -> str:
    from pitchcast.cli.intent import command_named

    path = command_named(_built(app), typed)
    return f"See how it is used with: {pitchcast_command('', *path, '--help')}"
