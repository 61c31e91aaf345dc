"""A show made by an earlier version goes on with this one: nothing is lost, and no address changes.

The shows are stored: README.md in this folder says what is in them, how they were made, and how to add one.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pitchcast.model.catalog import FORMAT, RENDERER
from tests.fixtures.seaweedfs import SeaweedFS
from tests.fixtures.speech import EXAMPLE, run_ffmpeg
from tests.upgrade.front import Certificates, Front
from tests.upgrade.looking import Program, is_closed, listen, look_at
from tests.upgrade.make_show import SHOWS
from tests.upgrade.storages import Folder, SeaweedBucket, Storage, fronted, read_show
from tests.upgrade.worker import Worker, running_worker

STORED = sorted(SHOWS.glob("*/*.tar.xz"))
OUTDATED = "the feed is not what the catalog says"
CATALOG = "private/catalog.json.gz"
FOLLOWING = ("state", "feeds", "feed_url", "page_url", "invited", "current")


@dataclass(frozen=True, slots=True)
class OldShow:
    """A stored show, unpacked into a storage of its kind and served at its address. ``told`` is what its maker said."""

    program: Program
    front: Front
    storage: Storage
    told: dict[str, Any]

    def look(self) -> dict[str, Any]:
        """Return what this version lists, and what listeners get."""
        return look_at(self.program, self.front)

    def listen(self, feed_url: str) -> dict[str, Any]:
        """Return what is heard at a feed's address."""
        return listen(self.front, feed_url)

    def feed(self, role: str) -> dict[str, Any]:
        """Return what the maker listed of the feed that plays a role."""
        [found] = [feed for feed in self.told["feeds"] if feed["id"] == self.told["roles"][role]]
        return found

    def heard(self, role: str) -> dict[str, Any]:
        """Return what listeners of that feed got from its maker."""
        return self.told["heard"][self.told["roles"][role]]

    def addresses(self, role: str) -> list[str]:
        """Return feed, page and audio of that feed as its maker told them."""
        feed = self.feed(role)
        return [feed["feed_url"], feed["page_url"], *(entry["audio_url"] for entry in self.heard(role)["entries"])]

    def check_closed(self, *roles: str) -> None:
        """Fail where an address answers that its maker had closed, or one of the feeds in these roles."""
        closing = [url for role in roles for url in self.addresses(role)]
        assert [url for url in [*self.told["closed"], *closing] if not is_closed(self.front, url)] == []

    def check_sound(self, *, built: bool) -> None:
        """Fail where doctor finds something wrong. Feeds that this version has not *built* may be outdated."""
        findings = json.loads(self.program.run("doctor", "--json").out)["findings"]
        wrong = [finding for finding in findings if finding["level"] == "error"]
        assert [finding for finding in wrong if built or not finding["what"].startswith(OUTDATED)] == []


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """What runs the present program's commands."""
    with running_worker() as running:
        yield running


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """The one authority that the worker trusts."""
    return Certificates(tmp_path_factory.mktemp("authority"))


@pytest.fixture(params=STORED, ids=lambda path: f"{path.parent.name}-{path.name.partition('.')[0]}")
def old_show(
    request: pytest.FixtureRequest, tmp_path: Path, worker: Worker, certificates: Certificates
) -> Iterator[OldShow]:
    """Every stored show in turn, fresh for each test."""
    storage: Storage = Folder(tmp_path / "site")
    if request.param.name.startswith("bucket"):
        seaweedfs: SeaweedFS = request.getfixturevalue("seaweedfs")
        storage = SeaweedBucket(seaweedfs, seaweedfs.make_bucket())
    settings, objects, told = read_show(request.param)
    storage.fill(objects, told)
    work = tmp_path / "work"
    work.mkdir()
    write_settings(work, settings)
    with fronted(storage, certificates) as front:
        program = Program(work, {**storage.environment(), **front.environment()}, worker.run)
        yield OldShow(program, front, storage, told)


