"""What was read from access logs goes with people, gets old, moves and is repaired as all else, on every storage."""

import gzip
import io
import json
import secrets
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path

import duckdb
import pytest
from pyarrow import parquet

from pitchcast.analytics.keeping import Total, quarter_of, read_totals, totals_key
from pitchcast.analytics.requests import AGENTS_KEY, KEYS_KEY, READ_KEY, REQUEST_COLUMNS, columns_sql
from pitchcast.config import AudienceSettings, StorageSettings
from pitchcast.errors import StorageUnavailable
from pitchcast.model.layout import ANALYTICS, headers_of, requests_key
from pitchcast.model.objections import objectors, unread_paths
from pitchcast.model.prospect import Mention
from pitchcast.model.steps.access import Chosen
from pitchcast.site.project import Project
from pitchcast.storage.bucket import Bucket
from pitchcast.upkeep.statistics import EXPORTED_KEY, TOLD_KEY, forget_people, tidy
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows.history import restore
from pitchcast.workflows.logs_sync import SyncRequest, sync_logs
from pitchcast.workflows.move import move, plan_move
from pitchcast.workflows.prospects import edit, list_prospects
from pitchcast.workflows.prospects_invite import invite_colleagues
from pitchcast.workflows.repair import prune, repair
from pitchcast.workflows.show import apply
from pitchcast.workflows.stats import count as count_downloads
from tests.fixtures.program import Run
from tests.fixtures.projects import a_project, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest
from tests.site.test_change import Failing, Through, behind

ACME = Mention(name="acme-corp")
Row = dict[str, object]
_numbers = count(1)


@pytest.fixture
def project(any_storage: StorageUnderTest) -> Project:
    """A show with one pitch for two prospects, of whom Acme passed it on to a colleague."""
    project = a_project(any_storage)
    publish_to(project, put_draft(project), "Acme Corp <jo@acme.example>", "Umbrella")
    invite_colleagues(project, "acme-corp", name="Kim")
    return project


@pytest.fixture
def in_folder(folder_storage: StorageUnderTest) -> Project:
    """A show with one pitch for two prospects, where it does not matter what storage it is in."""
    project = a_project(folder_storage)
    publish_to(project, put_draft(project, body=b"x" * 200_000), "Acme Corp <jo@acme.example>", "Umbrella")
    return project


def with_logs(project: Project, **audience: object) -> Project:
    settings = replace(
        project.settings,
        audience=AudienceSettings(logs="logs", **audience),  # type: ignore[arg-type]
        given=frozenset({"audience.logs"}),
    )
    return replace(project, settings=settings)


def a_row(**changes: object) -> Row:
    row: Row = dict.fromkeys(REQUEST_COLUMNS, "") | dict.fromkeys(("sent", "size", "need", "address", "block"), 1)
    row |= {"id": next(_numbers), "requested_at": None, "status": 200, "first": None, "last": None, "agent": 1}
    return row | {"feed": "acme-corp", "what": "audio", "episode": "e1", "signed": False, "assumed": False} | changes


def days_ago(project: Project, days: int) -> date:
    return project.now().date() - timedelta(days=days)


def put_day(project: Project, day: date, *rows: Row) -> None:
    """Store the requests of a day, as reading logs does."""
    key = requests_key(day.isoformat())
    project.bucket.put(key, day_of(day, *rows), headers_of(key))
    project.bucket.put(AGENTS_KEY, b"agents", headers_of(AGENTS_KEY))


def day_of(day: date, *rows: Row) -> bytes:
    """Return the Parquet file of a day's requests."""
    moment = datetime.combine(day, time(12), UTC)
    with closing(duckdb.connect()) as database:
        database.execute(f"CREATE TABLE requests ({columns_sql(REQUEST_COLUMNS)})")
        for row in rows:
            marks = ", ".join("?" * len(row))
            values = list((row | {"requested_at": row["requested_at"] or moment}).values())
            database.execute(f"INSERT INTO requests VALUES ({marks})", values)  # noqa: S608 - marks only
        target = Path.cwd() / f"day-{secrets.token_hex(4)}.parquet"
        database.table("requests").write_parquet(str(target), compression="zstd")
    body = target.read_bytes()
    target.unlink()
    return body


