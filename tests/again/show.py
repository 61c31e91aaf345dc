"""A show to try commands on, in a folder or on a real S3 server: each try begins with the same show."""

import contextlib
import gzip
import hashlib
import io
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import soundfile

from pitchcast.artwork import cover as cover_module
from pitchcast.cli.app import main
from pitchcast.config import load_settings
from pitchcast.model.catalog import Catalog
from pitchcast.model.layout import PUBLIC
from pitchcast.model.place import Address
from pitchcast.production import mastering as mastering_module
from pitchcast.site import pending as pending_module
from pitchcast.site import project as project_module
from pitchcast.site.project import Project, open_project
from pitchcast.storage import connect
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.locking import HeldLock
from pitchcast.workflows import episodes_replace as replacing_module
from pitchcast.workflows import publish as publishing_module
from tests.again.faulty import Fault, Run, Watched
from tests.fixtures.seaweedfs import SeaweedFS

Commands = tuple[tuple[str, ...], ...]

CRASHED = -9
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
_RATE_HZ = 48_000
_THREADS = 8
_TITLE = "Cloud bills, explained"


class Done(NamedTuple):
    """How one run of the program ended. ``code`` is CRASHED where the process died."""

    code: int
    out: str
    err: str
    run: Run


class Folder:
    """A show in the folder ``site`` below *work*; copies of it are kept below *kept*."""

    kind = "folder"

    def __init__(self, work: Path, kept: Path) -> None:
        self._site, self._kept = work / "site", kept

    def settings(self) -> str:
        """Return what pitchcast.toml says of the storage."""
        return f'[storage]\nurl = "{self._site}"\n'

    def environment(self) -> Mapping[str, str]:
        """Return what the environment says of the storage."""
        return {}

    def keep(self, name: str) -> None:
        """Keep a copy of the show as it is."""
        if self._site.exists():
            shutil.copytree(self._site, self._kept / name)
        else:
            (self._kept / name).mkdir()

    def bring_back(self, name: str) -> None:
        """Make the show what it was when it was kept under that name."""
        shutil.rmtree(self._site, ignore_errors=True)
        shutil.copytree(self._kept / name, self._site)

    def public_files(self) -> dict[str, bytes]:
        """Return what listeners are served, by path: read from the disk, not through pitchcast."""
        public = self._site / "public"
        return {path.relative_to(self._site).as_posix(): path.read_bytes() for path in public.rglob("*.*")}


class Kept(NamedTuple):
    """An object as it was kept."""

    etag: str
    body: bytes
    headers: dict[str, str]


class Prefix:
    """A show under a prefix of a bucket that was opened to listeners."""

    kind = "s3"

    def __init__(self, server: SeaweedFS, endpoint_url: str = "") -> None:
        self._server = server
        self._endpoint_url = endpoint_url or server.endpoint_url
        self._bucket, self._prefix = server.shared_bucket(), f"again-{secrets.token_hex(6)}"
        self._kept: dict[str, dict[str, Kept]] = {}
        self._bodies: dict[tuple[str, str], bytes] = {}

    def settings(self) -> str:
        """Return what pitchcast.toml says of the storage."""
        url = f"s3://{self._bucket}/{self._prefix}"
        return f'[storage]\nurl = "{url}"\nendpoint_url = "{self._endpoint_url}"\n'

    def environment(self) -> Mapping[str, str]:
        """Return what the environment says of the storage."""
        return self._server.environment()

    def keep(self, name: str) -> None:
        """Keep a copy of the show as it is."""
        etags = self._etags()
        with ThreadPoolExecutor(_THREADS) as pool:
            bodies = pool.map(self._read, etags)
            self._kept[name] = {key: Kept(etags[key], *got) for key, got in zip(etags, bodies, strict=True)}

    def bring_back(self, name: str) -> None:
        """Make the show what it was when it was kept under that name."""
        kept, now = self._kept[name], self._etags()
        changed = [key for key, one in kept.items() if now.get(key) != one.etag]
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(lambda key: self._client.delete_object(Bucket=self._bucket, Key=key), now.keys() - kept))
            list(pool.map(lambda key: self._write(key, kept[key]), changed))

    def public_files(self) -> dict[str, bytes]:
        """Return what lies under ``public/``, by key: read with another client than pitchcast's."""
        start = f"{self._prefix}/"
        return {
            key.removeprefix(start): self._body(key, etag)
            for key, etag in self._etags().items()
            if key.startswith(f"{start}{PUBLIC}")
        }

    @property
    def _client(self) -> Any:
        return self._server.client()

    def _etags(self) -> dict[str, str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=f"{self._prefix}/")
        return {one["Key"]: one["ETag"] for page in pages for one in page.get("Contents", ())}

    def _body(self, key: str, etag: str) -> bytes:
        """Return an object's bytes, which are read once for each ETag: tries of one command leave nearly the same."""
        if (key, etag) not in self._bodies:
            self._bodies[key, etag] = self._read(key)[0]
        return self._bodies[key, etag]

    def _read(self, key: str) -> tuple[bytes, dict[str, str]]:
        answer = self._client.get_object(Bucket=self._bucket, Key=key)
        headers = {name: answer[name] for name in ("ContentType", "CacheControl") if name in answer}
        return answer["Body"].read(), headers

    def _write(self, key: str, one: Kept) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=one.body, **one.headers)