@pytest.fixture(scope="session")
def new_pitch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds that no stored show was made from."""
    path = tmp_path_factory.mktemp("new") / "new.flac"
    run_ffmpeg("-ss", "21.5", "-t", "2", "-i", EXAMPLE, "-ac", "1", "-ar", "48000", "-c:a", "flac", path)
    return path


def test_everything_is_there_before_this_version_writes(old_show: OldShow) -> None:
    before = old_show.storage.objects()
    now = old_show.look()
    for said in ("prospects", "episodes", "feeds", "history", "heard"):
        assert differences(old_show.told[said], now[said]) == [], said
    for feed in old_show.told["feeds"]:
        if feed["state"] == "active":
            status, _, page = old_show.front.get(feed["page_url"])
            assert (status, page.count(b".mp3") > 0) == (200, True), feed["id"]
    for role in ("plain", "public"):
        assert old_show.program.says("link", old_show.feed(role)["id"]).strip() == old_show.feed(role)["page_url"]
    assert old_show.program.says("history", "show", "3")
    old_show.check_closed()
    old_show.check_sound(built=False)
    assert unlike(before, old_show.storage.objects()) <= {"private/probe"}


def test_a_build_of_everything_closes_what_is_due_and_moves_nothing(old_show: OldShow) -> None:
    due = old_show.feed("due")
    old_show.program.says("feeds", "build", "--all")
    now = old_show.look()
    assert due["state"] == "active"
    assert {feed["id"]: feed["state"] for feed in now["feeds"]}[due["id"]] == "revoked"
    assert_same_but(old_show, now, {due["id"]})
    old_show.check_closed("due")
    old_show.check_sound(built=True)
    built = old_show.storage.objects()
    old_show.program.says("feeds", "build", "--all")
    assert unlike(built, old_show.storage.objects()) == set()


def test_work_goes_on_at_the_same_addresses(old_show: OldShow, new_pitch: Path) -> None:
    says, plain = old_show.program.says, old_show.feed("plain")
    says("publish", new_pitch, "--to", plain["id"], "--title", "A new pitch", "--yes")
    for role in ("plain", "invited"):
        new, *rest = old_show.listen(old_show.feed(role)["feed_url"])["entries"]
        assert (new["title"], rest) == ("A new pitch", old_show.heard(role)["entries"]), role
    says("undo", "--yes")
    assert is_closed(old_show.front, new["audio_url"])
    [shared] = old_show.heard("public")["entries"]
    [episode] = [episode for episode in old_show.told["episodes"] if episode["guid"] == shared["guid"]]
    ending = old_show.feed("ending")
    says("episodes", "deliver", episode["id"], "--to", ending["id"], "--yes")
    says("episodes", "edit", episode["id"], "--title", "Another name", "--keep-file")
    delivered, *rest = old_show.listen(ending["feed_url"])["entries"]
    assert (delivered["title"], rest) == ("Another name", old_show.heard("ending")["entries"])
    now = old_show.look()
    assert now["heard"]["public"]["entries"] == [{**shared, "title": "Another name"}]
    for feed_id in old_show.told["heard"].keys() & now["heard"].keys() - {ending["id"]}:
        assert where_audio_lies(now, feed_id) == where_audio_lies(old_show.told, feed_id), feed_id
    old_show.check_closed("due")
    says("feeds", "build", "--all")
    old_show.check_sound(built=True)


def test_access_is_changed_as_it_always_was(old_show: OldShow) -> None:
    says, roles = old_show.program.says, old_show.told["roles"]
    says("feeds", "rotate", roles["greeted"], "--yes")
    says("feeds", "restore", roles["revoked"], "--yes")
    says("feeds", "revoke", roles["ending"], "--yes")
    says("prospects", "invite", "Kim Park", "--by", roles["plain"])
    now = old_show.look()
    greeted, plain = now["heard"][roles["greeted"]], now["heard"][roles["plain"]]
    assert without_addresses(greeted) == without_addresses(old_show.heard("greeted"))
    own = {entry["guid"]: entry["sha256"] for entry in greeted["entries"]}
    assert [own[entry["guid"]] == entry["sha256"] for entry in plain["entries"]].count(False) == 1
    restored = now["heard"][roles["revoked"]]["entries"]
    assert [entry["guid"] for entry in restored] == [entry["guid"] for entry in old_show.heard("rotated")["entries"]]
    changed = {roles[role] for role in ("greeted", "revoked", "ending", "due")}
    assert_same_but(old_show, now, changed)
    assert now["feeds"][-1]["name"] == "Kim Park"
    assert without_addresses(now["heard"][now["feeds"][-1]["id"]])["entries"] == without_addresses(plain)["entries"]
    old_show.check_closed("greeted", "ending", "due")
    says("feeds", "build", "--all")
    old_show.check_sound(built=True)


@pytest.mark.parametrize("field", ["format", "renderer"])
def test_what_a_newer_version_wrote_is_refused_and_left_alone(
    field: str, tmp_path: Path, new_pitch: Path, worker: Worker
) -> None:
    """So does the older program of the next version's show: the refusal must be there before the newer format is."""
    settings, objects, told = read_show(STORED[-1].with_name("folder.tar.xz"))
    document = json.loads(gzip.decompress(objects[CATALOG]))
    document |= {field: {"format": FORMAT, "renderer": RENDERER}[field] + 1, "something_new": True}
    storage = Folder(tmp_path / "site")
    storage.fill({**objects, CATALOG: gzip.compress(json.dumps(document).encode())}, told)
    write_settings(tmp_path, settings)
    program = Program(tmp_path, storage.environment(), worker.run)
    refusal = (
        f"Error: {storage.path}/{CATALOG} was written by a newer pitchcast\n"
        "What to do: Update pitchcast: run install.py of the newest version.\n"
    )
    before = storage.objects()
    for words in (
        ("feeds", "list"),
        ("publish", new_pitch, "--to", "acme-corp", "--title", "A new pitch", "--yes"),
        ("feeds", "build", "--all"),
        ("feeds", "revoke", "acme-corp", "--keep-children", "--yes"),
        ("undo", "--yes"),
        ("doctor", "--repair", "--yes"),
    ):
        done = program.run(*words)
        said = [line for line in done.err.splitlines(keepends=True) if not line.startswith("Looking at ")]
        assert (done.code, done.out, "".join(said)) == (1, "", refusal), words
    assert unlike(before, storage.objects()) == set()


