"""``storage setup`` opens one show's public half to listeners, tried on a real S3 server, and touches nothing else."""

import hashlib
import json
from urllib.request import Request, urlopen

import pytest

from pitchcast.errors import AccessRefused, LostRace, StorageError
from pitchcast.model.layout import headers_of
from pitchcast.model.place import Address
from pitchcast.storage.folder import FolderBucket
from pitchcast.storage.probe import anonymous_get, check_privacy, check_public
from pitchcast.storage.s3.bucket import S3Bucket
from pitchcast.storage.s3.location import S3Location
from pitchcast.storage.s3.policy import (
    Current,
    carry_out,
    plan_opening,
    read_current,
    writer_policy,
)
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest

PLACE = S3Location("pitches", "cloud-bills")
NEIGHBOUR = {
    "Sid": "TheWebsite",
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::pitches/www/*",
}
OTHER = S3Location("pitches", "other")
PUBLIC, OTHER_PUBLIC = "arn:aws:s3:::pitches/cloud-bills/public/*", "arn:aws:s3:::pitches/other/public/*"


def earlier(place: S3Location) -> dict[str, object]:
    """Return the statement that earlier versions wrote for each show."""
    name = f"PitchcastListeners{hashlib.sha256(place.prefix.encode()).hexdigest()[:8]}"
    return {**statement(place), "Sid": name}


def statement(location: S3Location = PLACE) -> dict[str, object]:
    return dict(plan_opening(Current({}), location).policy["Statement"][-1])


class TestPlan:
    def test_grants_reading_of_public_and_nothing_else(self) -> None:
        """``s3:Get*`` would serve deleted versions, ``s3:ListBucket`` every token."""
        planned = plan_opening(Current({}), PLACE)
        assert planned.policy["Statement"] == [
            {
                "Sid": statement()["Sid"],
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::pitches/cloud-bills/public/*",
            }
        ]

    def test_a_show_at_the_top_of_a_bucket(self) -> None:
        assert statement(S3Location("pitches"))["Resource"] == "arn:aws:s3:::pitches/public/*"

    @pytest.mark.parametrize(
        "present",
        [
            pytest.param([NEIGHBOUR], id="in a list"),
            pytest.param(NEIGHBOUR, id="alone, which policies may write without one"),
        ],
    )
    def test_leaves_what_others_wrote(self, present: object) -> None:
        before = Current({"Version": "2008-10-17", "Id": "theirs", "Statement": present})
        planned = plan_opening(before, PLACE)
        assert planned.policy == {"Version": "2008-10-17", "Id": "theirs", "Statement": [NEIGHBOUR, statement()]}

    def test_all_shows_of_a_bucket_share_a_statement(self) -> None:
        first = plan_opening(Current({}), PLACE)
        second = plan_opening(Current(first.policy, first.cors), OTHER)
        [shared] = second.policy["Statement"]
        assert shared == {**statement(), "Resource": [PUBLIC, OTHER_PUBLIC]}
        assert len(second.cors) == 1
        assert plan_opening(Current(second.policy, second.cors), PLACE).is_done

    def test_statements_that_an_earlier_version_wrote_are_merged_when_a_show_is_added(self) -> None:
        before = Current({"Statement": [earlier(PLACE), NEIGHBOUR, earlier(OTHER)]})
        assert not plan_opening(before, PLACE).opens, "nothing is rewritten for a show that is open already"
        planned = plan_opening(before, S3Location("pitches", "third"))
        resources = [PUBLIC, OTHER_PUBLIC, "arn:aws:s3:::pitches/third/public/*"]
        assert planned.policy["Statement"] == [{**statement(), "Resource": resources}, NEIGHBOUR]

    def test_what_ops_have_narrowed_stays_narrow_for_the_other_shows(self) -> None:
        """A company lets only its own network listen: adding a show must not open the others to everybody."""
        condition = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
        both = plan_opening(Current(plan_opening(Current({}), PLACE).policy), OTHER).policy["Statement"][0]
        narrowed = {**both, "Condition": condition}
        third = S3Location("pitches", "third")
        added = plan_opening(Current({"Statement": [narrowed]}), third).policy["Statement"]
        assert added[0] == narrowed
        assert added[1]["Resource"] == "arn:aws:s3:::pitches/third/public/*"
        own = plan_opening(Current({"Statement": [narrowed]}), OTHER).policy["Statement"]
        assert {**narrowed, "Resource": [PUBLIC]} in own
        assert OTHER_PUBLIC in [each["Resource"] for each in own]
        assert len({each["Sid"] for each in own}) == len(own), "two statements of one id are refused by Amazon"
        assert plan_opening(Current({"Statement": own}), OTHER).policy["Statement"] == own

    def test_replaces_its_own_statement_where_it_was_changed(self) -> None:
        widened = {**statement(), "Action": "s3:Get*"}
        planned = plan_opening(Current({"Statement": [widened, NEIGHBOUR]}), PLACE)
        assert planned.policy["Statement"] == [statement(), NEIGHBOUR]

    @pytest.mark.parametrize(
        "principal",
        [pytest.param({"AWS": "*"}, id="as Amazon writes it"), pytest.param({"AWS": ["*"]}, id="as Ceph does")],
    )
    def test_is_done_whatever_way_the_service_writes_it_back(self, principal: object) -> None:
        planned = plan_opening(Current({}), PLACE)
        rewritten = {**statement(), "Principal": principal, "Action": ["s3:GetObject"]}
        cors = [{**planned.cors[0], "AllowedMethods": ["HEAD", "GET"]}]
        del cors[0]["ID"]
        again = plan_opening(Current({"Version": "2012-10-17", "Statement": [rewritten]}, cors), PLACE)
        assert again.is_done
        assert again.difference() == ""

    def test_shows_the_difference(self) -> None:
        text = plan_opening(Current({"Version": "2012-10-17", "Statement": [NEIGHBOUR]}), PLACE).difference()
        added = [line for line in text.splitlines() if line.startswith("+")]
        removed = [line for line in text.splitlines() if line.startswith("-") and not line.startswith("---")]
        assert any("arn:aws:s3:::pitches/cloud-bills/public/*" in line for line in added)
        assert not [line for line in removed if "www" in line]
        assert "cors now" in text

    def test_block_public_access_is_named_with_both_ways_out(self) -> None:
        with pytest.raises(AccessRefused, match="BlockPublicPolicy") as caught:
            plan_opening(Current({}, blocks=["BlockPublicPolicy"]), PLACE)
        assert "put-public-access-block --bucket pitches" in caught.value.hint
        assert "CloudFront" in caught.value.hint

    def test_more_shows_than_a_policy_holds(self) -> None:
        """Amazon takes 20 KB: hundreds of shows with long names; before they are full it is said, then refused."""
        names = [f"cloud-bills-explained-{number:03}" for number in range(400)]
        resources = [f"arn:aws:s3:::pitches/{name}/public/*" for name in names]
        full = {**statement(), "Resource": resources[:330]}
        noted = plan_opening(Current({"Statement": [full]}), PLACE).note
        over = {**statement(), "Resource": resources}
        with pytest.raises(StorageError, match="S3 takes") as caught:
            plan_opening(Current({"Statement": [over]}), PLACE)
        assert "another bucket" in noted
        assert "another bucket" in caught.value.hint
        assert plan_opening(Current({}), PLACE).note == ""


class TestPrintedPolicies:
    def test_writers_may_write_their_show_and_list_nothing_else(self) -> None:
        policy = writer_policy(PLACE, PLACE)
        write, listing = policy["Statement"]
        assert write["Resource"] == ["arn:aws:s3:::pitches/cloud-bills/*"]
        assert set(write["Action"]) == {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"}
        assert listing["Condition"] == {"StringLike": {"s3:prefix": "cloud-bills/*"}}
        json.dumps(policy)

    def test_a_private_half_in_a_bucket_of_its_own(self) -> None:
        write, *listings = writer_policy(PLACE, S3Location("vault"))["Statement"]
        assert write["Resource"] == ["arn:aws:s3:::pitches/cloud-bills/*", "arn:aws:s3:::vault/*"]
        assert [each["Resource"] for each in listings] == ["arn:aws:s3:::pitches", "arn:aws:s3:::vault"]


@pytest.fixture
def bucket(s3_environment: SeaweedFS) -> S3Bucket:
    address = Address(url=f"s3://{s3_environment.make_bucket()}/show", endpoint_url=s3_environment.endpoint_url)
    return S3Bucket(s3_environment.pitchcast_client(), address)


def set_up(bucket: S3Bucket) -> None:
    carry_out(plan_opening(read_current(bucket), bucket.main), bucket)


class TestOnARealServer:
    def test_listeners_get_in_and_only_there(self, bucket: S3Bucket) -> None:
        set_up(bucket)
        assert [finding.level for finding in check_privacy(bucket, bucket.default_public_url())] == ["ok"]
        assert [finding.level for finding in check_public(bucket, bucket.default_public_url())] == ["ok"]
        root = f"{bucket.endpoint_url}/{bucket.main.bucket}"
        bucket.put("public/tok/feed.xml", b"<rss/>", headers_of("feed.xml"))
        for closed in ("/", "/?list-type=2", "/?versions", "/?policy", "/?uploads", "/show/public/tok/feed.xml?acl"):
            assert anonymous_get(root + closed)[0] in (403, 404)

    def test_the_second_time_nothing_is_left_to_do(self, bucket: S3Bucket) -> None:
        set_up(bucket)
        assert plan_opening(read_current(bucket), bucket.main).is_done

    def test_neighbours_keep_their_doors(self, bucket: S3Bucket) -> None:
        name = bucket.main.bucket
        theirs = {**NEIGHBOUR, "Resource": f"arn:aws:s3:::{name}/www/*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [theirs]})
        bucket.client.put_bucket_policy(Bucket=name, Policy=policy)
        rule = {"AllowedMethods": ["PUT"], "AllowedOrigins": ["https://app.example"]}
        bucket.client.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})  # type: ignore[list-item, typeddict-item]
        bucket.client.put_object(Bucket=name, Key="www/index.html", Body=b"hello")
        set_up(bucket)
        assert anonymous_get(f"{bucket.endpoint_url}/{name}/www/index.html")[::2] == (200, b"hello")
        current = read_current(bucket)
        assert [each["Sid"] for each in current.policy["Statement"]] == ["TheWebsite", statement(bucket.main)["Sid"]]
        assert current.cors[0]["AllowedOrigins"] == ["https://app.example"]

    def test_a_hundred_and_seventeen_shows_share_a_bucket(self, bucket: S3Bucket) -> None:
        """As many as one company had: the last one is opened by the statement that the others have."""
        name, current = bucket.main.bucket, Current({})
        for number in range(116):
            current = Current(plan_opening(current, S3Location(name, f"team/salesperson-{number:03}")).policy)
        bucket.client.put_bucket_policy(Bucket=name, Policy=json.dumps(current.policy))
        set_up(bucket)
        assert len(read_current(bucket).policy["Statement"]) == 1
        assert plan_opening(read_current(bucket), bucket.main).is_done
        inside = ("team/salesperson-000", "team/salesperson-115", bucket.main.prefix)
        for prefix in inside:
            for half in ("public", "private"):
                bucket.client.put_object(Bucket=name, Key=f"{prefix}/{half}/x", Body=b"x")
        root = f"{bucket.endpoint_url}/{name}"
        assert [anonymous_get(f"{root}/{prefix}/public/x")[0] for prefix in inside] == [200] * 3
        assert [anonymous_get(f"{root}/{prefix}/private/x")[0] for prefix in inside] == [403] * 3
        bucket.client.put_object(Bucket=name, Key="somebody/public/x", Body=b"x")
        assert anonymous_get(f"{root}/somebody/public/x")[0] == 403, "other folders called public stay closed"

    def test_players_in_web_pages_may_seek(self, bucket: S3Bucket) -> None:
        set_up(bucket)
        bucket.put("public/tok/x.mp3", b"0123456789", headers_of("x.mp3"))
        url = f"{bucket.default_public_url()}/tok/x.mp3"
        with urlopen(Request(url, headers={"Origin": "https://player.example", "Range": "bytes=2-4"})) as answer:
            assert (answer.status, answer.read()) == (206, b"234")
            assert answer.headers["Access-Control-Allow-Origin"] in ("*", "https://player.example")
            assert "content-range" in answer.headers["Access-Control-Expose-Headers"].lower()
        asked = {
            "Origin": "https://player.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "range",
        }
        with urlopen(Request(url, headers=asked, method="OPTIONS")) as answer:
            assert answer.status == 200
            assert "range" in answer.headers["Access-Control-Allow-Headers"].lower()

    def test_planning_writes_nothing(self, bucket: S3Bucket) -> None:
        plan_opening(read_current(bucket), bucket.main).difference()
        assert read_current(bucket) == Current({})

    def test_settings_that_changed_since_are_not_overwritten(self, bucket: S3Bucket) -> None:
        planned = plan_opening(read_current(bucket), bucket.main)
        theirs = {**NEIGHBOUR, "Resource": f"arn:aws:s3:::{bucket.main.bucket}/www/*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [theirs]})
        bucket.client.put_bucket_policy(Bucket=bucket.main.bucket, Policy=policy)
        with pytest.raises(LostRace):
            carry_out(planned, bucket)
        assert [each["Sid"] for each in read_current(bucket).policy["Statement"]] == ["TheWebsite"]

    def test_a_missing_bucket_is_named(self, s3_environment: SeaweedFS) -> None:
        address = Address(url="s3://not-there-at-all", endpoint_url=s3_environment.endpoint_url)
        with pytest.raises(StorageError, match="not-there-at-all"):
            read_current(S3Bucket(s3_environment.pitchcast_client(), address))

    def test_a_folder_has_nothing_to_set_up(self, folder_storage: StorageUnderTest) -> None:
        assert isinstance(folder_storage.bucket, FolderBucket)
        with pytest.raises(StorageError, match="is a folder"):
            read_current(folder_storage.bucket)
