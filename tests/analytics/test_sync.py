"""``logs sync`` on a storage: whatever dies, comes late or twice, or runs at once, it equals one sync of everything."""

import io
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast

import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pitchcast.analytics.agents import agent_id
from pitchcast.analytics.distilling import Distilled, Distiller
from pitchcast.analytics.reading import CleanLog
from pitchcast.analytics.requests import AGENTS_KEY, KEYS_KEY, READ_KEY, REQUEST_COLUMNS, REQUESTS
from pitchcast.analytics.targets import known_files
from pitchcast.config import AudienceSettings
from pitchcast.errors import (
    CatalogError,
    ConfigError,
    FileError,
    LostRace,
    NeedsUpdate,
    ObjectExists,
    PartlyDone,
    StorageUnavailable,
)
from pitchcast.model.layout import ANALYTICS, CATALOG, headers_of, is_private_name
from pitchcast.model.steps.access import remove_prospects
from pitchcast.site.change import Wish, change
from pitchcast.site.project import Project
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.ledger import Ledger
from pitchcast.upkeep.analytics import days, seen
from pitchcast.upkeep.analytics.agents import KnownAgents, read_agents
from pitchcast.upkeep.statistics import forget_people
from pitchcast.workflows import logs_sync
from pitchcast.workflows.logs_sync import SyncRequest, refuse_skipped, sync_logs
from tests.analytics.logs import MOMENT, Asked, as_nginx, as_s3, write_log
from tests.chaos.faults import Clock, Crash, Fault, Faulty
from tests.fixtures.projects import a_project, existing, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest

Row = tuple[Any, ...]


@pytest.fixture
def project(any_storage: StorageUnderTest) -> Project:
    """A show with two prospects, on each kind of storage."""
    project = a_project(any_storage)
    publish_to(project, put_draft(project), "Acme Corp", "Bolt")
    return project


@pytest.fixture
def folder_project(folder_storage: StorageUnderTest) -> Project:
    project = a_project(folder_storage)
    publish_to(project, put_draft(project), "Acme Corp", "Bolt")
    return project


def some_logs(project: Project, folder: Path, *, seed: int = 1, lines: int = 60) -> list[Path]:
    """Write six logs over three days: late lines, lines told twice, one packed, two of another form."""
    chance = random.Random(seed)
    catalog = project.catalog()
    audio = next(name for name, file in known_files(catalog).items() if file.what == "audio")
    paths = [f"{feed.path}/{name}" for feed in catalog.feeds for name in (audio, "index.html", "feed.xml")]
    asked = [
        Asked(
            at=MOMENT + timedelta(seconds=chance.randrange(3 * 86_400)),
            address=f"203.0.113.{chance.randrange(9)}",
            path=chance.choice([*paths, "others/file.mp3"]),
            sent=chance.randrange(2000, 9000),
            id=f"R{number}",
            agent=chance.choice(["Overcast/3.0", "curl/8.1", "Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0.0.0"]),
        )
        for number in range(lines)
    ]
    folder.mkdir()
    logs = []
    for number, suffix in enumerate(("", ".gz", ".zst", "")):
        chosen = [one for one in asked if chance.random() < 0.6]
        logs.append(write_log(folder / f"2026-09-0{number}{suffix}", "S3", [as_s3(one) for one in chosen]))
    for number in range(2):
        logs.append(write_log(folder / f"access-{number}.log", "combined", [as_nginx(one) for one in asked[::3]]))
    return logs


def sync(project: Project, *logs: Path, **options: Any) -> Any:
    return sync_logs(project, SyncRequest(places=tuple(map(str, logs)), **options))


def rows_in(bucket: Bucket) -> list[Row]:
    """Return what is stored of each request, but for where it was read and what the keys make of addresses."""
    rows: list[Row] = []
    for info in bucket.list(REQUESTS):
        table = pq.read_table(io.BytesIO(bucket.get(info.key)[0]))
        assert table.column_names == list(REQUEST_COLUMNS)
        rows += [
            (row["id"], row["requested_at"], row["feed"], row["what"], row["sent"], row["agent"])
            for row in table.to_pylist()
        ]
    assert len({row[0] for row in rows}) == len(rows)
    return sorted(rows)


