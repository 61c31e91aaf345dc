"""Rotating, revoking, restoring, expiring and removing: on a folder and on a real S3 server."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import feedparser
import pytest

from pitchcast.errors import CatalogError, StorageUnavailable, UsageError
from pitchcast.feed.check.checker import check_feed
from pitchcast.model.answers.feeds import AccessChanged
from pitchcast.model.answers.prospects import RemovedProspects
from pitchcast.model.feed import Feed
from pitchcast.model.layout import CATALOG, PENDING
from pitchcast.model.steps.access import Chosen
from pitchcast.site.build import build_feeds
from pitchcast.site.pending import read_pending
from pitchcast.site.project import Project
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows.doctor import examine
from pitchcast.workflows.feeds import build, check_stored, list_feeds
from tests.fixtures.projects import a_project, later, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest
from tests.site.test_change import Failing, Through, behind

ACME = Chosen(who=("acme-corp",))
NAMES = (b"Acme", b"Cloud bills", b"Cut your bill")
ENDED = {"index.html", "feed.xml", "call.html"}


@pytest.fixture
def project(any_storage: StorageUnderTest) -> Project:
    """A show with one pitch for two prospects."""
    project = a_project(any_storage)
    publish_to(project, put_draft(project), "Acme Corp <jo@acme.example>", "Umbrella")
    return project


def feed_of(project: Project, feed_id: str = "acme-corp") -> Feed:
    return next(feed for feed in project.catalog().feeds if feed.id == feed_id)


def under(project: Project, path: str) -> dict[str, bytes]:
    return {key.rpartition("/")[2]: body for key, body in public_objects(project).items() if key.split("/")[1] == path}


def faults(project: Project) -> list[str]:
    """Return what the doctor objects to, but that nobody opened the test's bucket to listeners."""
    errors = [f"{f.where}: {f.what}" for f in examine(project) if f.level == "error"]
    return [error for error in errors if "listeners cannot read public/" not in error]


def guid_in(feed: bytes) -> str:
    return str(feedparser.parse(feed).feed.podcast_guid)


def test_the_old_address_of_a_rotated_feed_says_so_and_the_new_one_is_complete(project: Project) -> None:
    before = feed_of(project)
    old = under(project, before.path)
    answer = access.rotate(project, ACME)
    after = feed_of(project)
    ended = under(project, before.path)
    assert ended.keys() == ENDED
    assert not [body for body in ended.values() if after.path.encode() in body], "nothing leads to the new address"
    new = under(project, after.path)
    assert new.keys() == old.keys()
    for name in ("feed.xml", "index.html"):
        assert before.path.encode() not in new[name]
    assert guid_in(new["feed.xml"]) == guid_in(old["feed.xml"])
    assert [e.id for e in feedparser.parse(new["feed.xml"]).entries] == [
        e.id for e in feedparser.parse(old["feed.xml"]).entries
    ]
    assert after.path in answer.feeds[0].feed_url
    assert faults(project) == []


def test_a_revoked_feed_says_so_and_names_nobody(project: Project) -> None:
    before = feed_of(project)
    guid = guid_in(under(project, before.path)["feed.xml"])
    answer = access.revoke(project, ACME)
    assert answer.feeds[0].state == "revoked"
    left = under(project, before.path)
    assert left.keys() == ENDED
    for body in left.values():
        assert not [name for name in NAMES if name in body]
    assert guid_in(left["feed.xml"]) == guid
    assert b"<item>" not in left["feed.xml"]
    assert b"new-feed-url" not in left["feed.xml"]
    assert not [f for f in check_feed(left["feed.xml"], where="x", private=True) if f.level == "error"]
    assert check_stored(project) == () or all(f.level != "error" for f in check_stored(project))
    assert faults(project) == []
    assert len(under(project, feed_of(project, "umbrella").path)) == 3


def test_audio_goes_before_page_and_feed_are_replaced(project: Project) -> None:
    """A crash in the middle leaves no audio: it is deleted before anything else is written."""
    path = feed_of(project).path
    slow = behind(project, bucket=Failing(project.bucket, "replace_if", after=2))  # the first is the catalog's
    with pytest.raises(StorageUnavailable, match="the change is made, but"):
        access.revoke(slow, ACME)
    assert not [name for name in under(project, path) if name.endswith(".mp3")]
    assert list(project.bucket.list(PENDING))


