"""How every command is shaped: the options that all of them take, and help that is plain and quick to print."""

import functools
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer
from typer.core import TyperCommand

from pitchcast.cli import deadline
from pitchcast.cli.deadline import TimedOut, TimeIsUp, time_limit
from pitchcast.cli.streams import OutputLost
from pitchcast.errors import UnclearName, UsageError
from pitchcast.invocation import go_on_with, pitchcast_command

P = ParamSpec("P")

_SAY_YES = "Add --yes to say that this is meant."

_ANNOTATIONS: Mapping[str, Any] = {
    "json": Annotated[bool, typer.Option("--json", help="Print one JSON document, for scripts.")],
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but results, warnings and errors.")],
    "verbose": Annotated[
        int, typer.Option("--verbose", "-v", count=True, show_default=False, help="Say more; twice: every request.")
    ],
    "yes": Annotated[bool, typer.Option("--yes", "-y", help="Go ahead without asking.")],
    "no_input": Annotated[bool, typer.Option("--no-input", help="Never ask, as in a script.")],
    "config": Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Use this pitchcast.toml.")],
    "show": Annotated[
        str, typer.Option("--show", metavar="NAME", help="Use this show: by its name, or by its folder.")
    ],
    "timeout": Annotated[
        str,
        typer.Option(
            "--timeout", metavar="TIME", help="Give up after 90s, 10m or 2h with exit code 4; run again, it goes on."
        ),
    ],
    "take_over": Annotated[
        bool, typer.Option("--take-over", help="Where a storage has a single writer: be that from now on.")
    ],
}


class Interrupted(Exception):
    """The user stopped the command."""


class Escaped(Exception):
    """Holds a fault that typer would take for somebody at the keyboard, or for a pipe whose reader has left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What every command can be told, in front of its name or behind it."""

    json: bool = False
    quiet: bool = False
    verbose: int = 0
    yes: bool = False
    no_input: bool = False
    config: Path | None = None
    show: str = ""
    timeout: str = ""
    take_over: bool = False
    alone: bool = False
    """Whether no command was named."""
    typed: tuple[str, ...] = ()
    """The whole command behind the program's name, for hints that can be run as they stand."""
    after_answer: list[Callable[[], None]] = field(default_factory=list, compare=False)
    """What is done when the command has answered, also with an exit code that scripts are to notice."""
    changed: list[Callable[[], bool]] = field(default_factory=list, compare=False)
    """Tells whether the command has changed the show, and would answer if it was run again."""
    wrote: list[str] = field(default_factory=list, compare=False)
    """The files on this computer that the command has written besides its answer."""
    told: set[str] = field(default_factory=set, compare=False)
    """What is said once in a command and has been said."""

    @property
    def at_terminal(self) -> bool:
        """Return whether a person looks on, also one who has said yes to everything."""
        return not self.no_input and sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def lasting(self) -> tuple[str, ...]:
        """Return the options that a command named in a message needs too, to work on the same show."""
        config = ("--config", str(self.config)) if self.config else ()
        return ("--show", self.show, *config) if self.show else config

    @property
    def may_ask(self) -> bool:
        """Return whether somebody sits at a terminal and has not asked for silence."""
        return not (self.json or self.yes or self.no_input) and sys.stdin.isatty() and sys.stderr.isatty()

    def require_yes(self, typed: str, *, dry_run: bool = False) -> None:
        """Raise UsageError where a script does what cannot be taken back, without saying that it is meant.

        *typed* is the command as one types it. Where somebody can be asked, the command asks.
        """
        self.refuse_unmeant(f"“{typed}” cannot be taken back", "Add --yes to say that it is meant.", dry_run=dry_run)

    def refuse_unmeant(self, why: str, hint: str = _SAY_YES, *, dry_run: bool = False) -> None:
        """Raise UsageError with *why* where a script does not say --yes to what a person would be asked about."""
        if not (self.yes or self.may_ask or dry_run):
            raise UsageError(why, hint=hint)

    def joined(self, other: "Common") -> "Common":
        """Return what both say together; *other* has the last word."""
        return Common(
            json=self.json or other.json,
            quiet=self.quiet or other.quiet,
            verbose=self.verbose + other.verbose,
            yes=self.yes or other.yes,
            no_input=self.no_input or other.no_input,
            config=other.config or self.config,
            show=other.show or self.show,
            timeout=other.timeout or self.timeout,
            take_over=self.take_over or other.take_over,
            alone=other.alone,
            typed=self.typed,
            after_answer=self.after_answer,
            changed=self.changed,
            wrote=self.wrote,
            told=self.told,
        )


