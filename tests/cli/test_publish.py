"""``pitchcast publish`` in a script: the link alone on stdout, defaults instead of questions, exact exit codes."""

import re
import shlex
import tomllib
from itertools import takewhile
from pathlib import Path

import pytest

from tests.fixtures.program import Done, Run, stored

LINK = re.compile(r"http://127\.0\.0\.1:8760/([a-z2-7]{26})/index\.html")
PITCH = "New Recording 12.m4a"


def test_the_first_run_prints_the_link_alone(first_publish: tuple[Path, Done]) -> None:
    folder, done = first_publish
    assert done.code == 0, done.err
    found = LINK.fullmatch(done.out.rstrip("\n"))
    assert found
    assert done.out.count("\n") == 1
    assert (folder / "site" / "public" / found[1] / "feed.xml").is_file()


def test_the_first_run_says_what_the_transcript_says(first_publish: tuple[Path, Done]) -> None:
    _, done = first_publish
    sound = r"  \d s, sound fine for podcast apps, \d s of silence cut"
    said = [
        r"First run: wrote \./pitchcast\.toml with “Ideas from .+” by .+",
        r"Acme Corp is a new prospect\.",
        "Mastering …",
        sound,
        r"Published for Acme Corp \(episode 1\):",
        r"This link works on this computer only\.",
        r"  Listen now       (\S+ -m )?pitchcast preview",
        r"  Put it online    (\S+ -m )?pitchcast join FILE   \(ops' file\), or",
        r"                   (\S+ -m )?pitchcast move s3://BUCKET",
        r"  Wrong person\?    (\S+ -m )?pitchcast undo",
    ]
    lines = iter(done.err.splitlines())
    for pattern in said:
        assert any(re.fullmatch(pattern, line) for line in lines), (pattern, done.err)


def test_no_colour_and_no_token_reach_a_pipe(first_publish: tuple[Path, Done]) -> None:
    _, done = first_publish
    token = LINK.match(done.out)
    assert token
    assert "\x1b" not in done.out + done.err
    assert "\r" not in done.err
    assert token[1] not in done.err


def test_the_first_settings_hold_host_title_and_folder(first_publish: tuple[Path, Done]) -> None:
    folder, _ = first_publish
    settings = tomllib.loads((folder / "pitchcast.toml").read_text(encoding="utf-8"))
    assert settings["show"]["title"] == f"Ideas from {settings['show']['host']}"
    assert settings["storage"]["url"] == "./site"


def test_json_is_what_scripts_rely_on(published: Path, pitchcast: Run) -> None:
    done = pitchcast("publish", PITCH, "--to", "Beta AG", "--json")
    answer = done.json
    assert done.code == 0
    assert set(answer) >= {"episode", "feeds", "catalog_revision"}
    numbers = {"duration_s", "channels", "bitrate_kbps", "size_bytes"}
    numbers |= {"integrated_lufs", "heard_lufs", "true_peak_dbtp"}
    assert set(answer["episode"]) >= numbers | {"id", "title", "sha256"}
    assert all(isinstance(answer["episode"][name], int | float) for name in numbers)
    (feed,) = answer["feeds"]
    assert feed["prospect"] == {"id": "beta-ag", "name": "Beta AG", "created": True, "similar": []}
    assert feed["access"] == "private"
    assert LINK.fullmatch(feed["page_url"])
    assert feed["feed_url"].endswith("/feed.xml")
    assert re.search(r"/new-recording-12-[0-9a-f]{8}\.mp3$", feed["audio_url"])
    assert isinstance(answer["catalog_revision"], int)
    assert answer["episode"]["date"].endswith("Z")


def test_publishing_again_changes_nothing_and_says_so(published: Path, pitchcast: Run) -> None:
    before = stored(published)
    done = pitchcast("publish", PITCH, "--to", "acme corp")
    assert done.code == 0
    assert LINK.fullmatch(done.out.rstrip())
    assert "Already published for Acme Corp; nothing changed:" in done.err
    assert stored(published) == before


def test_the_same_recording_goes_to_another_prospect_without_mastering(published: Path, pitchcast: Run) -> None:
    done = pitchcast("publish", PITCH, "--to", "Beta AG", "--to", "Gamma Ltd")
    assert done.code == 0
    assert len(set(LINK.findall(done.out))) == 2
    assert "Beta AG and Gamma Ltd are new prospects." in done.err
    assert "Mastering" not in done.err
    names = [line.strip() for line in done.err.splitlines()]
    assert names.index("Beta AG") < names.index("Gamma Ltd")


def test_a_near_match_warns_and_json_names_it(published: Path, pitchcast: Run) -> None:
    done = pitchcast("publish", PITCH, "--to", "Acme Crop", "--json")
    assert done.code == 0
    assert done.json["feeds"][0]["prospect"] == {
        "id": "acme-crop",
        "name": "Acme Crop",
        "created": True,
        "similar": ["acme-corp"],
    }
    assert "“Acme Crop” is nearly acme-corp, who is a prospect already" in done.err


