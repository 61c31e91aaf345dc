"""Commands named in messages, as they can be copied: with the program's name, the options given, and quotes.

Whoever tells of a command writes ``pitchcast_command("feeds restore", feed.id)``. It is rendered for how this process
was started: ``.venv/bin/pitchcast`` is not on PATH, so ``pitchcast`` alone would not be found.
"""

import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_PLAIN = re.compile(r"[\w@%+=:,./…-]+")
_SENTENCE_END = re.compile(r"(?<=[.;]) (?=[A-Z])")
_COMMAND_END = re.compile(r"[.,;:)”]*(?: \(|(?<=[.,;:)”]) |$)", re.MULTILINE)
_NO_MEANING_IN_DOUBLE_QUOTES = re.compile(r"[^\"$`\\!\x00-\x1f]+")


@dataclass(slots=True)
class _Invocation:
    program: tuple[str, ...] = ("pitchcast",)
    options: tuple[str, ...] = ()


_this_process = _Invocation()
"""The library and the tests are started by another name than the program's; for them it is plain ``pitchcast``."""


def start_as(program: Sequence[str]) -> None:
    """Let every command that is named from now on begin with these words, and with no options in front."""
    _this_process.program, _this_process.options = tuple(program), ()


def go_on_with(options: Sequence[str]) -> None:
    """Let every command that is named from now on hold these options, which decide what the command works on."""
    _this_process.options = tuple(options)


def pitchcast_command(words: str, *values: object) -> str:
    """Return a command of pitchcast as one types it here: ``pitchcast feeds restore acme-corp``.

    *words* is what stays the same, divided at spaces; each of *values* is one further word, quoted where it has to be.
    """
    return command_line([*_this_process.program, *_this_process.options, *words.split(), *map(str, values)])


def typed_command(*words: object) -> str:
    """Return a command of pitchcast of exactly these words: one that was typed, perhaps with more or less in it."""
    return command_line([*_this_process.program, *map(str, words)])


def pip_install(*words: str) -> str:
    """Return the command that installs packages where this process finds them."""
    return command_line([sys.executable or "python3", "-m", "pip", "install", *words])


def commands_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where commands of pitchcast begin and end in a text: broken in two lines, one could not be copied."""
    program = command_line(_this_process.program)
    for found in re.finditer(rf"(?<![\w./-]){re.escape(program)} (?=[a-z-])", text):
        end = _COMMAND_END.search(text, found.end())
        yield found.start(), end.start() if end else len(text)


def further_hint(hint: str, typed: Sequence[str]) -> str:
    """Return a hint without the sentences that name the command *typed*, which has just failed or answered."""
    return " ".join(sentence for sentence in _SENTENCE_END.split(hint) if not _names(sentence, typed))


def _names(sentence: str, typed: Sequence[str]) -> bool:
    """Return whether a sentence names the command that was typed, perhaps with fewer options."""
    start = command_line([*_this_process.program, *_this_process.options])
    _, found, rest = sentence.partition(f"{start} ")
    words = rest.partition(" (")[0].partition("”")[0].rstrip(".,;)").split()
    return bool(found) and set(words) <= {quoted(word) for word in typed}


def command_line(words: Sequence[str]) -> str:
    """Return a command as it is typed in this system's shell."""
    if os.name == "nt":
        import subprocess  # only its rules of quoting

        return subprocess.list2cmdline(words)
    return " ".join(map(quoted, words))


def quoted(word: str) -> str:
    """Return a word as a POSIX shell reads it back: in double quotes, as people write them, where those are enough."""
    if _PLAIN.fullmatch(word):
        return word
    return f'"{word}"' if _NO_MEANING_IN_DOUBLE_QUOTES.fullmatch(word) else shlex.quote(word)
