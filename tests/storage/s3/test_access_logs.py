"""``storage setup --logs`` switches S3's access logs on.

SeaweedFS, the only real server here, has no such API: there the refusal is tried, and what does work, which is reading
settings and rules that delete. The requests that Amazon and others would get go through botocore's Stubber, which
checks them against the service's own description.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from pitchcast.config import load_settings
from pitchcast.errors import ConfigError, LostRace, StorageError
from pitchcast.model.place import Address
from pitchcast.storage.folder import FolderBucket
from pitchcast.storage.s3.access_logs import (
    LogSettings,
    carry_out,
    check_place,
    plan_logging,
    read_log_settings,
    reader_policy,
)
from pitchcast.storage.s3.bucket import S3Bucket
from pitchcast.storage.s3.documents import written_policy
from pitchcast.storage.s3.location import S3Location, parse_s3_url
from tests.fixtures.program import Run
from tests.fixtures.seaweedfs import SeaweedFS
from tests.storage.proxy import proxy
from tests.storage.services import Logging

AMAZON = "https://s3.eu-central-1.amazonaws.com"
ELSEWHERE = "https://s3.example.com"
LOGS = S3Location("acme-logs", "pitches")
NEIGHBOUR = {"Sid": "Backups", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:PutObject", "Resource": "x"}
PLAIN = {"TargetBucket": "acme-logs", "TargetPrefix": "pitches/"}
BY_DAY = {**PLAIN, "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}}
NOTHING = LogSettings({}, {}, {})


def storage_at(endpoint_url: str, url: str = "s3://acme-pitches/dana", private_url: str = "") -> S3Bucket:
    client = boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        region_name="eu-central-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
    )
    return S3Bucket(client, Address(url=url, endpoint_url=endpoint_url, private_url=private_url))


class TestPlan:
    @pytest.mark.parametrize(
        ("endpoint", "logging"),
        [
            pytest.param(AMAZON, BY_DAY, id="on Amazon by the day of the requests, so that late lines are found"),
            pytest.param(ELSEWHERE, PLAIN, id="elsewhere plain"),
        ],
    )
    def test_what_is_switched_on(self, endpoint: str, logging: dict[str, Any]) -> None:
        planned = plan_logging(NOTHING, storage_at(endpoint), LOGS)
        assert planned.after.logging == logging
        assert planned.lets_write == (endpoint == AMAZON)
        assert not planned.expires
        assert planned.keeps_forever
        assert "+++ logging after storage setup" in planned.difference()

    def test_amazon_may_write_this_buckets_logs_there_and_others_keep_their_rights(self) -> None:
        current = LogSettings({}, {"Version": "2012-10-17", "Statement": [NEIGHBOUR]}, {})
        first, own = plan_logging(current, storage_at(AMAZON), LOGS).after.policy["Statement"]
        assert first == NEIGHBOUR
        assert own["Principal"] == {"Service": "logging.s3.amazonaws.com"}
        assert own["Resource"] == "arn:aws:s3:::acme-logs/pitches/*"
        assert own["Condition"] == {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::acme-pitches"}}

    def test_old_logs_and_their_old_versions_are_deleted_where_somebody_says_so(self) -> None:
        theirs = {"ID": "backups", "Status": "Enabled", "Filter": {"Prefix": "backups/"}, "Expiration": {"Days": 900}}
        current = LogSettings({}, {}, {"TransitionDefaultMinimumObjectSize": "x", "Rules": [theirs]})
        planned = plan_logging(current, storage_at(AMAZON), LOGS, expire_days=30)
        assert planned.after.lifecycle is not None
        kept, own = planned.after.lifecycle["Rules"]
        assert kept == theirs
        assert (own["Filter"], own["Expiration"]) == ({"Prefix": "pitches/"}, {"Days": 30})
        assert own["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
        assert not planned.keeps_forever
        again = plan_logging(planned.after, storage_at(AMAZON), LOGS, expire_days=30)
        assert again.is_done
        assert again.difference() == ""

    def test_a_whole_bucket_is_never_emptied(self) -> None:
        with pytest.raises(ConfigError, match="all that lies in this bucket would be deleted"):
            plan_logging(NOTHING, storage_at(AMAZON), S3Location("acme-logs"), expire_days=30)

    @pytest.mark.parametrize("prefix", ["pitches", "pitches/"])
    def test_what_somebody_switched_on_already_is_left_as_it_is(self, prefix: str) -> None:
        present = {"TargetBucket": "acme-logs", "TargetPrefix": prefix}
        assert plan_logging(LogSettings(present, {}, {}), storage_at(ELSEWHERE), LOGS).is_done

    def test_logs_that_go_elsewhere_are_not_taken_from_whoever_reads_them(self) -> None:
        current = LogSettings({"TargetBucket": "audit", "TargetPrefix": "s3/"}, {}, {})
        with pytest.raises(StorageError, match="go to s3://audit/s3/ already") as caught:
            plan_logging(current, storage_at(AMAZON), LOGS)
        assert "--logs s3://audit/s3." in caught.value.hint

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            pytest.param("s3://acme-pitches/logs", "own bucket", id="the show's bucket"),
            pytest.param("s3://vault/logs", "own bucket", id="that of its private half"),
            pytest.param("s3://acme-logs/other/public/logs", "everybody can read", id="below another show's public/"),
        ],
    )
    def test_places_that_are_refused(self, url: str, said: str) -> None:
        with pytest.raises(ConfigError, match=said):
            check_place(parse_s3_url(url), storage_at(AMAZON, private_url="s3://vault/dana"))

    def test_whoever_reads_logs_needs_no_more(self) -> None:
        read, listing = reader_policy(LOGS)["Statement"]
        assert read["Action"] == ["s3:GetObject"]
        assert read["Resource"] == ["arn:aws:s3:::acme-logs/pitches/*"]
        assert listing["Condition"] == {"StringLike": {"s3:prefix": "pitches/*"}}


@pytest.fixture
def amazon() -> Iterator[tuple[S3Bucket, Stubber]]:
    storage = storage_at(AMAZON)
    with Stubber(storage.client) as stubber:
        yield storage, stubber


def answer_settings(stubber: Stubber, settings: LogSettings) -> None:
    """Let the service answer with these settings once."""
    enabled = {"LoggingEnabled": settings.logging} if settings.logging else {}
    stubber.add_response("get_bucket_logging", enabled, {"Bucket": "acme-pitches"})
    if settings.policy:
        stubber.add_response("get_bucket_policy", {"Policy": json.dumps(settings.policy)}, {"Bucket": "acme-logs"})
    else:
        stubber.add_client_error("get_bucket_policy", "NoSuchBucketPolicy", http_status_code=404)
    if settings.lifecycle:
        asked = {"Bucket": "acme-logs"}
        stubber.add_response("get_bucket_lifecycle_configuration", dict(settings.lifecycle), asked)
    else:
        stubber.add_client_error(
            "get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration", http_status_code=404
        )


class TestOnAmazon:
    """Against botocore's Stubber: nothing here speaks Amazon's logging API."""

    def test_everything_is_written_in_an_order_that_can_be_repeated(self, amazon: tuple[S3Bucket, Stubber]) -> None:
        storage, stubber = amazon
        answer_settings(stubber, NOTHING)
        planned = plan_logging(read_log_settings(storage, LOGS), storage, LOGS, expire_days=30)
        assert planned.after.lifecycle is not None
        answer_settings(stubber, NOTHING)
        policy = {"Bucket": "acme-logs", "Policy": written_policy(planned.after.policy)}
        stubber.add_response("put_bucket_policy", {}, policy)
        logging = {"Bucket": "acme-pitches", "BucketLoggingStatus": {"LoggingEnabled": BY_DAY}}
        stubber.add_response("put_bucket_logging", {}, logging)
        answer_settings(stubber, LogSettings(BY_DAY, planned.after.policy, {}))
        rules = {"Rules": planned.after.lifecycle["Rules"]}
        asked = {"Bucket": "acme-logs", "LifecycleConfiguration": rules}
        stubber.add_response("put_bucket_lifecycle_configuration", {}, asked)
        carry_out(planned, storage)
        stubber.assert_no_pending_responses()

    def test_settings_that_changed_since_are_not_overwritten(self, amazon: tuple[S3Bucket, Stubber]) -> None:
        storage, stubber = amazon
        answer_settings(stubber, LogSettings(PLAIN, {}, {}))
        with pytest.raises(LostRace):
            carry_out(plan_logging(NOTHING, storage, LOGS), storage)

    def test_a_service_that_forgets_what_it_took(self, amazon: tuple[S3Bucket, Stubber]) -> None:
        storage, stubber = amazon
        planned = plan_logging(NOTHING, storage, LOGS, expire_days=30)
        answer_settings(stubber, NOTHING)
        stubber.add_response("put_bucket_policy", {})
        stubber.add_response("put_bucket_logging", {})
        answer_settings(stubber, LogSettings({}, planned.after.policy, {}))
        with pytest.raises(StorageError, match="forgot it") as caught:
            carry_out(planned, storage)
        assert "docs/logs.md" in caught.value.hint

    @pytest.mark.parametrize(
        ("code", "status", "said", "hint"),
        [
            pytest.param("NotImplemented", 501, "does not write S3's access logs", "docs/logs.md", id="R2, MinIO"),
            pytest.param("AccessDenied", 403, "s3:GetBucketLogging", "s3:PutLifecycleConfiguration", id="no right"),
        ],
    )
    def test_a_refusal_says_what_to_do(
        self, amazon: tuple[S3Bucket, Stubber], code: str, status: int, said: str, hint: str
    ) -> None:
        storage, stubber = amazon
        stubber.add_client_error("get_bucket_logging", code, http_status_code=status)
        with pytest.raises(StorageError, match=said) as caught:
            read_log_settings(storage, LOGS)
        assert hint in caught.value.hint

    def test_a_bucket_that_cannot_take_logs(self, amazon: tuple[S3Bucket, Stubber]) -> None:
        storage, stubber = amazon
        answer_settings(stubber, NOTHING)
        stubber.add_response("put_bucket_policy", {})
        stubber.add_client_error("put_bucket_logging", "InvalidTargetBucketForLogging", http_status_code=400)
        with pytest.raises(StorageError, match="cannot take them") as caught:
            carry_out(plan_logging(NOTHING, storage, LOGS), storage)
        assert "region" in caught.value.hint


def settings(show: str, endpoint_url: str = "") -> str:
    endpoint = f'endpoint_url = "{endpoint_url}"\n' if endpoint_url else ""
    return f'[show]\ntitle = "Bills"\nhost = "Dana"\n[storage]\nurl = "{show}"\n{endpoint}'


class TestOnAServiceThatCannotLog:
    def test_it_says_so_and_nothing_is_changed(self, here: Path, pitchcast: Run, s3_environment: SeaweedFS) -> None:
        show, logs = s3_environment.make_bucket(), s3_environment.make_bucket()
        file = here / "pitchcast.toml"
        file.write_text(settings(f"s3://{show}/dana", s3_environment.endpoint_url), encoding="utf-8")
        before = file.read_text(encoding="utf-8")
        command = ("storage", "setup", "--logs", f"s3://{logs}/dana", "--expire-logs", "30")
        tried = pitchcast(*command, "--dry-run", "--json")
        assert f'"TargetBucket": "{logs}"' in tried.json["difference"]
        done = pitchcast(*command, "--yes", "--json")
        assert done.code == 1
        assert "does not write S3's access logs" in done.json["error"]["message"]
        assert "docs/logs.md" in done.json["error"]["hint"]
        assert file.read_text(encoding="utf-8") == before
        client = s3_environment.client()
        with pytest.raises(client.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
            client.get_bucket_lifecycle_configuration(Bucket=logs)

    def test_a_bucket_that_is_missing(self, here: Path, pitchcast: Run, s3_environment: SeaweedFS) -> None:
        show = s3_environment.shared_bucket()
        text = settings(f"s3://{show}/dana", s3_environment.endpoint_url)
        (here / "pitchcast.toml").write_text(text, encoding="utf-8")
        done = pitchcast("storage", "setup", "--logs", "s3://nobody-made-this/dana", "--dry-run", "--json")
        assert done.code == 1
        assert "aws s3 mb s3://nobody-made-this" in done.json["error"]["hint"]


class TestOnAServiceThatLogs:
    """SeaweedFS behind a proxy that remembers where logs go."""

    def test_logs_are_switched_on_and_named_in_the_settings(
        self, here: Path, pitchcast: Run, s3_environment: SeaweedFS
    ) -> None:
        show, logs = s3_environment.shared_bucket(), s3_environment.make_bucket()
        file = here / "pitchcast.toml"
        command = ("storage", "setup", "--logs", f"s3://{logs}/dana/")
        with proxy(s3_environment.endpoint_url, before=Logging()) as endpoint:
            file.write_text(settings(f"s3://{show}/logged", endpoint), encoding="utf-8")
            assert pitchcast(*command, "--json").code == 2  # a script must say --yes
            done = pitchcast(*command, "--expire-logs", "30", "--yes", "--json")
            again = pitchcast(*command, "--yes", "--json")
            elsewhere = pitchcast("storage", "setup", "--logs", f"s3://{logs}/kim", "--dry-run", "--json")
        assert done.json["changed"], done.err
        assert done.json["settings"] == str(file)
        assert load_settings(here, environ={}).audience.logs == f"s3://{logs}/dana"
        rules = s3_environment.client().get_bucket_lifecycle_configuration(Bucket=logs)["Rules"]
        assert [(rule["Filter"]["Prefix"], rule["Expiration"]["Days"]) for rule in rules] == [("dana/", 30)]
        assert (again.json["needed"], again.json["changed"], again.json["difference"]) == (False, False, "")
        assert f"s3://{logs}/dana/ already" in elsewhere.json["error"]["message"]


def test_a_folders_web_server_writes_the_log(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="its web server writes the log") as caught:
        read_log_settings(FolderBucket(tmp_path), LOGS)
    assert "docs/logs.md" in caught.value.hint
