"""A file dropped on a terminal is found, however that terminal writes it."""

import shlex
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitchcast.cli.dropped import dropped_path

NAMES = [
    "pitch.m4a",
    "New Recording 12.m4a",
    "Jo's pitch (2).m4a",
    'say "hi" & go.m4a',
    "50% off #1?.m4a",
    "Café $1.m4a",
]


def _backslashed(path: Path) -> str:
    return "".join(f"\\{char}" if char in " '\"()&$#?\\%" else char for char in str(path))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "written",
    [
        pytest.param(str, id="as it is: Alacritty, foot"),
        pytest.param(_backslashed, id="backslashes: Terminal.app, iTerm2, WezTerm"),
        pytest.param(lambda path: shlex.quote(str(path)), id="single quotes: GNOME Terminal, Konsole, kitty"),
        pytest.param(lambda path: f"& {shlex.quote(str(path))}", id="PowerShell, VS Code"),
        pytest.param(Path.as_uri, id="an address"),
        pytest.param(lambda path: f"'{path.as_uri()}'", id="an address in quotes"),
        pytest.param(lambda path: path.as_uri().replace("file:///", "file://localhost/"), id="an address with a host"),
        pytest.param(lambda path: unicodedata.normalize("NFD", shlex.quote(str(path))), id="accents apart: macOS"),
        pytest.param(lambda path: f"{_backslashed(path)} ", id="a space behind it"),
    ],
)
def test_a_dropped_file_is_found(tmp_path: Path, name: str, written: object) -> None:
    path = tmp_path / name
    path.touch()
    assert dropped_path(written(path)) == path  # type: ignore[operator]


def test_double_quotes_and_a_name_that_is_stored_with_its_accents_apart(tmp_path: Path) -> None:
    apart = tmp_path / unicodedata.normalize("NFD", "Café.m4a")
    apart.touch()
    composed = unicodedata.normalize("NFC", str(apart))
    assert dropped_path(f'"{composed}"').samefile(apart)


def test_a_file_whose_name_has_quotes_of_its_own_is_found_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "'quoted'.m4a"
    path.touch()
    (tmp_path / "quoted.m4a").touch()
    assert dropped_path(str(path)) == path


def test_a_name_from_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "my pitch.m4a").touch()
    assert dropped_path("~/my pitch.m4a") == tmp_path / "my pitch.m4a"
    assert dropped_path("~/my\\ pitch.m4a") == tmp_path / "my pitch.m4a"


def test_a_file_that_is_not_there_is_named_without_its_quotes() -> None:
    assert dropped_path("'/nowhere/my pitch.m4a' ") == Path("/nowhere/my pitch.m4a")


@given(st.text(min_size=1))
def test_any_text_is_some_path(text: str) -> None:
    assert isinstance(dropped_path(text), Path)
