"""Audio that feeds share: one object an episode, under a secret of its own, and whose feed it was in the query."""

import urllib.request
from dataclasses import replace

import feedparser
import pytest

from pitchcast.errors import ObjectMissing
from pitchcast.feed.check.checker import check_feed
from pitchcast.model.steps.access import Chosen
from pitchcast.site.project import Project
from pitchcast.workflows import feeds, history
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows import show as show_workflow
from pitchcast.workflows import undo as take_back
from pitchcast.workflows.doctor import examine
from pitchcast.workflows.storage_setup import carry_out, plan_setup
from tests.fixtures.projects import a_project, audio_of, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest

WHO = ("Acme Corp", "Umbrella", "Initech")


def shared_show(storage: StorageUnderTest) -> Project:
    project = a_project(storage, audio="shared")
    publish_to(project, put_draft(project), *WHO)
    return project


def audio_keys(project: Project) -> list[str]:
    return [key for key in public_objects(project) if key.endswith(".mp3")]


def enclosures(project: Project) -> dict[str, str]:
    """Return the address of the newest episode's audio in each open feed."""
    found = {}
    for feed in project.catalog().feeds:
        if feed.state == "active":
            parsed = feedparser.parse(project.bucket.get(f"public/{feed.path}/feed.xml")[0])
            found[feed.id] = parsed.entries[0].enclosures[0].href if parsed.entries else ""
    return found


def test_one_object_is_in_every_feed_with_the_feeds_mark(any_storage: StorageUnderTest) -> None:
    project = shared_show(any_storage)
    [audio] = audio_keys(project)
    assert project.bucket.get(audio)[0] == audio_of("r1")
    found = enclosures(project)
    assert len(set(found.values())) == len(WHO)
    assert {url.partition("?")[0] for url in found.values()} == {
        f"{project.catalog().public_url}/{audio.removeprefix('public/')}"
    }
    assert not [f for f in feeds.check_stored(project) if f.level == "error"]
    for feed in project.catalog().feeds:
        page = project.bucket.get(f"public/{feed.path}/index.html")[0].decode()
        assert f'src="../{audio.removeprefix("public/")}?x-feed={feed.mark}"' in page
    before = public_objects(project)
    assert feeds.build(project).put == 0
    project.bucket.delete(before)
    feeds.build(project, names=["acme-corp"])
    assert audio in public_objects(project)
    feeds.build(project)
    assert public_objects(project) == before


def test_the_service_serves_the_address_and_doctor_proves_it(s3_storage: StorageUnderTest) -> None:
    project = a_project(s3_storage, audio="shared")
    carry_out(project, plan_setup(project))
    publish_to(project, put_draft(project), *WHO)
    for url in enclosures(project).values():
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == audio_of("r1")
    said = [finding.what for finding in examine(project) if finding.level == "ok"]
    assert any("with each feed's mark" in what for what in said)


def test_revoking_leaves_it_to_the_others_and_withdrawing_takes_it_from_all(folder_storage: StorageUnderTest) -> None:
    project = shared_show(folder_storage)
    [audio] = audio_keys(project)
    access.revoke(project, Chosen(who=("acme-corp",)))
    assert audio_keys(project) == [audio]
    episode = project.catalog().episodes[0]
    take_back.withdraw(project, episode.id)
    assert audio_keys(project) == []
    assert set(enclosures(project).values()) == {""}
    history.restore(project, 1)
    assert audio_keys(project) == []


def test_changing_ones_mind_gives_each_feed_its_own_and_back_another_secret(folder_storage: StorageUnderTest) -> None:
    project = shared_show(folder_storage)
    [first] = audio_keys(project)
    given = replace(project.settings, given=frozenset({"storage.audio"}))
    apart = replace(given, storage=replace(given.storage, audio="per-feed"))
    show_workflow.apply(replace(project, settings=apart))
    assert len(audio_keys(project)) == len(WHO)
    assert first not in audio_keys(project)
    assert not any("?" in url for url in enclosures(project).values())
    show_workflow.apply(replace(project, settings=given))
    [again] = audio_keys(project)
    assert again.split("/")[1] != first.split("/")[1]
    with pytest.raises(ObjectMissing):
        project.bucket.head(first)


def test_what_a_feed_may_share_is_exactly_that(folder_storage: StorageUnderTest) -> None:
    project = shared_show(folder_storage)
    feed = project.catalog().feeds[0]
    body = project.bucket.get(f"public/{feed.path}/feed.xml")[0]
    for wrong in (b"x-feed=nothexhex", b"x-feed=0123456", b"token=01234567"):
        changed = body.replace(b"x-feed=" + feed.mark.encode(), wrong)
        assert changed != body
        assert [f for f in check_feed(changed, where="x", private=True) if f.level == "error"]
