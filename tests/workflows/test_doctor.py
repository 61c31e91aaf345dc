"""``doctor`` finds each kind of damage, ``--repair`` or ``--prune`` mends it, and a second ``doctor`` finds all well.

Each kind is tried alone, and many of them two by two.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations, islice
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from pitchcast.errors import PitchcastError
from pitchcast.model.catalog import Intent, with_intents
from pitchcast.model.feed import Feed
from pitchcast.model.finding import Finding
from pitchcast.model.layout import (
    CATALOG,
    FEED_STYLE_NAME,
    PENDING,
    PROBE,
    asset_key,
    headers_of,
    master_key,
    pending_key,
    public_key,
    text_key,
)
from pitchcast.model.objects import show_files
from pitchcast.model.steps.access import Chosen
from pitchcast.site.pending import Pending
from pitchcast.site.project import Project
from pitchcast.storage.probe import anonymous_get
from pitchcast.upkeep import sources
from pitchcast.workflows import episodes, show
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows.doctor import examine
from pitchcast.workflows.repair import prune, repair
from pitchcast.workflows.undo import withdraw
from tests.fixtures.projects import a_project, existing, later, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest
from tests.storage.proxy import Exchange, proxy

STRAY = "public/abcdefghijklmnopqrstuvwxyz"
LATER = timedelta(minutes=65)


class Damage(NamedTuple):
    """One kind of damage, words by which the doctor names it, and whether nobody but a person can mend it."""

    name: str
    inflict: Callable[[Project], None]
    named: str
    needs_person: bool = False


class Kept(NamedTuple):
    """A show as it was made, and where: to make it takes longer than most of what is tried with it."""

    storage: StorageUnderTest
    objects: dict[str, bytes]


@pytest.fixture(scope="module")
def kept() -> dict[str, Kept]:
    """The shows made so far, by kind of storage."""
    return {}


@pytest.fixture
def project(any_storage: StorageUnderTest, tmp_path: Path, kept: dict[str, Kept]) -> Project:
    """A show on each kind of storage in turn, with the objects it had when it was made."""
    if any_storage.kind not in kept:
        made = a_show(any_storage, tmp_path)
        kept[any_storage.kind] = Kept(any_storage, all_objects(made))
    storage, objects = kept[any_storage.kind]
    project = a_project(storage)
    put_back(project, objects)
    return project


def a_show(storage: StorageUnderTest, tmp_path: Path) -> Project:
    """A show with two open feeds, one that was revoked, an episode that was withdrawn, a transcript, covers by name."""
    project = a_project(storage)
    publish_to(project, put_draft(project), "Acme Corp <jo@acme.example>", "Umbrella", "Gone Ltd")
    publish_to(project, put_draft(project, "r2", "Second"), "Acme Corp", "Umbrella")
    show.edit(project, {"cover_per_prospect": True})
    said = tmp_path / "said.txt"
    said.write_text("Good morning.", encoding="utf-8")
    episodes.edit(project, "cut-your-bill", {"transcript": said})
    withdraw(project, "second")
    access.revoke(project, Chosen(who=("gone-ltd",)))
    project.ledger.commit(
        lambda found: msgspec.structs.replace(existing(found)), who="x", what="nothing that shows", at=project.now()
    )
    return project


def feed_of(project: Project, feed_id: str = "acme-corp") -> Feed:
    return next(feed for feed in project.catalog().feeds if feed.id == feed_id)


def put(project: Project, key: str, body: bytes = b"x") -> None:
    project.bucket.put(key, body, headers_of(key))


def spoil(project: Project, key: str) -> None:
    """Put other bytes of the same length in the place of an object."""
    body, _ = project.bucket.get(key)
    put(project, key, bytes(byte ^ 1 for byte in body))


def cut(project: Project, key: str) -> None:
    put(project, key, project.bucket.get(key)[0][:-1])


def lose(project: Project, key: str) -> None:
    project.bucket.delete([key])


def master(project: Project) -> str:
    return master_key(project.catalog().episodes[0].master.sha256)


def audio(project: Project) -> str:
    return next(key for key in public_objects(project) if feed_of(project).path in key and key.endswith(".mp3"))


def document(project: Project, name: str) -> str:
    return public_key(feed_of(project).path, name)


def named_cover(project: Project) -> str:
    return asset_key(project.catalog().named_covers[0].artwork)


def public_named_cover(project: Project) -> str:
    return next(key for key in public_objects(project) if feed_of(project).path in key and "/cover-" in key)


def show_cover(project: Project) -> str:
    cover = project.catalog().show.cover
    assert cover is not None
    return asset_key(cover)


def public_show_cover(project: Project) -> str:
    return show_files(project.catalog())[0].key


def public_style(project: Project) -> str:
    return f"public/{project.catalog().show.art_token}/{FEED_STYLE_NAME}"


def transcript(project: Project) -> str:
    said = project.catalog().episodes[0].transcript
    assert said is not None
    return text_key(said.sha256)


def put_record(project: Project, key: str = "0" * 32, **changes: object) -> None:
    record = Pending(at=project.now(), who="kim@desk", paths=(feed_of(project).path,), what="published")
    record = msgspec.structs.replace(record, **changes)
    put(project, pending_key(key), msgspec.json.encode(record))


def interrupt(project: Project) -> None:
    lose(project, document(project, "index.html"))
    put_record(project, name="publish")


DAMAGES = [
    Damage("catalog damaged", lambda p: put(p, CATALOG, b"\x1f\x8b cut"), "is damaged"),
    Damage("feed lost", lambda p: lose(p, document(p, "feed.xml")), "not what the catalog says"),
    Damage("page changed", lambda p: put(p, document(p, "index.html"), b"<p>"), "not what the catalog says"),
    Damage("audio lost", lambda p: lose(p, audio(p)), "not what the catalog says"),
    Damage("audio cut", lambda p: cut(p, audio(p)), "not what the catalog says"),
    Damage("cover of a feed cut", lambda p: cut(p, public_named_cover(p)), "1 objects damaged"),
    Damage("too much in a feed", lambda p: put(p, document(p, "extra.mp3")), "1 objects to be removed"),
    Damage("master missing", lambda p: lose(p, master(p)), "is missing, so no feed with this episode"),
    Damage("master damaged", lambda p: spoil(p, master(p)), "is damaged: its bytes"),
    Damage("named cover damaged", lambda p: spoil(p, named_cover(p)), "is damaged: its bytes"),
    Damage("cover of the show damaged", lambda p: cut(p, show_cover(p)), "so no feed can be built"),
    Damage("public cover lost", lambda p: lose(p, public_show_cover(p)), "files that all feeds share"),
    Damage("public cover cut", lambda p: cut(p, public_show_cover(p)), "files that all feeds share"),
    Damage(
        "style sheet lost", lambda p: lose(p, public_style(p)), "warning the show: 1 of the files that all feeds share"
    ),
    Damage("transcript damaged", lambda p: spoil(p, transcript(p)), "is damaged: its bytes", needs_person=True),
    Damage("public look cut off", lambda p: put(p, f"public/probe-{'0' * 16}.json"), "look at the storage"),
    Damage("private look cut off", lambda p: put(p, f"private/probe-{'a' * 16}-copy"), "look at the storage"),
    Damage("folder of no feed", lambda p: put(p, f"{STRAY}/left-1.mp3"), "belongs to no feed"),
    Damage("foreign file", lambda p: put(p, "public/notes/readme.txt"), "pitchcast did not make"),
    Damage("private foreign file", lambda p: put(p, "private/masters/take 1.wav"), "pitchcast did not make"),
    Damage("interrupted", interrupt, "“publish” by kim@desk"),
    Damage("record damaged", lambda p: put(p, pending_key("1" * 32), b"{cut"), "record of"),
    Damage("record of another shape", lambda p: put(p, pending_key("2" * 32), b'{"at": 1}'), "record of"),
]


def problems(project: Project) -> list[Finding]:
    """Return what the doctor says must be done; nobody opened the storage of these tests to listeners."""
    found = [finding for finding in examine(project) if finding.level != "ok"]
    return [finding for finding in found if "listeners cannot read public/" not in finding.what]


def said(findings: list[Finding] | tuple[Finding, ...]) -> str:
    return "\n".join(f"{finding.level} {finding.where}: {finding.what} [{finding.do}]" for finding in findings)


def all_objects(project: Project) -> dict[str, bytes]:
    return {info.key: project.bucket.get(info.key)[0] for info in project.bucket.list("")}


def put_back(project: Project, before: dict[str, bytes]) -> None:
    now = all_objects(project)
    project.bucket.delete(now.keys() - before.keys())
    for key, body in before.items():
        if now.get(key) != body:
            put(project, key, body)


def wrong_after(project: Project, damages: tuple[Damage, ...]) -> list[str]:
    """Inflict damages one after the other, let the doctor mend them, and return what is not as it must be."""
    before = public_objects(project)
    has_catalog = not any(damage.name.startswith("catalog") for damage in damages)
    for damage in reversed(damages):  # the catalog last: the others look into it
        try:
            damage.inflict(project)
        except PitchcastError:
            return []  # the one has taken away what the other damages
    found = said(problems(later(project, LATER)))
    wrong = [] if found else ["nothing is named"]
    if len(damages) == 1 and damages[0].named not in found:
        wrong.append(f"it is not named:\n{found}")
    repair(later(project, LATER))
    if "--prune" in said(problems(later(project, LATER))):
        prune(later(project, LATER))
    left = problems(later(project, LATER))
    needs_person = any(damage.needs_person for damage in damages)
    wrong += [f"still there:\n{said(left)}"] if left and not needs_person else []
    wrong += [f"nothing to do about {said([f])}" for f in left if not f.do or "--repair" in f.do or "--prune" in f.do]
    if has_catalog or len(damages) == 1:
        after = public_objects(project)
        kept = {key: body for key, body in after.items() if not needs_person or key in before}
        wrong += [f"not as before: {key}" for key in before.keys() | kept.keys() if before.get(key) != after.get(key)]
    return wrong


def tried(project: Project, choices: Iterator[tuple[Damage, ...]]) -> dict[str, list[str]]:
    before = all_objects(project)
    wrong = {}
    for damages in choices:
        found = wrong_after(project, damages)
        if found:
            wrong[" + ".join(damage.name for damage in damages)] = found
        put_back(project, before)
    return wrong


def test_a_show_in_order_has_nothing_to_do(project: Project) -> None:
    before = all_objects(project)
    assert said(problems(project)) == ""
    assert repair(later(project, LATER)) == ()
    assert all_objects(project).keys() - before.keys() <= {PROBE}


def test_each_damage_is_named_and_mended(project: Project) -> None:
    assert tried(project, ((damage,) for damage in DAMAGES)) == {}


def test_two_damages_are_mended_together(folder_storage: StorageUnderTest, tmp_path: Path) -> None:
    """Every eighth pair, so each damage with some others: all of them take a minute, and were tried as well."""
    pairs = list(islice(combinations(DAMAGES, 2), 0, None, 8))
    assert {damage.name for pair in pairs for damage in pair} == {damage.name for damage in DAMAGES}
    assert tried(a_show(folder_storage, tmp_path), iter(pairs)) == {}


class TestWhatAPersonMustDo:
    def test_a_master_of_which_no_copy_is_left(self, project: Project) -> None:
        """Nothing is built from it, so what else is wrong with its feeds waits for it."""
        key = master(project)
        body, _ = project.bucket.get(key)
        copies = [name for name in public_objects(project) if name.endswith(".mp3")]
        for damaged in (key, *copies):
            spoil(project, damaged)
        lose(project, audio(project))
        spoilt = public_objects(project)
        (fault,) = [finding for finding in problems(project) if "is damaged" in finding.what]
        assert fault.level == "error"
        assert fault.do.endswith("pitchcast episodes replace cut-your-bill RECORDING")
        repair(project)
        assert public_objects(project) == spoilt
        put(project, key, body)
        repair(project)
        assert public_objects(project).keys() == {*spoilt, *copies}

    def test_files_of_somebody_else_go_only_with_prune(self, project: Project) -> None:
        names = [f"public/{number}.txt" for number in range(6)] + ["private/notes.txt"]
        for name in names:
            put(project, name)
        repair(later(project, timedelta(days=8)))
        (finding,) = problems(project)
        assert (finding.level, finding.what[:1]) == ("warning", "7")
        assert finding.what.endswith("and 2 more")
        planned = prune(replace(project, dry_run=True))
        assert "would be mended: 7 files that pitchcast did not make deleted" in said(planned)
        assert all_objects(project).keys() >= set(names)
        prune(project)
        assert problems(project) == []

    def test_a_name_that_no_other_storage_could_hold(self, s3_storage: StorageUnderTest, tmp_path: Path) -> None:
        project = a_show(s3_storage, tmp_path)
        client = s3_storage.bucket.client  # type: ignore[attr-defined] # the keys that pitchcast itself refuses
        bucket, _, prefix = s3_storage.url.removeprefix("s3://").partition("/")
        client.put_object(Bucket=bucket, Key=f"{prefix}/public/.DS_Store", Body=b"x")
        prune(project)
        (finding,) = problems(project)
        assert "cannot delete, by their names: public/.DS_Store" in finding.what

    def test_a_young_folder_of_no_feed_is_told_when_it_may_go(self, project: Project) -> None:
        put(project, f"{STRAY}/left-1.mp3")
        repair(project)
        (finding,) = problems(project)
        assert re.fullmatch(r"After \d\d:\d\d UTC delete it: pitchcast doctor --repair", finding.do)

    def test_what_was_lost_with_a_damaged_catalog_is_heard_until_somebody_decides(self, project: Project) -> None:
        publish_to(project, put_draft(project, "r3", "Third"), "New Corp")
        lost = feed_of(project, "new-corp").path
        project.bucket.delete([CATALOG])
        repair(project)
        repair(later(project, timedelta(days=8)))
        (finding,) = problems(project)
        assert "whoever has the link still hears" in finding.what
        assert finding.do.endswith("pitchcast doctor --prune")
        assert [key for key in public_objects(project) if lost in key and key.endswith(".mp3")]
        prune(project)
        assert problems(project) == []
        assert not [key for key in public_objects(project) if lost in key]


class TestInterruptedCommands:
    def test_one_that_changed_nothing_waits_for_its_own_command(self, project: Project) -> None:
        put_record(project, name="publish", intent="a" * 32, at=project.now() - timedelta(minutes=2))
        repair(project)
        (finding,) = problems(project)
        assert "was interrupted before it had changed anything" in finding.what
        assert finding.do.startswith("Run the same command again if you still want it")
        assert "and is given up" in said(repair(later(project, timedelta(minutes=31))))
        assert not list(project.bucket.list(PENDING))

    def test_what_is_under_way_or_done_is_no_alarm(self, project: Project) -> None:
        put_record(project, "1" * 32, name="publish")
        for number, state in enumerate(("done", "receipt", "acknowledged"), 2):
            put_record(project, f"{number}" * 32, name="undo", state=state, at=project.now() - timedelta(hours=1))
        assert problems(project) == []
        assert any("“publish” by kim@desk" in f.what and f.level == "ok" for f in examine(project))

    def test_committed_work_is_finished_and_told(self, project: Project) -> None:
        def commit(found: object) -> object:
            catalog = existing(found)  # type: ignore[arg-type]
            row = Intent("b" * 32, "kim@desk", "c", catalog.revision + 1, project.now())
            return with_intents(catalog, [row], project.now())

        project.ledger.commit(commit, who="kim@desk", what="x", at=project.now())  # type: ignore[arg-type]
        before = public_objects(project)
        lose(project, document(project, "index.html"))
        put_record(project, name="publish", intent="b" * 32, at=project.now() - timedelta(minutes=2))
        assert "Run the same command again, or finish it with" in said(problems(project))
        planned = repair(replace(project, dry_run=True))
        assert "would be mended: “publish” by kim@desk" in said(planned)
        assert "“publish” by kim@desk" in said(repair(project))
        assert public_objects(project) == before
        assert problems(project) == []


def test_a_large_show_is_read_whole_only_on_demand(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(project, master(project))
    monkeypatch.setattr(sources, "READ_WHOLE_BYTES", 100)
    assert "pitchcast doctor --thorough reads them" in said(examine(project))
    assert problems(project) == []
    assert "is damaged" in said([f for f in examine(project, thorough=True) if f.level == "error"])
    assert repair(project) == ()
    assert "put back from its public copy" in said(repair(project, thorough=True))
    assert "is damaged" not in said(examine(project, thorough=True))


def test_a_look_that_runs_at_the_same_moment_keeps_its_objects(project: Project) -> None:
    key = f"public/probe-{'0' * 16}.json"
    put(project, key)
    assert problems(project) == []
    repair(project)
    assert key in public_objects(project)


class TestCaches:
    """A cache before the storage that keeps all it has once served, whatever it is told."""

    @pytest.fixture
    def cached(self, s3_environment: SeaweedFS) -> Iterator[tuple[StorageUnderTest, str]]:
        name = s3_environment.make_bucket()
        s3_environment.client().put_bucket_policy(Bucket=name, Policy=json.dumps(reading(name)))
        kept: dict[str, Exchange] = {}

        def before(exchange: Exchange) -> None:
            known = kept.get(exchange.path) if exchange.method == "GET" else None
            if known:
                exchange.status, exchange.body, exchange.headers = known.status, known.body, known.headers

        def after(exchange: Exchange) -> None:
            if exchange.method == "GET" and exchange.status == 200:
                exchange.headers.append(("Age", "7"))
                kept[exchange.path] = exchange

        with proxy(s3_environment.endpoint_url, before=before, after=after) as address:
            storage = StorageUnderTest("s3", f"s3://{name}", s3_environment.endpoint_url, None, lambda: None)  # type: ignore
            yield storage, f"{address}/{name}/public"

    def test_what_a_cache_serves_after_the_end_is_found(
        self, cached: tuple[StorageUnderTest, str], tmp_path: Path
    ) -> None:
        storage, public_url = cached
        project = a_project(storage, public_url=public_url)
        publish_to(project, put_draft(project), "Acme Corp", "Umbrella")
        publish_to(project, put_draft(project, "r2", "Second"), "Umbrella")
        heard = [f"{public_url}/{key.removeprefix('public/')}" for key in public_objects(project)]
        for address in heard:
            assert anonymous_get(address)[0] == 200
        assert "a cache still serves" not in said(examine(project))
        access.revoke(project, Chosen(who=("acme-corp",)))
        withdraw(project, "second")
        found = [finding for finding in examine(project) if "a cache still serves" in finding.what]
        assert {finding.where.rpartition(".")[2] for finding in found} == {"html", "xml", "mp3"}
        assert len(found) == 4
        assert all(finding.level == "warning" and "7 seconds old" in finding.what for finding in found)
        assert all(feed_of(project).path not in finding.where for finding in found)
        assert "it may do so for 24 hours" in said(found)

    def test_without_a_cache_nothing_is_said(self, s3_environment: SeaweedFS) -> None:
        name = s3_environment.make_bucket()
        s3_environment.client().put_bucket_policy(Bucket=name, Policy=json.dumps(reading(name)))
        project = a_project(
            StorageUnderTest("s3", f"s3://{name}", s3_environment.endpoint_url, None, lambda: None)  # type: ignore
        )
        publish_to(project, put_draft(project), "Acme Corp")
        access.revoke(project, Chosen(who=("acme-corp",)))
        assert [finding for finding in examine(project) if finding.level != "ok"] == []


def no_head(exchange: Exchange) -> None:
    if exchange.method == "HEAD":
        exchange.status, exchange.body = 405, b""


def no_ranges(exchange: Exchange) -> None:
    if "range" in exchange.asked and exchange.path.endswith(".mp3"):
        exchange.status = 200


def other_types(exchange: Exchange) -> None:
    kept = [(name, value) for name, value in exchange.headers if name.lower() != "content-type"]
    exchange.headers = [*kept, ("Content-Type", "application/octet-stream")]


def smaller_pictures(exchange: Exchange) -> None:
    if exchange.method == "GET" and "image/webp" in exchange.asked.get("accept", ""):
        exchange.headers, exchange.body = [("Content-Type", "image/webp")], b"RIFF....WEBP"


class TestServed:
    """What stands before the storage and serves it otherwise than it was put."""

    @pytest.mark.parametrize(
        ("rule", "named", "kinds"),
        [
            pytest.param(
                no_head,
                "HEAD request for it is answered with status 405",
                {"xml", "css", "html", "mp3", "jpg"},
                id="HEAD",
            ),
            pytest.param(no_ranges, "apps cannot skip", {"mp3"}, id="ranges"),
            pytest.param(
                other_types, "served as application/octet-stream", {"xml", "css", "html", "mp3", "jpg"}, id="types"
            ),
            pytest.param(smaller_pictures, "changed on the way, into image/webp", {"jpg"}, id="pictures"),
        ],
    )
    def test_it_is_found(
        self, s3_environment: SeaweedFS, rule: Callable[[Exchange], None], named: str, kinds: set[str]
    ) -> None:
        name = s3_environment.make_bucket()
        s3_environment.client().put_bucket_policy(Bucket=name, Policy=json.dumps(reading(name)))

        def after(exchange: Exchange) -> None:
            if "/public/" in exchange.path and not exchange.path.partition("?")[0].endswith(".json"):
                rule(exchange)

        with proxy(s3_environment.endpoint_url, after=after) as address:
            storage = StorageUnderTest("s3", f"s3://{name}", s3_environment.endpoint_url, None, lambda: None)  # type: ignore
            project = a_project(storage, public_url=f"{address}/{name}/public")
            publish_to(project, put_draft(project), "Acme Corp")
            found = [finding for finding in examine(project) if finding.level != "ok"]
        assert {finding.where.rpartition(".")[2] for finding in found} == kinds
        assert all(finding.level == "warning" and named in finding.what and finding.do for finding in found)
        assert all(feed_of(project).path not in finding.where for finding in found)


def reading(bucket: str) -> dict[str, object]:
    resource = f"arn:aws:s3:::{bucket}/public/*"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}
