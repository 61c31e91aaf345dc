"""Every promise of ``storage.bucket.Bucket``, kept alike by a folder and on a real S3 server, by boto3 and obstore."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pitchcast.errors import LostRace, ObjectExists, ObjectMissing, StorageError
from pitchcast.model.layout import Headers, headers_of
from pitchcast.storage.bucket import Bucket
from tests.fixtures.seaweedfs import StorageUnderTest

KEY = "private/pending/one.json"
HEADERS = headers_of(KEY)
AUDIO = Headers("audio/mpeg", "private, max-age=86400")


@pytest.fixture(params=["folder", "boto3", "fast"])
def any_storage(request: pytest.FixtureRequest) -> StorageUnderTest:
    """Return an empty storage of each kind in turn."""
    storage: StorageUnderTest = request.getfixturevalue(f"{request.param}_storage")
    return storage


@pytest.fixture
def bucket(any_storage: StorageUnderTest) -> Bucket:
    return any_storage.bucket


def random_bytes(size: int) -> bytes:
    return random.Random(size).randbytes(size)


class TestPut:
    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"", id="nothing"),
            pytest.param("Ünïcode — 名前 😀\r\n".encode(), id="any bytes come back as they went"),
            pytest.param(random_bytes(3_000_000), id="three megabytes"),
        ],
    )
    def test_comes_back_as_it_went(self, bucket: Bucket, body: bytes) -> None:
        etag = bucket.put(KEY, body, HEADERS)
        read, info = bucket.get(KEY)
        assert read == body
        assert (info.key, info.etag, info.size_bytes) == (KEY, etag, len(body))
        assert info == bucket.head(KEY)

    def test_replaces_what_was_there(self, bucket: Bucket) -> None:
        first = bucket.put(KEY, b"one", HEADERS)
        second = bucket.put(KEY, b"two", HEADERS)
        assert first != second
        assert bucket.get(KEY)[0] == b"two"

    def test_knows_what_an_object_holds(self, bucket: Bucket) -> None:
        """Builds ask, so that nothing is uploaded twice."""
        bucket.put(KEY, b"<rss/>", HEADERS)
        [info] = bucket.list(KEY)
        assert bucket.holds(info, b"<rss/>")
        assert not bucket.holds(info, b"<rss>>")
        bucket.put(KEY, b"<RSS/>", HEADERS)
        [newer] = bucket.list(KEY)
        assert newer.etag != info.etag
        assert not bucket.holds(newer, b"<rss/>")
        assert not bucket.holds(info, b"<RSS/>")

    def test_a_copy_tells_its_etag(self, bucket: Bucket) -> None:
        bucket.put("private/masters/a.mp3", b"audio", AUDIO)
        assert bucket.copy("private/masters/a.mp3", KEY, HEADERS) == bucket.head(KEY).etag

    def test_a_file_is_written_with_progress(self, bucket: Bucket, tmp_path: Path) -> None:
        file = tmp_path / "pitch ü.mp3"
        file.write_bytes(random_bytes(2_500_000))
        moved: list[int] = []
        etag = bucket.put("private/masters/a.mp3", file, AUDIO, moved.append)
        assert sum(moved) == 2_500_000
        assert len(moved) > 1
        assert bucket.head("private/masters/a.mp3").etag == etag
        assert bucket.get("private/masters/a.mp3")[0] == file.read_bytes()

    def test_a_big_file_arrives_whole(self, bucket: Bucket, tmp_path: Path) -> None:
        """Above 16 MiB S3 is given parts."""
        file = tmp_path / "long.mp3"
        content = random_bytes(1 << 20)
        file.write_bytes(content * 18)
        moved: list[int] = []
        bucket.put("private/masters/b.mp3", file, AUDIO, moved.append)
        assert sum(moved) == bucket.head("private/masters/b.mp3").size_bytes == 18 << 20
        assert bucket.get("private/masters/b.mp3")[0] == file.read_bytes()

    def test_a_file_that_is_gone_is_named(self, bucket: Bucket, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match=r"gone\.mp3"):
            bucket.put(KEY, tmp_path / "gone.mp3", AUDIO)
        with pytest.raises(ObjectMissing):
            bucket.head(KEY)

    def test_big_objects_of_one_size_have_different_etags(self, bucket: Bucket) -> None:
        etags = {bucket.put(KEY, bytes([number]) * 1_500_000, AUDIO) for number in range(6)}
        assert len(etags) == 6

    def test_is_seen_by_a_colleague(self, any_storage: StorageUnderTest) -> None:
        any_storage.bucket.put(KEY, b"news", HEADERS)
        assert any_storage.open_again().get(KEY)[0] == b"news"


class TestCreateOnly:
    def test_writes_where_nothing_is(self, bucket: Bucket) -> None:
        etag = bucket.put_new(KEY, b"one", HEADERS)
        assert bucket.head(KEY).etag == etag

    def test_refuses_a_taken_key_and_leaves_it(self, bucket: Bucket) -> None:
        bucket.put_new(KEY, b"one", HEADERS)
        with pytest.raises(ObjectExists, match="exists already"):
            bucket.put_new(KEY, b"two", HEADERS)
        assert bucket.get(KEY)[0] == b"one"

    def test_works_again_after_deleting(self, bucket: Bucket) -> None:
        bucket.put_new(KEY, b"one", HEADERS)
        bucket.delete([KEY])
        bucket.put_new(KEY, b"two", HEADERS)
        assert bucket.get(KEY)[0] == b"two"


class TestCompareAndSwap:
    def test_replaces_what_was_read(self, bucket: Bucket) -> None:
        first = bucket.put(KEY, b"one", HEADERS)
        second = bucket.replace_if(KEY, b"two", first, HEADERS)
        assert bucket.head(KEY).etag == second
        assert bucket.get(KEY)[0] == b"two"

    def test_refuses_what_was_replaced_meanwhile(self, bucket: Bucket) -> None:
        first = bucket.put(KEY, b"one", HEADERS)
        bucket.put(KEY, b"two", HEADERS)
        with pytest.raises(LostRace):
            bucket.replace_if(KEY, b"three", first, HEADERS)
        assert bucket.get(KEY)[0] == b"two"

    def test_refuses_what_was_deleted_meanwhile(self, bucket: Bucket) -> None:
        first = bucket.put(KEY, b"one", HEADERS)
        bucket.delete([KEY])
        with pytest.raises(LostRace):
            bucket.replace_if(KEY, b"two", first, HEADERS)
        with pytest.raises(ObjectMissing):
            bucket.head(KEY)

    def test_swaps_large_documents(self, bucket: Bucket) -> None:
        first = bucket.put(KEY, random_bytes(2_000_000), HEADERS)
        second = bucket.replace_if(KEY, random_bytes(2_000_001), first, HEADERS)
        with pytest.raises(LostRace):
            bucket.replace_if(KEY, b"three", first, HEADERS)
        assert bucket.head(KEY).etag == second


class TestRaces:
    WRITERS = 4

    def race(self, storage: StorageUnderTest, act: Callable[[Bucket, int], object]) -> list[int]:
        """Let independent clients act at the same moment; return the numbers of those who won."""
        clients = [storage.open_again() for _ in range(self.WRITERS)]
        start = threading.Barrier(self.WRITERS)

        def compete(number: int) -> bool:
            start.wait()
            try:
                act(clients[number], number)
            except (ObjectExists, LostRace):
                return False
            return True

        with ThreadPoolExecutor(self.WRITERS) as pool:
            won = list(pool.map(compete, range(self.WRITERS)))
        return [number for number in range(self.WRITERS) if won[number]]

    def test_one_creator_wins(self, any_storage: StorageUnderTest) -> None:
        winners = self.race(any_storage, lambda bucket, number: bucket.put_new(KEY, f"{number}".encode(), HEADERS))
        assert [f"{winner}".encode() for winner in winners] == [any_storage.bucket.get(KEY)[0]]

    def test_one_swapper_wins(self, any_storage: StorageUnderTest) -> None:
        etag = any_storage.bucket.put(KEY, b"old", HEADERS)
        winners = self.race(
            any_storage, lambda bucket, number: bucket.replace_if(KEY, f"{number}".encode(), etag, HEADERS)
        )
        assert [f"{winner}".encode() for winner in winners] == [any_storage.bucket.get(KEY)[0]]

    def test_no_update_is_lost(self, any_storage: StorageUnderTest) -> None:
        """Everybody counts up, starting over after a lost race."""

        def count_up(bucket: Bucket) -> None:
            body, info = bucket.get(KEY)
            try:
                bucket.replace_if(KEY, str(int(body) + 1).encode(), info.etag, HEADERS)
            except LostRace:
                count_up(bucket)

        any_storage.bucket.put(KEY, b"0", HEADERS)
        clients = [any_storage.open_again() for _ in range(self.WRITERS)]
        with ThreadPoolExecutor(self.WRITERS) as pool:
            list(pool.map(count_up, clients * 3))
        assert any_storage.bucket.get(KEY)[0] == b"12"

    def test_readers_see_old_or_new_and_nothing_between(self, any_storage: StorageUnderTest) -> None:
        bucket, other = any_storage.bucket, any_storage.open_again()
        versions = [bytes([number]) * 700_000 for number in range(8)]
        bucket.put(KEY, versions[0], HEADERS)
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(lambda: [bucket.put(KEY, version, HEADERS) for version in versions])
            while not writing.done():
                assert other.get(KEY)[0] in versions
        assert len(writing.result()) == len(versions)


class TestReading:
    @pytest.mark.parametrize(
        ("start", "length", "expected"),
        [
            pytest.param(0, 4, b"0123", id="the beginning"),
            pytest.param(3, 4, b"3456", id="the middle"),
            pytest.param(8, 100, b"89", id="fewer at the end"),
            pytest.param(10, 5, b"", id="nothing after the end"),
            pytest.param(999, 5, b"", id="nothing far after the end"),
            pytest.param(2, 0, b"", id="no bytes"),
        ],
    )
    def test_ranges(self, bucket: Bucket, start: int, length: int, expected: bytes) -> None:
        bucket.put(KEY, b"0123456789", HEADERS)
        assert bucket.read_range(KEY, start, length) == expected

    @pytest.mark.parametrize(
        "read",
        [
            pytest.param(lambda bucket: bucket.get(KEY), id="get"),
            pytest.param(lambda bucket: bucket.head(KEY), id="head"),
            pytest.param(lambda bucket: bucket.read_range(KEY, 0, 5), id="read_range"),
            pytest.param(lambda bucket: bucket.read_range(KEY, 0, 0), id="read_range of nothing"),
            pytest.param(lambda bucket: bucket.copy(KEY, "private/pending/b", HEADERS), id="copy"),
            pytest.param(lambda bucket: bucket.copy(KEY, "private/pending/b", HEADERS, if_match="ab"), id="copy if"),
        ],
    )
    def test_what_is_missing_is_said_to_be(self, bucket: Bucket, read: Callable[[Bucket], object]) -> None:
        with pytest.raises(ObjectMissing, match="does not exist"):
            read(bucket)

    def test_tells_when_it_was_written(self, bucket: Bucket) -> None:
        before = bucket.now()
        bucket.put(KEY, b"now", HEADERS)
        modified = bucket.head(KEY).modified
        assert modified.tzinfo is UTC
        assert abs(modified - before) < timedelta(seconds=20)

    def test_the_clock_is_utc(self, bucket: Bucket) -> None:
        assert bucket.now().tzinfo is UTC
        assert abs(bucket.now() - datetime.now(UTC)) < timedelta(seconds=5)


class TestCopy:
    def test_holds_the_same_bytes(self, bucket: Bucket) -> None:
        body = random_bytes(2_000_000)
        bucket.put("private/masters/a.mp3", body, AUDIO)
        bucket.copy("private/masters/a.mp3", "public/tok/pitch-1.mp3", AUDIO)
        assert bucket.get("public/tok/pitch-1.mp3")[0] == body

    def test_replaces_its_target_and_outlives_its_source(self, bucket: Bucket) -> None:
        bucket.put("private/masters/a.mp3", b"new", AUDIO)
        bucket.put("public/tok/pitch-1.mp3", b"old", AUDIO)
        bucket.copy("private/masters/a.mp3", "public/tok/pitch-1.mp3", AUDIO)
        bucket.delete(["private/masters/a.mp3"])
        assert bucket.get("public/tok/pitch-1.mp3")[0] == b"new"

    def test_replacing_the_source_leaves_the_copy(self, bucket: Bucket) -> None:
        bucket.put("private/a.gz", b"one", HEADERS)
        bucket.copy("private/a.gz", "private/history/1", HEADERS)
        bucket.put("private/a.gz", b"two", HEADERS)
        assert bucket.get("private/history/1")[0] == b"one"

    def test_copying_twice_changes_nothing(self, bucket: Bucket) -> None:
        bucket.put("private/a.gz", b"one", HEADERS)
        for _ in range(2):
            bucket.copy("private/a.gz", "private/history/1", HEADERS)
        assert [info.key for info in bucket.list("private/")] == ["private/a.gz", "private/history/1"]

    @pytest.mark.parametrize("size", [pytest.param(3, id="small"), pytest.param(2_000_000, id="large")])
    def test_only_what_was_read(self, bucket: Bucket, size: int) -> None:
        first = bucket.put("private/a.gz", b"1" * size, HEADERS)
        bucket.copy("private/a.gz", "private/history/1", HEADERS, if_match=first)
        bucket.put("private/a.gz", b"2" * size, HEADERS)
        with pytest.raises(LostRace):
            bucket.copy("private/a.gz", "private/history/2", HEADERS, if_match=first)
        assert [info.key for info in bucket.list("private/history/")] == ["private/history/1"]


class TestList:
    KEYS = ("private/a.gz", "public/a-b/x.mp3", "public/a/feed.xml", "public/a/index.html", "public/ab/feed.xml")

    @pytest.mark.parametrize(
        ("prefix", "expected"),
        [
            pytest.param("", KEYS, id="everything, in the order of keys"),
            pytest.param("public/a/", KEYS[2:4], id="a folder"),
            pytest.param("public/a", KEYS[1:], id="the beginning of a name"),
            pytest.param("public/a/f", KEYS[2:3], id="the beginning of a file's name"),
            pytest.param("private/", KEYS[:1], id="the private half"),
            pytest.param("public/b/", (), id="nothing there"),
        ],
    )
    def test_by_prefix(self, bucket: Bucket, prefix: str, expected: tuple[str, ...]) -> None:
        for key in reversed(self.KEYS):
            bucket.put(key, key.encode(), headers_of(key))
        found = list(bucket.list(prefix))
        assert tuple(info.key for info in found) == expected
        assert [bucket.head(info.key).etag for info in found] == [info.etag for info in found]
        assert [info.size_bytes for info in found] == [len(key) for key in expected]

    def test_an_empty_storage_has_nothing(self, bucket: Bucket) -> None:
        assert list(bucket.list("")) == []

    def test_more_than_a_page_and_deleting_them_all(self, bucket: Bucket) -> None:
        """S3 lists and deletes a thousand at once."""
        keys = [f"public/{number:04d}/x" for number in range(1003)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda key: bucket.put(key, b"", HEADERS), keys))
        assert [info.key for info in bucket.list("public/")] == keys
        bucket.delete(keys)
        assert list(bucket.list("public/")) == []

    def test_a_survey_finds_what_a_list_finds_wherever_names_begin(self, bucket: Bucket) -> None:
        names = [f"{first}{rest}" for first in "0259AZ_abcdemnuvyz" for rest in (".txt", "-b/x", "/x", "/y")]
        for key in [*(f"public/{name}" for name in names), "public/5x", "private/a/x", "private/z"]:
            bucket.put(key, b"x", HEADERS)
        for prefix in ("public/", "private/", "", "public/a"):
            listed = list(bucket.list(prefix))
            assert listed
            assert sorted(bucket.survey(prefix), key=lambda info: info.key) == listed

    def test_a_list_begins_behind_a_key(self, bucket: Bucket) -> None:
        keys = [
            f"public/{name}" for name in ("2026-08-01-a", "2026-08-02-b", "2026-09-01-c", "x.2026-08-01", "x.2026-09")
        ]
        for key in [*keys, "private/y"]:
            bucket.put(key, b"x", HEADERS)
        assert [info.key for info in bucket.list_after("public/", "")] == keys
        assert [info.key for info in bucket.list_after("public/", "public/2026-08-02")] == keys[1:]
        assert [info.key for info in bucket.list_after("public/", keys[1])] == keys[2:]
        assert [info.key for info in bucket.list_after("public/2026", keys[1])] == keys[2:3]
        assert list(bucket.list_after("public/", keys[-1])) == []


class TestDelete:
    def test_takes_what_is_named_and_nothing_else(self, bucket: Bucket) -> None:
        for name in ("a", "b", "c"):
            bucket.put(f"public/tok/{name}", b"x", HEADERS)
        bucket.delete(["public/tok/a", "public/tok/c", "public/never/was"])
        assert [info.key for info in bucket.list("")] == ["public/tok/b"]

    def test_deleting_twice_is_fine(self, bucket: Bucket) -> None:
        bucket.put(KEY, b"x", HEADERS)
        bucket.delete([KEY])
        bucket.delete(iter([KEY]))
        bucket.delete([])


class TestKeys:
    @pytest.mark.parametrize(
        "key",
        [
            pytest.param("", id="empty"),
            pytest.param("/etc/passwd", id="absolute"),
            pytest.param("../outside", id="upwards"),
            pytest.param("public/../private/catalog.json.gz", id="upwards within"),
            pytest.param("public/./x", id="a dot"),
            pytest.param("public//x", id="two slashes"),
            pytest.param("public/x/", id="a slash at the end"),
            pytest.param("public\\x", id="a backslash"),
            pytest.param("C:/x", id="a drive"),
            pytest.param("public/CON", id="a device of Windows"),
            pytest.param("public/nul.mp3", id="a device with an extension"),
            pytest.param("public/x.", id="a dot at the end, which Windows drops"),
            pytest.param("public/a\x00b", id="NUL"),
            pytest.param("public/a\nb", id="a line break"),
            pytest.param("public/.htaccess", id="a hidden file"),
            pytest.param("public/" + "ü" * 128, id="256 bytes"),
            pytest.param("public/\ud800", id="half a character"),
        ],
    )
    def test_what_some_storage_cannot_hold_is_refused(self, bucket: Bucket, key: str) -> None:
        for act in (
            lambda: bucket.put(key, b"x", HEADERS),
            lambda: bucket.put_new(key, b"x", HEADERS),
            lambda: bucket.replace_if(key, b"x", "0", HEADERS),
            lambda: bucket.get(key),
            lambda: bucket.head(key),
            lambda: bucket.read_range(key, 0, 1),
            lambda: bucket.copy(KEY, key, HEADERS),
            lambda: bucket.copy(key, KEY, HEADERS),
            lambda: bucket.delete([key]),
        ):
            with pytest.raises(StorageError, match="cannot name an object"):
                act()

    @pytest.mark.parametrize("name", ["ü" * 127, "名前-1.mp3", "a b+c&d='#%20;@.mp3", "x" * 255])
    def test_names_in_any_script(self, bucket: Bucket, name: str) -> None:
        bucket.put(f"public/tok/{name}", b"x", HEADERS)
        assert [info.key for info in bucket.list("public/tok/")] == [f"public/tok/{name}"]
        bucket.copy(f"public/tok/{name}", "public/tok2/copy", HEADERS)
        assert bucket.get("public/tok2/copy")[0] == bucket.get(f"public/tok/{name}")[0] == b"x"
        bucket.delete([f"public/tok/{name}"])
        assert list(bucket.list("public/tok/")) == []

    def test_tokens_are_masked_in_messages(self, bucket: Bucket) -> None:
        token = "k3v7q2m4x6t5a7c2d4e6f3g5hy"
        with pytest.raises(ObjectMissing) as caught:
            bucket.get(f"public/{token}/feed.xml")
        assert "k3v7…" in caught.value.message
        assert token not in caught.value.message
