"""Which texts mean a folder, which a bucket, and which are mistakes: a Windows drive is no scheme."""

from pathlib import Path

import pytest

from pitchcast.errors import ConfigError
from pitchcast.model.place import Address
from pitchcast.storage.connect import describe_storage_url, open_bucket
from pitchcast.storage.folder import FolderBucket
from pitchcast.storage.s3.location import S3Location, parse_s3_url

BASE = Path("/home/dana/pitches").absolute()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s3://pitches", S3Location("pitches")),
        ("s3://pitches/", S3Location("pitches")),
        ("S3://pitches/cloud-bills/2026/", S3Location("pitches", "cloud-bills/2026")),
        ("s3://my.pitches-1/ü x", S3Location("my.pitches-1", "ü x")),
        ("site", BASE / "site"),
        ("./site", BASE / "site"),
        ("../site", BASE / "../site"),
        ("/srv/www/site", Path("/srv/www/site").absolute()),
        ("a:b/site", BASE / "a:b/site"),
        ("~/site", Path.home() / "site"),
        ("file:///srv/site%20one", Path("/srv/site one").absolute()),
        ("FILE://localhost/srv/site", Path("/srv/site").absolute()),
        ("file://./site", BASE / "site"),
    ],
)
def test_what_an_address_means(url: str, expected: S3Location | Path) -> None:
    assert describe_storage_url(url, BASE) == expected


@pytest.mark.parametrize("url", ["C:\\pitches\\site", "c:/pitches", "C:site", "\\\\server\\share\\site"])
def test_windows_paths_are_folders(url: str) -> None:
    assert isinstance(describe_storage_url(url, BASE), Path)
    assert isinstance(open_bucket(Address(url=url, base=BASE)), FolderBucket)


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        pytest.param("", "folder", id="empty"),
        pytest.param("  ", "folder", id="blank"),
        pytest.param("https://s3.example.com/pitches", "endpoint_url", id="the service's address"),
        pytest.param("gs://pitches", "endpoint_url", id="another scheme"),
        pytest.param("s3:pitches", "s3://", id="no slashes"),
        pytest.param("s3:/pitches", "s3://", id="one slash"),
        pytest.param("s3://", "3 to 63", id="no bucket"),
        pytest.param("s3:///prefix", "3 to 63", id="no bucket, but a prefix"),
        pytest.param("s3://Pitches", "3 to 63", id="capital letters"),
        pytest.param("s3://ab", "3 to 63", id="too short"),
        pytest.param("s3://" + "a" * 64, "3 to 63", id="too long"),
        pytest.param("s3://192.168.0.1", "3 to 63", id="an address"),
        pytest.param("s3://a..b", "3 to 63", id="two dots"),
        pytest.param("s3://-abc", "3 to 63", id="a hyphen first"),
        pytest.param("s3://key:secret@pitches", "3 to 63", id="credentials"),
        pytest.param("s3://pitches//x", "slashes", id="an empty part"),
        pytest.param("s3://pitches/../x", "slashes", id="upwards"),
        pytest.param("s3://pitches/x?versionId=1", "slashes", id="a query"),
        pytest.param("s3://pitches/x#y", "slashes", id="a fragment"),
        pytest.param("file://server", "file:///", id="a file URL without a path"),
    ],
)
def test_mistakes_are_named(url: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=r"storage\.url") as caught:
        describe_storage_url(url, BASE)
    assert hint in caught.value.hint


def test_the_setting_is_named() -> None:
    with pytest.raises(ConfigError, match=r"storage\.private_url"):
        parse_s3_url("vault", setting="storage.private_url")


def test_a_folder_has_no_private_bucket(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"storage\.private_url"):
        open_bucket(Address(url="site", base=tmp_path, private_url="s3://vault"))


def test_opening_makes_and_asks_nothing(tmp_path: Path) -> None:
    open_bucket(Address(url="site", base=tmp_path))
    open_bucket(Address(url="s3://pitches", base=tmp_path, endpoint_url="http://127.0.0.1:9"))
    assert list(tmp_path.iterdir()) == []
