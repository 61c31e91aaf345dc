"""The catalog in a bucket: load it, commit the next one by compare-and-swap, keep every earlier one.

A commit runs its step again on whatever catalog is there until its own write won. What a write left behind when the
answer was lost is found by the nonce that each revision carries.
"""

import gzip
import json
import random
import re
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime

import msgspec

from pitchcast.errors import (
    CatalogError,
    LostRace,
    NeedsUpdate,
    ObjectExists,
    ObjectMissing,
    ObjectTooLarge,
    StorageUnavailable,
)
from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import FORMAT, RENDERER, Catalog, Saved, with_date
from pitchcast.model.layout import CATALOG, DAMAGED, HISTORY, damaged_key, headers_of, history_key
from pitchcast.model.place import refuse_moved
from pitchcast.model.writer import is_same_writer, name_in
from pitchcast.reading import parse_json, unpacked
from pitchcast.storage.bucket import Bucket, ObjectInfo

_MAX_ATTEMPTS = 40
_MAX_WAIT_S = 3.0
_BEGINNING_BYTES = 4096  # of the compressed catalog: what it says of itself stands first
MOST_UNPACKED_BYTES = 256_000_000
"""What a catalog may unpack to: one of a million prospects. Anything more is made to fill the memory."""
_GZIP = 16 + zlib.MAX_WBITS
_SHA256 = re.compile(rb'(?<=")[0-9a-f]{64}(?=")')

Step = Callable[[Catalog | None], Catalog]
"""Leads from the catalog of the moment (None before the first) to the next; the same object means no change."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A catalog as it lies in storage; ``catalog`` is None where there is none yet. ``body`` is its very bytes."""

    catalog: Catalog | None
    etag: str
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class DamagedCatalog:
    """A catalog that cannot be read: why, its ETag ("" if it is missing) and bytes, and which revision it was at most.

    ``saved`` is when, by whom and for what it was written, where that can still be read.
    """

    why: str
    etag: str
    revision: int
    saved: Saved | None
    body: bytes


class _Head(msgspec.Struct):
    """What every format of the catalog has said of itself; other fields are left unread."""

    format: int
    renderer: int


