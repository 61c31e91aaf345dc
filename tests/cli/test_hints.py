"""Every command that a message names can be copied: it exists, with all its options, and begins as this one began."""

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer.main

from pitchcast import invocation
from pitchcast.cli.app import COMMANDS, app
from pitchcast.cli.intent import MEANT, read_command
from pitchcast.cli.started import program_words
from pitchcast.invocation import further_hint, pitchcast_command, quoted, start_as
from tests.fixtures.program import Run

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "pitchcast"
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))}
ROOT_COMMAND: Any = typer.main.get_command(app)
A_VALUE = "acme-corp"
OF_PIP = {"--upgrade", "--force-reinstall"}
FOR_OTHERS = {"cli/storage.py", "workflows/join.py", "cli/options.py"}
"""Where a command is for another computer (in a file that is handed on), or part of help, which names no path."""


def docstrings(tree: ast.AST) -> set[int]:
    """Return the ids of the constants that are docstrings."""
    alone = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    return {id(value) for value in alone if isinstance(value, ast.Constant)}


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of every literal that is no docstring; ``acme-corp`` stands for what is computed."""
    leave_out = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            leave_out |= {id(part) for part in node.values}
            yield node.lineno, "".join(str(p.value) if isinstance(p, ast.Constant) else A_VALUE for p in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in leave_out:
            yield node.lineno, node.value


def named_commands() -> Iterator[Any]:
    """Yield every command that the source names, as words with values filled in."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "pitchcast_command":
                where = f"{path.relative_to(SOURCE).as_posix()}:{node.lineno}"
                if path.name not in ("invocation.py",):
                    yield pytest.param(node.args, id=where)


def filled(arguments: Sequence[ast.expr]) -> list[str]:
    first, *values = arguments
    assert isinstance(first, ast.Constant), "the words that stay the same are written where the command is named"
    words = str(first.value).split()
    for value in values:
        if isinstance(value, ast.Constant):
            words.append(str(value.value))
        elif isinstance(value, ast.Name) and value.id == "option":
            words.append("--company")
        elif not isinstance(value, ast.Starred):
            words.append(A_VALUE)
    return words


@pytest.mark.parametrize("arguments", list(named_commands()))
def test_a_command_that_a_message_names_exists(arguments: Sequence[ast.expr]) -> None:
    words = filled(arguments)
    if words != ["--help"]:
        read_command(ROOT_COMMAND, words)


WAYS = sorted({way for group in MEANT.values() for ways in group.values() for _, way in ways})


@pytest.mark.parametrize("way", WAYS)
def test_a_command_that_is_told_for_another_word_exists(way: str) -> None:
    read_command(ROOT_COMMAND, [word.replace("REVISION", "12") for word in way.split()])


def test_nearly_all_hints_with_commands_are_found() -> None:
    assert len(list(named_commands())) > 100


def test_the_parser_refuses_what_does_not_exist() -> None:
    for words in (["feeds", "delete", "x"], ["doctor", "--mend"], ["publish", "a", "b"], ["nothing"]):
        with pytest.raises(typer.TyperException):
            read_command(ROOT_COMMAND, words)


def test_no_message_names_a_command_without_the_programs_own_name() -> None:
    """A command written out in a text would be “pitchcast …” where the program is started by another name."""
    written_out = re.compile(rf"pitchcast (--\w|({'|'.join(COMMANDS)})\b)")
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {text}"
        for path, tree in TREES.items()
        if path.relative_to(SOURCE).as_posix() not in FOR_OTHERS
        for line, text in texts(tree)
        if written_out.search(text)
    ]
    assert not found


def options_there_are() -> set[str]:
    """Return every option of every command."""

    def of(command: Any, context: Any) -> Iterator[str]:
        for parameter in command.get_params(context):
            yield from (*parameter.opts, *parameter.secondary_opts)
        for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
            yield from of(command.get_command(context, name), context)

    return set(of(ROOT_COMMAND, typer.Context(ROOT_COMMAND)))


def test_every_option_that_a_hint_names_exists() -> None:
    known = options_there_are()
    hints = (
        keyword.value
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in ("hint", "do")
    )
    named = {option for hint in hints for _, text in texts(hint) for option in re.findall(r"(?<![\w-])--[a-z-]+", text)}
    assert len(named) > 20
    assert named - known == OF_PIP


# ---- the name by which it was started