@pytest.mark.parametrize(
    "words",
    [
        ("publish", PITCH, "--to", "Acme Crop"),
        ("publish", "another pitch.wav", "--title", "Second", "--to=Acme Crop", "--to", "Beta AG"),
        ("episodes", "deliver", "new-recording-12", "--to", "Acme Crop", "--to", "Beta AG"),
    ],
    ids=["publish", "publish to two", "deliver"],
)
def test_what_a_script_is_told_of_a_near_match_puts_it_right(
    published: Path, pitchcast: Run, other_recording: Path, words: tuple[str, ...]
) -> None:
    planned = pitchcast(*words, "--dry-run")
    assert [words[0] for words in _commands_after_notes(planned)] == [words[0]]
    done = pitchcast(*words)
    undo, again = _commands_after_notes(done)
    assert pitchcast(*undo).code == 0
    assert pitchcast(*again).code == 0
    names = {"Acme Corp", *(word for word in words if word == "Beta AG")}
    assert {one["name"] for one in pitchcast("prospects", "list", "--json").json["prospects"]} == names
    assert {feed["episodes"] for feed in pitchcast("feeds", "list", "--json").json["feeds"]} <= {1, 2}


def test_what_a_script_is_told_of_somebody_nearly_added_before_puts_it_right(published: Path, pitchcast: Run) -> None:
    (removal,) = _commands_after_notes(pitchcast("prospects", "add", "Acme Crop"))
    assert pitchcast(*removal).code == 0
    assert [one["name"] for one in pitchcast("prospects", "list", "--json").json["prospects"]] == ["Acme Corp"]


def _commands_after_notes(done: Done) -> list[list[str]]:
    """Return the commands that stand behind a note, without the program's name."""
    _, _, told = done.err.partition("this puts it right:")
    lines = (line.strip() for line in told.strip().splitlines())
    return [shlex.split(line)[1:] for line in takewhile(lambda line: line.startswith("pitchcast "), lines)]


@pytest.mark.parametrize(
    "audience", [("--to", "Beta AG"), ("--segment", "new"), ("--public",), ("--to", "Jo <jo@beta.example>")], ids=str
)
def test_another_title_names_the_command_that_delivers_what_is_there(
    published: Path, pitchcast: Run, audience: tuple[str, ...]
) -> None:
    if audience[0] == "--segment":
        pitchcast("prospects", "add", "Gamma Ltd", "--segment", "new")
    done = pitchcast("publish", PITCH, *audience, "--title", "Another title", "--yes", "--json")
    hint = done.json["error"]["hint"]
    deliver = hint.partition("To send it under that title: pitchcast ")[2].partition(". To rename")[0]
    assert (done.code, hint.startswith("To send it")) == (1, True)
    delivered = pitchcast(*shlex.split(deliver), "--yes", "--json")
    assert (delivered.code, delivered.json["episode"]["title"]) == (0, "New Recording 12")
    again = pitchcast("publish", PITCH, *audience, "--title", "Another title", "--yes", "--json").json["error"]["hint"]
    assert again.startswith("To rename it"), "who has it needs no delivery"


def test_the_public_feed_has_no_prospect(published: Path, pitchcast: Run) -> None:
    done = pitchcast("publish", PITCH, "--public", "--yes", "--json")
    (feed,) = done.json["feeds"]
    assert feed["prospect"] is None
    assert feed["access"] == "public"


def test_a_segment_and_everybody(published: Path, pitchcast: Run) -> None:
    for name in ("Beta AG", "Gamma Ltd"):
        assert pitchcast("prospects", "add", name, "--segment", "retail").code == 0
    assert len(pitchcast("publish", PITCH, "--segment", "Retail", "--json").json["feeds"]) == 2
    refused = pitchcast("publish", PITCH, "--all", "--json")
    assert refused.code == 2
    assert refused.json["error"]["kind"] == "usage"
    assert "--yes" in refused.json["error"]["hint"]
    everybody = pitchcast("publish", PITCH, "--all", "--yes", "--json").json
    assert (everybody["counts"]["feeds"], everybody["feeds"]) == (3, [])


def test_a_dry_run_writes_nothing(here: Path, pitchcast: Run, pitch_m4a: Path) -> None:
    done = pitchcast(
        "publish",
        pitch_m4a,
        "--to",
        "Acme Corp",
        "--title",
        "New Recording 12",
        "--title",
        "Cut your bill",
        "--dry-run",
    )
    assert done.code == 0
    assert done.out == "Would publish “Cut your bill” for Acme Corp. Nothing was written.\n"
    assert stored(here) == {}
    answer = pitchcast(
        "publish", pitch_m4a, "--to", "Acme Corp", "--title", "New Recording 12", "--dry-run", "--json"
    ).json
    prospect = {"id": None, "name": "Acme Corp", "created": True, "similar": []}
    assert answer["feeds"] == [{"prospect": prospect, "access": "private"}]
    assert answer["dry_run"] is True
    assert stored(here) == {}


