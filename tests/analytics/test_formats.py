"""Every form of access logs: what a server answered is what is read, and nothing that a listener sends changes that."""

import gzip
import io
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import compress

from tests.analytics.distilled import ERASED, MARK, SHARED, distil
from tests.analytics.logs import (
    AUDIO,
    MOMENT,
    TOKEN,
    WITHOUT_IDS,
    WITHOUT_RANGES,
    WRITERS,
    Asked,
    as_caddy,
    as_cloudflare,
    as_nginx,
    as_s3,
    as_w3c,
    cloudfront_values,
    log_of,
)

FORMS = tuple(WRITERS)
FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # each opens a database

AGENTS = st.sampled_from(["", "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)", "curl/8.1", 'odd "quoted" %20 x'])
REQUESTS = st.builds(
    Asked,
    at=st.integers(0, 3 * 86_400).map(lambda seconds: MOMENT + timedelta(seconds=seconds)),
    address=st.sampled_from(["203.0.113.9", "::ffff:203.0.113.9", "2001:db8::1", "2001:db8:0:0:1::"]),
    method=st.sampled_from(["GET", "GET", "GET", "HEAD"]),
    path=st.sampled_from([f"{TOKEN}/{AUDIO}", f"{TOKEN}/index.html", "cloud-bills/feed.xml", "x/y.mp3", f"{TOKEN}/no"]),
    query=st.sampled_from(["", "via=0123abcd.89abcdef", "via=nonsense", "a=b&via=00000000"]),
    status=st.sampled_from([200, 206, 304, 404]),
    start=st.integers(0, 1_000_000),
    sent=st.integers(2000, 1_000_000),
    agent=AGENTS,
)


def expected(form: str, asked: Asked) -> tuple[object, ...] | None:
    """Return what is to be kept of a request, None for nothing: the slow and obvious way."""
    folder, _, name = asked.path.partition("/")
    feed = {TOKEN: "acme-corp", "cloud-bills": "public"}.get(folder)
    what = {AUDIO: "audio", "index.html": "page", "feed.xml": "feed"}.get(name)
    if feed is None or what is None or asked.method != "GET":
        return None
    first = last = None
    if asked.status == 200:
        first, last = 0, asked.sent - 1
    elif asked.status == 206 and form not in WITHOUT_RANGES:
        first, last = asked.start, (asked.start or 0) + asked.sent - 1
    via = {"via=0123abcd.89abcdef": "0123abcd.89abcdef", "a=b&via=00000000": "00000000"}.get(asked.query, "")
    agent = asked.agent
    return (asked.at, feed, what, asked.status, asked.sent, first, last, via, asked.signed, agent)


@pytest.mark.parametrize("form", FORMS)
@FEW
@given(requests=st.lists(REQUESTS, min_size=1, max_size=40))
def test_what_was_answered_is_what_is_kept(form: str, requests: list[Asked]) -> None:
    numbered = [asked.but(id=f"R{number}") for number, asked in enumerate(requests)]
    if form == "S3":  # nothing escapes quotes there: what has any is for the strict parser, tested below
        numbered = [asked.but(agent=asked.agent.replace('"', "'")) for asked in numbered]
    if "CloudFront" in form:  # it encodes agents, and some twice, so one that holds %20 cannot be told
        numbered = [asked.but(agent=asked.agent.replace("%20", "")) for asked in numbered]
    numbered = [asked.but(agent=" ".join(asked.agent.split())) for asked in numbered]
    found = distil(log_of(form, [WRITERS[form](asked) for asked in numbered]))
    kept = [row for asked in numbered if (row := expected(form, asked))]
    assert found.brief == sorted(kept, key=repr)
    assert found.form == form
    assert (found.sums.lines, found.sums.kept) == (len(numbered), len(kept))
    assert found.sums.accounted == found.sums.lines
    assert not found.sums.unreadable


@pytest.mark.parametrize("form", FORMS)
def test_the_same_logs_give_the_same_rows(form: str) -> None:
    """Told twice, packed, in two files or cut in the midst of a line: a row is known by what it says."""
    lines = [WRITERS[form](Asked(id=f"R{number}", sent=2000 + number)) for number in range(5)]
    whole = {row["id"] for row in distil(log_of(form, lines)).rows}
    assert len(whole) == 5
    assert {row["id"] for row in distil(gzip.compress(log_of(form, lines))).rows} == whole
    assert {row["id"] for row in distil(log_of(form, lines[:3]), log_of(form, lines)).rows} == whole
    grown = log_of(form, lines)[:-40]
    assert {row["id"] for row in distil(grown).rows} <= whole


