"""What people and scripts see: results on stdout; messages, progress and errors on stderr. The only user of rich.

What people wrote is printed as it is, never read as markup; on stderr every token is cut short, because that is
where logs come from.
"""

import logging
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, TextIO, TypeVar

import msgspec
from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TaskID, TextColumn
from rich.progress import Progress as ProgressBar
from rich.table import Table
from rich.text import Text

from pitchcast.cli.command import Common
from pitchcast.cli.escaping import printable, printable_json, without_surrogates
from pitchcast.cli.streams import write_bytes
from pitchcast.model.answers.base import Failed, Failure
from pitchcast.model.finding import Finding
from pitchcast.model.token import mask_tokens
from pitchcast.site.outcome import Outcome

if TYPE_CHECKING:
    from pitchcast.site.project import Progress

Answered = TypeVar("Answered", bound=msgspec.Struct)

_DETAIL = " · "
_PLAIN_EVERY_S = 10.0
_SLOW_AFTER_S = 1.0  # shorter steps leave no line behind
_ANY_WIDTH = 10_000  # columns: what goes into a pipe is never cut
_INDENT = 8  # columns for the level of a finding
_CONTINUED = 7  # columns before what continues a message
_LEVEL_STYLES = {"error": "bold red", "warning": "yellow", "ok": "green"}
_LEVEL_ORDER = ("error", "warning", "ok")


