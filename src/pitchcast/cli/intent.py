"""What somebody meant who typed a command that does not exist, and the whole command to type instead.

A command that can be read never comes here, and nothing else is carried out than what was typed: the answer is a
sentence and a command to copy, which the real parser has accepted. Two things are harmless and done at once: help and
the version by another name, and, in a terminal, a publish that asks for everything but the recording dropped there.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import typer

from pitchcast.cli.parsing import is_recording
from pitchcast.invocation import typed_command

_PUBLISH = ("Publish a recording", "publish RECORDING --to WHO")
_LINK = ("Print a link again", "link WHO")
_UNDO = ("Take back your last publish", "undo")
_WITHDRAW = ("Take a pitch out of every feed", "episodes withdraw EPISODE")
_REMOVE = ("Remove a prospect", "prospects remove WHO")
_REVOKE = ("Close a link", "feeds revoke WHO")
_RESTORE = ("Open a closed link again", "feeds restore WHO")
_DELIVER = ("Give a pitch to somebody else too", "episodes deliver EPISODE --to WHO")
_LISTS = (("See whom the show is for", "prospects list"), ("See the pitches", "episodes list"))
_EDITS = (
    ("Change a pitch", "episodes edit EPISODE"),
    ("Change a prospect", "prospects edit WHO"),
    ("Change the podcast itself", "show edit"),
)
_SHOWS = (("See a prospect", "prospects show WHO"), ("See a pitch", "episodes show EPISODE"))

Way = tuple[str, str]
"""What one wants, and the command for it."""

MEANT: Mapping[str, Mapping[str, tuple[Way, ...]]] = {
    "": {
        "send share upload post release": (_PUBLISH, _LINK),
        "new record podcast": (_PUBLISH,),
        "url mail email copy qr": (_LINK,),
        "delete remove rm del erase retract": (_UNDO, _WITHDRAW, _REMOVE),
        "withdraw unpublish unsend recall": (_UNDO, _WITHDRAW),
        "revert rollback cancel back": (_UNDO, ("Bring an earlier state back", "history restore REVISION")),
        "open listen play serve web browse": (("Listen on this computer", "preview"), _LINK),
        "list ls all": _LISTS,
        "who people customers contacts clients prospect": _LISTS[:1],
        "pitches recordings episode": _LISTS[1:],
        "add invite": (
            ("Add a prospect", "prospects add NAME"),
            ("Give a prospect's colleague a link", "prospects invite NAME --by WHO"),
        ),
        "import csv": (("Add a list of prospects", "prospects import FILE"),),
        "export links": (("Write every link into a list", "feeds export --csv FILE"),),
        "deliver forward resend": (_DELIVER, _LINK),
        "replace": (("Give a pitch other audio", "episodes replace EPISODE RECORDING"),),
        "edit change rename set": _EDITS,
        "info get view": _SHOWS,
        "revoke close block": (_REVOKE,),
        "restore reopen": (_RESTORE, ("Bring an earlier state back", "history restore REVISION")),
        "rotate": (("Give a feed a new address", "feeds rotate WHO"),),
        "expire": (("Let a link end", "feeds expire WHO --after 30d"),),
        "build rebuild": (("Build the feeds", "feeds build"),),
        "update upgrade": (("Build the feeds", "feeds build"), *_EDITS),
        "statistics analytics downloads listeners plays": (("See what the access logs say", "stats"),),
        "log activity": (("See who changed what", "history list"),),
        "setup configure config settings start": (
            ("Begin a show", "init"),
            ("Use the set-up from ops", "join FILE"),
            ("Change the podcast itself", "show edit"),
        ),
        "login connect signin": (("Use the set-up from ops", "join FILE"),),
        "status check test repair fix": (("See whether all is well", "doctor"),),
        "migrate online": (("Move the show", "move s3://BUCKET"), ("Use the set-up from ops", "join FILE")),
        "inspect analyse analyze": (("Look into a recording", "audio inspect RECORDING"),),
        "master convert encode": (("Master a recording", "audio master RECORDING -o OUT"),),
    },
    "episodes": {
        "delete remove rm del undo retract unpublish": (_WITHDRAW,),
        "send share forward give": (_DELIVER,),
        "add new create publish upload": (_PUBLISH,),
        "rename change update set": _EDITS[:1],
        "ls all": _LISTS[1:],
        "info get view open": _SHOWS[1:],
    },
    "prospects": {
        "delete rm del forget erase purge": (_REMOVE,),
        "new create": (("Add a prospect", "prospects add NAME"),),
        "rename change update set": _EDITS[1:2],
        "ls all": _LISTS[:1],
        "info get view open": _SHOWS[:1],
        "link send": (_LINK,),
        "upload load csv": (("Add a list of prospects", "prospects import FILE"),),
        "export": (("Write every link into a list", "feeds export --csv FILE"),),
    },
    "feeds": {
        "delete remove rm del close block disable": (_REVOKE,),
        "ls all": (("See the feeds", "feeds list"),),
        "info get view open": (("See a feed", "feeds show WHO"),),
        "rebuild update refresh": (("Build the feeds", "feeds build"),),
        "validate test verify": (("Check the feeds", "feeds check --all"),),
        "reopen enable": (_RESTORE,),
        "link": (_LINK,),
    },
    "show": {"set change update rename": _EDITS[2:], "info get view list": (("See the podcast", "show show"),)},
    "history": {
        "ls log all": (("See who changed what", "history list"),),
        "undo revert rollback back": (("Bring an earlier state back", "history restore REVISION"),),
    },
    "storage": {"set-up init create open": (("Open a bucket to listeners", "storage setup"),)},
    "audio": {
        "info show check analyse analyze": (("Look into a recording", "audio inspect RECORDING"),),
        "convert encode export": (("Master a recording", "audio master RECORDING -o OUT"),),
    },
}
"""Behind the name of a group, "" for the program's own: words that people type, and what they may want."""