def rows_of(bucket: Bucket, day: date) -> list[Row]:
    """Return the kept requests of a day, read by somebody else's library."""
    body, _ = bucket.get(requests_key(day.isoformat()))
    return list(parquet.read_table(io.BytesIO(body)).to_pylist())


def feeds_in(project: Project, day: date) -> list[str]:
    return sorted(str(row["feed"]) for row in rows_of(project.bucket, day))


def totals_in(project: Project, day: date, tmp_path: Path) -> list[Total]:
    file = tmp_path / "totals.parquet"
    file.write_bytes(project.bucket.get(totals_key(day.isoformat()))[0])
    return read_totals(file)


def every_row_counts(requests: Path, _agents: Path) -> list[Total]:
    """Count a day's requests as if each were a download."""
    found: dict[tuple[str, str], int] = {}
    for row in parquet.read_table(requests).to_pylist():
        place = str(row["feed"]), str(row["episode"])
        found[place] = found.get(place, 0) + 1
    return [Total(feed, episode, downloads) for (feed, episode), downloads in found.items()]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class TestObjecting:
    def test_nothing_of_them_stays_or_comes_and_all_else_does(self, project: Project) -> None:
        today = days_ago(project, 0)
        put_day(project, today, a_row(), a_row(feed="acme-corp.2"), a_row(feed="umbrella"), a_row(feed=""))
        answer = edit(project, ACME, {}, statistics=False)
        assert not answer.statistics
        assert feeds_in(project, today) == ["", "umbrella"]
        assert objectors(project.catalog()) == {"acme-corp"}
        paths = {path for feed in project.catalog().feeds if feed.prospect == "acme-corp" for path in feed.paths}
        assert unread_paths(project.catalog()) == paths
        assert [p.id for p in list_prospects(project) if not p.statistics] == ["acme-corp"]
        assert edit(project, ACME, {}, statistics=True).statistics
        assert unread_paths(project.catalog()) == frozenset()

    def test_it_outlives_another_address_and_an_earlier_catalog(self, in_folder: Project) -> None:
        before = in_folder.catalog().revision
        edit(in_folder, ACME, {}, statistics=False)
        access.rotate(in_folder, Chosen(who=("acme-corp",)))
        restore(in_folder, before)
        assert objectors(in_folder.catalog()) == {"acme-corp"}

    def test_pages_say_who_is_counted(self, in_folder: Project) -> None:
        """What the settings say comes with ``show apply``; whoever objected is not told of counting."""
        counted = with_logs(in_folder)
        apply(counted)
        paths = {feed.id: feed.path for feed in counted.catalog().feeds}
        edit(counted, ACME, {}, statistics=False)
        pages = {key.split("/")[1]: body for key, body in public_objects(counted).items() if key.endswith("index.html")}
        telling = {feed_id for feed_id, path in paths.items() if b'id="counted"' in pages[path]}
        assert telling == {"umbrella"}
        apply(with_logs(in_folder, notice=False))
        assert not [key for key, body in public_objects(counted).items() if b'id="counted"' in body]

    def test_the_notice_outlives_an_earlier_catalog(self, in_folder: Project) -> None:
        before = in_folder.catalog().revision
        apply(with_logs(in_folder))
        restore(in_folder, before)
        assert in_folder.catalog().show.counted == "feeds"

    def test_what_is_read_at_the_same_moment_is_kept(self, project: Project) -> None:
        """Somebody adds requests between this command's look at the day and its write."""
        today = days_ago(project, 0)
        put_day(project, today, a_row(), a_row(feed="umbrella"))

        class Beside(Through):
            added = False

            def replace_if(self, key: str, *rest: object) -> str:
                if not self.added and key.startswith(ANALYTICS):
                    self.added = True
                    put_day(project, today, a_row(), a_row(feed="umbrella"), a_row(feed="umbrella"))
                return str(self._bucket.replace_if(key, *rest))  # type: ignore[arg-type]

        edit(behind(project, bucket=Beside(project.bucket)), ACME, {}, statistics=False)
        assert feeds_in(project, today) == ["umbrella", "umbrella"]


