"""Moving house: between folders and a real S3 server, interrupted and completed, back again and finished."""

import os
import secrets
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import feedparser
import pytest

from pitchcast.config import Settings, StorageSettings
from pitchcast.errors import CatalogError, ShowMoved, StorageUnavailable, UsageError
from pitchcast.feed.check.checker import check_feed
from pitchcast.model.feed import Feed
from pitchcast.model.layout import FEED_STYLE_NAME, PUBLIC, headers_of
from pitchcast.model.steps.access import Chosen
from pitchcast.site import change as change_module
from pitchcast.site.project import Project, open_project
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.ledger import Ledger
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows import move as moving
from pitchcast.workflows.doctor import examine
from pitchcast.workflows.episodes import edit
from pitchcast.workflows.feeds import list_feeds
from pitchcast.workflows.history import list_revisions
from pitchcast.workflows.move import MoveAnswer, finish, move, plan_move
from pitchcast.workflows.repair import repair
from pitchcast.workflows.storage_setup import carry_out, plan_setup
from pitchcast.workflows.undo import withdraw
from tests.fixtures.projects import a_project, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest
from tests.page.test_listen import Outline
from tests.workflows.test_feeds_access import ENDED

ACME = Chosen(who=("acme-corp",))


def started(project: Project) -> Project:
    """A show with two pitches, one of them withdrawn later, for three prospects, one of them revoked."""
    publish_to(project, put_draft(project), "Acme Corp", "Umbrella", "Globex", public=True)
    publish_to(project, put_draft(project, "r2", "Second"), "Acme Corp", "Umbrella")
    access.revoke(project, Chosen(who=("globex",)))
    return project


def open_for_listeners(server: SeaweedFS) -> str:
    """Return a prefix of a new bucket whose public half everybody may read."""
    bucket = server.make_bucket()
    url = f"s3://{bucket}/show"
    project = at(url, server.endpoint_url)
    carry_out(project, plan_setup(project))
    return url


def at(url: str, endpoint_url: str = "", file: Path | None = None) -> Project:
    storage = StorageSettings(url=url, endpoint_url=endpoint_url, base=Path.cwd())
    return open_project(Settings(file=file, storage=storage), {"PITCHCAST_USER": "dana@laptop"})


def moved_to(project: Project, url: str, endpoint_url: str = "", **settings: str) -> MoveAnswer:
    storage = replace(project.settings.storage, url=url, endpoint_url=endpoint_url, public_url="", **settings)
    environ = {**os.environ, "PITCHCAST_USER": "dana@laptop"}
    return move(plan_move(project, storage, environ), environ)


def feed_of(project: Project, feed_id: str = "acme-corp") -> Feed:
    catalog = project.ledger.load().catalog
    assert catalog is not None
    return next(feed for feed in catalog.feeds if feed.id == feed_id)


def rss(project: Project, feed_id: str = "acme-corp") -> bytes:
    return public_objects(project)[f"public/{feed_of(project, feed_id).path}/feed.xml"]


def same_show(old: Project, new: Project) -> None:
    """Hold tokens, guids and history of two places against each other."""
    before, after = old.ledger.load().catalog, new.catalog()
    assert before is not None
    assert [f.path for f in after.feeds] == [f.path for f in before.feeds]
    assert [e.guid for e in after.episodes] == [e.guid for e in before.episodes]
    assert after.retired_paths == before.retired_paths
    for feed_id in ("acme-corp", "public"):
        then, now = feedparser.parse(rss(old, feed_id)), feedparser.parse(rss(new, feed_id))
        assert now.feed.podcast_guid == then.feed.podcast_guid
        assert [e.id for e in now.entries] == [e.id for e in then.entries]
    numbers = [revision.revision for revision in list_revisions(new)]
    assert numbers == list(range(after.revision, 0, -1)), "history without a gap"