_HELP = frozenset({"help", "man", "usage", "?", "-?", "/?", "/h", "/help", "-help"})
_VERSION = frozenset({"version", "-V", "-version", "ver"})
_ENDS_AT_ONCE = frozenset({"--help", "-h", "--version", "--install-completion", "--show-completion"})
"""Options that act while a command is read."""
_DASHES = re.compile("^[-\u2010-\u2015\u2212]+(?=[A-Za-z])")
_OPENING, _CLOSING = "\u201c\u201d\u201e\u201f\u00ab", "\u201c\u201d\u00bb"
_PLACEHOLDER = re.compile("[A-Z]{2,}")


class Meant(NamedTuple):
    """What is told: what is wrong with the command, and what to type."""

    message: str
    hint: str


def plainly_meant(typed: Sequence[str], names: Sequence[str], *, may_ask: bool) -> list[str]:
    """Return the command to carry out for one that is harmless and cannot mean anything else, else *typed* itself."""
    first, *others = typed
    if first in names:
        return list(typed)
    if first in _HELP:
        return [*others, "--help"]
    if first in _VERSION:
        return ["--version"]
    if may_ask and not others and is_recording(first) and Path(first).is_file():
        return ["publish", first]
    return list(typed)


def meant(root: Any, typed: Sequence[str]) -> Meant | None:
    """Return what somebody meant by a command that cannot be read, None where nothing better is known."""
    words, said, do = list(typed), "", "Type it like this"
    for correct in (_with_plain_signs, _with_a_command, _with_known_options, _with_quotes):
        found = correct(root, words)
        if isinstance(found, Meant):
            return found
        if found is not None:
            words, (message, step) = found
            said, do = said or message, step or do
    return Meant(said, f"{do}: {typed_command(*words)}") if said and can_be_read(root, words) else None


def _with_hyphens(word: str) -> str:
    """Return a word with two hyphens where it begins with a dash that is none."""
    dashes = _DASHES.match(word)
    if dashes is None or not dashes[0].strip("-"):
        return word
    return f"--{word[dashes.end() :]}"


def slipped_dash(root: Any, typed: Sequence[str]) -> Meant | None:
    """Return what is meant where a long dash made an option a name: the command could be read, but never as meant."""
    plain = [_with_hyphens(word) for word in typed]
    known = _options(_found(root, plain)[1])
    changed = [straight for word, straight in zip(typed, plain, strict=True) if word != straight]
    return meant(root, typed) if any(word.partition("=")[0] in known for word in changed) else None