class Ledger:
    """The catalog of one storage. *new_nonce* gives a fresh random string each time.

    With *single_writer* whoever commits is named in the catalog, and nobody else may until they *take_over*. *former*
    are labels that who commits had earlier.
    """

    def __init__(
        self,
        bucket: Bucket,
        *,
        new_nonce: Callable[[], str],
        single_writer: bool = False,
        take_over: bool = False,
        former: tuple[str, ...] = (),
    ) -> None:
        self._bucket = bucket
        self._new_nonce = new_nonce
        self.take_over = take_over
        self._single_writer = single_writer
        self._former = former
        self._decoded = Stored(None, "")

    def load(self) -> Stored:
        """Return the current catalog: the same object while it stays the same, for of ten thousands reading takes long.

        Raises NeedsUpdate where a newer pitchcast wrote it, CatalogError where it is damaged.
        """
        try:
            body, info = self._read(CATALOG)
        except ObjectMissing:
            return Stored(None, "")
        if self._decoded.catalog is None or self._decoded.etag != info.etag:
            self._decoded = Stored(decode_catalog(body, where=f"{self._bucket.url}/{CATALOG}"), info.etag, body)
        return self._decoded

    def etag(self) -> str:
        """Return the mark by which one sees whether the catalog has moved on, "" where there is none."""
        try:
            return self._bucket.head(CATALOG).etag
        except ObjectMissing:
            return ""

    def revision(self, number: int) -> Catalog:
        """Return the catalog as it was at a revision that has been replaced since. Raises ObjectMissing."""
        body, _ = self._read(history_key(number))
        return decode_catalog(body, where=f"revision {number}")

    def revisions(self) -> dict[int, ObjectInfo]:
        """Return what is kept of each earlier revision, oldest first; ``modified`` is when it was replaced."""
        found = {_revision_of(info.key): info for info in self._bucket.list(HISTORY)}
        return {number: info for number, info in found.items() if number is not None}

    def saved(self, number: int) -> Saved:
        """Return when, by whom and for what an earlier revision was written, reading only its first bytes.

        Raises ObjectMissing.
        """
        beginning = self._bucket.read_range(history_key(number), 0, _BEGINNING_BYTES)
        return _saved_in(beginning) or self.revision(number).saved

    def rewrite(self, number: int, change: Callable[[Catalog], Catalog]) -> bool:
        """Put what *change* makes of an earlier revision in its place and return whether it differs.

        For taking people out of the past, and nothing else. Raises ObjectMissing, LostRace.
        """
        key = history_key(number)
        body, info = self._read(key)
        before = decode_catalog(body, where=f"revision {number}")
        after = change(before)
        if after is before:
            return False
        self._bucket.replace_if(key, encode_catalog(after), info.etag, headers_of(key))
        return True

    def forget(self, numbers: Iterable[int]) -> None:
        """Delete earlier revisions."""
        self._bucket.delete([history_key(number) for number in numbers])

    def mentions(self, number: int) -> frozenset[str]:
        """Return every SHA-256 that an earlier revision mentions, whatever it stands for there.

        Raises ObjectMissing, or CatalogError where it is damaged.
        """
        body, _ = self._read(history_key(number))
        return hashes_in(decode_catalog(body, where=f"revision {number}"))

    def damage(self) -> "DamagedCatalog | None":
        """Return what is known of a catalog that cannot be read, or is missing although there is history; else None.

        Raises NeedsUpdate where a newer pitchcast wrote it.
        """
        try:
            body, info = self._bucket.get(CATALOG)
        except ObjectTooLarge as error:
            known = max(self.revisions(), default=0) + 1
            return DamagedCatalog(error.message, self.etag(), known, None, b"")
        except ObjectMissing:
            kept = self.revisions()
            missing = DamagedCatalog("it is missing", "", max(kept) + 1, None, b"") if kept else None
            return None if self.etag() else missing  # a first one may have been written meanwhile
        try:
            decode_catalog(body, where=f"{self._bucket.url}/{CATALOG}")
        except NeedsUpdate:
            raise
        except CatalogError as error:
            saved = _saved_in(body[:_BEGINNING_BYTES])
            return DamagedCatalog(error.message, info.etag, max(self.revisions(), default=0) + 1, saved, body)
        return None

    def newest_readable(self) -> Catalog | None:
        """Return the newest earlier revision that can be read, None where there is none."""
        for number in sorted(self.revisions(), reverse=True):
            try:
                return self.revision(number)
            except NeedsUpdate:
                raise
            except (CatalogError, ObjectMissing):
                continue
        return None

    def damaged_at(self) -> datetime | None:
        """Return when a damaged catalog was last replaced by an earlier one, None where that is not known to have been.

        What was written before may be of the revision that was lost.
        """
        kept = (info.modified for info in self._bucket.list(HISTORY) if info.key.endswith(DAMAGED))
        return max(kept, default=None)

    def mend(self, damage: "DamagedCatalog", catalog: Catalog, *, who: str, what: str, at: datetime) -> Catalog:
        """Put *catalog* in the place of a damaged one, as a new revision, and return it as stored.

        The damaged bytes, none where it was missing, are kept beside the history: they also tell when it was damaged,
        see ``damaged_at``. Raises LostRace or ObjectExists where somebody was quicker.
        """
        kept = damaged_key(damage.revision)
        self._bucket.put(kept, damage.body, headers_of(kept))
        catalog = msgspec.structs.replace(
            catalog,
            format=FORMAT,
            renderer=RENDERER,
            revision=damage.revision + 1,
            nonce=self._new_nonce(),
            saved=Saved(at=at, who=who, what=what),
            writer=who if self._single_writer else "",
        )
        body, headers = encode_catalog(catalog), headers_of(CATALOG)
        if damage.etag:
            self._bucket.replace_if(CATALOG, body, damage.etag, headers)
        else:
            self._bucket.put_new(CATALOG, body, headers)
        return catalog

    def refuse_other_writer(self, catalog: Catalog, who: str) -> None:
        """Raise CatalogError where the catalog names another single writer than *who*, who does not take over.

        It holds for everybody: somebody whose settings lack ``single_writer`` would spoil the writer's work too.
        """
        if self._is_open_to(who, catalog) or self.take_over:
            return
        writer = name_in(catalog.writer)
        if name_in(who) == writer:
            writer += " on another computer"
        raise CatalogError(
            f"{self._bucket.url} has one writer, {writer}, because it cannot compare and swap",
            hint="Ask them to do it. If they no longer write there: run this again with --take-over, and they are "
            "refused from then on.",
        )

    def commit(
        self, step: Step, *, who: str, what: str | Callable[[], str], at: datetime, even_moved: bool = False
    ) -> Catalog:
        """Carry out *step* on the current catalog and store the result; return the catalog that now holds it.

        *step* may run several times; *what* may depend on what it found. Raises whatever it raises, ShowMoved where
        the show lies elsewhere now (which *even_moved* overrides: moving itself is such a change), CatalogError where
        only somebody else may write, and StorageUnavailable where the storage failed; then the same command can be
        run again.
        """
        for attempt in range(_MAX_ATTEMPTS):
            stored = self.load()
            if stored.catalog and not even_moved:
                refuse_moved(stored.catalog.moved, self._bucket.url)
            if stored.catalog:
                self.refuse_other_writer(stored.catalog, who)
            catalog = step(stored.catalog)
            if catalog is stored.catalog and self._is_open_to(who, catalog):
                return catalog
            revision = stored.catalog.revision + 1 if stored.catalog else 1
            catalog = msgspec.structs.replace(
                catalog,
                format=FORMAT,
                renderer=RENDERER,
                revision=revision,
                nonce=self._new_nonce(),
                saved=Saved(at=at, who=who, what=what if isinstance(what, str) else what()),
                writer=who if self._single_writer else "",
            )
            catalog = with_date(catalog, at)
            if self._write(catalog, stored):
                return catalog
            time.sleep(random.uniform(0, min(_MAX_WAIT_S, 0.05 * 2**attempt)))  # noqa: S311 (jitter, not a secret)
        raise StorageUnavailable(
            f"{self._bucket.url}: others wrote to the catalog {_MAX_ATTEMPTS} times in a row before this change",
            hint="Run the command again.",
        )

    def _is_open_to(self, who: str, catalog: Catalog) -> bool:
        """Return whether the catalog names no single writer, or *who*."""
        return catalog.writer == "" or is_same_writer(catalog.writer, (who, *self._former))

    def _read(self, key: str) -> tuple[bytes, ObjectInfo]:
        """Return a catalog's bytes. Raises ObjectMissing, CatalogError where no catalog can be so large."""
        try:
            return self._bucket.get(key)
        except ObjectTooLarge as error:
            raise CatalogError(error.message, hint=_how_to_repair()) from error

    def _write(self, catalog: Catalog, stored: Stored) -> bool:
        """Return whether *catalog* was stored, by this attempt, as the successor of *stored*."""
        body = encode_catalog(catalog)
        headers = headers_of(CATALOG)
        try:
            if stored.catalog is None:
                self._bucket.put_new(CATALOG, body, headers)
            else:
                self._keep_history(stored.catalog.revision, stored.body)
                self._bucket.replace_if(CATALOG, body, stored.etag, headers)
        except (LostRace, ObjectExists):
            return self._is_ours(catalog)
        except StorageUnavailable:
            if self._is_ours(catalog):
                return True
            raise
        return True

    def _keep_history(self, revision: int, body: bytes) -> None:
        """Put a revision's own bytes into history unless they lie there already.

        A copy within the storage would depend on x-amz-copy-source-if-match, which Ceph ignores (ceph/ceph#30866):
        a slow writer would copy what others wrote meanwhile over the revision that belongs there.
        """
        key = history_key(revision)
        with suppress(ObjectExists):
            self._bucket.put_new(key, body, headers_of(key))

    def _is_ours(self, catalog: Catalog) -> bool:
        """Return whether our write landed although its answer was lost: now, or under what others wrote on top."""
        current = self.load().catalog
        if current is None or current.revision < catalog.revision:
            return False
        if current.revision == catalog.revision:
            return current.nonce == catalog.nonce
        try:
            return self.revision(catalog.revision).nonce == catalog.nonce
        except ObjectMissing:
            return False