def forget(project: Project) -> None:
    project.bucket.delete([info.key for info in project.bucket.list(ANALYTICS)])


def seen_through(project: Project, bucket: object) -> Project:
    """Return the project as a process has it that reaches the storage through another bucket."""
    through = cast(Bucket, bucket)
    return replace(project, bucket=through, ledger=Ledger(through, new_nonce=secrets.token_hex))


@pytest.fixture
def told(folder_project: Project, tmp_path: Path) -> tuple[Project, list[Path], list[Row]]:
    """A show in a folder, logs about it, and what one sync of all of them keeps."""
    logs = some_logs(folder_project, tmp_path / "logs")
    sync(folder_project, *logs)
    rows = rows_in(folder_project.bucket)
    assert len(rows) > 50
    forget(folder_project)
    return folder_project, logs, rows


def test_logs_in_any_order_and_number(project: Project, tmp_path: Path) -> None:
    logs = some_logs(project, tmp_path / "logs")
    whole = sync(project, *logs)
    rows = rows_in(project.bucket)
    assert whole.new == len(rows)
    assert whole.sums.lines == whole.sums.kept + whole.sums.others + sum(whole.sums.dropped.values())
    assert all(is_private_name(info.key) for info in project.bucket.list(ANALYTICS))
    again = sync(project, *logs)
    assert (again.new, again.logs, again.unchanged) == (0, (), 6)
    forget(project)
    for log in reversed(logs):
        sync(project, log)
    assert rows_in(project.bucket) == rows
    assert sync(project, *logs, again=True).new == 0


def test_several_at_once(project: Project, any_storage: StorageUnderTest, tmp_path: Path) -> None:
    logs = some_logs(project, tmp_path / "logs")
    sync(project, *logs)
    rows, keys = rows_in(project.bucket), 1
    forget(project)
    shares = (logs[:3], logs[2:], logs[::2], logs[1::2])
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(sync, seen_through(project, any_storage.open_again()), *share) for share in shares]
        for one in done:
            one.result()
    assert rows_in(project.bucket) == rows
    assert project.bucket.get(KEYS_KEY)[0].count(b"Q3") == keys
    addresses = {row["address"] for row in _tables(project.bucket)}
    assert len(addresses) <= 9, "an address was hashed with two keys"


@pytest.mark.parametrize("kind", ["crash", "crash after", "lie", "fail"])
def test_killed_at_any_request(told: tuple[Project, list[Path], list[Row]], kind: Any) -> None:
    project, logs, rows = told
    number = {"crash": 0, "crash after": 1, "lie": 2, "fail": 3}[kind]
    hit = True
    while hit:
        faulty = Faulty(project.bucket, Clock(time=project.bucket.now()), [Fault(number, kind)])
        with suppress(Crash, StorageUnavailable):  # the next run completes it
            sync(seen_through(project, faulty), *logs)
        hit = sum(faulty.injected.values()) > 0
        sync(project, *logs)
        assert rows_in(project.bucket) == rows, f"after {kind} at {number}"
        forget(project)
        number += 4
    assert number > 12


def test_killed_at_every_request_with_an_eraser_between(s3_storage: StorageUnderTest, tmp_path: Path) -> None:
    """Two syncs share late and doubled logs; one dies, and somebody is removed while the other one runs."""
    project = a_project(s3_storage)
    publish_to(project, put_draft(project), "Acme Corp", "Bolt")
    bucket, logs = project.bucket, some_logs(project, tmp_path / "logs", lines=20)[1:5]
    with_bolt = bucket.get(CATALOG)[0]
    remove(project, "bolt")
    without_bolt = bucket.get(CATALOG)[0]
    sync(project, *logs)
    rows = rows_in(bucket)

    def erase() -> None:
        bucket.put(CATALOG, without_bolt, headers_of(CATALOG))
        forget_people(seen_through(project, bucket))

    number, hit = 0, True
    while hit:
        forget(project)
        bucket.put(CATALOG, with_bolt, headers_of(CATALOG))
        kind: Any = ("crash", "crash after", "lie", "fail")[number % 4]
        dying = Faulty(bucket, Clock(time=bucket.now()), [Fault(number, kind)])
        with suppress(Crash, StorageUnavailable):
            sync(seen_through(project, dying), *logs[:3])
        other = Faulty(bucket, Clock(time=bucket.now()), [Fault(number, "meanwhile")], meanwhile=erase)
        sync(seen_through(project, other), *logs[1:])
        if not other.injected["meanwhile"]:
            erase()
        sync(seen_through(project, bucket), *logs)
        assert rows_in(bucket) == rows, f"after {kind} at {number}"
        hit = dying.injected.total() + other.injected.total() > 0
        number += 1
    assert number > 12