@pytest.mark.parametrize("form", FORMS)
def test_equal_lines_are_one_request_where_they_have_an_id(form: str) -> None:
    lines = [WRITERS[form](Asked())] * 3
    found = distil(log_of(form, lines))
    assert len(found.rows) == (3 if form in WITHOUT_IDS else 1)
    assert found.sums.kept == 3


MESS = st.lists(
    st.sampled_from([*"\"'\\ []{}-/:,.%\t\0\x01\x1f\x7fé0123GETHP", '" 206 - 1 2 3 4 "', '" 200 5 "', '\\"']),
    max_size=30,
).map("".join)


@pytest.mark.parametrize("form", FORMS)
@FEW
@given(mess=st.lists(MESS, min_size=1, max_size=20), data=st.data())
def test_hostile_lines_change_no_other(form: str, mess: list[str], data: st.DataObject) -> None:
    """Whatever stands between them: lines that are right are read, and every line is in the sums."""
    right = [WRITERS[form](Asked(id=f"R{number}", sent=2000 + number)) for number in range(8)]
    lines = [line.encode() for line in right]
    for text in mess:
        broken = right[0][: data.draw(st.integers(0, len(right[0])))] + text.replace("\n", "")
        at = data.draw(st.integers(4, len(lines)))
        lines.insert(at, data.draw(st.sampled_from([broken.encode(), text.encode(), broken.encode() + b"\xff\xfe"])))
    header = log_of(form, [])
    body = header + b"".join(line + data.draw(st.sampled_from([b"\n", b"\r\n"])) for line in lines)
    found = distil(body)
    assert {row["sent"] for row in found.rows} >= {2000 + number for number in range(8)}
    assert found.sums.accounted == found.sums.lines
    counted = [line for line in lines if line.strip() and not (form == "CloudFront" and line.startswith(b"#"))]
    assert found.sums.lines == len(counted)


class TestForged:
    def test_a_second_request_in_an_agent_is_refused(self) -> None:
        forged = as_s3(Asked(agent=f'x" 206 - 9 9 9 9 "-" "{AUDIO}'))
        found = distil(log_of("S3", [as_s3(Asked(id="R1")), forged]))
        assert (found.sums.kept, found.sums.unreadable["forged"]) == (1, 1)

    def test_quotes_alone_are_read(self) -> None:
        found = distil(log_of("S3", [as_s3(Asked(agent='say "hi" twice', query='q="x"'))]))
        assert found.brief[0][-1] == 'say "hi" twice'

    def test_another_time_in_a_user_name(self) -> None:
        line = as_nginx(Asked()).replace("- - [", "- x [01/Jan/2020:00:00:00 +0000] [", 1)
        found = distil(log_of("combined", [as_nginx(Asked()), line]))
        assert (found.sums.kept, found.sums.unreadable["forged"]) == (1, 1)

    def test_quotes_as_apache_writes_them(self) -> None:
        line = as_nginx(Asked(agent="x")).replace('"x"', r'"say \"hi\""')
        assert distil(log_of("combined", [line])).brief[0][-1] == 'say "hi"'