def test_the_same_command_completes_what_was_interrupted(project: Project) -> None:
    path = feed_of(project).path
    with pytest.raises(StorageUnavailable):
        access.revoke(behind(project, bucket=Failing(project.bucket, "delete")), ACME)
    assert len(under(project, path)) == 3, "nothing was built yet"
    again = access.revoke(project, ACME)
    assert [feed.id for feed in again.feeds] == ["acme-corp"], "it is this one's work that is told of"
    assert project.outcome.resumed is not None
    assert under(project, path).keys() == ENDED


def test_an_ended_address_is_emptied_after_gone_days_with_the_next_writing_command(project: Project) -> None:
    path = feed_of(project).path
    access.revoke(project, ACME)
    future = later(project, timedelta(days=365, minutes=1))
    list_feeds(future)
    check_stored(future)
    examine(future)
    assert len(under(project, path)) == 3, "only writing commands carry things out"
    build(future)
    assert under(project, path) == {}
    assert feed_of(project).state == "revoked"
    assert faults(project) == []


def test_a_restored_feed_has_a_new_address_and_the_old_one_stays_closed(project: Project) -> None:
    before = feed_of(project)
    audio = {name for name in under(project, before.path) if name.endswith(".mp3")}
    access.revoke(project, ACME)
    answer = access.restore(project, ACME)
    after = feed_of(project)
    assert after.path != before.path
    assert answer.feeds[0].state == "active"
    assert {name for name in under(project, after.path) if name.endswith(".mp3")} == audio
    assert under(project, before.path).keys() == ENDED
    assert after.path.encode() not in b"".join(under(project, before.path).values())
    assert access.restore(project, ACME).unchanged == ("acme-corp",)
    assert feed_of(project) == after


def test_an_expired_feed_is_revoked_by_the_next_writing_command(project: Project) -> None:
    path = feed_of(project).path
    answer = access.expire(project, ACME, after=timedelta(days=30))
    expires = answer.feeds[0].expires
    assert expires is not None
    assert list_feeds(project)[0].expires == expires
    soon, future = later(project, timedelta(days=29)), later(project, timedelta(days=31))
    build(soon)
    assert len(under(project, path)) == 3
    assert list_feeds(future)[0].state == "active"
    with pytest.raises(CatalogError, match="revoked"):
        publish_to(future, put_draft(project, "r2", "Second"), "acme-corp")
    assert under(project, path).keys() == ENDED
    assert feed_of(project).state == "revoked"
    assert feed_of(project, "umbrella").state == "active"


def test_an_expiry_can_be_taken_away_but_not_set_into_the_past(project: Project) -> None:
    access.expire(project, ACME, on=datetime(2100, 1, 1, tzinfo=UTC))
    assert access.expire(project, ACME).feeds[0].expires is None
    assert access.expire(project, ACME).unchanged == ("acme-corp",)
    with pytest.raises(UsageError, match="has passed"):
        access.expire(project, ACME, on=datetime(2020, 1, 1, tzinfo=UTC))


def test_nothing_is_written_in_a_dry_run(project: Project) -> None:
    dry = replace(project, dry_run=True)
    before = {info.key: info.etag for info in project.bucket.list("")}
    link = list_feeds(project)[0].page_url
    assert access.rotate(dry, ACME).feeds[0].page_url == link
    assert access.revoke(dry, ACME).feeds[0].state == "revoked"
    assert access.expire(dry, ACME, after=timedelta(days=1)).feeds[0].expires
    assert [p.id for p in access.remove(dry, Chosen(everyone=True), purge_history=True).prospects] == [
        "acme-corp",
        "umbrella",
    ]
    assert {info.key: info.etag for info in project.bucket.list("")} == before


def test_a_removed_prospect_is_in_no_object_but_the_past(project: Project) -> None:
    path = feed_of(project).path
    access.rotate(project, ACME)
    rotated = feed_of(project).path
    answer = access.remove(project, ACME)
    assert [p.id for p in answer.prospects] == ["acme-corp"]
    now = gzip.decompress(project.bucket.get(CATALOG)[0])
    assert b"acme" not in now.lower()
    assert path.encode() in now
    assert not [key for key, body in public_objects(project).items() if b"Acme" in body or "/acme" in key]
    assert under(project, path).keys() == ENDED
    assert under(project, rotated).keys() == ENDED
    assert faults(project) == []
    assert any(b"jo@acme.example" in body for body in past(project))


