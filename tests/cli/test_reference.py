"""docs/cli.md is what the program says, and every command shows how it is used."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from pitchcast.cli.app import COMMANDS
from pitchcast.cli.reference import all_commands, render_reference

ROOT = Path(__file__).parents[2]
COMMANDS_AND_CONTEXTS = [
    pytest.param(path, context, id=" ".join(path[1:]))
    for path, context in all_commands()
    if not hasattr(context.command, "list_commands")
]


def test_the_document_is_up_to_date() -> None:
    """Make it anew with: python -m pitchcast.cli.reference > docs/cli.md."""
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == render_reference()


@pytest.mark.parametrize(("path", "context"), COMMANDS_AND_CONTEXTS)
def test_every_command_has_an_example_that_it_understands(path: tuple[str, ...], context: Any) -> None:
    lines = context.get_help().splitlines()
    examples = [shlex.split(line) for line in lines if line.startswith("    pitchcast ")]
    assert examples
    for words in examples:
        assert tuple(words[: len(path)]) == path
        context.command.make_context(path[-1], words[len(path) :], parent=context.parent).close()


@pytest.mark.parametrize(("path", "context"), COMMANDS_AND_CONTEXTS)
def test_every_option_says_what_it_does(path: tuple[str, ...], context: Any) -> None:
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        assert record is not None, parameter.name
        assert record[1], parameter.name


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_their_own_help_says(name: str) -> None:
    """The list is a table of its own, so that showing it imports no command."""
    context = next(context for path, context in all_commands() if path == ("pitchcast", name))
    own = context.command.help.splitlines()[0]
    groups = hasattr(context.command, "list_commands")
    assert own == COMMANDS[name].summary or (not groups and own.startswith(COMMANDS[name].summary.rstrip(".")))
