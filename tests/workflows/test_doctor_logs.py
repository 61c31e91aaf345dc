"""The doctor says whether access logs come, how old the newest is, and whether anybody else can read them."""

import json
import os
import secrets
import shlex
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pitchcast.config import AudienceSettings
from pitchcast.model.finding import Finding
from pitchcast.site.project import Project
from pitchcast.upkeep.logs import check_logs
from pitchcast.workflows.doctor import examine
from tests.fixtures.projects import a_project
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest

DAY_S = 86_400


def reading(storage: StorageUnderTest, logs: str) -> Project:
    project = a_project(storage)
    settings = replace(project.settings, audience=AudienceSettings(logs=logs, base=Path.cwd()))
    return replace(project, settings=settings)


def looked(storage: StorageUnderTest, logs: str) -> list[Finding]:
    return list(check_logs(reading(storage, logs)))


def put_log(folder: Path, name: str = "access.log", *, days_old: float = 0, mode: int = 0o600) -> None:
    file = folder / name
    file.write_text("a line\n", encoding="utf-8")
    file.chmod(mode)
    moment = file.stat().st_mtime - days_old * DAY_S
    os.utime(file, (moment, moment))


def a_line(moment: datetime) -> str:
    """Return a line as nginx writes it."""
    request = '"GET /k3v7/pitch.mp3 HTTP/1.1" 200 1048576 "-" "Overcast/3.0"'
    return f"198.51.100.1 - - [{moment:%d/%b/%Y:%H:%M:%S} +0000] {request}\n"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


class TestFolder:
    def test_without_logs_to_read_nothing_is_said(self, folder_storage: StorageUnderTest) -> None:
        assert looked(folder_storage, "") == []

    def test_none_has_come_yet(self, folder_storage: StorageUnderTest, logs: Path) -> None:
        [found] = looked(folder_storage, str(logs))
        assert (found.level, "no access log has come yet" in found.what) == ("warning", True)

    @pytest.mark.parametrize(
        ("days_old", "level", "said"),
        [pytest.param(0.2, "ok", "4 hours old", id="fresh"), pytest.param(5, "warning", "5 days old", id="old")],
    )
    def test_how_old_the_newest_is(
        self, folder_storage: StorageUnderTest, logs: Path, days_old: float, level: str, said: str
    ) -> None:
        put_log(logs, "access.log.1", days_old=9)
        put_log(logs, days_old=days_old)
        [found] = looked(folder_storage, str(logs))
        assert (found.level, said in found.what) == (level, True)

    def test_the_newest_line_and_not_the_file_it_is_in(self, folder_storage: StorageUnderTest, logs: Path) -> None:
        """A log that came just now may hold old lines only, and the last line need not be in the newest log."""
        now = datetime.now(UTC)
        for name, age in (("old.log", timedelta(days=4)), ("late.log", timedelta(days=6))):
            (logs / name).write_text(a_line(now - age), encoding="utf-8")
            (logs / name).chmod(0o600)
        [found] = looked(folder_storage, str(logs))
        assert (found.level, "newest line of the access logs" in found.what) == ("warning", True)
        assert f"{now - timedelta(days=4):%Y-%m-%d %H:%M}" in found.what

    @pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
    def test_other_users_of_the_computer(self, folder_storage: StorageUnderTest, logs: Path) -> None:
        logs.chmod(0o755)
        put_log(logs, mode=0o644)
        age, open_ = looked(folder_storage, str(logs / "access.log"))
        assert (age.level, open_.level) == ("ok", "warning")
        assert open_.do.startswith("chmod o-r")
        logs.chmod(0o750)
        assert [found.level for found in looked(folder_storage, str(logs))] == ["ok"]

    @pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
    @pytest.mark.parametrize("names", [("access log",), ("access log", "access log.1")], ids=["one log", "several"])
    def test_the_command_that_closes_logs_to_others_can_be_copied(
        self, folder_storage: StorageUnderTest, logs: Path, names: tuple[str, ...]
    ) -> None:
        logs.chmod(0o755)
        for name in names:
            put_log(logs, name, mode=0o644)
        _, open_ = looked(folder_storage, str(logs))
        subprocess.run(shlex.split(open_.do), check=True)
        assert [found.level for found in looked(folder_storage, str(logs))] == ["ok"]


class TestBucket:
    def test_a_closed_bucket_and_one_that_anybody_can_read(
        self, s3_storage: StorageUnderTest, s3_environment: SeaweedFS
    ) -> None:
        name, client = s3_environment.make_bucket(f"logs-{secrets.token_hex(4)}"), s3_environment.client()
        assert [found.level for found in looked(s3_storage, f"s3://{name}/dana")] == ["warning"]
        client.put_object(Bucket=name, Key="dana/2026-09-08-10-00-00-ABC", Body=b"79a5 pitches [08/Sep/2026:10:00:00]")
        assert [found.level for found in looked(s3_storage, f"s3://{name}/dana")] == ["ok", "ok"]
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{name}/*",
        }
        line = a_line(datetime(2026, 9, 8, 10, tzinfo=UTC))
        client.put_object(Bucket=name, Key="dana/2026-09-08-10-00-00-ABD", Body=line.encode())
        age, _ = looked(s3_storage, f"s3://{name}/dana")
        assert "newest line of the access logs is of 2026-09-08 10:00 UTC" in age.what
        client.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        _, open_ = looked(s3_storage, f"s3://{name}/dana")
        assert open_.level == "error"
        assert "anybody can read the access logs" in open_.what

    def test_a_bucket_that_is_not_there_is_said_beside_all_else(self, s3_storage: StorageUnderTest) -> None:
        found = examine(reading(s3_storage, "s3://nobody-made-this/logs"))
        assert any("access logs cannot be looked at" in one.what for one in found)
        assert any("conditional writes" in one.what for one in found)