def test_purging_takes_a_prospect_out_of_the_past_too(project: Project) -> None:
    access.expire(project, ACME, after=timedelta(days=3))  # history names the prospect in words as well
    answer = access.remove(project, ACME, purge_history=True)
    assert answer.purged is not None
    assert answer.purged.remaining == ()
    assert answer.purged.revisions
    assert not [body for body in past(project) if b"acme" in body.lower()]
    assert [project.ledger.revision(number).revision for number in project.ledger.revisions()] == list(
        range(1, project.catalog().revision)
    ), "every revision is still there and loads"
    again = access.remove(project, Chosen(), purge_history=True)
    assert again.purged is not None
    assert again.purged.revisions == 0


def test_an_interrupted_purge_is_completed_without_naming_anybody(project: Project) -> None:
    with pytest.raises(StorageUnavailable):
        access.remove(behind(project, bucket=FailingLate(project.bucket)), ACME, purge_history=True)
    assert any(b"jo@acme.example" in body for body in past(project))
    access.remove(project, Chosen(), purge_history=True)
    assert not any(b"jo@acme.example" in body for body in past(project))


def test_a_segment_leaves_out_what_cannot_be_done_and_names_it(project: Project) -> None:
    access.revoke(project, ACME)
    answer = access.rotate(project, Chosen(everyone=True))
    assert [feed.id for feed in answer.feeds] == ["umbrella"]
    assert [(one.id, one.why) for one in answer.left_out] == [("acme-corp", "is revoked")]
    with pytest.raises(CatalogError, match="is revoked"):
        access.rotate(project, ACME)


def test_a_publish_meanwhile_and_a_revocation_both_hold(project: Project) -> None:
    """A colleague publishes to the feed while it is being revoked: the audio that was put is removed again."""
    path = feed_of(project).path
    colleague = replace(project, who="sam@desk")

    def meanwhile() -> None:
        access.revoke(project, ACME)

    slow = behind(colleague, bucket=BeforeCopy(project.bucket, meanwhile))
    publish_to(slow, put_draft(project, "r2", "Second"), "acme-corp", "Umbrella")
    assert under(project, path).keys() == ENDED
    assert len(feedparser.parse(under(project, feed_of(project, "umbrella").path)["feed.xml"]).entries) == 2
    assert faults(project) == []


def test_no_key_that_was_deleted_is_written_again(any_storage: StorageUnderTest) -> None:
    """Over a whole life of a feed: published, replaced address, revoked, restored, removed, added again."""
    recorder = Recorder(a_project(any_storage).bucket)
    project = behind(a_project(any_storage), bucket=recorder)
    publish_to(project, put_draft(project), "Acme Corp", public=True)
    for act in (access.rotate, access.revoke, access.restore, access.rotate, access.revoke, access.restore):
        act(project, ACME)
    access.revoke(project, Chosen(who=("public",)))
    access.restore(project, Chosen(who=("public",)))
    access.remove(project, ACME)
    publish_to(project, put_draft(project, "r2", "Second"), "Acme Corp", public=True)
    build_feeds(project, list(project.catalog().retired_paths))
    assert recorder.deleted
    assert recorder.written_after_deletion == []
    assert faults(project) == []


class TestVersions:
    """A bucket that keeps old versions of everything."""

    @pytest.fixture
    def versioned(self, s3_environment: SeaweedFS) -> tuple[Project, str]:
        name = s3_environment.make_bucket()
        s3_environment.client().put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        url = f"s3://{name}/show"
        storage = StorageUnderTest("s3", url, s3_environment.endpoint_url, None, lambda: None)  # type: ignore[arg-type, return-value]
        project = a_project(storage)
        publish_to(project, put_draft(project), "Acme Corp <jo@acme.example>", "Umbrella")
        return project, name

    def test_old_versions_that_show_a_removed_prospect_are_deleted(
        self, versioned: tuple[Project, str], s3_environment: SeaweedFS
    ) -> None:
        project, name = versioned
        client = s3_environment.client()
        answer = access.remove(project, ACME, purge_history=True)
        assert answer.purged is not None
        assert answer.purged.versions > 3
        assert answer.purged.remaining == ()
        kept = client.list_object_versions(Bucket=name)["Versions"]
        bodies = [
            client.get_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])["Body"].read() for each in kept
        ]
        unpacked = [gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for body in bodies]
        assert not [body for body in unpacked if b"acme" in body.lower()]
        assert any(b"Umbrella" in body for body in unpacked)

    def test_what_a_lock_keeps_is_named(self, s3_environment: SeaweedFS) -> None:
        client = s3_environment.client()
        name = f"locked-{s3_environment.make_bucket()}"
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
        storage = StorageUnderTest("s3", f"s3://{name}", s3_environment.endpoint_url, None, lambda: None)  # type: ignore[arg-type, return-value]
        project = a_project(storage)
        publish_to(project, put_draft(project), "Acme Corp")
        path = feed_of(project).path
        key = f"public/{path}/index.html"
        client.put_object_legal_hold(Bucket=name, Key=key, LegalHold={"Status": "ON"})
        answer = access.remove(project, ACME, purge_history=True)
        assert answer.purged is not None
        assert [what for what in answer.purged.remaining if "index.html" in what]
        assert path not in str(answer.purged.remaining), "tokens are masked in what is told"


