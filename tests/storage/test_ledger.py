"""The catalog in a bucket: nothing is lost by racing, by lost answers, or by an older pitchcast."""

import gzip
import itertools
import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.errors import CatalogError, LostRace, NeedsUpdate, ObjectMissing, StorageUnavailable
from pitchcast.model.catalog import FORMAT, RENDERER, Catalog, Saved
from pitchcast.model.layout import CATALOG, HISTORY, Headers, headers_of
from pitchcast.model.prospect import Mention
from pitchcast.model.steps.edit import add_prospect
from pitchcast.model.token import make_token
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.ledger import Ledger, decode_catalog, encode_catalog
from tests.fixtures.content import a_show
from tests.fixtures.seaweedfs import StorageUnderTest

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEPT = Path(__file__).parent / "catalogs"

_numbers = itertools.count(1)
_lock = threading.Lock()


def fresh() -> str:
    with _lock:
        return f"{next(_numbers):032d}"


def token() -> str:
    return make_token(int(fresh()).to_bytes(17, "little"))


def a_ledger(bucket: Bucket) -> Ledger:
    return Ledger(bucket, new_nonce=fresh)


def a_catalog() -> Catalog:
    saved = Saved(at=AT, who="", what="")
    return Catalog(
        format=FORMAT,
        renderer=RENDERER,
        revision=0,
        nonce="",
        saved=saved,
        show=a_show(),
        public_url="https://listen.example.com",
        next_release=1,
    )


def adding(name: str) -> Callable[[Catalog | None], Catalog]:
    return lambda found: add_prospect(found or a_catalog(), Mention(name=name), token)[0]


def commit(bucket: Bucket, name: str) -> Catalog:
    return a_ledger(bucket).commit(adding(name), who="dana", what=f"added {name}", at=AT)


def names(bucket: Bucket) -> list[str]:
    catalog = a_ledger(bucket).load().catalog
    assert catalog is not None
    return [prospect.name for prospect in catalog.prospects]