class Meanwhile:
    """A bucket before whose first write of a day something else happens."""

    def __init__(self, bucket: Bucket, act: Any, *, dies: bool = False) -> None:
        self._bucket, self._act, self._dies = bucket, act, dies
        self._acted = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bucket, name)

    def put_new(self, key: str, *rest: Any) -> str:
        return self._write("put_new", key, *rest)

    def replace_if(self, key: str, *rest: Any) -> str:
        return self._write("replace_if", key, *rest)

    def _write(self, method: str, key: str, *rest: Any) -> str:
        if key.startswith(REQUESTS) and not self._acted:
            self._acted = True
            self._act()
        elif self._acted and self._dies and not key.startswith(REQUESTS):
            raise Crash
        return str(getattr(self._bucket, method)(key, *rest))


class DyingMeanwhile(Meanwhile):
    """The same; the process dies once it has written so many days after that."""

    def __init__(self, bucket: Bucket, act: Any, *, days: int) -> None:
        super().__init__(bucket, act)
        self._days = days

    def replace_if(self, key: str, *rest: Any) -> str:
        if self._days == 0:
            raise Crash
        self._days -= 1
        return super().replace_if(key, *rest)


def remove(project: Project, prospect: str) -> None:
    at = project.now()

    def step(catalog: Any) -> Any:
        return remove_prospects(existing(catalog), [prospect], at)

    change(project, step, Wish(what="removed"))


def feeds_in(bucket: Bucket) -> set[str]:
    return {row[2] for row in rows_in(bucket)}


class TestSomebodyIsRemoved:
    def test_while_a_sync_writes(self, told: tuple[Project, list[Path], list[Row]]) -> None:
        project, logs, _ = told
        other = seen_through(project, project.bucket)
        writing = seen_through(project, Meanwhile(project.bucket, lambda: remove(other, "bolt")))
        assert sync(writing, *logs).removed > 0
        assert feeds_in(project.bucket) == {"acme-corp"}

    def test_while_a_sync_writes_that_then_dies(self, told: tuple[Project, list[Path], list[Row]]) -> None:
        project, logs, _ = told
        other = seen_through(project, project.bucket)
        writing = seen_through(project, Meanwhile(project.bucket, lambda: remove(other, "bolt"), dies=True))
        with pytest.raises(Crash):
            sync(writing, *logs)
        assert "bolt" in feeds_in(project.bucket)
        sync(project, *logs)
        assert feeds_in(project.bucket) == {"acme-corp"}

    def test_while_two_syncs_write_of_which_the_last_dies(self, told: tuple[Project, list[Path], list[Row]]) -> None:
        project, logs, _ = told
        other = seen_through(project, project.bucket)

        def meanwhile() -> None:
            remove(other, "bolt")
            sync(other, *logs)

        with pytest.raises(Crash):
            sync(seen_through(project, DyingMeanwhile(project.bucket, meanwhile, days=4)), *logs)
        assert "bolt" in feeds_in(project.bucket)
        assert sync(project, *logs).logs == (), "every log was read"
        assert feeds_in(project.bucket) == {"acme-corp"}

    def test_before_the_logs_come(self, told: tuple[Project, list[Path], list[Row]]) -> None:
        project, logs, _ = told
        remove(project, "bolt")
        done = sync(project, *logs)
        assert done.sums.dropped["erased"] > 0
        assert feeds_in(project.bucket) == {"acme-corp"}

    def test_or_wants_no_statistics(self, told: tuple[Project, list[Path], list[Row]]) -> None:
        project, logs, _ = told
        done = sync_logs(project, SyncRequest(places=tuple(map(str, logs))), without={"bolt"})
        assert done.sums.dropped["objected"] > 0
        assert feeds_in(project.bucket) == {"acme-corp"}


