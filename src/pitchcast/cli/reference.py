"""The reference of every command as Markdown: ``python -m pitchcast.cli.reference > docs/cli.md``."""

import sys
from collections.abc import Iterator
from typing import Any

import typer
import typer.main

from pitchcast.cli.app import app

_HEAD = """# The command line

Made from the program itself by `python -m pitchcast.cli.reference`; a test compares the two.

Results go to stdout, progress and messages to stderr. `--json` prints one JSON document; a failure is
`{"error": {"kind", "message", "hint"}}`. The options under “Everywhere” may stand in front of the command too.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | it could not be done, or something is wrong: the message says what, and what to do |
| 2 | wrong usage |
| 3 | some of many failed; each is named |
| 4 | the storage was not reachable: run the same command again |
| 130 | interrupted: run the same command again to complete it |
"""


def render_reference() -> str:
    """Return the reference of all commands, each with its help as the program prints it at 80 columns."""
    parts = [_HEAD]
    for path, help_text in all_help():
        parts.append(f"## {' '.join(path)}\n\n```\n{help_text.rstrip()}\n```\n")
    return "\n".join(parts)


def all_help() -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the names that lead to each command or group, and its help."""
    for path, context in all_commands():
        yield path, context.get_help()


def all_commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the names that lead to each command or group, and a typer context for it; the root comes first."""
    settings = {"help_option_names": ["--help", "-h"], "terminal_width": 80, "max_content_width": 80}
    yield from _below(("pitchcast",), typer.main.get_command(app), None, settings)


def _below(path: tuple[str, ...], found: Any, parent: Any, settings: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    context = typer.Context(found, info_name=path[-1], parent=parent, **settings)
    yield path, context
    names = found.list_commands(context) if hasattr(found, "list_commands") else []
    for name in names:
        yield from _below((*path, name), found.get_command(context, name), context, settings)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr] # a text stream has it
    sys.stdout.write(render_reference())
