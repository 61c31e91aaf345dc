"""Which logs of a bucket are listed: those of the last days by the dates in their names, all of them once a week."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from pitchcast.analytics.requests import READ_KEY
from pitchcast.config import AudienceSettings
from pitchcast.model.layout import Headers
from pitchcast.site.project import Project
from pitchcast.storage.bucket import Bucket, ObjectInfo
from pitchcast.upkeep.analytics.dated import list_since
from pitchcast.workflows.logs_sync import SyncRequest, sync_logs
from tests.analytics.logs import MOMENT, Asked, as_s3, log_of
from tests.chaos.faults import Clock, Faulty
from tests.fixtures.projects import a_project, publish_to, put_draft
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest

PLAIN = Headers("text/plain", "no-store")
SINCE = date(2026, 9, 1)
FORMS = {
    "S3": "logs/{0:%Y-%m-%d-%H-%M-%S}-{1}",
    "S3 without a slash": "logs/pitches{0:%Y-%m-%d-%H-%M-%S}-{1}",
    "S3 by days": "logs/123456789012/eu-central-1/pitches/{0:%Y/%m/%d}/{0:%Y-%m-%d-00-00-00}-{1}",
    "CloudFront": "logs/EMLARXS9EXAMPLE.{0:%Y-%m-%d-%H}.{1}.gz",
    "CloudFront in folders": "logs/year={0:%Y}/month={0:%m}/day={0:%d}/hour={0:%H}/{1}.gz",
    "Logpush": "logs/{0:%Y%m%d}/{0:%Y%m%dT%H%M%SZ}_{1}.log.gz",
    "without a date": "logs/access-{1}.log",
}


class Counting:
    """A bucket that counts what it lists."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket, self.listed = bucket, 0

    def list_after(self, prefix: str, after: str) -> Iterator[ObjectInfo]:
        for info in self._bucket.list_after(prefix, after):
            self.listed += 1
            yield info


def test_old_days_are_jumped_over(any_storage: StorageUnderTest) -> None:
    bucket = any_storage.open_again()
    moments = [datetime(2026, 8, 1, 10, tzinfo=UTC) + timedelta(days=day) for day in range(0, 40, 2)]
    wanted = set()
    for form in FORMS.values():
        for moment in moments:
            key = form.format(moment, f"{moment.day:02}F")
            bucket.put(key, b"line\n", PLAIN)
            if moment.date() >= SINCE or "access" in key:
                wanted.add(key)
    counting = Counting(bucket)
    found = [info.key for info in list_since(cast(Bucket, counting), "logs/", SINCE)]
    assert (set(found), len(found)) == (wanted, len(wanted))
    assert counting.listed - len(wanted) <= len(FORMS), "more than one old name of each form was listed"
    assert {info.key for info in list_since(bucket, "logs/", None)} > wanted
    in_one_day = "logs/2026-08-0"
    assert list(list_since(bucket, in_one_day, SINCE)), "a date that was named is no reason to leave logs out"


@pytest.fixture
def project(s3_storage: StorageUnderTest, s3_environment: SeaweedFS) -> Project:
    """A show in a bucket whose logs are to come to a place of their own."""
    project = a_project(s3_storage)
    publish_to(project, put_draft(project), "Acme Corp")
    place = f"s3://{s3_environment.shared_bucket()}/logs-{secrets.token_hex(4)}"
    return replace(project, settings=replace(project.settings, audience=AudienceSettings(logs=place)))


def sync_at(project: Project, moment: datetime, **options: Any) -> Any:
    there = cast(Bucket, Faulty(project.bucket, Clock(time=moment)))
    return sync_logs(replace(project, bucket=there), SyncRequest(**options))


def test_late_logs_are_found_once_a_week(project: Project, s3_environment: SeaweedFS, tmp_path: Path) -> None:
    client, (bucket, _, place) = s3_environment.client(), project.settings.audience.logs[5:].partition("/")
    path = f"{project.catalog().feeds[0].path}/index.html"

    def deliver(day: int, number: int) -> None:
        at = MOMENT + timedelta(days=day)
        body = log_of("S3", [as_s3(Asked(at=at, path=path, id=f"R{number}"))])
        client.put_object(Bucket=bucket, Key=f"{place}/{at:%Y-%m-%d-%H-%M-%S}-{number:04}", Body=body)

    deliver(0, 1)
    deliver(30, 2)
    assert sync_at(project, MOMENT + timedelta(days=30)).new == 2
    deliver(31, 3)
    deliver(25, 4)
    deliver(1, 5)
    second = sync_at(project, MOMENT + timedelta(days=31))
    assert (second.new, second.unchanged) == (2, 1), "of the last 8 days: two new ones, and one that was read"
    assert sync_at(project, MOMENT + timedelta(days=31, hours=1)).new == 0
    weekly = sync_at(project, MOMENT + timedelta(days=38))
    assert (weekly.new, weekly.unchanged) == (1, 4), "a log that came a month late"
    deliver(2, 6)
    assert sync_at(project, MOMENT + timedelta(days=38, hours=1)).new == 0
    assert sync_at(project, MOMENT + timedelta(days=38, hours=2), again=True).new == 1
    deliver(3, 7)
    project.bucket.delete([READ_KEY])
    assert sync_at(project, MOMENT + timedelta(days=38, hours=3)).new == 1, "what was listed may be forgotten"