class TestRemoving:
    def test_rows_totals_and_notes_go_with_somebody(self, project: Project, tmp_path: Path) -> None:
        day, old = days_ago(project, 0), days_ago(project, 400)
        put_day(project, day, a_row(), a_row(feed="umbrella"))
        put_day(project, old, a_row(), a_row(feed="umbrella"))
        tidy(with_logs(project), every_row_counts)
        notes = [{"feed": "acme-corp", "what": "tap"}, {"feed": "umbrella", "what": "tap"}]
        for key in (TOLD_KEY, EXPORTED_KEY):
            project.bucket.put(key, gzip.compress(json.dumps({"events": notes}).encode()), headers_of(key))
        access.remove(project, Chosen(who=("acme-corp",)))
        assert feeds_in(project, day) == ["umbrella"]
        assert totals_in(project, old, tmp_path) == [Total("umbrella", "e1", 1)]
        for key in (TOLD_KEY, EXPORTED_KEY):
            assert json.loads(gzip.decompress(project.bucket.get(key)[0])) == {"events": notes[1:]}

    def test_a_purge_says_how_much_went_and_what_it_cannot_reach(self, project: Project) -> None:
        put_day(project, days_ago(project, 0), a_row(), a_row(feed="acme-corp.2"), a_row(feed="umbrella"))
        answer = access.remove(with_logs(project), Chosen(who=("acme-corp",)), purge_history=True)
        assert answer.purged is not None
        assert answer.purged.requests == 2
        assert answer.purged.remaining == ()
        assert "the access logs at logs" in answer.purged.unreached[0]
        assert forget_people(project) == 0

    def test_a_show_without_statistics_says_nothing_of_them(self, in_folder: Project) -> None:
        answer = access.remove(in_folder, Chosen(who=("acme-corp",)), purge_history=True)
        assert answer.purged is not None
        assert answer.purged.unreached == ()
        assert not list(in_folder.bucket.list(ANALYTICS))

    def test_old_versions_go_too(self, s3_environment: SeaweedFS) -> None:
        name, client = s3_environment.make_bucket(), s3_environment.client()
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        storage = StorageUnderTest("s3", f"s3://{name}/show", s3_environment.endpoint_url, None, lambda: None)  # type: ignore[arg-type, return-value]
        project = a_project(storage)
        publish_to(project, put_draft(project), "Acme Corp", "Umbrella")
        put_day(project, days_ago(project, 0), a_row(), a_row(feed="umbrella"))
        access.remove(project, Chosen(who=("acme-corp",)), purge_history=True)
        kept = client.list_object_versions(Bucket=name, Prefix=f"show/{ANALYTICS}")["Versions"]
        found = [client.get_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"]) for one in kept]
        assert not [one for one in found if b"acme" in one["Body"].read()]


class TestGettingOld:
    def test_old_days_become_totals_and_their_keys_end(self, project: Project, tmp_path: Path) -> None:
        young, old = days_ago(project, 100), days_ago(project, 500)
        for day in (young, old):
            put_day(project, day, a_row(), a_row(), a_row(feed="umbrella", episode="e2"))
        keys = {quarter_of(day): "secret" for day in (days_ago(project, 0), young, old)}
        project.bucket.put(KEYS_KEY, json.dumps({"keys": keys}).encode(), headers_of(KEYS_KEY))
        counted = with_logs(project)
        assert tidy(counted, every_row_counts) == (0, 1)
        assert tidy(counted, every_row_counts) == (0, 0)
        assert totals_in(project, old, tmp_path) == [Total("acme-corp", "e1", 2), Total("umbrella", "e2", 1)]
        assert not list(project.bucket.list(requests_key(old.isoformat())))
        assert len(rows_of(project.bucket, young)) == 3
        assert json.loads(project.bucket.get(KEYS_KEY)[0])["keys"].keys() == keys.keys() - {quarter_of(old)}

    @pytest.mark.parametrize("method", ["put", "delete", "get"])
    def test_an_interrupted_cut_is_completed(self, in_folder: Project, tmp_path: Path, method: str) -> None:
        old = days_ago(in_folder, 500)
        put_day(in_folder, old, a_row(), a_row())
        counted = with_logs(in_folder)
        with pytest.raises(StorageUnavailable):
            tidy(behind(counted, bucket=Failing(counted.bucket, method)), every_row_counts)
        tidy(counted, every_row_counts)
        assert totals_in(in_folder, old, tmp_path) == [Total("acme-corp", "e1", 2)]
        assert not list(in_folder.bucket.list(requests_key(old.isoformat())))

    def test_some_of_its_lines_read_again_do_not_make_a_day_smaller(self, in_folder: Project, tmp_path: Path) -> None:
        old, counted = days_ago(in_folder, 500), with_logs(in_folder)
        for rows in ([a_row(), a_row()], [a_row(), a_row(feed="umbrella")]):
            put_day(in_folder, old, *rows)
            tidy(counted, every_row_counts)
        assert totals_in(in_folder, old, tmp_path) == [Total("acme-corp", "e1", 2), Total("umbrella", "e1", 1)]

    def test_without_prospects_rows_are_nobodys(self, in_folder: Project) -> None:
        today = days_ago(in_folder, 0)
        put_day(in_folder, today, a_row(via="0123abcd"), a_row(feed="umbrella"))
        tidy(with_logs(in_folder, per_prospect=False), every_row_counts)
        assert [(row["feed"], row["via"], row["episode"]) for row in rows_of(in_folder.bucket, today)] == [
            ("", "", "e1")
        ] * 2

    def test_whoever_was_removed_without_the_extra_goes_with_the_next_reading(self, in_folder: Project) -> None:
        today, counted = days_ago(in_folder, 0), with_logs(in_folder)
        edit(in_folder, ACME, {}, statistics=False)
        put_day(in_folder, today, a_row(), a_row(feed="umbrella"))
        in_folder.bucket.delete([f"{ANALYTICS}forgotten.json"])
        assert tidy(counted, every_row_counts) == (1, 0)
        assert feeds_in(in_folder, today) == ["umbrella"]


class TestWithAllElse:
    @pytest.fixture
    def kept(self, project: Project) -> dict[str, bytes]:
        """Everything that reading logs leaves behind."""
        today = days_ago(project, 0)
        put_day(project, today, a_row(), a_row(feed="umbrella"))
        for name in ("format.json", "keys.json", "forgotten.json", "agents.parquet", "files.json.gz", "told.json.gz"):
            project.bucket.put(f"{ANALYTICS}{name}", b"{}", headers_of(name))
        key = totals_key("2025-01-01")
        project.bucket.put(key, b"PAR1", headers_of(key))
        project.bucket.put(READ_KEY, b"read", headers_of(READ_KEY))
        return under_analytics(project.bucket)

    def test_a_move_brings_it_along(self, project: Project, kept: dict[str, bytes], tmp_path: Path) -> None:
        """Only the note of which logs were read stays: copied while somebody reads, it could say too much."""
        storage = StorageSettings(url=str(tmp_path / "elsewhere"), base=tmp_path)
        plan = plan_move(project, storage, {"PITCHCAST_USER": "dana@laptop"})
        move(plan, {"PITCHCAST_USER": "dana@laptop"})
        del kept[READ_KEY]
        assert under_analytics(plan.target.bucket) == kept

    def test_repairs_and_prunes_leave_it_alone(self, project: Project, kept: dict[str, bytes]) -> None:
        repair(project)
        prune(project)
        assert under_analytics(project.bucket) == kept

    def test_an_earlier_catalog_leaves_it_alone(self, project: Project, kept: dict[str, bytes]) -> None:
        restore(project, project.catalog().revision - 1)
        assert under_analytics(project.bucket) == kept


class TestReading:
    """What the settings and objections promise, from the lines of a log on."""

    @pytest.fixture
    def log(self, in_folder: Project, tmp_path: Path) -> Path:
        """Today and long ago, somebody heard either prospect's pitch."""
        lines = []
        for key in sorted(key for key in public_objects(in_folder) if key.endswith((".mp3", "index.html"))):
            size_bytes = in_folder.bucket.head(key).size_bytes
            for day in (days_ago(in_folder, 0), days_ago(in_folder, 500)):
                path = key.removeprefix("public")
                lines.append(
                    f'198.51.100.7 - - [{day:%d/%b/%Y}:10:00:00 +0000] "GET {path} HTTP/1.1" 200 {size_bytes} "-" '
                    '"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"\n'
                )
        file = tmp_path / "access.log"
        file.write_text("".join(lines), encoding="utf-8")
        return file

    def test_only_who_is_counted_and_what_is_young(self, in_folder: Project, log: Path) -> None:
        edit(in_folder, ACME, {}, statistics=False)
        answer = sync_logs(with_logs(in_folder), SyncRequest(places=(str(log),)))
        assert (answer.sums.kept, answer.sums.dropped) == (2, {"objected": 4, "old": 2})
        assert feeds_in(in_folder, days_ago(in_folder, 0)) == ["umbrella", "umbrella"]
        assert not answer.page_says_so

    def test_nobodys_rows_are_counted_by_episode(self, in_folder: Project, log: Path) -> None:
        counted = with_logs(in_folder, per_prospect=False)
        apply(counted)
        answer = sync_logs(counted, SyncRequest(places=(str(log),)))
        assert answer.page_says_so
        assert feeds_in(in_folder, days_ago(in_folder, 0)) == [""] * 4
        assert [episode.downloads for episode in count_downloads(counted).episodes] == [1]

    def test_a_day_that_gets_old_keeps_what_stats_counted(self, in_folder: Project, log: Path, tmp_path: Path) -> None:
        """The totals are those of the same rules."""
        kept = with_logs(in_folder, keep_days=600)
        sync_logs(kept, SyncRequest(places=(str(log),)))
        old = days_ago(in_folder, 500)
        before = count_downloads(kept, first=old, last=old)
        sync_logs(with_logs(in_folder), SyncRequest(places=(str(log),)))
        [episode] = [one for one in before.episodes if one.downloads]
        assert totals_in(in_folder, old, tmp_path) == [
            Total("acme-corp", episode.id, 1),
            Total("umbrella", episode.id, 1),
        ]
        assert episode.downloads == 2


def test_a_single_writer_forgets_and_cuts_too(any_storage: StorageUnderTest, tmp_path: Path) -> None:
    project = with_logs(a_project(any_storage, single_writer=True))
    publish_to(project, put_draft(project), "Acme Corp", "Umbrella")
    today, old = days_ago(project, 0), days_ago(project, 500)
    for day in (today, old):
        put_day(project, day, a_row(), a_row(feed="umbrella"))
    edit(project, ACME, {}, statistics=False)
    tidy(project, every_row_counts)
    assert feeds_in(project, today) == ["umbrella"]
    assert totals_in(project, old, tmp_path) == [Total("umbrella", "e1", 1)]


def under_analytics(bucket: Bucket) -> dict[str, bytes]:
    return {info.key: bucket.get(info.key)[0] for info in bucket.list(ANALYTICS)}


def test_by_the_command_line(published: Path, pitchcast: Run) -> None:
    assert published
    done = pitchcast("prospects", "edit", "acme-corp", "--no-statistics", "--json")
    assert (done.code, done.json["statistics"]) == (0, False)
    shown = pitchcast("prospects", "show", "acme-corp")
    assert "nothing is counted of them" in shown.out
    assert pitchcast("prospects", "edit", "acme-corp", "--statistics", "--json").json["statistics"] is True