def to_thin(replaced_at: Mapping[int, datetime], before: datetime) -> list[int]:
    """Return the revisions that need not be kept: of those replaced *before*, all but the last one of each day (UTC).

    *replaced_at* says when each revision was replaced by the next one.
    """
    last_of_day: dict[date, int] = {}
    for number in sorted(replaced_at):
        last_of_day[replaced_at[number].date()] = number
    kept = set(last_of_day.values())
    return [number for number, moment in sorted(replaced_at.items()) if moment < before and number not in kept]


def hashes_in(catalog: Catalog) -> frozenset[str]:
    """Return every SHA-256 that a catalog mentions: what builds of it may need, whichever field names it."""
    return frozenset(found.decode() for found in _SHA256.findall(msgspec.json.encode(catalog)))


def encode_catalog(catalog: Catalog) -> bytes:
    """Return the catalog as gzipped JSON; the same catalog gives the same bytes."""
    return gzip.compress(msgspec.json.encode(catalog), compresslevel=6, mtime=0)


def decode_catalog(body: bytes, *, where: str) -> Catalog:
    """Return the catalog out of gzipped JSON. Raises NeedsUpdate or CatalogError, naming *where* it lies."""
    try:
        text = unpacked(body, MOST_UNPACKED_BYTES)
        try:
            catalog = parse_json(text, Catalog)
        except ValueError:
            _check_version(parse_json(text, _Head), where)
            raise
    except ValueError as error:
        raise CatalogError(
            f"{where} is damaged: {error}",
            hint=_how_to_repair(),
        ) from error
    _check_version(catalog, where)
    return catalog


def _check_version(head: "_Head | Catalog", where: str) -> None:
    if head.format > FORMAT or head.renderer > RENDERER:
        raise NeedsUpdate(
            f"{where} was written by a newer pitchcast", hint="Update pitchcast: run install.py of the newest version."
        )


def _revision_of(key: str) -> int | None:
    name = key.removeprefix(HISTORY).removesuffix(".json.gz")
    return int(name) if name.isdecimal() and history_key(int(name)) == key else None


def _saved_in(beginning: bytes) -> Saved | None:
    """Return what a catalog says of itself near its start, None where that is not among the first bytes."""
    try:
        unpacker = zlib.decompressobj(wbits=_GZIP)
        text = unpacker.decompress(beginning, 16 * _BEGINNING_BYTES).decode("utf-8", errors="ignore")
        _, found, rest = text.partition('"saved":')
        document, _ = json.JSONDecoder().raw_decode(rest) if found else (None, 0)
        return msgspec.convert(document, Saved, strict=False)
    except (zlib.error, ValueError, RecursionError):
        return None


def _how_to_repair() -> str:
    return f"Bring back the newest earlier one with: {pitchcast_command('doctor --repair')} (--dry-run tells)."