def test_a_folder_goes_to_a_bucket_that_listeners_can_read(
    folder_storage: StorageUnderTest, s3_environment: SeaweedFS
) -> None:
    old = started(a_project(folder_storage))
    url = open_for_listeners(s3_environment)
    done = moved_to(old, url, s3_environment.endpoint_url)
    new = at(url, s3_environment.endpoint_url)
    same_show(old, new)
    assert done.feeds == 3
    assert new.catalog().public_url == f"{s3_environment.endpoint_url}/{url[5:]}/public"
    audio = feedparser.parse(rss(new)).entries[0].enclosures[0].href
    assert audio.startswith(new.catalog().public_url)
    with urlopen(audio) as answer:
        assert answer.status == 200


def test_a_bucket_goes_to_another_and_back_to_a_folder(
    folder_storage: StorageUnderTest, s3_environment: SeaweedFS
) -> None:
    first = f"s3://{s3_environment.shared_bucket()}/show-{secrets.token_hex(6)}"
    storage = StorageUnderTest("s3", first, s3_environment.endpoint_url, folder_storage.bucket, lambda: None)  # type: ignore[arg-type,return-value]
    old = started(a_project(storage))
    url = open_for_listeners(s3_environment)
    moved_to(old, url, s3_environment.endpoint_url)
    new = at(url, s3_environment.endpoint_url)
    same_show(old, new)
    publish_to(new, put_draft(new, "r3", "Third"), "Acme Corp")
    moved_to(new, folder_storage.url)
    same_show(new, at(folder_storage.url))
    assert len(at(folder_storage.url).catalog().former_places) == 2


@pytest.fixture
def folders(folder_storage: StorageUnderTest, tmp_path: Path) -> tuple[Project, Project]:
    """A show that moved from one folder to another, as both places look now."""
    old = started(a_project(folder_storage))
    moved_to(old, str(tmp_path / "new"))
    return old, at(str(tmp_path / "new"))


def test_the_old_feeds_lead_to_the_new_ones_and_revoked_ones_never(folders: tuple[Project, Project]) -> None:
    old, new = folders
    same_show(old, new)
    leading = {f.id: f"http://127.0.0.1:8760/{f.path}/feed.xml" for f in new.catalog().feeds if f.state == "active"}
    for feed_id, address in leading.items():
        body = rss(old, feed_id)
        assert f"<itunes:new-feed-url>{address}</itunes:new-feed-url>".encode() in body
        private = feed_id != "public"
        found = check_feed(body, where="x", private=private, moved_to=address)
        assert [f for f in found if f.level == "error" and "self link" not in f.what] == []
        if private:
            assert any("new-feed-url" in f.what for f in check_feed(body, where="x", private=True))
        assert b"new-feed-url" not in rss(new, feed_id)
    assert b"new-feed-url" not in rss(old, "globex")
    assert b"<item>" not in rss(new, "globex")


def test_nobody_writes_at_the_old_place_any_more(folders: tuple[Project, Project]) -> None:
    old, new = folders
    before = public_objects(old)
    for attempt in (
        lambda: publish_to(old, put_draft(old, "r9", "Late"), "Acme Corp"),
        lambda: access.revoke(old, ACME),
        lambda: list_feeds(old),
    ):
        with pytest.raises(ShowMoved, match="has moved to") as caught:
            attempt()
        assert new.bucket.url in caught.value.hint
    assert public_objects(old) == before


def test_what_closes_at_the_new_place_closes_at_the_old_one(folders: tuple[Project, Project]) -> None:
    old, new = folders
    paths = {name: feed_of(new, name).path for name in ("acme-corp", "umbrella")}
    withdraw(new, "second")
    assert not [key for key in public_objects(old) if "second" in key]
    assert len(feedparser.parse(rss(old)).entries) == 1
    access.rotate(new, ACME)
    ended = {key: body for key, body in public_objects(old).items() if paths["acme-corp"] in key}
    assert {key.rpartition("/")[2] for key in ended} == ENDED
    assert not [key for key, body in ended.items() if b"new-feed-url" in body or b"refresh" in body]
    access.revoke(new, Chosen(who=("umbrella",)))
    left = {key: body for key, body in public_objects(old).items() if paths["umbrella"] in key}
    assert not [key for key in left if key.endswith(".mp3")]
    assert not [key for key, body in left.items() if b"new-feed-url" in body]
    publish_to(new, put_draft(new, "r3", "Third"), "Acme Corp")
    assert "Third" not in str(public_objects(old))


