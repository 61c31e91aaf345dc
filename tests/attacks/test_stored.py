"""Somebody with a writer's key puts something else into the storage, where the program will read it."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.limited import run_limited, said_plainly
from tests.fixtures.program import Run

DEEP = b'{"format": ' + b"[" * 200_000


def private(folder: Path) -> Path:
    return next(folder.rglob("private/catalog.json.gz")).parent


def a_bomb() -> bytes:
    """Return three megabytes that unpack to three gigabytes."""
    part = gzip.compress(b"\0" * 100_000_000)
    return part * 30


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(a_bomb(), id="a bomb"),
        pytest.param(gzip.compress(DEEP), id="lists in lists"),
        pytest.param(gzip.compress(b'{"format": ' + b"9" * 5000 + b"}"), id="a number of 5,000 digits"),
        pytest.param(gzip.compress(b"{}")[:-4], id="cut"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_fill_the_memory_by_a_catalog(published: Path, clean_environment: dict[str, str], body: bytes) -> None:
    (private(published) / "catalog.json.gz").write_bytes(body)
    done = run_limited("feeds", "list", cwd=published, environment=clean_environment)
    said_plainly(done, "catalog.json.gz")


def test_fill_the_memory_by_a_catalog_of_gigabytes(published: Path, clean_environment: dict[str, str]) -> None:
    os.truncate(private(published) / "catalog.json.gz", 3 << 30)
    done = run_limited("feeds", "list", cwd=published, environment=clean_environment)
    said_plainly(done, "catalog.json.gz", "nothing that pitchcast puts there is so large")


def test_keep_a_command_reading_a_catalog_for_ever(published: Path, clean_environment: dict[str, str]) -> None:
    catalog = private(published) / "catalog.json.gz"
    catalog.unlink()
    os.mkfifo(catalog)
    done = run_limited("feeds", "list", cwd=published, environment=clean_environment)
    assert "Traceback" not in done.err


@pytest.mark.parametrize("body", [pytest.param(a_bomb(), id="a bomb"), pytest.param(gzip.compress(DEEP), id="nested")])
def test_keep_the_doctor_from_mending_a_catalog(
    published: Path, clean_environment: dict[str, str], pitchcast: Run, body: bytes
) -> None:
    assert pitchcast("prospects", "add", "Globex").code == 0  # an earlier revision is in the history now
    (private(published) / "catalog.json.gz").write_bytes(body)
    mended = run_limited("doctor", "--repair", "--yes", cwd=published, environment=clean_environment)
    assert "Traceback" not in mended.err
    done = run_limited("feeds", "list", cwd=published, environment=clean_environment)
    assert done.code == 0, mended.err + done.err


@pytest.mark.parametrize("body", [pytest.param(a_bomb(), id="a bomb"), pytest.param(gzip.compress(DEEP), id="nested")])
def test_fill_the_memory_by_an_earlier_catalog(
    published: Path, clean_environment: dict[str, str], pitchcast: Run, body: bytes
) -> None:
    assert pitchcast("prospects", "add", "Globex").code == 0
    entry = max((private(published) / "history").glob("*.json.gz"))
    entry.write_bytes(body)
    number = str(int(entry.name.partition(".")[0]))
    done = run_limited("history", "show", number, cwd=published, environment=clean_environment)
    said_plainly(done, f"revision {number}")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"at": "2026-11-01T00:00:00Z", "who": "x", "facts": {"a": ' + b"[" * 200_000, id="nested"),
        pytest.param(b'{"at": ' + b"9" * 5000, id="a number of 5,000 digits"),
        pytest.param(b"\xff" * 100_000, id="no text"),
    ],
)
def test_end_every_command_by_a_record_of_work_under_way(
    published: Path, clean_environment: dict[str, str], body: bytes
) -> None:
    pending = private(published) / "pending"
    pending.mkdir(exist_ok=True)
    (pending / f"{'0' * 32}.json").write_bytes(body)
    done = run_limited("prospects", "add", "Globex", cwd=published, environment=clean_environment)
    assert done.code == 0, done.err


@pytest.mark.parametrize("body", [pytest.param(a_bomb(), id="a bomb"), pytest.param(gzip.compress(DEEP), id="nested")])
def test_end_every_build_by_what_was_remembered_of_folders(
    published: Path, clean_environment: dict[str, str], body: bytes
) -> None:
    (private(published) / "built.json.gz").write_bytes(body)
    done = run_limited("feeds", "build", cwd=published, environment=clean_environment)
    assert done.code == 0, done.err


def same_length(body: bytes) -> bytes:
    return body[: len(body) // 2] + bytes(255 - byte for byte in body[len(body) // 2 :])


def longer(body: bytes) -> bytes:
    return body + body


@pytest.mark.parametrize("change", [same_length, longer])
def test_publish_another_recording_by_editing_a_master(
    published: Path, pitchcast: Run, change: Callable[[bytes], bytes]
) -> None:
    (master,) = (private(published) / "masters").iterdir()
    changed = change(master.read_bytes())
    master.unlink()  # a public copy may be another name of the same file
    master.write_bytes(changed)
    episode = pitchcast("episodes", "list", "--json").json["episodes"][0]["id"]
    done = pitchcast("episodes", "deliver", episode, "--to", "Globex")
    assert done.code == 1
    assert master.name in done.err
    assert all(path.read_bytes() != changed for path in published.rglob("public/*/*.mp3"))
    assert any(master.name in finding["what"] for finding in pitchcast("doctor", "--json").json["findings"])


def test_publish_another_picture_by_editing_an_asset(published: Path, pitchcast: Run) -> None:
    pictures = [path for path in (private(published) / "assets").iterdir() if path.suffix == ".jpg"]
    assert pictures
    for picture in pictures:
        changed = same_length(picture.read_bytes())
        picture.unlink()  # public copies may be other names of the same file
        picture.write_bytes(changed)
    for shown in published.rglob("public/*/cover-*.jpg"):
        shown.unlink()
    done = pitchcast("feeds", "build")
    assert done.code == 1
    assert any(picture.name in done.err for picture in pictures)
    assert not list(published.rglob("public/*/cover-*.jpg"))


def test_put_a_page_of_ones_own_into_the_templates_that_are_stored(published: Path, pitchcast: Run) -> None:
    look = published / "look"
    look.mkdir()
    (look / "style.css").write_text("h1 { color: navy }\n", encoding="utf-8")
    assert pitchcast("show", "edit", "--templates", look).code == 0
    kept = [path for path in (private(published) / "assets").glob("*.json") if b"navy" in path.read_bytes()]
    kept[0].write_text(json.dumps({"listen.html": "<h1>Ours</h1>"}), encoding="utf-8")
    done = pitchcast("prospects", "add", "Globex")
    assert done.code == 1
    assert kept[0].name in done.err
    assert not any("Ours" in page.read_text("utf-8") for page in published.rglob("public/*/index.html"))


def test_have_a_greeting_put_before_another_recording(published: Path, pitchcast: Run, pitch_m4a: Path) -> None:
    (master,) = (private(published) / "masters").iterdir()
    changed = same_length(master.read_bytes())
    master.unlink()
    master.write_bytes(changed)
    episode = pitchcast("episodes", "list", "--json").json["episodes"][0]["id"]
    done = pitchcast("episodes", "deliver", episode, "--to", "Acme Corp", "--greeting", pitch_m4a)
    assert done.code == 1
    assert master.name in done.err
    assert [path.name for path in (private(published) / "masters").iterdir()] == [master.name]


def test_carry_another_recording_along_when_the_show_moves(published: Path, pitchcast: Run, tmp_path: Path) -> None:
    (master,) = (private(published) / "masters").iterdir()
    changed = same_length(master.read_bytes())
    master.unlink()
    master.write_bytes(changed)
    done = pitchcast("move", str(tmp_path / "elsewhere"), "--yes")
    assert done.code == 1
    assert master.name in done.err
    assert not list((tmp_path / "elsewhere").rglob("public/*/feed.xml"))