class TestOnEveryStorage:
    def test_there_is_no_catalog_at_first(self, any_storage: StorageUnderTest) -> None:
        stored = a_ledger(any_storage.bucket).load()
        assert (stored.catalog, stored.etag) == (None, "")
        assert a_ledger(any_storage.bucket).etag() == ""

    def test_each_revision_is_kept(self, any_storage: StorageUnderTest) -> None:
        for name in ("One", "Two", "Three"):
            commit(any_storage.bucket, name)
        ledger = a_ledger(any_storage.open_again())
        current = ledger.load().catalog
        assert current is not None
        assert current.revision == 3
        assert (current.saved.who, current.saved.what) == ("dana", "added Three")
        assert [len(ledger.revision(n).prospects) for n in (1, 2)] == [1, 2]

    def test_it_is_read_once_while_it_stays_the_same(self, any_storage: StorageUnderTest) -> None:
        bucket = any_storage.bucket
        ledger = a_ledger(bucket)
        assert ledger.load().catalog is None
        commit(bucket, "Acme")
        first = ledger.load()
        assert ledger.load().catalog is first.catalog
        theirs = commit(bucket, "Umbrella")
        assert ledger.load().catalog == theirs
        body, info = bucket.get(CATALOG)
        bucket.replace_if(CATALOG, body[:-9], info.etag, headers_of(CATALOG))
        with pytest.raises(CatalogError):
            ledger.load()

    def test_a_step_that_changes_nothing_writes_nothing(self, any_storage: StorageUnderTest) -> None:
        first = commit(any_storage.bucket, "One")
        same = a_ledger(any_storage.bucket).commit(lambda found: found or first, who="x", what="x", at=AT)
        assert same == first
        assert not list(any_storage.bucket.list(HISTORY))

    def test_nobody_is_lost_when_four_write_at_once(self, any_storage: StorageUnderTest) -> None:
        wanted = [f"Prospect {n}" for n in range(8)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: commit(any_storage.open_again(), name), wanted))
        assert sorted(names(any_storage.bucket)) == wanted
        kept = [info.key for info in any_storage.bucket.list(HISTORY)]
        assert kept == [f"{HISTORY}{n:010d}.json.gz" for n in range(1, 8)]

    def test_history_is_never_what_came_later(self, any_storage: StorageUnderTest) -> None:
        """Somebody else commits just before a slow writer keeps the revision that it read."""
        commit(any_storage.bucket, "One")
        slow = Slow(any_storage.bucket, lambda: commit(any_storage.open_again(), "Quicker"))
        commit(slow, "Slow")
        assert names(any_storage.bucket) == ["One", "Quicker", "Slow"]
        assert [a_ledger(any_storage.bucket).revision(n).revision for n in (1, 2)] == [1, 2]

    def test_a_write_whose_answer_was_lost_is_recognised(self, any_storage: StorageUnderTest) -> None:
        commit(any_storage.bucket, "One")
        losing = AnswerLost(any_storage.bucket)
        commit(losing, "Two")
        assert losing.lost == 1
        assert names(any_storage.bucket) == ["One", "Two"]

    def test_it_is_recognised_under_what_others_wrote_on_top(self, any_storage: StorageUnderTest) -> None:
        commit(any_storage.bucket, "One")
        losing = AnswerLost(any_storage.bucket, then=lambda: commit(any_storage.open_again(), "Three"))
        commit(losing, "Two")
        assert names(any_storage.bucket) == ["One", "Two", "Three"]

    def test_our_own_success_may_come_back_as_a_lost_race(self, any_storage: StorageUnderTest) -> None:
        """A client library repeats a request whose answer was cut: the repetition fails its own condition."""
        commit(any_storage.bucket, "One")
        commit(AnswerLost(any_storage.bucket, error=LostRace("412")), "Two")
        assert names(any_storage.bucket) == ["One", "Two"]

    def test_a_write_that_never_arrived_is_an_error_and_changes_nothing(self, any_storage: StorageUnderTest) -> None:
        commit(any_storage.bucket, "One")
        with pytest.raises(StorageUnavailable):
            commit(WriteLost(any_storage.bucket), "Two")
        assert names(any_storage.bucket) == ["One"]


