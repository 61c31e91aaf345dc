"""What people and scripts see: results on stdout; messages, progress and errors on stderr. The only user of rich.

What people wrote is printed as it is, never read as markup; on stderr every token is cut short, because that is
where logs come from.
"""

import logging
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, TextIO, TypeVar

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, ProgressColumn, Task, TaskID, TextColumn
from rich.progress import Progress as ProgressBar
from rich.table import Table
from rich.text import Text

from pitchcast.cli.command import Common
from pitchcast.cli.escaping import printable, printable_json, without_surrogates
from pitchcast.cli.streams import write_bytes
from pitchcast.invocation import commands_in
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
_READABLE = 12  # columns that a cell of several words needs at least
_GAP = 2  # columns between two columns of a table, and behind a name
_WORDS = re.compile(r" *[^ ]+| +$")
_JOINED = "\0"  # a space within a command, where no line may end; in no text, for it is not printable
_LIGHT_PARTS = str.maketrans(" ▄▀█", "█▀▄ ")
_CONTINUED = 7  # columns before what continues a message
_BELOW = 2  # columns before what continues a line of the result
_LEVEL_STYLES = {"error": "bold red", "warning": "yellow", "ok": "green"}
_LEVEL_ORDER = ("error", "warning", "ok")


class Display:
    """How one command talks. ``common`` says how much, and whether to people or to scripts.

    ``outcome`` is what came of the show, besides the answer.
    """

    def __init__(self, common: Common) -> None:
        self.common = common
        self.outcome = Outcome(answers_later=True)
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
        """Print a line of the result, or several with *lines*; an address or a command is never broken.

        What goes on in a further line is indented, so that it looks like no message.
        """
        console = _stdout()
        for line in printable(text, lines=lines).split("\n"):
            first, *others = wrapped(line, console.width - _BELOW)
            _print_whole(console, [first, *(" " * _BELOW + other for other in others)], style)

    def indented(self, text: str, *, by: int = 2) -> None:
        """Print a line of the result below what it belongs to."""
        console = _stdout()
        lines = wrapped(printable(text), console.width - by)
        _print_whole(console, [f"{' ' * by}{line}" for line in lines])

    def document(self, body: bytes) -> None:
        """Print a document in UTF-8 as it is, to a terminal without what would steer it."""
        if sys.stdout.isatty():
            sys.stdout.write(printable(body.decode("utf-8", "replace").replace("\r\n", "\n")))
        else:
            write_bytes(body)
        sys.stdout.flush()

    def picture(self, lines: Sequence[str]) -> None:
        """Show a black picture on white, made of block characters, beside the results: on stderr, also if quiet.

        A terminal that takes no colours, as with NO_COLOR, is mostly a dark one: there the light parts are drawn.
        """
        console = _console(sys.stderr)
        has_colours = console.color_system is not None and not console.no_color
        drawn = [line.translate(_LIGHT_PARTS) if console.is_terminal and not has_colours else line for line in lines]
        for line in drawn:
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

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        right: Sequence[str] = (),
        whole: Sequence[str] = (),
        indent: int = 0,
    ) -> None:
        """Print a table; the columns named in *right* hold numbers, those in *whole* ids and links, never broken.

        Where the terminal is too narrow for that, each row becomes a few lines.
        """
        console = _stdout()
        cells = [[printable(cell, lines=False) for cell in row] for row in rows]
        if _least_width(columns, cells, (*whole, *right)) + indent > console.width:
            columns, cells = _without_empty(columns, cells)
        if _least_width(columns, cells, (*whole, *right)) + indent > console.width:
            _print_whole(console, list(_stacked(columns, cells, " " * indent)))
            return
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for column in columns:
            table.add_column(
                Text(column),
                justify="right" if column in right else "left",
                overflow="fold",
                no_wrap=column in (*whole, *right),
            )
        for row in cells:
            table.add_row(*map(Text, row))
        console.print(Padding(table, (0, 0, 0, indent), expand=False))
        sys.stdout.flush()

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Print names and values, one a line; what is empty is left out. A link that does not fit stands below."""
        console = _stdout()
        shown = [(name, printable(value)) for name, value in pairs if value]
        width = max((len(name) for name, _ in shown), default=0) + _GAP
        for name, value in shown:
            lines = wrapped(value, console.width - width)
            if any(cell_len(line) > console.width - width for line in lines):
                below = wrapped(value, console.width - _BELOW)
                _print_whole(console, [name, *(" " * _BELOW + line for line in below)])
                continue
            first, *others = lines
            _print_whole(console, [name.ljust(width) + first, *(" " * width + line for line in others)])

    def findings(self, findings: Sequence[Finding]) -> None:
        """Print findings, errors first, each with what to do about it."""
        console = _stdout()
        for finding in sorted(findings, key=lambda one: _LEVEL_ORDER.index(one.level)):
            said = [f"{finding.where}: {finding.what}", *([finding.do] if finding.do else [])]
            lines = [line for text in said for line in wrapped(printable(text), console.width - _INDENT)]
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
    shown = printable(mask_tokens(question), lines=False)
    *lines, last = _wrapped_message(shown, console.width).split("\n")
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


def moment_of(moment: datetime) -> str:
    """Return a moment as people here read it."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


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
    told = _wrapped_message(_told(text), console.width) if console.is_terminal else _told(text)
    console.print(Text(told, style=style), soft_wrap=True)


