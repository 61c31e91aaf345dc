"""``show edit`` changes pitchcast.toml where that sets the same, so that no later note offers to undo it."""

from importlib import resources
from pathlib import Path

import pytest
from PIL import Image

from pitchcast.config import load_settings
from pitchcast.site.project import open_project
from pitchcast.workflows.show import edit
from tests.fixtures.program import Run, stored

SETTINGS = """# Ours
[show]
title = "Bills"  # as prospects see it
host = "Dana"
link = "https://old.example"
explicit = false
artwork = "old.png"

[brand]
color = "#112233"
logo = 'old.png'
"""


@pytest.fixture
def show(here: Path, pitchcast: Run, other_recording: Path) -> Path:
    for name in ("old.png", "new.png"):
        Image.new("RGB", (1400, 1400), "navy" if name == "old.png" else "teal").save(here / name)
    (here / "pitchcast.toml").write_text(SETTINGS, encoding="utf-8")
    done = pitchcast("publish", other_recording, "--to", "Acme Corp", "--title", "An idea")
    assert done.code == 0, done.err
    return here


@pytest.mark.parametrize(
    ("options", "before", "after", "changed"),
    [
        pytest.param(("--title", "Cloud"), 'title = "Bills"', 'title = "Cloud"', ["show.title"], id="a text"),
        pytest.param(("--explicit",), "explicit = false", "explicit = true", ["show.explicit"], id="yes or no"),
        pytest.param(("--link", ""), 'link = "https://old.example"\n', "", ["show.link"], id="nothing any more"),
        pytest.param(("--color", "#445566"), '"#112233"', '"#445566"', ["brand.color"], id="the brand"),
        pytest.param(("--logo", "new.png"), "logo = 'old.png'", 'logo = "new.png"', ["brand.logo"], id="a file"),
        pytest.param(("--artwork", "new.png"), 'artwork = "old', 'artwork = "new', ["show.artwork"], id="the cover"),
        pytest.param(("--description", "Ideas"), "", "", [], id="what it does not set"),
        pytest.param(("--host", "Dana"), "", "", [], id="what it says already"),
    ],
)
def test_the_file_says_what_was_edited(
    show: Path, pitchcast: Run, options: tuple[str, ...], before: str, after: str, changed: list[str]
) -> None:
    planned = pitchcast("show", "edit", *options, "--dry-run", "--json").json
    assert (show / "pitchcast.toml").read_text(encoding="utf-8") == SETTINGS
    done = pitchcast("show", "edit", *options, "--json").json
    assert (show / "pitchcast.toml").read_text(encoding="utf-8") == SETTINGS.replace(before, after)
    assert planned["settings_changed"] == done["settings_changed"] == changed
    assert done["differences"] == []
    assert pitchcast("show", "show", "--json").json["differences"] == []
    assert pitchcast("--json").json["attention"] == []


def test_people_are_told(show: Path, pitchcast: Run) -> None:
    planned = pitchcast("show", "edit", "--title", "Cloud", "--dry-run")
    assert "Would also change pitchcast.toml: show.title" in planned.err
    assert "Also changed pitchcast.toml: show.title" in pitchcast("show", "edit", "--title", "Cloud").err


def test_what_it_extends_stays(show: Path, pitchcast: Run) -> None:
    (show / "company.toml").write_text(SETTINGS, encoding="utf-8")
    (show / "pitchcast.toml").write_text('extends = "company.toml"\n[show]\nhost = "Dana"\n', encoding="utf-8")
    before = stored(show)
    done = pitchcast("show", "edit", "--title", "Cloud", "--json").json
    assert done["settings_changed"] == []
    assert done["differences"] == ["show.title: pitchcast.toml says “Bills”, the show has “Cloud”"]
    assert [name for name in ("company.toml", "pitchcast.toml") if stored(show)[name] != before[name]] == []


def test_a_file_that_cannot_be_changed_is_told_of(show: Path) -> None:
    """Somebody else spoiled it meanwhile: the show is changed all the same."""
    file = show / "pitchcast.toml"
    project = open_project(load_settings(show, environ={}), {"PITCHCAST_USER": "dana@laptop"})
    file.write_text("[show", encoding="utf-8")
    changed = edit(project, {"title": "Cloud"})
    assert (changed.show.title, changed.settings_changed) == ("Cloud", ())
    assert "the show is changed, but" in project.outcome.notes[0]
    assert file.read_text(encoding="utf-8") == "[show"


@pytest.mark.parametrize("language", ["ar", "ja", "en-GB", "de"])
def test_a_language_without_words_is_said_at_init_and_once_at_publish(
    here: Path, pitch_m4a: Path, pitchcast: Run, language: str
) -> None:
    lacking = language in ("ar", "ja")
    said = f"Note: there are no words in “{language}”: pages are in English until words/{language}.toml has them"
    begun = pitchcast("init", "--language", language)
    assert (begun.code, said in " ".join(begun.err.split())) == (0, lacking)
    for first in (True, False):
        done = pitchcast("publish", pitch_m4a, "--to", f"Acme {first}", "--title", "Title", "--json")
        assert (done.code, said in " ".join(done.err.split())) == (0, lacking and first)
    edited = pitchcast("show", "edit", "--language", "fa")
    assert (edited.code, "there are no words in “fa”" in edited.err) == (0, True)


def test_a_language_with_words_of_ones_own_is_not_spoken_of(here: Path, pitch_m4a: Path, pitchcast: Run) -> None:
    assert pitchcast("init", "--language", "ar").code == 0
    words = here / "look" / "words" / "ar.toml"
    words.parent.mkdir(parents=True)
    english = resources.files("pitchcast.page") / "templates" / "words" / "en.toml"
    words.write_text(english.read_text(encoding="utf-8").replace('language = "en"', 'language = "ar"'), "utf-8")
    settings = Path("pitchcast.toml").read_text(encoding="utf-8")
    Path("pitchcast.toml").write_text(settings.replace("[brand]\n", '[brand]\ntemplates = "look"\n'), "utf-8")
    done = pitchcast("publish", pitch_m4a, "--to", "Acme Corp", "--title", "Title")
    assert (done.code, "no words" in done.err) == (0, False), done.err