def command(app: typer.Typer, name: str) -> Callable[[Callable[Concatenate[Common, P], None]], Callable[..., None]]:
    """Register a function as a command of *app*; its first parameter becomes the options that all commands take."""

    def register(function: Callable[Concatenate[Common, P], None]) -> Callable[..., None]:
        taking = with_common_options(function)
        app.command(name, cls=Command, help=_examples_first(function.__doc__ or ""))(taking)
        return taking

    return register


def with_common_options(function: Callable[Concatenate[Common, P], None]) -> Callable[..., None]:
    """Return a function that typer can read: the first parameter replaced by an option for each of its fields."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    own = [p.replace(kind=keyword) for p in list(inspect.signature(function).parameters.values())[1:]]
    parameters = [inspect.Parameter("context", keyword, annotation=typer.Context), *own, *_common_parameters()]

    @functools.wraps(function)
    def run(context: typer.Context, **values: Any) -> None:
        is_alone = context.parent is None and context.invoked_subcommand is None
        here = Common(**{name: values.pop(name) for name in _ANNOTATIONS}, alone=is_alone)
        before = context.find_root().obj
        context.obj = before.joined(here) if isinstance(before, Common) else here
        go_on_with(context.obj.lasting)
        try:
            with time_limit(context.obj.timeout, partial(_tell_timed_out, as_json=context.obj.json)):
                _call(function, context.obj, values)
        except KeyboardInterrupt as stop:
            raise (TimedOut(context.obj.timeout) if isinstance(stop, TimeIsUp) else Interrupted) from stop
        except (EOFError, OSError) as error:
            raise Escaped from error
        except OutputLost as lost:
            lost.changed = any(changed() for changed in context.obj.changed)
            lost.wrote = tuple(context.obj.wrote)
            raise

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # functions may carry one
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _tell_timed_out(reason: TimedOut, *, as_json: bool) -> None:
    display = importlib.import_module("pitchcast.cli.display")  # it imports this module
    display.show_failure(deadline.KIND, reason.message, reason.hint, as_json=as_json)


def _call(function: Callable[..., None], common: Common, values: Mapping[str, Any]) -> None:
    """Call a command with what typer read, and do afterwards what waited for its answer.

    Where a name is unclear, somebody at a terminal is asked which one is meant, and the command begins anew with that.
    """
    stop: typer.Exit | None = None
    while True:
        try:
            function(common, **values)
        except UnclearName as error:
            unclear = importlib.import_module("pitchcast.cli.unclear")  # only where something is unclear
            common, values = unclear.settled(common, values, error)
            continue
        except typer.Exit as ending:
            stop = ending
        break
    for act in common.after_answer:
        act()
    if stop:
        raise stop


def _common_parameters() -> list[inspect.Parameter]:
    keyword = inspect.Parameter.KEYWORD_ONLY
    defaults = {one.name: one.default for one in fields(Common)}
    return [inspect.Parameter(n, keyword, default=defaults[n], annotation=a) for n, a in _ANNOTATIONS.items()]


def new_group(help_text: str = "", *, completion: bool = False) -> typer.Typer:
    """Return an empty group of commands whose help is plain text; without a text it is that of its only command.

    With *completion* it takes the options that teach it to a shell.
    """
    app = typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=completion,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    if help_text:
        app.callback(help=help_text)(_no_options)  # a group stays a group even with a single command
    return app


class Command(TyperCommand):
    """A command whose help shows its own options in groups, and names in one line those that every command takes."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and own options, those of one group together, in the order of their first ones."""
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and parameter.name not in {*_ANNOTATIONS, "help"}:
                name, said = record
                groups.setdefault(_group_of(parameter), []).append((_ARGUMENT_TYPE.sub("", name), said))
        for title in (*(group for group in groups if group not in _LAST_GROUPS), *_LAST_GROUPS):
            if groups.get(title):
                with formatter.section(title):
                    formatter.write_dl(groups[title])
        with formatter.section("Everywhere"):
            tells_more = pitchcast_command("--help")
            formatter.write_text(
                f"-y -q -v --json --no-input --config FILE --show NAME --timeout TIME: see {tells_more}"
            )


_ARGUMENT_TYPE = re.compile(r"(?<=[A-Z.\]|]) <(path|str|int|list\[\w+\])>$")
_LAST_GROUPS = ("Options", "Advanced")


def _group_of(parameter: Any) -> str:
    """Return under what a parameter stands in the help."""
    if parameter.param_type_name == "argument":
        return "Arguments"
    return parameter.rich_help_panel or "Options"


def _examples_first(help_text: str) -> str:
    """Return a help text with its examples behind the first sentence: they are what people look for."""
    first, *others = inspect.cleandoc(help_text).split("\n\n")
    return "\n\n".join([first, *sorted(others, key=lambda paragraph: not paragraph.startswith("\b"))])


def _no_options() -> None:
    """Take no options of its own."""