def test_the_doctor_finds_and_closes_what_the_old_place_shows_too_much(folders: tuple[Project, Project]) -> None:
    old, new = folders
    earlier = public_objects(old)
    withdraw(new, "second")
    access.rotate(new, ACME)
    access.revoke(new, Chosen(who=("umbrella",)))
    closed = public_objects(old)
    assert not showing_elsewhere(new)
    for key in earlier:
        if earlier[key] != closed.get(key):
            old.bucket.put(key, earlier[key], headers_of(key))  # as if nobody had been able to write there
    assert showing_elsewhere(new) == ["the show left this place, and 2 feeds still show there what it no longer shows"]
    assert "would be" in str(repair(replace(new, dry_run=True)))
    repair(new)
    assert public_objects(old) == closed
    assert not showing_elsewhere(new)
    moved_to(new, str(Path(new.bucket.url).with_name("newer")))
    new = at(str(Path(new.bucket.url).with_name("newer")))
    assert not showing_elsewhere(new), "what says that a podcast is gone stays as it is"
    publish_to(new, put_draft(new, "r3", "Third"), "Acme Corp", public=True)
    edit(new, "cut-your-bill", {"notes": "Edited since"})
    assert not showing_elsewhere(new), "what came since and is only older there is no fault"


def showing_elsewhere(project: Project) -> list[str]:
    return [finding.what for finding in examine(project) if "left this place" in finding.what]


