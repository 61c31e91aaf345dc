"""``pitchcast move`` as people run it."""

from pathlib import Path

from tests.fixtures.program import Run, stored


def test_a_folder_moves_and_the_settings_follow(published: Path, pitchcast: Run) -> None:
    before = stored(published / "site")
    planned = pitchcast("move", "elsewhere", "--dry-run", "--json")
    assert planned.code == 0, planned.err
    assert planned.json["objects"] > 0
    assert stored(published / "site") == before
    assert pitchcast("move", "elsewhere").code == 2, "a script has to say --yes"
    link = pitchcast("link", "acme-corp").out
    done = pitchcast("move", "elsewhere", "--yes", "--json")
    assert done.code == 0, done.err
    assert done.json["feeds"] == 1
    assert done.json["settings"].endswith("pitchcast.toml")
    assert str(published / "elsewhere") in (published / "pitchcast.toml").read_text(encoding="utf-8")
    assert pitchcast("link", "acme-corp").out == link, "both folders are served by pitchcast preview"
    assert pitchcast("doctor").code == 0
    token = link.split("/")[-2]
    assert token not in done.err

    assert pitchcast("move", "--finish", "--yes", "--json").json["deleted"] > 0
    assert not list((published / "site" / "public").rglob("*.mp3"))
    assert pitchcast("move", "--finish", "--yes").code == 1
    assert pitchcast("move").code == 2


def test_a_colleagues_old_settings_get_an_error_that_names_the_new_place(published: Path, pitchcast: Run) -> None:
    old = (published / "pitchcast.toml").read_text(encoding="utf-8")
    assert pitchcast("move", "elsewhere", "--yes").code == 0
    (published / "pitchcast.toml").write_text(old, encoding="utf-8")
    for command in (("feeds", "list"), ("feeds", "rotate", "acme-corp", "--yes"), ("doctor",)):
        done = pitchcast(*command, "--json")
        assert done.code == 1
        assert str(published / "elsewhere") in done.out