class TestWhatIsWritten:
    def test_other_engines_count_the_same(self, told: tuple[Project, list[Path], list[Row]], tmp_path: Path) -> None:
        project, logs, rows = told
        sync(project, *logs)
        keys = [info.key for info in project.bucket.list(REQUESTS)]
        paths = []
        for number, key in enumerate(keys):
            paths.append(tmp_path / f"{number}.parquet")
            paths[-1].write_bytes(project.bucket.get(key)[0])
        frame = polars.concat([polars.read_parquet(path) for path in paths])
        table = pq.read_table(paths)
        assert frame.height == table.num_rows == len(rows)
        assert frame["sent"].sum() == sum(row[4] for row in rows)
        kinds = {str(field.type) for field in table.schema}
        assert kinds <= {"int16", "int64", "string", "bool", "timestamp[us, tz=UTC]"}

    def test_no_address_is_kept(self, told: tuple[Project, list[Path], list[Row]]) -> None:
        project, logs, _ = told
        sync(project, *logs)
        for info in project.bucket.list(ANALYTICS):
            assert b"203.0.113" not in project.bucket.get(info.key)[0]
        assert all("203.0.113" not in str(row) for row in _tables(project.bucket))

    def test_a_dry_run_writes_nothing(self, told: tuple[Project, list[Path], list[Row]]) -> None:
        project, logs, _ = told
        assert sync(project.as_dry_run(), *logs).sums.kept > 0
        assert list(project.bucket.list(ANALYTICS)) == []

    def test_what_was_read_may_be_lost(self, told: tuple[Project, list[Path], list[Row]]) -> None:
        project, logs, rows = told
        sync(project, *logs)
        project.bucket.delete([READ_KEY])
        assert sync(project, *logs).new == 0
        assert rows_in(project.bucket) == rows


class TestWhereLogsAre:
    def test_a_prefix_of_a_bucket(self, s3_storage: StorageUnderTest, tmp_path: Path, s3_environment: Any) -> None:
        project = a_project(s3_storage)
        publish_to(project, put_draft(project), "Acme Corp")
        place = f"logs-{secrets.token_hex(4)}"
        client, name = s3_environment.client(), s3_environment.shared_bucket()
        for log in some_logs(project, tmp_path / "logs"):
            client.put_object(Bucket=name, Key=f"{place}/{log.name}", Body=log.read_bytes())
        settings = replace(project.settings, audience=AudienceSettings(logs=f"s3://{name}/{place}"))
        project = replace(project, settings=settings)
        first = sync_logs(project, SyncRequest())
        assert (len(first.logs), first.new > 0) == (6, True)
        assert not first.page_says_so  # pages do once the show was brought to what the settings say
        assert first.logs[0].source.startswith(f"s3://{name}/{place}/")
        again = sync_logs(project, SyncRequest())
        assert (again.new, again.logs, again.unchanged) == (0, (), 3)  # three are of old days by their names

    def test_nowhere(self, folder_project: Project) -> None:
        with pytest.raises(ConfigError, match="nothing says where access logs are"):
            sync_logs(folder_project, SyncRequest())

    def test_something_else_lies_there_too(self, told: tuple[Project, list[Path], list[Row]]) -> None:
        project, logs, rows = told
        (logs[0].parent / "README.txt").write_text("These are logs.\n")
        done = sync(project, logs[0].parent)
        assert rows_in(project.bucket) == rows
        with pytest.raises(PartlyDone, match=r"README\.txt"):
            refuse_skipped(done)

    def test_a_newer_pitchcast_wrote_there(self, told: tuple[Project, list[Path], list[Row]]) -> None:
        project, logs, _ = told
        key = f"{ANALYTICS}format.json"
        project.bucket.put(key, b'{"format": 99}', headers_of(key))
        with pytest.raises(NeedsUpdate):
            sync(project, *logs)

    def test_only_the_one_writer_syncs(self, folder_storage: StorageUnderTest, tmp_path: Path) -> None:
        dana = a_project(folder_storage, single_writer=True)
        publish_to(dana, put_draft(dana), "Acme Corp")
        logs = some_logs(dana, tmp_path / "logs")
        with pytest.raises(CatalogError, match="one writer"):
            sync(a_project(folder_storage, who="sam@desk", single_writer=True), *logs)
        assert sync(dana, *logs).new > 0


