"""Attacks by those who write into access logs: any listener's request, referrer and agent stands in them."""

from tests.analytics.distilled import distil
from tests.analytics.logs import AUDIO, TOKEN, Asked, as_s3, log_of

FORGED = f'x" 206 - 2220000 2220000 70 10 "-" "Overcast/3.0" - GET /{TOKEN}/{AUDIO}'


def test_make_up_downloads_by_quotes_in_an_agent() -> None:
    """Such a line is refused and counted; the object, the address and the time never come from what was sent."""
    asked = Asked(path="others/file.mp3", sent=5, agent=FORGED)
    found = distil(log_of("S3", [as_s3(Asked(id="R1")), as_s3(asked), as_s3(asked.but(query=FORGED, agent="x"))]))
    assert [row["sent"] for row in found.rows] == [1_048_576]
    assert found.sums.unreadable["forged"] + found.sums.others == 2


def test_stop_the_counting_by_a_line_that_cannot_be_read() -> None:
    mess = [b"\xff\xfe\0" * 50, b'"' * 1001, as_s3(Asked(agent="x" * 3_000_000)).encode(), b'79a5 "unclosed']
    lines = [as_s3(Asked(id="1")).encode(), *mess, as_s3(Asked(id="2")).encode()]
    found = distil(b"".join(line + b"\n" for line in lines))
    assert len(found.rows) == 2
    assert found.sums.accounted == found.sums.lines == 6
