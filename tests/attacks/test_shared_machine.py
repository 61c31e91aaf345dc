"""What another user of the same machine wants from a show in a folder."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.neighbours import Machine
from tests.fixtures.program import Done, stored

BEFORE = [pytest.param("new", id="a new storage"), pytest.param("open", id="one that was open before")]


@pytest.fixture
def machine(clean_environment: dict[str, str]) -> Machine:
    """A machine with a neighbour."""
    return Machine(clean_environment)


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that everybody on the machine can come to, as /srv or a home that others may enter."""
    folder = Path(tempfile.mkdtemp(prefix="pitchcast-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def show(open_place: Path, first_publish: tuple[Path, Done]) -> Path:
    """A show with one pitch for Acme Corp, in a place where the neighbour comes too."""
    folder = open_place / "show"
    shutil.copytree(first_publish[0], folder)
    folder.chmod(0o755)
    return folder


def feed_folder(show: Path) -> Path:
    """Return the secret folder of Acme Corp's feed."""
    return next(path.parent for path in (show / "site" / "public").rglob("feed.xml"))


def publish_again(machine: Machine, show: Path) -> Done:
    """Publish the recording for somebody else, which writes in both halves."""
    recording = next(show.glob("*.m4a"))
    return machine.pitchcast("publish", recording.name, "--to", "Initech", "--title", "Another idea", cwd=show)


def write_in_both_halves(machine: Machine, show: Path, before: str) -> None:
    """Have pitchcast make the storage, or write in one whose halves everybody could write in."""
    if before == "new":
        shutil.rmtree(show / "site")
        done = publish_again(machine, show)
    else:
        for half in ("public", "private"):
            (show / "site" / half).chmod(0o777)
        done = machine.pitchcast("prospects", "add", "Initech", cwd=show)
    assert done.code == 0, done.err


@pytest.mark.parametrize("before", BEFORE)
def test_list_the_secret_addresses_of_prospects(machine: Machine, show: Path, before: str) -> None:
    """Whoever was given an address is served, whatever user the web server is."""
    write_in_both_halves(machine, show, before)
    public = show / "site" / "public"
    assert not machine.neighbour_can_list(public)
    feeds = list(public.rglob("feed.xml"))
    assert feeds
    for feed in feeds:
        assert machine.neighbour_can_read(feed, below=show)
        assert machine.neighbour_can_read(feed.with_name("index.html"), below=show)


@pytest.mark.parametrize("before", BEFORE)
def test_read_the_list_of_prospects_in_the_private_half(machine: Machine, show: Path, before: str) -> None:
    write_in_both_halves(machine, show, before)
    private = show / "site" / "private"
    assert not machine.neighbour_can_list(private)
    assert not machine.neighbour_can_read(private / "catalog.json.gz", below=show)


@pytest.mark.parametrize("half", ["public", "private"])
def test_have_a_show_stored_in_a_folder_of_theirs(machine: Machine, show: Path, half: str) -> None:
    """As where the storage folder was writable for all, and the neighbour was quicker."""
    shutil.rmtree(show / "site")
    planted = show / "site" / half
    planted.mkdir(parents=True)
    planted.chmod(0o777)
    machine.give_to_neighbour(planted)
    done = publish_again(machine, show)
    assert done.code == 1
    assert f"{planted} belongs to another user" in done.err
    assert f"sudo chown -R {os.geteuid()} {planted}" in done.err
    assert not any(path.is_file() for path in planted.rglob("*"))


@pytest.mark.parametrize("what", ["public", "private", "feed folder", "feed", "feed, hard link", "lock"])
def test_have_their_victims_files_written_over_through_a_link(machine: Machine, show: Path, what: str) -> None:
    """A link in the place of a half, a feed's folder, an object or the lock, with a victim's folder behind it."""
    folder = feed_folder(show)
    links = {
        "public": show / "site" / "public",
        "private": show / "site" / "private",
        "feed folder": folder,
        "feed": folder / "feed.xml",
        "feed, hard link": folder / "feed.xml",
        "lock": show / "site" / "private" / ".pitchcast-lock",
    }
    link, outside = links[what], show / "outside"
    if link.is_dir():
        shutil.copytree(link, outside)
        for path in outside.rglob("*.xml"):
            path.write_text("the victim's own", encoding="utf-8")
        shutil.rmtree(link)
        link.symlink_to(outside)
    else:
        outside.mkdir()
        (outside / "mine").write_text("the victim's own", encoding="utf-8")
        link.unlink(missing_ok=True)
        if what == "feed, hard link":
            os.link(outside / "mine", link)
        else:
            link.symlink_to(outside / "mine")
    before = stored(outside)
    machine.pitchcast("prospects", "edit", "acme-corp", "--name", "Acme Corporation", cwd=show)
    machine.pitchcast("doctor", "--repair", cwd=show)
    assert stored(outside) == before


@pytest.mark.parametrize("command", ["revoke", "prune"])
def test_have_their_victims_files_deleted_through_a_link(machine: Machine, show: Path, command: str) -> None:
    """A feed's folder, and one that no feed has, become links to the victim's folder."""
    folder, outside = feed_folder(show), show / "outside"
    shutil.copytree(folder, outside)
    shutil.rmtree(folder)
    folder.symlink_to(outside)
    (folder.parent / ("b" * 26)).symlink_to(outside)
    before = stored(outside)
    commands = {"revoke": ("feeds", "revoke", "acme-corp", "--yes"), "prune": ("doctor", "--repair", "--prune")}
    machine.pitchcast(*commands[command], cwd=show)
    assert before
    assert stored(outside) == before


def test_publish_a_file_of_their_victim_through_a_link(machine: Machine, show: Path) -> None:
    """A link in the place of the master, whose public copies are gone: a build would copy it to each feed."""
    secret = show / "salaries.mp3"
    secret.write_bytes(b"secret salaries")
    master = next((show / "site" / "private" / "masters").iterdir())
    master.unlink()
    master.symlink_to(secret)
    for path in feed_folder(show).glob("*.mp3"):
        path.unlink()
    done = machine.pitchcast("feeds", "build", cwd=show)
    assert done.code == 1
    assert b"secret salaries" not in b"".join(stored(show / "site" / "public").values())


def test_stop_every_command_by_a_pipe_that_nobody_writes_to(machine: Machine, show: Path) -> None:
    pipe = feed_folder(show) / "feed.xml"
    pipe.unlink()
    os.mkfifo(pipe)
    machine.give_to_neighbour(pipe)
    done = machine.pitchcast("feeds", "build", cwd=show)
    assert "Traceback" not in done.err


def test_have_settings_written_over_a_file_of_their_victim(machine: Machine, open_place: Path) -> None:
    """Links wait under every name that a draft might get which counts processes."""
    folder, mine = open_place / "new", open_place / "mine"
    folder.mkdir()
    mine.write_text("the victim's own", encoding="utf-8")
    for number in range(os.getpid(), os.getpid() + 3_000):
        (folder / f".pitchcast.toml.{number}.tmp").symlink_to(mine)
    done = machine.pitchcast("init", "--title", "Pitches", "--host", "Dana", cwd=folder)
    assert done.code == 0, done.err
    assert mine.read_text(encoding="utf-8") == "the victim's own"
    assert "Pitches" in (folder / "pitchcast.toml").read_text(encoding="utf-8")
    assert not (folder / "pitchcast.toml").is_symlink()


def test_write_into_what_is_published(machine: Machine, show: Path) -> None:
    """Whatever the umask of whoever publishes: nothing is left that the neighbour may change."""
    before = os.umask(0)
    try:
        shutil.rmtree(show / "site")
        assert publish_again(machine, show).code == 0
    finally:
        os.umask(before)
    halves = [show / "site" / "public", show / "site" / "private"]
    everything = [path for half in halves for path in (half, *half.rglob("*"))]
    assert not [path for path in everything if stat.S_IMODE(path.lstat().st_mode) & (stat.S_IWGRP | stat.S_IWOTH)]