@dataclass(slots=True)
class Show:
    """A show and the folder in which somebody types commands."""

    work: Path
    place: Folder | Prefix
    _kept: set[Commands] = field(default_factory=set)

    def run(
        self,
        *words: str,
        fault: Fault | None = None,
        who: str = "dana@laptop",
    ) -> Done:
        """Run the program in this process, as a script does; one request may go wrong.

        What the process held is let go at its end, as a system does.
        """
        run = Run(fault)
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        with ExitStack() as stack:
            stack.enter_context(_process(self, run, who))
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(contextlib.redirect_stderr(err))
            code = main([*words, "--no-input"])
        return Done(CRASHED if run.dead else code, _said(out), _said(err), run)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start the program as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "pitchcast", *words, "--no-input"],
            cwd=self.work,
            env=_environment(self, "dana@laptop"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def project(self) -> Project:
        """Return the show, undisturbed."""
        opened = patch.object(project_module, "open_bucket", _opened)
        with patch.dict(os.environ, self.place.environment()), opened:
            settings = load_settings(self.work, config=self.work / "pitchcast.toml", environ={}, user_config=None)
            return open_project(settings, {"PITCHCAST_USER": "dana@laptop"})

    def catalog(self) -> Catalog:
        """Return the catalog as it is."""
        return self.project().catalog()

    def begin(self, *prepared: tuple[str, ...], empty: bool = False) -> None:
        """Bring the show to where a try begins: the same each time, with some commands *prepared*."""
        commands = () if empty else (*_BASE, *prepared)
        self._make(commands)
        self.place.bring_back(_name(commands))

    def _make(self, commands: Commands) -> None:
        """Make sure that the show is kept as it is after these commands."""
        if commands in self._kept:
            return
        start = _BASE if len(commands) > len(_BASE) else ()
        if commands:
            self._make(start)
            self.place.bring_back(_name(start))
        for words in commands[len(start) :]:
            self._do(words)
        self.place.keep(_name(commands))
        self._kept.add(commands)

    def _do(self, words: tuple[str, ...]) -> None:
        if words[0] in PREPARATIONS:
            PREPARATIONS[words[0]](self)
            return
        done = self.run(*words)
        assert done.code == 0, f"{words}: {done.code}\n{done.out}{done.err}"


PREPARATIONS: dict[str, Callable[[Show], None]] = {}
"""What a try can need that no command does, by a name that stands in a command's place."""

_BASE: Commands = (
    ("publish", "one.wav", "--to", "Acme Corp <jo@acme.example>", "--public", "--title", "First pitch", "--yes"),
    ("prospects", "add", "Initech <bill@initech.example>", "--segment", "retail"),
    ("prospects", "add", "Vandelay <art@vandelay.example>"),
    ("feeds", "revoke", "vandelay", "--yes"),
    ("prospects", "invite", "Sam Lee", "--by", "acme-corp"),
    (
        *("publish", "two.wav", "--title", "Second pitch", "--yes"),
        *("--to", "acme-corp", "--to", "initech", "--to", "Umbrella <ida@umbrella.example>"),
    ),
)
"""Two publishes of which the second brought a prospect, a feed passed on, one revoked, and one for everybody."""


def _said(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def _name(commands: Commands) -> str:
    return hashlib.sha256(repr(commands).encode()).hexdigest()[:16]


@contextmanager
def folder_show() -> Iterator[Show]:
    """Give a show in a folder, which goes afterwards."""
    with _workplace() as (work, kept):
        yield _started(work, Folder(work, kept))


@contextmanager
def s3_show(server: SeaweedFS, endpoint_url: str = "") -> Iterator[Show]:
    """Give a show in a bucket that is open to listeners, which pitchcast reaches by *endpoint_url* if given."""
    with _workplace() as (work, _):
        show = _started(work, Prefix(server, endpoint_url))
        done = show.run("storage", "setup", "--yes")
        assert done.code == 0, done.err
        yield show


@contextmanager
def _workplace() -> Iterator[tuple[Path, Path]]:
    root = Path(tempfile.mkdtemp(prefix="again-", dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None))
    try:
        work, kept = root / "work", root / "kept"
        work.mkdir()
        kept.mkdir()
        yield work, kept
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _started(work: Path, place: Folder | Prefix) -> Show:
    settings = f'[show]\ntitle = "{_TITLE}"\nhost = "Dana Reyes"\n'
    (work / "pitchcast.toml").write_text(settings + place.settings(), encoding="utf-8")
    described = f'{settings}description = "What a cloud costs."\n'
    (work / "described.toml").write_text(described + place.settings(), encoding="utf-8")
    (work / "contacts.csv").write_text(
        "name,email,company\nGlobex,hank@globex.example,Globex Inc\nHooli,gavin@hooli.example,Hooli Inc\n"
        "Initech,bill@initech.example,Initech Inc\n",
        encoding="utf-8",
    )
    for number, name in enumerate(("one", "two", "three", "hello")):
        _write_sound(work / f"{name}.wav", number)
    return Show(work, place)


def _write_sound(path: Path, number: int) -> None:
    """Write two seconds of sound that no other number has."""
    t = np.arange(2 * _RATE_HZ) / _RATE_HZ
    sound = np.sin(2 * np.pi * (200 + 20 * number) * t) * (0.3 + 0.1 * np.sin(2 * np.pi * 3 * t))
    soundfile.write(path, sound, _RATE_HZ, subtype="PCM_16")


def _environment(show: Show, who: str) -> dict[str, str]:
    """Return what a process of *who* finds: nothing of whoever runs the tests."""
    others = ("AWS_", "PITCHCAST_", "XDG_", "PYTHONDONTWRITEBYTECODE")  # modules are compiled once, not by each process
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    own = {"PITCHCAST_USER": who, "XDG_CONFIG_HOME": str(show.work), "XDG_CACHE_HOME": str(show.work / "cache")}
    own["XDG_STATE_HOME"] = str(show.work / "state")
    return {**kept, **show.place.environment(), **own}


@contextmanager
def _process(show: Show, run: Run, who: str) -> Iterator[None]:
    """Let what is done now be a process of its own: environment, folder, storage, and locks that end with it."""
    held: list[HeldLock] = []

    def locking(path: Path) -> HeldLock:
        held.append(HeldLock(path))
        return held[-1]

    before = Path.cwd()
    with ExitStack() as stack:
        stack.callback(lambda: [lock.let_go() for lock in held])
        stack.enter_context(patch.dict(os.environ, _environment(show, who), clear=True))
        os.chdir(show.work)
        stack.callback(os.chdir, before)
        stack.enter_context(patch.object(sys, "stdin", io.StringIO()))
        stack.enter_context(patch.object(os, "fsync", lambda _descriptor: None))  # no power cut is tried here
        stack.enter_context(patch.object(pending_module, "HeldLock", locking))
        stack.enter_context(patch.object(project_module, "open_bucket", lambda address: Watched(_opened(address), run)))
        for module in (publishing_module, replacing_module):
            stack.enter_context(patch.object(module, "mastered", _mastered_once))
            stack.enter_context(patch.object(module, "probe_recording", _probed_once))
        for name in ("draw_cover", "make_thumbnail"):
            stack.enter_context(patch.object(cover_module, name, _drawn_once(name)))
        yield


_buckets: dict[str, Bucket] = {}


def _opened(address: Address) -> Bucket:
    """Return the storage there; a client on a bucket is made once, for making one takes a tenth of a second."""
    if not address.url.startswith("s3://"):
        return connect.open_bucket(address)
    if address.url not in _buckets:
        _buckets[address.url] = connect.open_bucket(address)
    return _buckets[address.url]


_known: dict[object, Any] = {}
_probe = publishing_module.probe_recording


def _probed_once(recording: Path) -> Any:
    """Return what a recording is, from memory where it was looked at before."""
    key = recording.read_bytes()
    if key not in _known:
        _known[key] = _probe(recording)
    return _known[key]


def _drawn_once(name: str) -> Callable[..., bytes]:
    """Return what draws a picture only once."""
    draw = getattr(cover_module, name)

    def drawn(*words: object, **more: object) -> bytes:
        key = (name, repr((words, more)))
        if key not in _known:
            _known[key] = draw(*words, **more)
        picture: bytes = _known[key]
        return picture

    return drawn


_masters: dict[bytes, tuple[bytes, Any]] = {}
_mastered = mastering_module.mastered


@contextmanager
def _mastered_once(project: Project, recording: Path, **options: Any) -> Iterator[mastering_module.UntaggedAudio]:
    """Give what ``mastered`` gives, from memory where the recording was mastered before: mastering is not on trial."""
    body = recording.read_bytes()
    if body not in _masters:
        with _mastered(project, recording, **options) as finished:
            _masters[body] = finished.path.read_bytes(), finished.mastered
    audio, measured = _masters[body]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "master.mp3"
        path.write_bytes(audio)
        yield mastering_module.UntaggedAudio(path, measured)


def texts(stored: bytes) -> bytes:
    """Return a stored document as it reads."""
    return gzip.decompress(stored) if stored.startswith(b"\x1f\x8b") else stored