def _tables(bucket: Bucket) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for info in bucket.list(ANALYTICS):
        if info.key.startswith(REQUESTS) or info.key == AGENTS_KEY:
            rows += [{"address": 0, **row} for row in pq.read_table(io.BytesIO(bucket.get(info.key)[0])).to_pylist()]
    return [row for row in rows if row["address"]]


def test_a_log_that_the_database_refuses_takes_no_other_with_it(
    folder_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Washed lines are never refused; were they, the logs in the same file are read without that one."""
    catalog = folder_project.catalog()
    paths = [f"{feed.path}/index.html" for feed in catalog.feeds]
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(9):
        write_log(folder / f"{number}.log", "S3", [as_s3(Asked(path=paths[0], id=f"R{number}"))])
    read = Distiller.read

    def picky(distiller: Distiller, logs: Sequence[CleanLog]) -> Distilled:
        if any(log.source.endswith("5.log") for log in logs):
            raise FileError("it cannot be read: a reason", hint="Read it by itself, or leave it out.")
        return read(distiller, logs)

    monkeypatch.setattr(Distiller, "read", picky)
    done = sync(folder_project, folder)
    assert [(Path(one.source).name, one.why) for one in done.skipped] == [("5.log", "it cannot be read: a reason")]
    assert (done.new, done.sums.lines, done.sums.kept, done.sums.unreadable) == (8, 9, 8, {"lost": 1})


# ---- what each step of the protocol is for: without it something breaks


Told = tuple[Project, list[Path], list[Row]]


def all_in_turn(told: Told) -> bool:
    """Say whether logs that are read one after the other give the same rows, each once, as all at once."""
    project, logs, rows = told
    for log in logs:
        sync(project, log)
    stored = [row["id"] for row in _tables(project.bucket)]
    return sorted(stored) == [row[0] for row in rows]


def another_between(told: Told) -> bool:
    """Say whether nothing is lost where another sync writes between the reading and the writing of a day."""
    project, logs, rows = told
    other = seen_through(project, project.bucket)
    with suppress(LostRace, ObjectExists):
        sync(seen_through(project, Meanwhile(project.bucket, lambda: sync(other, *logs[3:]))), *logs[:3])
    return rows_in(project.bucket) == rows


def killed_anywhere(told: Told) -> bool:
    """Say whether the same command completes what died, and no row tells of an agent that nobody knows."""
    project, logs, rows = told
    for number in count():
        forget(project)
        dying = Faulty(project.bucket, Clock(time=project.bucket.now()), [Fault(number, "crash")])
        with suppress(Crash):
            sync(seen_through(project, dying), *logs)
        known = {agent.id for agent in read_agents(project.bucket)} | {agent_id("")}
        are_told = known >= {row["agent"] for row in _tables(project.bucket)}
        sync(project, *logs)
        if not are_told or rows_in(project.bucket) != rows:
            return False
        if not dying.injected.total():
            return True
    raise AssertionError


def erase_bolt(project: Project) -> None:
    """Remove a prospect, with what was counted of it, as another process does."""
    other = seen_through(project, project.bucket)
    remove(other, "bolt")
    forget_people(other)


def removed_meanwhile(told: Told) -> bool:
    """Say whether nothing is left of somebody who is removed while a sync writes."""
    project, logs, _ = told
    sync(project, logs[0])
    sync(seen_through(project, Meanwhile(project.bucket, lambda: erase_bolt(project))), *logs[1:])
    return feeds_in(project.bucket) == {"acme-corp"}


def removed_before_it_dies(told: Told) -> bool:
    """Say whether nothing is left of somebody who is removed while a sync writes that dies, after the next one."""
    project, logs, _ = told
    sync(project, logs[0])
    with suppress(Crash):
        sync(seen_through(project, Meanwhile(project.bucket, lambda: erase_bolt(project), dies=True)), *logs[1:])
    sync(project, *logs)
    return feeds_in(project.bucket) == {"acme-corp"}


def without_agents_first(patch: pytest.MonkeyPatch) -> None:
    """Remember agents when the days are written."""
    later: list[Callable[[], int]] = []
    remember, remember_logs = KnownAgents.remember, seen.remember

    def wait(agents: KnownAgents, texts: Mapping[int, str]) -> int:
        later[:] = [lambda: remember(agents, texts)]
        return 0

    def remember_all(bucket: Bucket, logs: Mapping[str, str]) -> None:
        while later:
            later.pop()()
        remember_logs(bucket, logs)

    patch.setattr(KnownAgents, "remember", wait)
    patch.setattr(seen, "remember", remember_all)


def without_union(patch: pytest.MonkeyPatch) -> None:
    """Write what is new of a day in the place of what there is."""
    join = Distiller.join_day
    patch.setattr(Distiller, "join_day", lambda distiller, day, _stored, joined: join(distiller, day, None, joined))


def without_ids(patch: pytest.MonkeyPatch) -> None:
    """Add what is read of a day to what there is, known or not."""
    join = Distiller.join_day

    def add(distiller: Distiller, day: str, stored: Path | None, joined: Path) -> int:
        found = join(distiller, day, None, joined)
        if stored:
            together = pa.concat_tables(
                [pq.ParquetFile(file).read() for file in (stored, joined)], promote_options="permissive"
            )
            pq.write_table(together, joined)
        return found

    patch.setattr(Distiller, "join_day", add)


def without_comparing(patch: pytest.MonkeyPatch) -> None:
    """Replace a day whatever it has become meanwhile."""
    patch.setattr(days, "swap", lambda bucket, key, body, _etag: bucket.put(key, body, headers_of(key)))


def without_another_attempt(patch: pytest.MonkeyPatch) -> None:
    """Give up a day where somebody was faster."""
    patch.setattr(days, "persistently", lambda attempt, _key: attempt())


def without_days_first(patch: pytest.MonkeyPatch) -> None:
    """Remember which logs were read before their rows are written."""
    write = logs_sync._write

    def remember_first(project: Project, distiller: Distiller, agents: KnownAgents, run: Any, folder: Path) -> None:
        seen.remember(project.bucket, run.waiting)
        write(project, distiller, agents, run, folder)

    patch.setattr(logs_sync, "_write", remember_first)


def without_a_last_look(patch: pytest.MonkeyPatch) -> None:
    """Do not ask at the end who was removed meanwhile."""
    patch.setattr(logs_sync, "_take_out_the_gone", lambda *_: None)


def without_a_beginning(patch: pytest.MonkeyPatch) -> None:
    """Do not note that a sync begins to write."""
    patch.setattr(seen, "begin", lambda bucket, _token, _begun: seen.read_seen(bucket))


WHAT_BREAKS = {
    without_agents_first: killed_anywhere,
    without_union: all_in_turn,
    without_ids: all_in_turn,
    without_comparing: another_between,
    without_another_attempt: another_between,
    without_days_first: killed_anywhere,
    without_a_last_look: removed_meanwhile,
    without_a_beginning: removed_before_it_dies,
}


@pytest.mark.parametrize("holds", dict.fromkeys(WHAT_BREAKS.values()))
def test_with_every_step_it_holds(told: Told, holds: Callable[[Told], bool]) -> None:
    assert holds(told)


@pytest.mark.parametrize("leave_out", WHAT_BREAKS)
def test_without_a_step_something_breaks(
    told: Told, leave_out: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out(monkeypatch)
    assert not WHAT_BREAKS[leave_out](told)