def command_named(root: Any, typed: Sequence[str]) -> list[str]:
    """Return the words of the command, or the group, that was typed, without its options."""
    words: list[str] = []
    command = root
    while hasattr(command, "list_commands"):
        at, inner = _found(command, typed, deep=False)
        if inner is command:
            break
        words, typed, command = [*words, typed[at - 1]], typed[at:], inner
    return words


def can_be_read(root: Any, words: Sequence[str]) -> bool:
    """Return whether a command exists, with all its options."""
    if not _ENDS_AT_ONCE.isdisjoint(words):
        return True
    try:
        read_command(root, words)
    except typer.TyperException:
        return False
    return True


def read_command(root: Any, words: Sequence[str]) -> None:
    """Read a command as the program does, without running it. Raises TyperException where it cannot be read."""
    context = root.make_context("pitchcast", list(words), obj=None)
    command = root
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        if "--help" in rest:
            return
        context = command.make_context(name, rest, parent=context)


_Corrected = tuple[list[str], tuple[str, str]]


def _with_plain_signs(root: Any, words: Sequence[str]) -> _Corrected | None:
    """Put two hyphens for the long dash, and plain quotes for the curly ones, that a word processor or a chat made."""
    dashed = [_with_hyphens(word) for word in words]
    plain = list(_uncurled(dashed))
    if plain == list(words):
        return None
    if plain != dashed:
        return plain, ("curly quotes are letters to a shell", "Use straight ones")
    odd = next(word for word, straight in zip(words, dashed, strict=True) if word != straight)
    return plain, (f"“{odd}” begins with a long dash, where two hyphens are meant", "")


def _uncurled(words: Sequence[str]) -> Iterator[str]:
    """Yield the words; those between curly quotes as one."""
    waiting: list[str] = []
    for word in words:
        if waiting or word[:1] in tuple(_OPENING):
            waiting.append(word)
        else:
            yield word
        if waiting and word[-1:] in tuple(_CLOSING) and (len(waiting) > 1 or len(word) > 1):
            yield " ".join(waiting)[1:-1]
            waiting = []
    yield from waiting


def _with_a_command(root: Any, words: Sequence[str]) -> _Corrected | Meant | None:
    """Put the command that is meant for one that does not exist."""
    at, group = _found(root, words)
    if not hasattr(group, "list_commands"):
        return None
    before, path = words[:at], group.name if group is not root else ""
    if at == len(words):
        return _choice(root, group, words)
    word, rest = words[at], words[at + 1 :]
    no_such = f"there is no command “{f'{path} {word}'.strip()}”"
    if not path and is_recording(word):
        return [*before, "publish", *words[at:]], ("a recording is published by the command in front of it", "")
    ways = _ways(path, word)
    if ways:
        front = before[: len(before) - 1] if path else before
        return _one_of_the_ways(root, front, ways, rest, no_such)
    near = difflib.get_close_matches(word.lower(), group.list_commands(None), 1)
    if near:
        return [*before, near[0], *rest], (f"{no_such}. Did you mean '{near[0]}'?", "Type it like this")
    return None


def _ways(path: str, word: str) -> Sequence[tuple[str, str]]:
    """Return what may be meant by a word that is no command of a group, and how each is typed."""
    return next((ways for typed, ways in MEANT[path].items() if word.lower() in typed.split()), ())


def _one_of_the_ways(
    root: Any, front: Sequence[str], ways: Sequence[tuple[str, str]], rest: Sequence[str], no_such: str
) -> _Corrected | Meant:
    """Return the whole command where the words behind it fit one way only, else all ways to choose from."""
    candidates = [_filled(front, way, rest) for _, way in ways]
    fitting = [whole for whole in candidates if can_be_read(root, _quoted_or_same(root, whole))]
    if rest and len(fitting) == 1:
        return fitting[0], (no_such, "Perhaps you mean")
    lines = [f"{what}: {typed_command(*front, *way.split())}" for what, way in ways]
    return Meant(no_such, "\n".join(lines))