@pytest.fixture
def environment_of_its_own(tmp_path: Path) -> Path:
    """A folder beside which an environment has the program, as install.py makes it."""
    (tmp_path / "with space").mkdir()
    for folder in (tmp_path, tmp_path / "with space"):
        (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    return tmp_path


def hint_of(*command: str, cwd: Path, path: str = "/usr/bin:/bin", **environment: str) -> str:
    done = subprocess.run(
        [*command, "feeds", "nonsense"],
        cwd=cwd,
        env={"PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    return done.stderr.splitlines()[-1].partition(": ")[2].rpartition(": ")[2]


def test_a_hint_names_the_program_as_it_was_started(environment_of_its_own: Path) -> None:
    here, bin_folder = environment_of_its_own, environment_of_its_own / ".venv" / "bin"
    assert hint_of(".venv/bin/pitchcast", cwd=here) == ".venv/bin/pitchcast feeds --help"
    assert hint_of(str(bin_folder / "pitchcast"), cwd=here) == ".venv/bin/pitchcast feeds --help"
    assert hint_of(str(bin_folder / "pitchcast"), cwd=ROOT) == f"{bin_folder}/pitchcast feeds --help"
    assert hint_of(str(bin_folder / "pitchcast"), cwd=here, path=str(bin_folder)) == "pitchcast feeds --help"
    assert hint_of(".venv/bin/python", "-m", "pitchcast", cwd=here) == ".venv/bin/python -m pitchcast feeds --help"
    spaced = here / "with space" / ".venv" / "bin" / "pitchcast"
    assert hint_of(str(spaced), cwd=here) == '"with space/.venv/bin/pitchcast" feeds --help'


def test_the_hint_runs_as_it_stands(environment_of_its_own: Path) -> None:
    program = environment_of_its_own / "with space" / ".venv" / "bin" / "pitchcast"
    hint = hint_of(str(program), cwd=environment_of_its_own)
    done = subprocess.run(["/bin/sh", "-c", hint], cwd=environment_of_its_own, capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith(b"Usage: pitchcast feeds")


@pytest.mark.parametrize(
    ("argv", "original", "environment", "words"),
    [
        pytest.param(["x/pytest"], ["python", "x/pytest"], {}, ("pitchcast",), id="as a library"),
        pytest.param(
            ["/a/pitchcast", "link"],
            ["/a/python", "/a/pitchcast", "link"],
            {"UV_RUN_RECURSION_DEPTH": "1"},
            ("uv", "run", "pitchcast"),
            id="uv run",
        ),
        pytest.param(
            ["/a/pitchcast/__main__.py", "-m"],
            ["python3", "-P", "-m", "pitchcast", "-m"],
            {},
            ("python3", "-P", "-m", "pitchcast"),
            id="a module, with options",
        ),
        pytest.param(
            ["nowhere/pitchcast.exe"], ["python", "nowhere/pitchcast.exe"], {}, ("nowhere/pitchcast",), id="an .exe"
        ),
    ],
)
def test_the_words_in_front(
    argv: list[str], original: list[str], environment: dict[str, str], words: tuple[str, ...]
) -> None:
    assert program_words(argv, original, environment) == words


def test_hints_hold_the_settings_file_that_was_given(pitchcast: Run, published: Path) -> None:
    settings = published / "our show's.toml"
    (published / "pitchcast.toml").rename(settings)
    refused = pitchcast("link", "nobody", "--config", settings.name, "--json")
    hint = refused.json["error"]["hint"]
    assert hint.endswith('pitchcast --config "our show\'s.toml" prospects list')
    copied = shlex.split(hint.rpartition(": ")[2])
    assert copied[0] == "pitchcast"
    assert pitchcast(*copied[1:]).code == 0
    assert "--config" not in pitchcast("link", "nobody", "--json").json["error"]["hint"]


@pytest.mark.parametrize(
    "word",
    ["acme-corp", "Acme Corp", "O'Neill & Co", 'the "best"', "$HOME", "a`b`", "", "!", "Zoë", "back\\slash", "…"],
)
def test_a_word_is_read_back_by_the_shell(word: str) -> None:
    if word != "…":
        assert shlex.split(quoted(word)) == [word]
    said = subprocess.run(["/bin/sh", "-c", f"printf %s {quoted(word)}"], capture_output=True, check=True)
    assert said.stdout.decode() == word


@pytest.mark.parametrize(
    ("hint", "typed", "left"),
    [
        ("See what is missing with: pitchcast doctor", ["doctor"], ""),
        ("See what is missing with: pitchcast doctor", ["doctor", "--json"], ""),
        ("See what is lost with: pitchcast doctor", ["link", "x"], "See what is lost with: pitchcast doctor"),
        ("Mend it: pitchcast doctor --repair", ["doctor"], "Mend it: pitchcast doctor --repair"),
        ("Make room. Run: pitchcast doctor", ["doctor"], "Make room."),
        ("Bring it back with: pitchcast doctor --repair (--dry-run tells).", ["doctor", "--repair"], ""),
    ],
)
def test_no_hint_names_the_command_that_failed(hint: str, typed: list[str], left: str) -> None:
    start_as(["pitchcast"])
    assert further_hint(hint, typed) == left


def test_a_library_names_plain_commands() -> None:
    script = "from pitchcast.invocation import pitchcast_command as c; print(c('feeds restore', 'Acme Corp'))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout == 'pitchcast feeds restore "Acme Corp"\n'
    start_as(["pitchcast"])
    assert pitchcast_command("doctor") == "pitchcast doctor"
    assert invocation.typed_command("a b", "c") == 'pitchcast "a b" c'
