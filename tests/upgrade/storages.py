"""The two kinds of storage that a stored show lies in, and how its objects get there and back."""

import io
import json
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.fixtures.browser import served_folder
from tests.fixtures.seaweedfs import SeaweedFS
from tests.upgrade.front import Certificates, Front, front_of

KINDS = ("folder", "bucket")
PREFIX = "cloud-bills"

_WORK = "work/"
_SITE = "site/"
_TOLD = "told.json"

Objects = dict[str, bytes]
"""What lies in a storage: bytes by key, with ``private/`` or ``public/`` in front."""


class Storage(Protocol):
    """A storage that knows nothing of pitchcast's own code, so that it is the same for every version."""

    def environment(self) -> dict[str, str]:
        """Return the variables that tell a program where it is and how to get in."""

    def objects(self) -> Objects:
        """Return everything that lies in it."""

    def about(self) -> dict[str, Any]:
        """Return what a show needs there besides its objects."""

    def fill(self, objects: Objects, about: dict[str, Any]) -> None:
        """Put a stored show there as it was."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, as ``./site`` is."""

    path: Path

    def environment(self) -> dict[str, str]:
        return {"PITCHCAST_STORAGE_URL": str(self.path)}

    def objects(self) -> Objects:
        files = [path for path in sorted(self.path.rglob("*")) if path.is_file()]
        return {self._key(path): path.read_bytes() for path in files}

    def about(self) -> dict[str, Any]:
        """Return the files' modes, and which are further names of another file."""
        first: dict[int, str] = {}
        modes, links = {}, {}
        for key in self.objects():
            status = (self.path / key).stat()
            modes[key] = stat.S_IMODE(status.st_mode)
            if first.setdefault(status.st_ino, key) != key:
                links[key] = first[status.st_ino]
        return {"modes": modes, "links": links}

    def fill(self, objects: Objects, about: dict[str, Any]) -> None:
        for key in sorted(objects):
            path = self.path / key
            path.parent.mkdir(parents=True, exist_ok=True)
            if key in about["links"]:
                path.hardlink_to(self.path / about["links"][key])
            else:
                path.write_bytes(objects[key])
                path.chmod(about["modes"][key])
        (self.path / "private").chmod(0o700)

    def _key(self, path: Path) -> str:
        return path.relative_to(self.path).as_posix()


@dataclass(frozen=True, slots=True)
class SeaweedBucket:
    """A bucket on a SeaweedFS server; objects have headers there, and the bucket a policy and CORS rules."""

    server: SeaweedFS
    name: str

    def environment(self) -> dict[str, str]:
        return {
            "PITCHCAST_STORAGE_URL": f"s3://{self.name}/{PREFIX}",
            "PITCHCAST_STORAGE_ENDPOINT_URL": self.server.endpoint_url,
            **self.server.environment(),
        }

    def objects(self) -> Objects:
        client = self.server.client()
        return {
            key.removeprefix(f"{PREFIX}/"): client.get_object(Bucket=self.name, Key=key)["Body"].read()
            for key in self._keys()
        }

    def about(self) -> dict[str, Any]:
        client = self.server.client()
        return {
            "headers": {key.removeprefix(f"{PREFIX}/"): self._headers(key) for key in self._keys()},
            "policy": client.get_bucket_policy(Bucket=self.name)["Policy"].replace(self.name, "BUCKET"),
            "cors": client.get_bucket_cors(Bucket=self.name)["CORSRules"],
        }

    def fill(self, objects: Objects, about: dict[str, Any]) -> None:
        client = self.server.client()
        for key, body in objects.items():
            client.put_object(Bucket=self.name, Key=f"{PREFIX}/{key}", Body=body, **about["headers"][key])
        client.put_bucket_policy(Bucket=self.name, Policy=about["policy"].replace("BUCKET", self.name))
        client.put_bucket_cors(Bucket=self.name, CORSConfiguration={"CORSRules": about["cors"]})

    def _keys(self) -> list[str]:
        pages = self.server.client().get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=f"{PREFIX}/")
        return [item["Key"] for page in pages for item in page["Contents"]]

    def _headers(self, key: str) -> dict[str, Any]:
        told = self.server.client().head_object(Bucket=self.name, Key=key)
        kept = {name: told[name] for name in ("ContentType", "CacheControl", "Metadata") if told.get(name)}
        return {name: kept[name] for name in sorted(kept)}


@contextmanager
def fronted(storage: Storage, certificates: Certificates) -> Iterator[Front]:
    """Serve the storage at the show's address."""
    with _serving(storage) as address, front_of(address, certificates) as front:
        yield front


@contextmanager
def _serving(storage: Storage) -> Iterator[str]:
    if isinstance(storage, SeaweedBucket):
        yield f"{storage.server.endpoint_url}/{storage.name}/{PREFIX}/public"
    else:
        assert isinstance(storage, Folder)
        with served_folder(storage.path) as address:
            yield address


def write_show(path: Path, settings: dict[str, bytes], objects: Objects, told: dict[str, Any]) -> None:
    """Pack a show into one file: the working folder's files, what lies in the storage, and what was told of it."""
    packed = {f"{_WORK}{name}": body for name, body in settings.items()}
    packed |= {f"{_SITE}{key}": body for key, body in objects.items()}
    packed[_TOLD] = json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:xz", preset=9) as archive:
        for name in sorted(packed, key=_alike_together):
            entry = tarfile.TarInfo(name)
            entry.size = len(packed[name])
            archive.addfile(entry, io.BytesIO(packed[name]))


def read_show(path: Path) -> tuple[dict[str, bytes], Objects, dict[str, Any]]:
    """Return the working folder's files, the objects by key, and what was told."""
    packed = {}
    with tarfile.open(path) as archive:
        for entry in archive:
            reader = archive.extractfile(entry)
            assert reader is not None
            packed[entry.name] = reader.read()
    return _below(_WORK, packed), _below(_SITE, packed), json.loads(packed[_TOLD])


def _below(start: str, packed: dict[str, bytes]) -> dict[str, bytes]:
    return {name.removeprefix(start): body for name, body in packed.items() if name.startswith(start)}


def _alike_together(name: str) -> tuple[str, str]:
    """Order by kind of file: copies of the same audio lie side by side, and are packed once."""
    return name.rpartition(".")[2], name