def _filled(front: Sequence[str], way: str, rest: Sequence[str]) -> list[str]:
    """Return a command with the words that were typed in the place of what it shows of them."""
    fixed = []
    for word in way.split():
        if word.startswith("-") or _PLACEHOLDER.fullmatch(word):
            break
        fixed.append(word)
    return [*front, *fixed, *rest]


def _choice(root: Any, group: Any, words: Sequence[str]) -> Meant | None:
    """Return the list of a group's commands, for a group that was named alone."""
    if group is root:
        return None
    rows = [(name, group.get_command(None, name).get_short_help_str(60)) for name in group.list_commands(None)]
    width = max(len(name) for name, _ in rows)
    lines = [f"  {typed_command(*words, name)}{' ' * (width - len(name))}  {what}" for name, what in rows]
    return Meant(f"“{group.name}” is a group of commands", "\n".join(["Type one of them:", *lines]))


def _with_known_options(root: Any, words: Sequence[str]) -> _Corrected | None:
    """Put ``--to`` for ``-to``, and the option that is nearly spelt like one that does not exist."""
    at, command = _found(root, words)
    known = _options(command)
    corrected, said = list(words), ""
    for number, word in enumerate(words[at:], at):
        name, equals, value = word.partition("=")
        if not re.fullmatch("-+[A-Za-z][A-Za-z-]+", name) or name in known:
            continue
        exact = f"--{name.lstrip('-').lower()}"
        near = [exact] if exact in known else difflib.get_close_matches(exact, known, 1)
        if near:
            corrected[number] = f"{near[0]}{equals}{value}"
            said = said or f"there is no option “{name}”"
    return (corrected, (said, "Perhaps you mean")) if said else None


def _with_quotes(root: Any, words: Sequence[str]) -> _Corrected | None:
    """Join the words of a name that was typed without quotes."""
    if can_be_read(root, words):
        return None
    joined = _quoted_or_same(root, words)
    if joined == list(words):
        return None
    return joined, ("a name of several words is one only between quotes", "Put quotes around it")


def _quoted_or_same(root: Any, words: Sequence[str]) -> list[str]:
    """Return the command with what belongs together as one word, if it can be read only so."""
    if can_be_read(root, words):
        return list(words)
    at, command = _found(root, words)
    joined, takes_value = list(words[:at]), _options(command)
    for run in _runs(words[at:], takes_value):
        head, *tail = run
        if not head.startswith("-"):
            joined.append(" ".join(run))
        elif not tail or not takes_value.get(head):
            joined += [head, " ".join(tail)] if tail else [head]
        else:
            value, recording = (tail[:-1], tail[-1:]) if len(tail) > 1 and is_recording(tail[-1]) else (tail, [])
            joined += [head, " ".join(value), *recording]
    return joined if can_be_read(root, joined) else list(words)


def _runs(words: Sequence[str], takes_value: Mapping[str, bool]) -> Iterator[list[str]]:
    """Yield an option with the words behind it, or words that stand behind none."""
    run: list[str] = []
    for word in words:
        if run and (word.startswith("-") or (run[0].startswith("-") and not takes_value.get(run[0]))):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _found(root: Any, words: Sequence[str], *, deep: bool = True) -> tuple[int, Any]:
    """Return how many words lead to a command, and the command: a group where there is none behind it.

    Not *deep*, the first one is returned although it may be a group.
    """
    command, at = root, 0
    while (deep or command is root) and at < len(words) and hasattr(command, "list_commands"):
        word = words[at]
        if word.startswith("-"):
            at += 2 if _options(command).get(word) else 1
            continue
        inner = command.get_command(None, word)
        if inner is None:
            break
        inner.name = word
        command, at = inner, at + 1
    return min(at, len(words)), command


def _options(command: Any) -> dict[str, bool]:
    """Return the options of a command, True for those that take a value."""
    known = {"--help": False, "-h": False}
    for parameter in command.params:
        for name in (*parameter.opts, *parameter.secondary_opts):
            if name.startswith("-"):
                known[name] = not (getattr(parameter, "is_flag", False) or getattr(parameter, "count", False))
    return known