def test_there_is_a_stored_show_of_the_current_format() -> None:
    """Whoever raises FORMAT stores a show of it: README.md says how."""
    stored = [json.loads(gzip.decompress(read_show(path)[1][CATALOG])) for path in STORED]
    assert max(document["format"] for document in stored) == FORMAT


def write_settings(folder: Path, settings: dict[str, bytes]) -> None:
    """Put the files of a stored show's working folder into *folder*."""
    for name, body in settings.items():
        (folder / name).write_bytes(body)


def assert_same_but(old_show: OldShow, now: dict[str, Any], changed: set[str]) -> None:
    """Fail where something of the old show is missing, or a feed that is not among the *changed* is not as it was."""
    told = old_show.told
    assert differences(lasting(told["prospects"]), now["prospects"]) == []
    assert differences(lasting(told["episodes"]), now["episodes"]) == []
    assert differences(lasting(told["history"]), now["history"][-len(told["history"]) :]) == []
    feeds = {feed["id"]: feed for feed in now["feeds"]}
    assert [feed["id"] for feed in told["feeds"] if feed["id"] not in feeds] == []
    for feed in told["feeds"]:
        if feed["id"] not in changed:
            assert differences(feed, feeds[feed["id"]]) == []
            assert told["heard"].get(feed["id"]) == now["heard"].get(feed["id"]), feed["id"]


def lasting(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what is told of each without what follows from who has access, which is compared feed by feed."""
    return [{name: value for name, value in record.items() if name not in FOLLOWING} for record in records]


def where_audio_lies(told: dict[str, Any], feed_id: str) -> dict[str, tuple[str, str]]:
    """Return address and SHA-256 of each episode in a feed, by its guid."""
    return {entry["guid"]: (entry["audio_url"], entry["sha256"]) for entry in told["heard"][feed_id]["entries"]}


def without_addresses(heard: dict[str, Any]) -> dict[str, Any]:
    """Return what is heard in a feed without where its audio lies."""
    return {**heard, "entries": [{**entry, "audio_url": ""} for entry in heard["entries"]]}


def unlike(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    """Return the keys of what is new, gone or other than before."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def differences(before: Any, now: Any, where: str = "") -> list[str]:
    """Return where *now* says less than *before*, or something else; what it says beyond that is no difference."""
    if isinstance(before, dict):
        missing = [f"{where}.{name} is missing" for name in before if name not in now]
        shared = [name for name in before if name in now]
        return missing + [each for name in shared for each in differences(before[name], now[name], f"{where}.{name}")]
    if isinstance(before, list):
        if len(before) != len(now):
            return [f"{where}: {len(now)} instead of {len(before)}"]
        pairs = enumerate(zip(before, now, strict=True))
        return [each for n, (old, new) in pairs for each in differences(old, new, f"{where}[{n}]")]
    return [] if before == now else [f"{where}: {now!r} instead of {before!r}"]
