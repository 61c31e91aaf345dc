"""Another title gives the audio's file other tags and another name, unless it is to be kept."""

from pathlib import Path

import pytest
from mutagen.id3 import ID3

from tests.fixtures.program import Run

EPISODE = "new-recording-12"
EDIT = ("episodes", "edit", EPISODE, "--title", "Cut your bill")


def audio(folder: Path) -> dict[str, bytes]:
    """Return the audio files of the one feed by their names."""
    return {path.name: path.read_bytes() for path in (folder / "site" / "public").glob("*/*.mp3")}


def enclosure(folder: Path) -> str:
    (feed,) = (folder / "site" / "public").glob("*/feed.xml")
    return feed.read_text(encoding="utf-8").partition('<enclosure url="')[2].partition('"')[0].rpartition("/")[2]


def test_another_title_renews_tags_and_name_and_keeps_the_old_file(published: Path, pitchcast: Run) -> None:
    ((old, body),) = audio(published).items()
    done = pitchcast(*EDIT)
    assert done.code == 0, done.err
    assert "podcast apps may fetch it again" in done.err
    now = audio(published)
    new = enclosure(published)
    assert new.startswith("cut-your-bill-")
    assert now.keys() == {old, new}
    assert now[old] == body, "apps that have not looked since still read it"
    assert ID3(next((published / "site" / "public").glob(f"*/{new}")))["TIT2"].text == ["Cut your bill"]
    assert pitchcast("episodes", "show", EPISODE, "--json").json["episode"]["title"] == "Cut your bill"
    assert pitchcast(*EDIT).code == 0
    assert audio(published) == now, "again it changes nothing"


def test_names_of_replaced_audio_stay_through_several_titles(published: Path, pitchcast: Run) -> None:
    pitchcast(*EDIT)
    between = audio(published)
    pitchcast("episodes", "edit", EPISODE, "--title", "A third one")
    now = audio(published)
    assert between.items() < now.items()
    assert len(now) == 3
    assert enclosure(published).startswith("a-third-one-")
    assert pitchcast("feeds", "build").code == 0
    assert audio(published) == now
    assert pitchcast("doctor", "--json").code == 0


def test_the_old_file_stays_in_shared_audio_too(
    published: Path, pitchcast: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PITCHCAST_STORAGE_AUDIO", "shared")
    assert pitchcast("show", "apply", "--yes").code == 0
    before = audio(published)
    assert pitchcast(*EDIT).code == 0
    assert before.items() < audio(published).items()


@pytest.mark.parametrize("more", [("--keep-file",), ("--dry-run",)])
def test_the_file_can_stay_as_it_is(published: Path, pitchcast: Run, more: tuple[str, ...]) -> None:
    before = audio(published)
    assert pitchcast(*EDIT, *more).code == 0
    assert audio(published) == before


def test_keep_file_is_for_titles(published: Path, pitchcast: Run) -> None:
    done = pitchcast("episodes", "edit", EPISODE, "--notes", "x", "--keep-file", "--json")
    assert (done.code, done.json["error"]["kind"]) == (2, "usage")


def test_a_greeted_file_gets_the_title_too(published: Path, pitchcast: Run, other_recording: Path) -> None:
    greeted = pitchcast("episodes", "deliver", EPISODE, "--to", "Acme Corp", "--greeting", other_recording)
    assert greeted.code == 0, greeted.err
    before = audio(published)
    assert pitchcast(*EDIT).code == 0
    now = audio(published)
    new = enclosure(published)
    assert new.startswith("cut-your-bill-")
    assert before.items() < now.items()
    assert ID3(next((published / "site" / "public").glob(f"*/{new}")))["TIT2"].text == ["Cut your bill"]