class Through:
    """A real bucket, seen through a network that misbehaves in one way."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def __getattr__(self, name: str) -> object:
        return getattr(self._bucket, name)


class AnswerLost(Through):
    """The first replacement of the catalog happens, but its answer does not arrive."""

    def __init__(
        self, bucket: Bucket, then: Callable[[], object] = lambda: None, error: Exception | None = None
    ) -> None:
        super().__init__(bucket)
        self.lost = 0
        self._then = then
        self._error = error or StorageUnavailable("the connection was cut")

    def replace_if(self, key: str, body: bytes, etag: str, headers: Headers) -> str:
        etag = self._bucket.replace_if(key, body, etag, headers)
        if self.lost == 0 and key == CATALOG:
            self.lost += 1
            self._then()
            raise self._error
        return etag


class Slow(Through):
    """Just before the first revision is kept in history, somebody else does something."""

    def __init__(self, bucket: Bucket, meanwhile: Callable[[], object]) -> None:
        super().__init__(bucket)
        self._meanwhile = [meanwhile]

    def put_new(self, key: str, body: bytes, headers: Headers) -> str:
        if key.startswith(HISTORY) and self._meanwhile:
            self._meanwhile.pop()()
        return self._bucket.put_new(key, body, headers)


class WriteLost(Through):
    """No replacement arrives."""

    def replace_if(self, key: str, body: bytes, etag: str, headers: Headers) -> str:
        raise StorageUnavailable("the connection was cut")


def test_encoding_is_repeatable_and_reversible() -> None:
    catalog = adding("Acme")(None)
    assert encode_catalog(catalog) == encode_catalog(catalog)
    assert decode_catalog(encode_catalog(catalog), where="here") == catalog


@pytest.mark.parametrize("path", sorted(KEPT.glob("*.json.gz")), ids=lambda path: path.name)
def test_a_catalog_of_every_format_ever_written_loads(path: Path) -> None:
    catalog = decode_catalog(path.read_bytes(), where=path.name)
    assert catalog.prospects
    assert catalog.feeds
    assert catalog.episodes
    assert catalog.releases


def test_ended_addresses_of_a_catalog_that_knew_no_reasons_were_closed() -> None:
    catalog = decode_catalog((KEPT / "renderer-1.json.gz").read_bytes(), where="here")
    assert catalog.renderer == 1
    assert [tombstone.ending for tombstone in catalog.tombstones] == ["closed", "closed"]


def test_there_is_a_kept_catalog_of_the_current_format() -> None:
    assert (KEPT / f"format-{FORMAT}.json.gz").is_file()


@pytest.mark.parametrize("field", ["format", "renderer"])
def test_a_newer_catalog_is_refused(field: str, folder_storage: StorageUnderTest) -> None:
    document = json.loads(msgspec.json.encode(adding("Acme")(None)))
    document |= {field: 99, "something_new": True}
    body = gzip.compress(json.dumps(document).encode())
    folder_storage.bucket.put(CATALOG, body, headers_of(CATALOG))
    with pytest.raises(NeedsUpdate, match="newer pitchcast") as caught:
        commit(folder_storage.bucket, "Two")
    assert "run install.py of the newest version" in caught.value.hint
    assert folder_storage.bucket.get(CATALOG)[0] == body


def test_an_unknown_field_is_an_error_not_dropped() -> None:
    document = json.loads(msgspec.json.encode(adding("Acme")(None))) | {"something": 1}
    with pytest.raises(CatalogError, match="something"):
        decode_catalog(gzip.compress(json.dumps(document).encode()), where="here")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not gzip", id="not gzip"),
        pytest.param(gzip.compress(b"{}")[:-3], id="cut off"),
        pytest.param(gzip.compress(b"not json"), id="not JSON"),
    ],
)
def test_a_damaged_catalog_is_named(body: bytes) -> None:
    with pytest.raises(CatalogError, match=r"s3://b/private/catalog.json.gz is damaged"):
        decode_catalog(body, where="s3://b/private/catalog.json.gz")


class TestEarlierRevisions:
    """What is kept of the past, on every storage."""

    def test_they_are_listed_and_say_of_themselves_without_being_read_whole(
        self, any_storage: StorageUnderTest
    ) -> None:
        for name in ("One", "Two", "Three"):
            commit(any_storage.bucket, name)
        ledger = a_ledger(any_storage.bucket)
        assert list(ledger.revisions()) == [1, 2]
        assert ledger.saved(2) == ledger.revision(2).saved
        with pytest.raises(ObjectMissing):
            ledger.saved(9)

    def test_an_unusual_beginning_is_read_whole(self, any_storage: StorageUnderTest) -> None:
        what = "".join(f"{random.Random(n).getrandbits(64):x}" for n in range(2000))  # more than the first bytes hold
        ledger = a_ledger(any_storage.bucket)
        ledger.commit(adding("One"), who="x", what=what, at=AT)
        commit(any_storage.bucket, "Two")
        assert ledger.saved(1).what == what

    def test_one_is_rewritten_and_others_forgotten(self, any_storage: StorageUnderTest) -> None:
        for name in ("One", "Two", "Three"):
            commit(any_storage.bucket, name)
        ledger = a_ledger(any_storage.bucket)
        before = ledger.revision(2)
        assert not ledger.rewrite(2, lambda old: old)
        assert ledger.rewrite(2, lambda old: msgspec.structs.replace(old, prospects=()))
        assert ledger.revision(2) == msgspec.structs.replace(before, prospects=())
        ledger.forget([1])
        assert list(ledger.revisions()) == [2]


@given(st.integers(0, 1000), st.binary(max_size=8))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_catalog_or_refused(at: int, piece: bytes) -> None:
    whole = msgspec.json.encode(a_catalog())
    changed = whole[:at] + piece + whole[at + len(piece) :]
    for body in (changed, gzip.compress(changed), gzip.compress(whole)[:at] + piece):
        with suppress(CatalogError):
            decode_catalog(body, where="here")