def test_an_address_that_a_crash_left_open_is_closed_before_the_show_goes(
    folder_storage: StorageUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody heals builds at a place that the show has left, and its new place knows nothing of them."""
    old = started(a_project(folder_storage))
    path = feed_of(old).path

    def dies(*_: object, **__: object) -> None:
        raise StorageUnavailable("killed")

    with monkeypatch.context() as patched:
        patched.setattr(change_module, "build_feeds", dies)
        with pytest.raises(StorageUnavailable, match="killed"):
            access.rotate(old, ACME)
    assert [key for key in public_objects(old) if path in key]
    moved_to(old, str(tmp_path / "new"))
    assert not [key for key in public_objects(old) if path in key and key.endswith(".mp3")]


def test_the_old_pages_lead_to_the_new_ones_and_closed_ones_never(folders: tuple[Project, Project]) -> None:
    old, new = folders
    for feed in new.catalog().feeds:
        page = Outline(public_objects(old)[f"public/{feed.path}/index.html"])
        leading = [link["href"] for link in page.attributes("a")]
        wanted = [f"http://127.0.0.1:8760/{feed.path}/index.html"] if feed.state == "active" else []
        assert leading == wanted
        assert "Acme" not in page.text


def test_finishing_leaves_nothing_at_the_old_place_but_what_leads_on(folders: tuple[Project, Project]) -> None:
    old, new = folders
    there = public_objects(old)
    planned = finish(replace(new, dry_run=True))
    assert public_objects(old) == there
    before = public_objects(new)
    done = finish(new)
    left = public_objects(old)
    assert done.places == (old.bucket.url,)
    assert done.deleted == planned.deleted == len(there.keys() - left.keys()) > 0
    assert public_objects(new) == before
    states = {feed.path: feed.state for feed in new.catalog().feeds}
    style = f"{PUBLIC}{new.catalog().show.art_token}/{FEED_STYLE_NAME}"
    assert {key.split("/")[1] for key in left.keys() - {style}} == states.keys()
    assert style in left  # a feed that leads on is read in browsers too
    for key, body in left.items():
        path, name = key.split("/")[1:]
        if key == style:
            continue
        assert name in ENDED
        assert not [text for text in (b"Acme", b"acme", b"<item>") if text in body]
        new_feed = f"<itunes:new-feed-url>http://127.0.0.1:8760/{path}/feed.xml</itunes:new-feed-url>".encode()
        if name == "feed.xml":
            assert (new_feed in body) == (states[path] == "active")
            assert feedparser.parse(body).feed.podcast_guid == feedparser.parse(before[key]).feed.podcast_guid
        if name == "index.html":
            assert (b"refresh" in body) == (states[path] == "active")
    with pytest.raises(CatalogError, match="left no place"):
        finish(new)
    with pytest.raises(ShowMoved):
        old.catalog()


def test_it_can_move_back(folders: tuple[Project, Project]) -> None:
    old, new = folders
    publish_to(new, put_draft(new, "r3", "Third"), "Acme Corp")
    moved_to(new, old.bucket.url)
    home = at(old.bucket.url)
    same_show(new, home)
    assert len(home.catalog().episodes) == 3
    assert b"new-feed-url" not in rss(home)
    assert [place.url for place in home.catalog().former_places] == [new.bucket.url]


class Dying:
    """A bucket whose process is killed after some writes."""

    def __init__(self, bucket: Bucket, after: int) -> None:
        self._bucket = bucket
        self._left = after

    def __getattr__(self, name: str) -> object:
        if name in ("put", "put_new", "replace_if", "copy", "delete"):
            self._left -= 1
            if self._left < 0:
                raise StorageUnavailable("killed")
        return getattr(self._bucket, name)


@pytest.mark.parametrize(
    ("side", "after"),
    [
        *(pytest.param("source", after, id=f"source after {after} writes") for after in (0, 1, 3, 5)),
        *(pytest.param("target", after, id=f"target after {after} writes") for after in (2, 8, 14, 20)),
    ],
)
def test_wherever_it_is_interrupted_the_same_command_completes_it(
    folder_storage: StorageUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: str, after: int
) -> None:
    old = a_project(folder_storage)
    publish_to(old, put_draft(old), "Acme Corp", public=True)
    source = behind(old, after) if side == "source" else old
    with monkeypatch.context() as patched:
        if side == "target":
            patched.setattr(moving, "open_project", lambda s, e, **k: behind(open_project(s, e, **k), after))
        with pytest.raises(StorageUnavailable, match="killed"):
            moved_to(source, str(tmp_path / "new"))
    moved_to(old, str(tmp_path / "new"))
    new = at(str(tmp_path / "new"))
    same_show(old, new)
    assert b"new-feed-url" in rss(old)
    assert len(public_objects(new)) == 10


def behind(project: Project, after: int) -> Project:
    bucket = Dying(project.bucket, after)
    return replace(project, bucket=bucket, ledger=Ledger(bucket, new_nonce=secrets.token_hex))  # type: ignore[arg-type]


def test_another_show_and_the_same_place_are_refused(folder_storage: StorageUnderTest, tmp_path: Path) -> None:
    old = started(a_project(folder_storage))
    other = StorageUnderTest("folder", str(tmp_path / "other"), "", folder_storage.bucket, lambda: old.bucket)
    publish_to(a_project(other), put_draft(a_project(other)), "Acme Corp")
    attempts: list[tuple[str, type[Exception], str]] = [
        (other.url, CatalogError, "holds another show"),
        (folder_storage.url, UsageError, "already"),
        (f"{folder_storage.url}/public/x", UsageError, "inside"),
    ]
    before = public_objects(old)
    for url, error, match in attempts:
        with pytest.raises(error, match=match):
            moved_to(old, url)
    assert public_objects(old) == before
    publish_to(old, put_draft(old, "r3", "Third"), "Acme Corp")


def test_the_settings_file_names_the_new_place(folder_storage: StorageUnderTest, tmp_path: Path) -> None:
    old = started(a_project(folder_storage))
    file = tmp_path / "pitchcast.toml"
    text = '# mine\n[show]\ntitle = "T"\n\n[storage]\nurl = "./site"  # where\npublic_url = "http://127.0.0.1:8760"\n'
    file.write_text(text, encoding="utf-8")
    old = replace(old, settings=replace(old.settings, file=file))
    url = str(tmp_path / "new")
    assert moved_to(old, url).problems == ()
    expected = f'# mine\n[show]\ntitle = "T"\n\n[storage]\nurl = "{url}"  # where\n'
    assert file.read_text(encoding="utf-8") == expected
