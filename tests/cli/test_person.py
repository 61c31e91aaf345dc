"""A show belongs to a person: remembered, found from any folder by who sits at a terminal, and named."""

import os
import shlex
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pitchcast.config import read_personal, remember_show, user_config_path
from pitchcast.config.remembering import ensure_writer
from pitchcast.errors import ConfigError
from tests.cli.test_terminal import PITCH, Terminal
from tests.fixtures.program import Run, at_home, stored

At = Callable[..., Terminal]


@pytest.fixture
def at(own_environment: dict[str, str]) -> Iterator[At]:
    """Sit at a terminal in a folder, as the user of this computer whom nobody gave a label."""
    opened: list[Terminal] = []

    def run(folder: Path, *words: str, **environment: str) -> Terminal:
        own = {**own_environment, **environment}
        own.pop("PITCHCAST_USER")
        opened.append(Terminal(list(words), folder, own))
        return opened[-1]

    yield run
    for terminal in opened:
        terminal.close()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder without a show, beside the one that has it."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


@pytest.fixture
def remembered(published: Path) -> Path:
    """The folder of a show that is remembered as "My pitches"."""
    remember_show(user_config_path(), published / "pitchcast.toml", "My pitches", as_default=True)
    return published


def test_the_first_run_is_found_again_from_another_folder(
    here: Path, elsewhere: Path, pitch_m4a: Path, at: At, pitchcast: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = str(pitch_m4a)
    first = at(here, "publish", recording, "--to", "Acme Corp")
    first.answer("Your name, as prospects see it: ", "Dana Reyes")
    first.answer("Name of your podcast [Ideas from Dana Reyes]: ", "")
    first.answer("Title of this pitch: ", "Cut your bill")
    assert first.end()[0] == 0
    kept = read_personal(user_config_path())
    assert dict(kept.shows) == {"Ideas from Dana Reyes": here / "pitchcast.toml"}
    assert kept.writer is not None
    assert kept.writer.name == "Dana Reyes"
    if os.name == "posix":
        assert stat.S_IMODE(user_config_path().stat().st_mode) == 0o600

    second = at(elsewhere, "publish", recording, "--to", "Beta AG")
    code, out, screen = second.end()
    assert f"Show: Ideas from Dana Reyes, in {here}" in " ".join(screen.split())
    assert (code, "First run" in screen, list(elsewhere.iterdir())) == (0, False, [])
    assert pitchcast("link", "beta-ag").out == out

    monkeypatch.chdir(elsewhere)
    history = pitchcast("history", "list", "--json", "--show", "ideas from dana reyes")
    assert {(one["who"], one["writer"]) for one in history.json["revisions"]} == {("Dana Reyes", kept.writer.id)}
    undone = at(elsewhere, "undo")
    undone.wait_for(": “Cut your bill” for Beta AG")
    undone.answer("Take it back? [Y/n] ", "")
    assert undone.end()[0] == 0


def test_a_script_says_which_show_it_means(
    remembered: Path, elsewhere: Path, pitchcast: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = pitchcast("feeds", "list", "--json").out
    monkeypatch.chdir(elsewhere)
    unsaid = pitchcast("feeds", "list", "--json")
    assert (unsaid.code, "nothing has been published" in unsaid.out) == (1, True)
    for name in ("My pitches", "my PITCHES", str(remembered), str(remembered / "pitchcast.toml"), "../work"):
        assert pitchcast("feeds", "list", "--json", "--show", name).out == expected
        monkeypatch.setenv("PITCHCAST_SHOW", name)
        assert pitchcast("feeds", "list", "--json").out == expected
        monkeypatch.delenv("PITCHCAST_SHOW")
    unknown = pitchcast("feeds", "list", "--show", "Other")
    assert (unknown.code, "“My pitches”" in unknown.err) == (1, True)
    both = pitchcast("feeds", "list", "--show", "My pitches", "--config", remembered / "pitchcast.toml")
    assert both.code == 2
    assert list(elsewhere.iterdir()) == []


def test_doctor_says_which_show_it_is_and_why(
    remembered: Path, elsewhere: Path, pitchcast: Run, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    def why(*options: str) -> tuple[str, str]:
        first = pitchcast("doctor", "--json", *options).json["findings"][0]
        return first["where"], first["what"]

    file = str(remembered / "pitchcast.toml")
    assert why() == (file, "this show: found from this folder upwards")
    monkeypatch.chdir(elsewhere)
    assert why("--config", file) == (file, "this show: named by an option")
    assert why("--show", "My pitches") == (file, "this show: named by an option")
    assert why()[1].startswith("this show: no pitchcast.toml was found and no show is remembered")
    monkeypatch.setenv("PITCHCAST_SHOW", "My pitches")
    assert why()[1].startswith("this show: named by the environment")
    code, _, screen = at(elsewhere, "doctor").end()
    assert code == 0
    assert "your remembered show is used" in " ".join(screen.split())


def test_after_a_show_that_is_gone_the_first_run_goes_on(
    remembered: Path, elsewhere: Path, pitch_m4a: Path, at: At
) -> None:
    ensure_writer(user_config_path(), "Dana Reyes")
    (remembered / "pitchcast.toml").unlink()
    run = at(elsewhere, "publish", str(pitch_m4a), "--to", "Acme Corp")
    run.wait_for("Note: the show “My pitches” is gone")
    run.wait_for("it is forgotten")
    run.answer("Your name, as prospects see it [Dana Reyes]: ", "")
    run.answer("Name of your podcast [Ideas from Dana Reyes]: ", "New pitches")
    run.answer("Title of this pitch: ", "Cut your bill")
    assert run.end()[0] == 0
    assert dict(read_personal(user_config_path()).shows) == {"New pitches": elsewhere / "pitchcast.toml"}


@pytest.mark.parametrize("words", [("feeds", "list"), ()])
def test_whatever_is_done_without_a_show_that_is_gone_says_so(
    remembered: Path, elsewhere: Path, at: At, words: tuple[str, ...]
) -> None:
    (remembered / "pitchcast.toml").unlink()
    code, _, screen = at(elsewhere, *words).end()
    assert "Note: the show “My pitches” is gone" in " ".join(screen.split())
    assert code == (1 if words else 0)
    assert "My pitches" not in read_personal(user_config_path()).shows


def test_after_one_show_that_is_gone_the_other_is_chosen_and_no_third_begun(
    remembered: Path, elsewhere: Path, tmp_path: Path, at: At
) -> None:
    lost = tmp_path / "lost"
    remember_show(user_config_path(), lost / "pitchcast.toml", "Lost", as_default=True)
    for gone in (True, False):
        code, _, screen = at(elsewhere, "publish", str(remembered / PITCH), "--to", "Beta AG").end()
        said = " ".join(screen.split())
        assert (code, "the show “Lost” is gone" in said) == (1, gone)
        assert '--to "Beta AG" --show "My pitches"' in said
    assert list(elsewhere.iterdir()) == []
    run = at(elsewhere, "publish", str(remembered / PITCH), "--to", "Beta AG", "--show", "My pitches")
    assert run.end()[0] == 0
    assert read_personal(user_config_path()).default == remembered / "pitchcast.toml", "used from any folder again"


@pytest.mark.parametrize("what_is_there", ["another show", "a show here", "nothing"])
def test_where_a_named_show_is_gone_the_hint_works(
    published: Path, elsewhere: Path, pitchcast: Run, monkeypatch: pytest.MonkeyPatch, what_is_there: str
) -> None:
    if what_is_there == "another show":
        remember_show(user_config_path(), published / "pitchcast.toml", "Kept", as_default=True)
    remember_show(user_config_path(), elsewhere / "gone" / "pitchcast.toml", "Lost", as_default=True)
    monkeypatch.chdir(published if what_is_there == "a show here" else elsewhere)
    done = pitchcast("feeds", "list", "--show", "Lost")
    assert (done.code, "is gone" in done.err) == (1, True)
    words = shlex.split(" ".join(done.err.split()).rpartition("pitchcast ")[2])
    assert words[0] == ("init" if what_is_there == "nothing" else "feeds")
    assert pitchcast(*words).code == 0


def test_a_script_takes_the_name_that_is_known(here: Path, pitch_m4a: Path, pitchcast: Run) -> None:
    ensure_writer(user_config_path(), "Dana Reyes")
    done = pitchcast("publish", pitch_m4a, "--to", "Acme Corp", "--title", "Cut your bill", "--no-input")
    assert (done.code, "with “Ideas from Dana Reyes” by Dana Reyes" in done.err) == (0, True)
    (here / "other").mkdir()
    os.chdir(here / "other")
    assert pitchcast("init", "--json").json["settings"]["show.host"] == "Dana Reyes"


def test_a_script_that_begins_a_show_beside_a_remembered_one_is_told_how_to_publish_there(
    remembered: Path, elsewhere: Path, pitchcast: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(elsewhere)
    words = ("publish", str(remembered / PITCH), "--to", "Beta AG", "--title", "New Recording 12")
    begun = pitchcast(*words)
    assert begun.code == 0
    said = " ".join(begun.err.split())
    assert "Note: this begins another show, beside yours: “My pitches”" in said
    assert '--show "My pitches"' in said
    again = pitchcast(*words)
    assert "another show" not in again.err
    there = pitchcast(*words, "--show", "My pitches", "--json")
    assert (there.code, there.json["catalog_revision"]) == (0, 3)


def test_another_show_takes_init_and_several_are_told_apart_by_name(
    remembered: Path, elsewhere: Path, at: At, pitchcast: Run
) -> None:
    second = at(elsewhere, "init")
    second.answer("Your name, as prospects see it: ", "Dana Reyes")
    second.answer("Name of your podcast [Ideas from Dana Reyes]: ", "My pitches")
    second.answer("Where it is kept: a folder, or s3://BUCKET/PREFIX [./site]: ", "")
    assert second.end()[0] == 0
    kept = read_personal(user_config_path())
    assert dict(kept.shows) == {
        "My pitches": remembered / "pitchcast.toml",
        "My pitches-2": elsewhere / "pitchcast.toml",
    }
    assert kept.default == elsewhere / "pitchcast.toml"
    assert pitchcast("feeds", "list", "--json", "--show", "My pitches").json["feeds"]


def test_what_says_where_a_show_lies_has_more_weight_than_memory(remembered: Path, elsewhere: Path, at: At) -> None:
    before = stored(remembered)
    code, _, screen = at(elsewhere, "feeds", "list", PITCHCAST_STORAGE_URL=str(elsewhere / "site")).end()
    assert (code, "Show:" in screen) == (1, False)
    assert stored(remembered) == before


def test_from_the_same_persons_other_laptop_undo_asks(remembered: Path, at: At, tmp_path: Path) -> None:
    ensure_writer(user_config_path(), "Dana Reyes")
    run = at(remembered, "publish", PITCH, "--to", "Beta AG")
    assert run.end()[0] == 0
    laptop = tmp_path / "laptop"
    own = laptop / ".config" / "pitchcast" / "config.toml"
    own.parent.mkdir(parents=True)
    own.write_text('[writer]\nid = "w-00000001"\nname = "dana reyes"\n', encoding="utf-8")
    other = at_home({}, laptop)
    undone = at(remembered, "undo", **other)
    undone.wait_for("from another computer, by Dana Reyes:")
    undone.answer("Was that you, and is it to be taken back? [y/N] ", "")
    assert undone.end()[0] == 1
    undone = at(remembered, "undo", **other)
    undone.answer("Was that you, and is it to be taken back? [y/N] ", "y")
    code, out, _ = undone.end()
    assert code == 0
    assert "Beta AG" in out


@pytest.mark.parametrize(
    "text",
    [
        '[writer]\nid = "1"\n',
        '[writer]\nid = "w-0000000g"\nname = "x"\n',
        'writer = "Dana"\n',
        "[shows]\nx = 1\n",
        '[default]\nshow = ["x"]\n',
        "[shows]\nx = ''\n",
    ],
)
def test_settings_of_ones_own_that_cannot_be_are_named(published: Path, pitchcast: Run, text: str) -> None:
    path = user_config_path()
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    done = pitchcast("feeds", "list", "--show", ".")
    assert done.code == 1
    assert f"{path}:" in done.err
    with pytest.raises(ConfigError):
        read_personal(path)


def test_ones_own_settings_keep_comments_and_stay_settings(published: Path, pitchcast: Run) -> None:
    path = user_config_path()
    path.parent.mkdir(parents=True)
    path.write_text('# mine\n[show]\nlink = "https://dana.example"  # home\n', encoding="utf-8")
    remember_show(path, published / "pitchcast.toml", 'A "quoted" name. With dots', as_default=True)
    ensure_writer(path, "Dana")
    assert path.read_text(encoding="utf-8").startswith('# mine\n[show]\nlink = "https://dana.example"  # home\n')
    assert pitchcast("show", "show", "--json").code == 0
    assert list(read_personal(path).shows) == ['A "quoted" name. With dots']