class TestBroken:
    def test_bytes_that_end_too_early(self) -> None:
        packed = gzip.compress(log_of("S3", [as_s3(Asked(id=f"{number:020d}" * 9)) for number in range(400)]))
        found = distil(packed[: len(packed) // 2])
        assert 0 < found.sums.kept < 400
        assert found.sums.accounted == found.sums.lines

    def test_a_line_of_three_megabytes(self) -> None:
        long = as_s3(Asked(agent="x" * 3_000_000))
        found = distil(log_of("S3", [as_s3(Asked(id="1")), long, as_s3(Asked(id="2"))]))
        assert (found.sums.lines, found.sums.kept, found.sums.unreadable["too long"]) == (3, 2, 1)

    def test_bytes_that_are_not_utf8_are_read_the_same_wherever_they_stand(self) -> None:
        line = as_s3(Asked(agent="caf?")).encode().replace(b"caf?", b"caf\xe9")
        alone = distil(line + b"\n")
        among = distil(log_of("S3", [as_s3(Asked(id="ü"))]) + line + b"\n")
        assert alone.rows[0]["id"] in {row["id"] for row in among.rows}
        assert alone.brief[0][-1] == "café"

    def test_what_is_no_log_is_named(self) -> None:
        found = distil(b"Dear reader,\nthis is no log.\n")
        assert found.problems == ["its lines are of no form that is known"]

    def test_an_empty_log_says_nothing(self) -> None:
        assert distil(b"", b"\n\n").sums.lines == 0


class TestWhose:
    @pytest.mark.parametrize(
        ("asked", "fate"),
        [
            pytest.param(
                Asked(path=f"{SHARED}/{AUDIO}", query=f"x-feed={MARK}"), "acme-corp", id="shared, by its mark"
            ),
            pytest.param(Asked(path=f"{SHARED}/{AUDIO}"), "others", id="shared, without a mark"),
            pytest.param(Asked(path=f"{SHARED}/{AUDIO}", query="x-feed=ffffffff"), "others", id="somebody's mark"),
            pytest.param(Asked(path=f"{ERASED}/index.html"), "erased", id="of somebody removed"),
            pytest.param(Asked(method="HEAD"), "method", id="not the content"),
            pytest.param(Asked(address="-"), "address", id="no address"),
            pytest.param(Asked(path=f"{TOKEN}/{AUDIO}".replace("-", "%252D")), "acme-corp", id="encoded twice"),
            pytest.param(Asked(path=f"{TOKEN}/%ff"), "others", id="encoded nonsense"),
        ],
    )
    def test_whose_a_line_is(self, asked: Asked, fate: str) -> None:
        found = distil(log_of("S3", [as_s3(asked)]))
        if found.rows:
            assert found.rows[0]["feed"] == fate
        else:
            assert fate == "others" or found.sums.dropped[fate] == 1
            assert (fate == "others") == (found.sums.others == 1)

    def test_the_public_feed_of_another_bucket_is_another_show(self) -> None:
        asked = Asked(path="cloud-bills/feed.xml")
        lines = [as_s3(asked), as_s3(asked.but(id="2"), bucket="others"), as_s3(asked.but(id="3"), prefix="")]
        assert distil(log_of("S3", lines)).sums.others == 2

    def test_who_signed_is_one_of_us(self) -> None:
        assert distil(log_of("S3", [as_s3(Asked(signed=True))])).rows[0]["signed"] is True


class TestWhatIsNotUtf8:
    def logs(self, *agents: bytes) -> bytes:
        lines = log_of("S3", [as_s3(Asked(id=f"R{number}", agent=f"AGENT{number}/1")) for number in range(len(agents))])
        for number, agent in enumerate(agents):
            lines = lines.replace(b"AGENT%d/1" % number, agent)
        return lines

    def test_packed_with_zstandard_it_is_the_same(self) -> None:
        """Latin-1 among UTF-8, as one server writes what browsers send, and bytes that are neither."""
        plain = self.logs(b"Andr\xe9's player/1.0", "Müller/1.0".encode(), b"\x80\x9f/1.0")
        found, packed = distil(plain), distil(compress(plain, codec="zstd", asbytes=True))
        assert {row["id"] for row in packed.rows} == {row["id"] for row in found.rows}
        assert sorted(packed.agents.values()) == sorted(found.agents.values())
        assert (packed.sums, packed.sums.kept) == (found.sums, 3)

    @pytest.mark.parametrize("form", WITHOUT_IDS)
    def test_packed_with_zstandard_no_line_is_lost(self, form: str) -> None:
        body = log_of(form, [WRITERS[form](Asked(address=f"203.0.113.{number}")) for number in range(3)])
        packed = distil(compress(body, codec="zstd", asbytes=True))
        assert (packed.sums.kept, packed.sums.unreadable) == (3, {})


class TestWhatIsNotRead:
    """Logs of CloudFront that cannot be read say what to set there."""

    def test_parquet(self) -> None:
        body = io.BytesIO()
        pq.write_table(pa.table({"cs_method": ["GET"] * 200, "cs_uri_stem": ["/x\n"] * 200}), body)
        (problem,) = distil(body.getvalue()).problems
        assert problem.startswith("it is Parquet")
        assert "W3C or JSON" in problem

    @pytest.mark.parametrize("between", ["\t", ",", "|", " "])
    def test_text_without_names_of_fields(self, between: str) -> None:
        line = between.join(cloudfront_values(Asked()).values())
        (problem,) = distil(f"{line}\n{line}\n".encode()).problems
        assert "#Fields" in problem
        assert "W3C or JSON" in problem

    @pytest.mark.parametrize("form", ["S3", "Cloudflare", "Caddy", "combined"])
    def test_what_a_scanner_left_at_the_beginning(self, form: str) -> None:
        """However many of the first lines are of no form, the log is read, and they are in its sums."""
        odd = "".join(f"\x16\x03 number {number}\n" for number in range(60)).encode()
        found = distil(odd + log_of(form, [WRITERS[form](Asked(id=f"R{number}")) for number in range(3)]))
        assert (found.form, found.problems) == (form, [])
        assert (found.sums.lines, found.sums.kept, found.sums.unreadable["form"]) == (63, 3, 60)

    def test_prose(self) -> None:
        assert distil(b"Logs from 2026-09-08 on are here.\n").problems == ["its lines are of no form that is known"]


class TestNumbers:
    def test_backblaze_does_not_say_how_much_was_sent(self) -> None:
        line = as_s3(Asked(status=200, sent=0)).replace("REST.GET.OBJECT", "REST.S3_GET_OBJECT")
        row = distil(log_of("S3", [line])).rows[0]
        assert (row["sent"], row["assumed"]) == (2_220_000, True)

    def test_cloudfront_promised_more_than_came(self) -> None:
        values = {**cloudfront_values(Asked(start=100)), "sc-bytes": "50000", "sc-content-len": "1048576"}
        row = distil(log_of("CloudFront", ["\t".join(values.values())])).rows[0]
        assert (row["sent"], row["first"], row["last"]) == (48_976, 100, 49_075)

    def test_cloudfront_sent_nothing(self) -> None:
        row = distil(log_of("CloudFront", [as_w3c(Asked(status=0))])).rows[0]
        assert (row["status"], row["sent"], row["first"]) == (0, 0, None)

    def test_an_agent_that_was_encoded_twice(self) -> None:
        line = as_w3c(Asked(agent="x")).replace("\tx\t", "\tPodcast%2520Addict\t")
        assert distil(log_of("CloudFront", [line])).brief[0][-1] == "Podcast Addict"

    @pytest.mark.parametrize("stamp", [1_788_861_600_000_000_000, 1_788_861_600, "2026-09-08T10:00:00Z"])
    def test_cloudflares_three_kinds_of_time(self, stamp: object) -> None:
        found = distil(log_of("Cloudflare", [as_cloudflare(Asked(), EdgeStartTimestamp=stamp)]))
        assert found.rows[0]["requested_at"] == datetime(2026, 9, 8, 10, tzinfo=UTC)

    def test_what_cloudflare_asked_itself(self) -> None:
        line = as_cloudflare(Asked(), ClientRequestSource="edgeWorkerFetch")
        assert distil(log_of("Cloudflare", [line])).sums.dropped["edge"] == 1

    def test_caddy_in_fractions_of_a_second(self) -> None:
        asked = Asked(at=datetime(2026, 9, 8, 10, 0, 0, 100_000, tzinfo=UTC))
        assert distil(log_of("Caddy", [as_caddy(asked)])).rows[0]["requested_at"] == asked.at

    def test_a_range_that_only_its_end_names_is_not_known(self) -> None:
        line = as_nginx(Asked()).replace("bytes=0-", "bytes=-500")
        assert distil(log_of("combined", [line])).rows[0]["first"] is None

    def test_combined_without_ranges(self) -> None:
        row = distil(log_of("combined", [as_nginx(Asked(), with_range=False)])).rows[0]
        assert (row["sent"], row["first"]) == (1_048_576, None)

    @pytest.mark.parametrize("form", FORMS)
    def test_numbers_without_end(self, form: str) -> None:
        lines = [WRITERS[form](Asked(id="1")), WRITERS[form](Asked(id="2", sent=10**30, start=10**30, size=10**30))]
        found = distil(log_of(form, lines))
        assert found.sums.accounted == found.sums.lines == 2
        assert found.sums.kept >= 1

    def test_one_address_in_many_spellings(self) -> None:
        spellings = ("203.0.113.9", "::ffff:203.0.113.9", "::FFFF:cb00:7109")
        rows = distil(log_of("S3", [as_s3(Asked(id=one, address=one)) for one in spellings])).rows
        assert len({row["address"] for row in rows}) == 1
        other = distil(log_of("S3", [as_s3(Asked(address="203.0.113.8"))])).rows[0]
        assert other["address"] != rows[0]["address"]
        assert other["block"] == rows[0]["block"]