class Display:
    """How one command talks. ``common`` says how much, and whether to people or to scripts.

    ``outcome`` is what came of the show, besides the answer.
    """

    def __init__(self, common: Common) -> None:
        self.common = common
        self.outcome = Outcome(answers_later=True)
        if common.verbose:
            _log_to_stderr(common.verbose)

    def say(self, text: str = "", *, style: str = "") -> None:
        """Tell something on the way; nothing with ``--quiet``."""
        if not self.common.quiet:
            _print_error(text, style)

    def detail(self, text: str) -> None:
        """Tell what only those want to know who said ``--verbose``."""
        if self.common.verbose:
            _print_error(text, "dim")

    def warn(self, text: str) -> None:
        """Tell what the user should know although the command goes on."""
        _print_error(f"Note: {text}", "yellow")

    def fault(self, text: str) -> None:
        """Tell what went wrong although something was done."""
        _print_error(f"Error: {text}", "bold red")

    def result(self, text: str, *, style: str = "", lines: bool = False) -> None:
        """Print a line of the result, or several with *lines*; an address is never broken."""
        console = _stdout()
        whole = not console.is_terminal or " " not in text.strip()
        console.print(Text(printable(text, lines=lines), style=style), soft_wrap=whole)
        sys.stdout.flush()

    def document(self, body: bytes) -> None:
        """Print a document in UTF-8 as it is, to a terminal without what would steer it."""
        if sys.stdout.isatty():
            sys.stdout.write(printable(body.decode("utf-8", "replace").replace("\r\n", "\n")))
        else:
            write_bytes(body)
        sys.stdout.flush()

    def picture(self, lines: Sequence[str]) -> None:
        """Show a black picture on white, made of block characters, beside the results: on stderr, also if quiet."""
        console = _console(sys.stderr)
        for line in lines:
            console.print(Text(line, style="#000000 on #ffffff"), soft_wrap=True)

    def passage(self, text: str) -> None:
        """Show a text to be copied, on stderr, with its own lines only."""
        _console(sys.stderr).print(Text(printable(text)), soft_wrap=True)

    def answer(self, answer: Answered, show: Callable[["Display", Answered], None]) -> None:
        """Give the answer of the command: one JSON document for scripts, for people what *show* prints of it."""
        if self.common.json:
            self.json(answer)
        else:
            show(self, answer)

    def json(self, answer: msgspec.Struct) -> None:
        """Print an answer as one JSON document: every field is there, times are ISO 8601 in UTC.

        Where something interrupted was completed, ``resumed`` and ``finished`` say so, and ``notes`` what else is worth
        knowing.
        """
        whole = _fields(answer) | self._besides()
        document = msgspec.json.format(_encoded(whole), indent=2).decode("utf-8")
        if sys.stdout.isatty():
            document = printable_json(document)
        if (sys.stdout.encoding or "utf-8").lower().replace("-", "") != "utf8":
            document = _ascii_json(document)
        sys.stdout.write(document + "\n")
        sys.stdout.flush()

    def tell_outcome(self) -> None:
        """Tell what was completed that had been interrupted, and what else is worth knowing, on stderr."""
        resumed, finished, notes = self.outcome.take_news()
        if resumed:
            self.say(f"Your “{resumed.command}” of {_hour(resumed.at)} was interrupted; it is finished now.")
        for one in finished:
            self.say(f"Also finished “{one.command}” of {_hour(one.at)}, by {one.who}: {one.what}.")
        for note in notes:
            self.warn(note)

    def _besides(self) -> dict[str, object]:
        """Return the fields that are there only when there is something to say in them."""
        outcome = self.outcome
        besides: dict[str, object] = {"resumed": True} if outcome.resumed else {}
        besides |= {"finished": [complete(one) for one in outcome.finished]} if outcome.finished else {}
        return besides | ({"notes": outcome.notes} if outcome.notes else {})

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> None:
        """Print a table; the columns named in *right* hold numbers."""
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for column in columns:
            table.add_column(Text(column), justify="right" if column in right else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(printable(cell, lines=False)) for cell in row))
        _stdout().print(table)
        sys.stdout.flush()

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Print names and values, one a line; what is empty is left out."""
        shown = [(name, value) for name, value in pairs if value]
        width = max((len(name) for name, _ in shown), default=0)
        for name, value in shown:
            indented = value.replace("\n", f"\n{' ' * (width + 2)}")
            self.result(f"{name.ljust(width)}  {indented}", lines=True)

    def findings(self, findings: Sequence[Finding]) -> None:
        """Print findings, errors first, each with what to do about it."""
        console = _stdout()
        for finding in sorted(findings, key=lambda one: _LEVEL_ORDER.index(one.level)):
            said = [f"{finding.where}: {finding.what}", *([finding.do] if finding.do else [])]
            lines = [line for text in said for line in textwrap.wrap(printable(text), console.width - _INDENT)]
            level = Text(f"{finding.level:{_INDENT}}", style=_LEVEL_STYLES[finding.level])
            console.print(level.append(f"\n{' ' * _INDENT}".join(lines), style="default"), soft_wrap=True)
        sys.stdout.flush()

    @contextmanager
    def progress(self) -> "Iterator[Progress]":
        """Give a callable that shows how far each step is: bars in a terminal, plain lines otherwise."""
        if self.common.quiet:
            yield lambda _step, _fraction: None
        elif sys.stderr.isatty():
            with _bars() as bars:
                steps = _Bars(bars)
                yield steps
                steps.end()
        else:
            yield _Lines(self)


def show_failure(kind: str, message: str, hint: str, *, as_json: bool) -> None:
    """Print on stderr what went wrong and what to do about it; for scripts also as JSON on stdout."""
    if as_json:
        failure = Failure(kind=kind, message=mask_tokens(message), hint=mask_tokens(hint))
        Display(Common(json=True)).json(Failed(error=failure))
    _print_error(f"Error: {message}", "bold red")
    if hint:
        _print_error(f"What to do: {hint}")


def tell(text: str) -> None:
    """Tell somebody who is being asked something, also with ``--quiet``."""
    _print_error(text)


def lead_in(question: str) -> str:
    """Print what of a question needs lines of its own, and return its last line, which the answer is typed behind."""
    console = _console(sys.stderr)
    shown = Text(printable(mask_tokens(question), lines=False))
    *lines, last = _wrapped(shown, console).plain.split("\n")
    for line in lines:
        console.print(Text(line), soft_wrap=True)
    return f"{last.rstrip()} "


def complete(value: object) -> object:
    """Return a frozen answer as plain dicts and lists that hold every field, also those with their defaults."""
    if isinstance(value, msgspec.Struct):
        return _fields(value)
    if isinstance(value, dict):
        return {str(key): complete(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [complete(one) for one in value]
    return value


def _fields(answer: msgspec.Struct) -> dict[str, object]:
    names = zip(answer.__struct_encode_fields__, answer.__struct_fields__, strict=True)
    return {name: complete(getattr(answer, attribute)) for name, attribute in names}


def clock(seconds: float) -> str:
    """Return seconds as people read them: ``5:12``, ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _hour(moment: datetime) -> str:
    return f"{moment.astimezone():%H:%M}"


