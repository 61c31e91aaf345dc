"""What only a folder has: files of this machine, processes that are killed, links, permissions, disks that fill up."""

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from pitchcast.errors import AccessRefused, LostRace, ObjectExists, ObjectMissing, StorageError, StorageUnavailable
from pitchcast.model.layout import headers_of
from pitchcast.storage import folder as folder_module
from pitchcast.storage import nofollow
from pitchcast.storage.folder import FolderBucket
from pitchcast.storage.locking import LOCK_FLAGS, locked
from tests.fixtures.content import TOKEN

KEY = "private/catalog.json.gz"
HEADERS = headers_of(KEY)

COUNT_UP = """
import sys
from pathlib import Path
from pitchcast.errors import LostRace
from pitchcast.model.layout import headers_of
from pitchcast.storage.folder import FolderBucket

bucket, done = FolderBucket(Path(sys.argv[1])), 0
while done < int(sys.argv[2]):
    body, info = bucket.get("private/count")
    try:
        bucket.replace_if("private/count", str(int(body) + 1).encode(), info.etag, headers_of("private/count"))
        done += 1
    except LostRace:
        pass
"""

HOLD = """
import os, sys, time
from pathlib import Path
from pitchcast.storage.locking import LOCK_FLAGS, locked

with locked(os.open(sys.argv[1], LOCK_FLAGS), Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""

FILL_UP = """
import resource, signal, sys
from pathlib import Path
from pitchcast.errors import StorageError
from pitchcast.model.layout import headers_of
from pitchcast.storage.folder import FolderBucket

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    FolderBucket(Path(sys.argv[1])).put("private/big", bytes(200_000), headers_of("private/big"))
except StorageError as error:
    print(error.message)
"""


WRITE_AS_NOBODY = """
import os, sys
from pathlib import Path
from pitchcast.errors import AccessRefused
from pitchcast.model.layout import headers_of
from pitchcast.storage.folder import FolderBucket

bucket = FolderBucket(Path(sys.argv[1]))
if os.geteuid() == 0:
    os.setuid(65534)
try:
    bucket.put("public/t/x", b"x", headers_of("x"))
except AccessRefused as error:
    print(error.message)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "my site"


@pytest.fixture
def bucket(root: Path) -> FolderBucket:
    return FolderBucket(root)


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


OWN = {"private/.htaccess", "private/.gitignore", "private/.pitchcast-lock"}


def test_the_files_are_the_objects(bucket: FolderBucket, root: Path) -> None:
    bucket.put(f"public/{TOKEN}/feed.xml", b"<rss/>", headers_of("feed.xml"))
    assert (root / "public" / TOKEN / "feed.xml").read_bytes() == b"<rss/>"
    assert files(root) == {f"public/{TOKEN}/feed.xml", *OWN}
    assert [info.key for info in bucket.list("")] == [f"public/{TOKEN}/feed.xml"]


def test_the_private_half_is_closed(bucket: FolderBucket, root: Path) -> None:
    """To other users, to Apache, and to git; what a web server serves stays readable, though it is the same file."""
    bucket.put("private/masters/a.mp3", b"audio", HEADERS)
    bucket.copy("private/masters/a.mp3", f"public/{TOKEN}/x.mp3", HEADERS)
    assert stat.S_IMODE((root / "private").stat().st_mode) == 0o700
    assert "Require all denied" in (root / "private/.htaccess").read_text(encoding="utf-8")
    assert (root / "private/.gitignore").read_text(encoding="utf-8") == "*\n"
    assert stat.S_IMODE((root / "public" / TOKEN / "x.mp3").stat().st_mode) == 0o644


@pytest.mark.parametrize(
    "umask", [pytest.param(0o022, id="usual"), pytest.param(0o077, id="tight"), pytest.param(0, id="open")]
)
def test_what_is_public_is_served_to_who_knows_its_name_and_listed_to_nobody(
    bucket: FolderBucket, root: Path, umask: int
) -> None:
    """Whatever the umask: a web server is another user."""
    before = os.umask(umask)
    try:
        bucket.put(f"public/{TOKEN}/feed.xml", b"<rss/>", headers_of("feed.xml"))
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((root / path).stat().st_mode) for path in ("public", f"public/{TOKEN}", "private")]
    assert modes == [0o711, 0o711, 0o700]
    assert stat.S_IMODE((root / f"public/{TOKEN}/feed.xml").stat().st_mode) == 0o644


def test_halves_that_others_could_read_are_closed_and_other_rights_stay(bucket: FolderBucket, root: Path) -> None:
    for name in ("public", "private"):
        (root / name).mkdir(parents=True)
        (root / name).chmod(0o2775)
    bucket.put(f"public/{TOKEN}/feed.xml", b"<rss/>", headers_of("feed.xml"))
    assert stat.S_IMODE((root / "public").stat().st_mode) == 0o2711
    assert stat.S_IMODE((root / "private").stat().st_mode) == 0o2700


def test_reading_makes_nothing(bucket: FolderBucket, root: Path) -> None:
    assert list(bucket.list("")) == []
    with pytest.raises(ObjectMissing):
        bucket.get(KEY)
    bucket.delete([KEY])
    assert not root.exists()