def _wrapped_message(told: str, width: int) -> str:
    """Return a message as wide as the terminal; a line that goes on is indented and looks like no other message."""
    opening = len(told) - len(told.lstrip("\n"))
    lines: list[str] = []
    for line in told[opening:].split("\n"):
        first, *others = wrapped(line, width - _CONTINUED)
        lines += [first, *(" " * _CONTINUED + other for other in others)]
    return "\n" * opening + "\n".join(lines)


def wrapped(text: str, width: int) -> list[str]:
    """Return a text as lines of *width* columns; words, addresses and commands stay whole, also where they are longer.

    A line that the terminal itself breaks can be copied; one with a line feed in it cannot.
    """
    return [part for line in text.split("\n") for part in _wrapped_line(line, width)]


def _wrapped_line(line: str, width: int) -> list[str]:
    for start, end in commands_in(line):  # replacing letter by letter: later positions stay right
        line = line[:start] + line[start:end].replace(" ", _JOINED) + line[end:]
    lines = [""]
    for word in _WORDS.findall(line):
        if lines[-1].strip() and cell_len(lines[-1] + word) > width:
            lines.append(word.lstrip(" "))
        else:
            lines[-1] += word
    return [part.replace(_JOINED, " ") for part in lines]


def _print_whole(console: Console, lines: Sequence[str], style: str = "") -> None:
    """Print lines as they are; what is too long is broken by the terminal alone."""
    console.print(Text("\n".join(lines), style=style), soft_wrap=True)
    sys.stdout.flush()


def _least_width(columns: Sequence[str], rows: Sequence[Sequence[str]], whole: Sequence[str]) -> int:
    """Return the columns that a table takes at least, with the cells of *whole* unbroken and the others readable."""
    least = 0
    for number, column in enumerate(columns):
        widest = max([cell_len(column), *(cell_len(row[number]) for row in rows)])
        least += widest if column in whole else min(widest, _READABLE)
    return least + _GAP * (len(columns) - 1)


def _without_empty(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Return a table without the columns that say nothing in any row."""
    kept = [number for number in range(len(columns)) if any(row[number] for row in rows)]
    return [columns[number] for number in kept], [[row[number] for number in kept] for row in rows]


def _stacked(columns: Sequence[str], rows: Sequence[Sequence[str]], indent: str) -> Iterator[str]:
    """Yield a table as lines: the first cell of each row, and below it the others with their names."""
    width = max(map(len, columns)) + _GAP
    for row in rows:
        yield indent + row[0]
        yield from (
            f"{indent}  {name.ljust(width)}{cell}" for name, cell in zip(columns[1:], row[1:], strict=True) if cell
        )


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
    """Show what pitchcast logs, and with two ``-v`` the requests that go to the storage.

    An earlier command of the same process may have shown more.
    """
    handler = _MaskedHandler()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    for least, name in enumerate(("pitchcast", "urllib3.connectionpool"), start=1):
        logger = logging.getLogger(name)
        for earlier in [each for each in logger.handlers if isinstance(each, _MaskedHandler)]:
            logger.removeHandler(earlier)
            logger.setLevel(logging.NOTSET)
        if verbose >= least:
            logger.addHandler(handler)
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