def counted(count: int, what: str) -> str:
    """Return a number of things in words: ``1 feed``, ``12 feeds``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _console(stream: TextIO) -> Console:
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _ANY_WIDTH
    return console


def _stdout() -> Console:
    return _console(sys.stdout)


def _print_error(text: str, style: str = "") -> None:
    console = _console(sys.stderr)
    told = Text(_told(text), style=style)
    console.print(_wrapped(told, console) if console.is_terminal else told, soft_wrap=True)


def _wrapped(told: Text, console: Console) -> Text:
    """Return a message as wide as the terminal; a line that goes on is indented and looks like no other message."""
    lines: list[Text] = []
    for line in told.split("\n", allow_blank=True):
        first, *others = line.wrap(console, console.width - _CONTINUED) or [line]
        lines += [first, *(Text(" " * _CONTINUED).append_text(other) for other in others)]
    return Text("\n").join(lines)


def _told(text: str) -> str:
    """Return a message as stderr gets it: no line of it but the first can be taken for a message of its own."""
    opening, told = text[: len(text) - len(text.lstrip("\n"))], text.lstrip("\n")
    return opening + printable(mask_tokens(told)).replace("\n", f"\n{' ' * _CONTINUED}")


def _encoded(answer: object) -> bytes:
    """Return an answer as JSON in UTF-8, also one with a name that is not UTF-8."""
    try:
        return msgspec.json.encode(answer)
    except UnicodeEncodeError:
        return msgspec.json.encode(_without_surrogates(answer))


def _without_surrogates(answer: object) -> object:
    if isinstance(answer, dict):
        return {key: _without_surrogates(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return [_without_surrogates(value) for value in answer]
    return without_surrogates(answer) if isinstance(answer, str) else answer


def _ascii_json(document: str) -> str:
    import json

    return json.dumps(json.loads(document), indent=2)


class _MaskedHandler(logging.Handler):
    """Writes log lines to stderr with tokens and control characters taken out."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; what cannot be formatted is left out."""
        with suppress(Exception):
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()

    def format(self, record: logging.LogRecord) -> str:
        """Return the line to write."""
        return _told(super().format(record))


class _Warnings(_MaskedHandler):
    """Tells what libraries warn of where nobody asked for their log: in one line, without a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line to write."""
        return _told(f"Note: {record.name}: {record.getMessage()}").replace("\n", " ")


logging.lastResort = _Warnings(logging.WARNING)


def _log_to_stderr(verbose: int) -> None:
    """Show what pitchcast logs, and with two ``-v`` the requests that go to the storage."""
    handler = _MaskedHandler()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    for name in ("pitchcast", "urllib3.connectionpool")[: min(verbose, 2)]:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)


class _TimeColumn(ProgressColumn):
    """Shows the time left, and in the end the time taken."""

    def render(self, task: Task) -> Text:
        """Return ``0:09 left``, or ``0:09`` when done."""
        if task.finished:
            return Text(clock(task.finished_time or 0.0))
        return Text("" if task.time_remaining is None else f"{clock(task.time_remaining)} left")


def _bars() -> ProgressBar:
    return ProgressBar(
        TextColumn("  {task.description}", markup=False),
        BarColumn(bar_width=16, complete_style="default", finished_style="default"),
        TextColumn("{task.percentage:>3.0f} % ", markup=False),
        _TimeColumn(),
        console=_console(sys.stderr),
    )


class _Bars:
    """Progress as one bar a step. A step that took no time worth telling leaves no line.

    What a step's name says after `` · `` is shown, and may change from call to call.
    """

    def __init__(self, bars: ProgressBar) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, step: str, fraction: float) -> None:
        """Show how far *step* is."""
        name = step.partition(_DETAIL)[0]
        if name not in self._tasks:
            self.end()
            self._tasks[name] = self._bars.add_task(_label(step), total=1.0)
        task = next(task for task in self._bars.tasks if task.id == self._tasks[name])
        self._bars.update(task.id, description=_label(step), completed=max(task.completed, min(fraction, 1.0)))

    def end(self) -> None:
        """Show the steps so far as done: the next one begins, or everything went well."""
        for task in self._bars.tasks:
            self._bars.update(task.id, completed=1.0, visible=(task.elapsed or 0.0) > _SLOW_AFTER_S)


class _Lines:
    """Progress as plain lines: one when a step begins, then one every ten seconds."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._told_at: dict[str, float] = {}

    def __call__(self, step: str, fraction: float) -> None:
        """Tell how far *step* is, now and then."""
        now = time.monotonic()
        name = step.partition(_DETAIL)[0]
        if name not in self._told_at:
            self._told_at[name] = now
            self._display.say(f"{_label(name)} …")
        elif fraction < 1.0 and now - self._told_at[name] >= _PLAIN_EVERY_S:
            self._told_at[name] = now
            self._display.say(f"{_label(step)} {fraction:.0%}")


def _label(step: str) -> str:
    return printable(step[:1].upper() + step[1:])