def test_a_copy_takes_no_room(bucket: FolderBucket, root: Path) -> None:
    bucket.put("private/masters/a.mp3", bytes(3_000_000), HEADERS)
    bucket.copy("private/masters/a.mp3", f"public/{TOKEN}/x.mp3", HEADERS)
    assert (root / "private/masters/a.mp3").samefile(root / "public" / TOKEN / "x.mp3")
    assert bucket.head("private/masters/a.mp3").etag == bucket.head(f"public/{TOKEN}/x.mp3").etag


@pytest.mark.parametrize("size", [pytest.param(10, id="small"), pytest.param(3_000_000, id="large")])
def test_a_copy_where_links_run_out(
    bucket: FolderBucket, root: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """ext4 allows 65,000 links to a file; making so many takes too long for a test."""

    def too_many_links(*_: object, **__: object) -> None:
        raise OSError(errno.EMLINK, os.strerror(errno.EMLINK))

    etag = bucket.put("private/masters/a.mp3", os.urandom(size), HEADERS)
    monkeypatch.setattr(folder_module.os, "link", too_many_links)
    bucket.copy("private/masters/a.mp3", f"public/{TOKEN}/x.mp3", HEADERS, if_match=etag)
    assert not (root / "private/masters/a.mp3").samefile(root / "public" / TOKEN / "x.mp3")
    assert bucket.get(f"public/{TOKEN}/x.mp3")[0] == bucket.get("private/masters/a.mp3")[0]
    with pytest.raises(LostRace):
        bucket.copy("private/masters/a.mp3", f"public/{TOKEN}/y.mp3", HEADERS, if_match="0" * 32)


def test_creating_where_files_have_one_name_only(
    bucket: FolderBucket, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a memory card: of eight who create an object at once, one does."""

    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(folder_module.os, "link", no_links)
    key = f"public/{TOKEN}/x"

    def create(number: int) -> str:
        with suppress(ObjectExists):
            return FolderBucket(root).put_new(key, f"{number}".encode(), HEADERS)
        return ""

    with ThreadPoolExecutor(8) as pool:
        etags = list(pool.map(create, range(8)))
    body, info = bucket.get(key)
    assert [etag for etag in etags if etag] == [info.etag]
    assert etags[int(body)] == info.etag


def test_deleting_prunes_empty_folders(bucket: FolderBucket, root: Path) -> None:
    bucket.put(f"public/{TOKEN}/a/b", b"x", HEADERS)
    bucket.put("public/other/x", b"x", HEADERS)
    bucket.delete([f"public/{TOKEN}/a/b"])
    assert [path.name for path in (root / "public").iterdir()] == ["other"]
    bucket.delete(["public/other/x"])
    assert files(root) == OWN
    bucket.put("public/other/x", b"x", HEADERS)
    assert bucket.get("public/other/x")[0] == b"x"


@pytest.mark.parametrize("by_descriptor", [pytest.param(True, id="posix"), pytest.param(False, id="windows")])
class TestLinks:
    @pytest.fixture(autouse=True)
    def steps(self, by_descriptor: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take steps by descriptors of folders, or by names as where the system knows none."""
        monkeypatch.setattr(nofollow, "_BY_DESCRIPTOR", by_descriptor)

    def test_are_nobodys_objects(self, bucket: FolderBucket, root: Path, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("secret", encoding="utf-8")
        bucket.put("public/t/x", b"x", HEADERS)
        (root / "public/t/link").symlink_to(tmp_path / "secret")
        (root / "public/folder").symlink_to(root / "private")
        assert [info.key for info in bucket.list("")] == ["public/t/x"]
        assert [info.key for info in bucket.list("public/folder/")] == []
        for key in ("public/t/link", "public/folder/.gitignore", "public/folder/x"):
            with pytest.raises(StorageError):
                bucket.get(key)
        bucket.delete(["public/t/link"])
        assert (tmp_path / "secret").exists()

    def test_nothing_is_written_through_them(self, bucket: FolderBucket, root: Path, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        bucket.put("public/t/x", b"x", HEADERS)
        (root / "public/folder").symlink_to(outside)
        with pytest.raises(StorageError, match="symbolic link"):
            bucket.put("public/folder/x", b"x", HEADERS)
        assert list(outside.iterdir()) == []

    @pytest.mark.parametrize("half", ["public", "private"])
    def test_no_half_is_one(self, bucket: FolderBucket, root: Path, tmp_path: Path, half: str) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        root.mkdir()
        (root / half).symlink_to(outside)
        with pytest.raises(StorageError, match="symbolic link"):
            bucket.put(f"{half}/t/x", b"x", HEADERS)
        assert list(outside.iterdir()) == []
        assert list(bucket.list("")) == []

    def test_an_object_takes_the_place_of_one(self, bucket: FolderBucket, root: Path, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("mine", encoding="utf-8")
        bucket.put("public/t/x", b"x", HEADERS)
        (root / "public/t/link").symlink_to(tmp_path / "mine")
        bucket.put("public/t/link", b"new", HEADERS)
        assert bucket.get("public/t/link")[0] == b"new"
        assert (tmp_path / "mine").read_text(encoding="utf-8") == "mine"

    def test_a_pipe_is_nobodys_object_either(self, bucket: FolderBucket, root: Path) -> None:
        bucket.put("public/t/x", b"x", HEADERS)
        os.mkfifo(root / "public/t/pipe")
        with pytest.raises(ObjectMissing):
            bucket.get("public/t/pipe")

    def test_the_folder_itself_may_be_one(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "site").symlink_to(tmp_path / "real")
        bucket = FolderBucket(tmp_path / "site")
        bucket.put("public/t/x", b"x", HEADERS)
        assert [info.key for info in bucket.list("")] == ["public/t/x"]
        assert bucket.get("public/t/x")[0] == b"x"


class TestProcesses:
    def test_no_swap_of_many_is_lost(self, bucket: FolderBucket, root: Path) -> None:
        bucket.put("private/count", b"0", HEADERS)
        writers = [subprocess.Popen([sys.executable, "-c", COUNT_UP, str(root), "40"]) for _ in range(4)]
        assert [writer.wait(300) for writer in writers] == [0] * 4
        assert bucket.get("private/count")[0] == b"160"

    def test_a_killed_writer_leaves_nothing_locked(self, bucket: FolderBucket, root: Path) -> None:
        bucket.put(KEY, b"one", HEADERS)
        lock = root / "private/.pitchcast-lock"
        with subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            with (
                pytest.raises(StorageUnavailable, match="another pitchcast"),
                locked(os.open(lock, LOCK_FLAGS), lock, timeout_s=0.1),
            ):
                pass
            os.kill(holder.pid, signal.SIGKILL)
        bucket.put(KEY, b"two", HEADERS)
        assert bucket.get(KEY)[0] == b"two"

    def test_forgotten_temporary_files_are_not_objects_and_go_in_time(self, bucket: FolderBucket, root: Path) -> None:
        bucket.put("public/t/x", b"x", HEADERS)
        fresh, old = root / "public/t/.pitchcast-fresh", root / "public/t/.pitchcast-old"
        fresh.write_bytes(b"half")
        old.write_bytes(b"half")
        os.utime(old, (time.time() - 7200, time.time() - 7200))
        assert [info.key for info in bucket.list("public/")] == ["public/t/x"]
        with pytest.raises(StorageError):
            bucket.get("public/t/.pitchcast-old")
        bucket.delete(["public/t/x"])
        assert fresh.exists()
        assert not old.exists()


class TestFailures:
    def test_a_write_that_fails_half_way_leaves_nothing(self, bucket: FolderBucket, root: Path) -> None:
        bucket.put("private/big", b"old", HEADERS)
        told = subprocess.run([sys.executable, "-c", FILL_UP, str(root)], capture_output=True, text=True, check=True)
        assert str(root / "private") in told.stdout
        assert bucket.get("private/big")[0] == b"old"
        assert files(root) == {"private/big", *OWN}

    def test_a_full_disk(self) -> None:
        """Every write to this device finds the disk full."""
        with (
            pytest.raises(StorageError, match="/dev/full: the disk is full") as caught,
            Path("/dev/full").open("wb") as full,
            folder_module._translated(Path("/dev/full")),
        ):
            os.write(full.fileno(), b"x")
        assert "Make room" in caught.value.hint

    def test_a_name_that_is_a_folder(self, bucket: FolderBucket) -> None:
        bucket.put("public/t/x", b"x", HEADERS)
        with pytest.raises(ObjectMissing):
            bucket.get("public/t")
        with pytest.raises(ObjectMissing):
            bucket.head("public/t/x/y")
        with pytest.raises(StorageError):
            bucket.put("public/t", b"x", HEADERS)
        with pytest.raises(StorageError):
            bucket.put("public/t/x/y", b"x", HEADERS)
        assert [info.key for info in bucket.list("")] == ["public/t/x"]

    def test_a_file_where_the_folder_should_be(self, tmp_path: Path) -> None:
        (tmp_path / "site").write_text("x", encoding="utf-8")
        with pytest.raises(StorageError, match="site"):
            FolderBucket(tmp_path / "site").put(KEY, b"x", HEADERS)

    @pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
    def test_no_permission_is_a_refusal(self, number: int) -> None:
        with pytest.raises(AccessRefused, match="site: permission denied"), folder_module._translated(Path("site")):
            raise OSError(number, os.strerror(number))

    def test_a_folder_of_somebody_else(self, bucket: FolderBucket, root: Path) -> None:
        """Done in a process that gives up root's rights, if it has them."""
        bucket.put(KEY, b"x", HEADERS)
        for folder in (root, *list(root.parents)[:3]):
            folder.chmod(0o755)
        root.chmod(0o555)
        told = subprocess.run(
            [sys.executable, "-c", WRITE_AS_NOBODY, str(root)], capture_output=True, text=True, check=True
        )
        root.chmod(0o755)
        assert "permission denied" in told.stdout