def test_options_reach_the_feed(published: Path, pitchcast: Run) -> None:
    """Date, season and number are the recording's second episode's, so it is mastered: the one place here."""
    (published / "notes.md").write_text("Three **steps** — für alle", encoding="utf-8-sig")
    arguments = ["--again", "--title", "Part two", "--notes-file", "notes.md", "--host", "Kim", "--season", "2"]
    arguments += ["--for-roles", "finance,IT"]
    done = pitchcast(
        "publish", PITCH, "--to", "acme-corp", *arguments, "--episode", "7", "--date", "2026-03-02", "--json", "-q"
    )
    assert done.code == 0, done.err
    [remark] = done.err.splitlines()
    assert "on this computer only" in remark
    episode = done.json["episode"]
    assert (episode["title"], episode["notes"], episode["host"]) == ("Part two", "Three **steps** — für alle", "Kim")
    assert (episode["season"], episode["episode"]) == (2, 7)
    assert episode["for_roles"] == ["finance", "IT"]
    assert episode["date"][:10] in ("2026-03-01", "2026-03-02")  # midnight here
    feed = next((published / "site" / "public").glob("*/feed.xml")).read_text(encoding="utf-8")
    assert "<title>Part two</title>" in feed
    assert "<itunes:season>2</itunes:season>" in feed


def test_a_storage_that_holds_a_show_is_asked_for_its_name(published: Path, pitchcast: Run) -> None:
    """Somebody lost the settings: the show keeps its title, and its links."""
    link = pitchcast("link", "acme-corp").out
    title = tomllib.loads((published / "pitchcast.toml").read_text(encoding="utf-8"))["show"]["title"]
    (published / "pitchcast.toml").unlink()
    assert pitchcast("publish", PITCH, "--to", "Acme Corp").out == link
    again = tomllib.loads((published / "pitchcast.toml").read_text(encoding="utf-8"))
    assert again["show"]["title"] == title


def test_settings_come_from_the_nearest_place(published: Path, pitchcast: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option before the environment, that before pitchcast.toml, which is found upwards."""
    below = published / "deep" / "down"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert pitchcast("link", "acme-corp").code == 0
    monkeypatch.setenv("PITCHCAST_STORAGE_URL", str(published / "elsewhere"))
    assert pitchcast("link", "acme-corp").code == 1
    assert pitchcast("--config", "../../missing.toml", "link", "acme-corp", "--json").json["error"]["kind"] == "config"


@pytest.mark.parametrize("place", ["before", "behind"])
def test_common_options_work_in_both_places(published: Path, pitchcast: Run, place: str) -> None:
    command = ["prospects", "list"]
    done = pitchcast(*(["--json", *command] if place == "before" else [*command, "--json"]))
    assert done.json["prospects"][0]["id"] == "acme-corp"


def test_verbose_says_more_but_no_token(published: Path, pitchcast: Run) -> None:
    done = pitchcast("-vv", "publish", PITCH, "--to", "Acme Corp")
    token = LINK.match(done.out)
    assert token
    assert f"Settings: {published / 'pitchcast.toml'}" in done.err
    assert "Storage: " in done.err
    assert token[1] not in done.err


@pytest.mark.parametrize("name", ["New Recording 13.wav", "Bahnhofstrasse 5.wav", "AUD-20260101-WA0003.wav"])
@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=["publish", "dry run"])
def test_a_recorders_name_is_no_title_in_a_script(
    published: Path, other_recording: Path, pitchcast: Run, name: str, more: tuple[str, ...]
) -> None:
    other_recording.rename(name)
    before = stored(published)
    done = pitchcast("publish", name, "--to", "Acme Corp", "--json", *more)
    assert done.code == 2
    assert done.json["error"]["message"] == f"“{name}” is a recorder's name for a file, and no title"
    program, *words = shlex.split(done.json["error"]["hint"].partition(": ")[2])
    assert program == "pitchcast"
    assert stored(published) == before
    assert pitchcast(*words).code == 0


def test_a_name_that_a_person_gave_becomes_the_title_in_one_go(
    published: Path, other_recording: Path, pitchcast: Run
) -> None:
    done = pitchcast("publish", other_recording.name, "--to", "Acme Corp", "--json")
    assert done.code == 0
    assert done.json["episode"]["title"] == "another pitch"


def test_the_same_title_again_is_told_in_a_script(published: Path, other_recording: Path, pitchcast: Run) -> None:
    done = pitchcast("publish", other_recording.name, "--to", "Acme Corp", "--title", "new recording 12", "--json")
    assert done.code == 0
    (warning,) = done.json["warnings"]
    assert warning.startswith("there is an episode “New Recording 12” already")
    assert shlex.split(warning.partition("use: ")[2])[1:4] == ["episodes", "replace", "new-recording-12"]
    assert len(pitchcast("episodes", "list", "--json").json["episodes"]) == 2


def test_the_same_title_for_somebody_else_is_nothing_to_tell(
    published: Path, other_recording: Path, pitchcast: Run
) -> None:
    done = pitchcast("publish", other_recording.name, "--to", "Beta", "--title", "New Recording 12", "--json")
    assert done.json["warnings"] == []
