"""By which words this process was started, so that a command in a message can be copied."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pitchcast.programs import find_program

_NAME = "pitchcast"


def program_words(argv: Sequence[str], original: Sequence[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words in front of a command's own: ``pitchcast``, ``.venv/bin/pitchcast``, ``python3 -m pitchcast``.

    *argv* is sys.argv, *original* sys.orig_argv, which still has the interpreter and ``-m``.
    """
    if "-m" in original[: len(original) - len(argv) + 1]:
        interpreter, *options = original[: len(original) - len(argv[1:])]
        return (_as_found(interpreter), *options)
    if environ.get("UV_RUN_RECURSION_DEPTH"):
        return ("uv", "run", _NAME)  # its PATH is not that of the person's shell
    program = Path(argv[0])
    name = program.stem if program.suffix.lower() == ".exe" else program.name
    if name != _NAME:  # started from another program
        return (_NAME,)
    return (_as_found(str(program.with_name(name))),)


def _as_found(program: str) -> str:
    """Return a program's bare name where a shell finds the same program by it, else the shortest path to it."""
    path = Path(program)
    if path.name == program:
        return program
    found = find_program(path.name)
    if found and _is_same(found.with_name(path.name), path):
        return path.name
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        return str(path.relative_to(Path.cwd()))
    return program


def _is_same(one: Path, other: Path) -> bool:
    """Return whether both are one path: links count as they are, for an environment's python is one to another."""
    return os.path.abspath(one) == os.path.abspath(other)  # noqa: PTH100 - pathlib would follow the link


def this_program() -> tuple[str, ...]:
    """Return the words by which this process was started."""
    return program_words(sys.argv, sys.orig_argv, os.environ)