def past(project: Project) -> list[bytes]:
    """Return every kept revision, unpacked."""
    return [gzip.decompress(project.bucket.get(info.key)[0]) for info in project.ledger.revisions().values()]


class FailingLate(Through):
    """The network goes when history is being rewritten."""

    def replace_if(self, key: str, *rest: object) -> str:
        if key.startswith("private/history/"):
            raise StorageUnavailable("the network is gone")
        return self._bucket.replace_if(key, *rest)  # type: ignore[arg-type]


class BeforeCopy(Through):
    """Just before audio is put into a feed, somebody else does something."""

    def __init__(self, bucket: object, meanwhile: object) -> None:
        super().__init__(bucket)  # type: ignore[arg-type]
        self._meanwhile = meanwhile

    def copy(self, source: str, target: str, *rest: object, **more: object) -> None:
        if target.startswith("public/") and target.endswith(".mp3") and self._meanwhile:
            meanwhile, self._meanwhile = self._meanwhile, None
            meanwhile()  # type: ignore[operator]
        self._bucket.copy(source, target, *rest, **more)  # type: ignore[arg-type]


class Recorder(Through):
    """Notes which public keys were deleted, and which of them were written later."""

    def __init__(self, bucket: object) -> None:
        super().__init__(bucket)  # type: ignore[arg-type]
        self.deleted: set[str] = set()
        self.written_after_deletion: list[str] = []

    def delete(self, keys: object) -> None:
        names = list(keys)  # type: ignore[call-overload]
        self.deleted |= {key for key in names if key.startswith("public/")}
        self._bucket.delete(names)

    def copy(self, source: str, target: str, *rest: object, **more: object) -> None:
        self._written(target)
        self._bucket.copy(source, target, *rest, **more)  # type: ignore[arg-type]

    def put_new(self, key: str, *rest: object) -> str:
        self._written(key)
        return self._bucket.put_new(key, *rest)  # type: ignore[arg-type]

    def _written(self, key: str) -> None:
        if key in self.deleted:
            self.written_after_deletion.append(key)


_REQUESTS = ("list", "get", "put", "put_new", "replace_if", "head", "delete")


@pytest.mark.parametrize(
    ("act", "failing"),
    [*product((access.rotate, access.revoke, access.remove), _REQUESTS), (access.rotate, "copy")],
    ids=lambda given: given if isinstance(given, str) else given.__name__,
)
def test_after_any_failure_the_next_writing_command_completes(
    folder_storage: StorageUnderTest, act: Callable[..., AccessChanged | RemovedProspects], failing: str
) -> None:
    """The network goes at each request in turn; half an hour later somebody else publishes."""
    project = a_project(folder_storage)
    publish_to(project, put_draft(project), "Acme Corp", "Umbrella")
    failures = 0
    for after in range(1, 100):
        if not any(feed.id == "acme-corp" and feed.state == "active" for feed in project.catalog().feeds):
            break  # closed, though perhaps not built
        faulty = behind(project, bucket=Failing(project.bucket, failing, after=after))
        try:
            act(faulty, ACME)
            break
        except StorageUnavailable:
            pass
        failures += 1
    assert failures
    publish_to(later(project, timedelta(minutes=31)), put_draft(project, "r2", "Second"), "Umbrella")
    retired = set(project.catalog().retired_paths)
    left = [key for key in public_objects(project) if key.split("/")[1] in retired and key.endswith(".mp3")]
    assert left == []
    assert faults(project) == []
    assert all(record.state == "receipt" for record in read_pending(project))
