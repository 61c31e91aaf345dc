"""Chapter files: both forms, and every mistake with its line."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.audio.chapters import parse_chapters, read_chapters
from pitchcast.errors import FileError
from pitchcast.model.episode import Chapter

WANTED = (Chapter(start_s=0.0, title="Hello"), Chapter(start_s=90.5, title="What to turn off"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("00:00:00 Hello\n00:01:30.5 What to turn off\n", id="hours"),
        pytest.param("\n# made by hand\n0:00 Hello\r\n1:30.5\tWhat to turn off", id="minutes, comment, tab"),
        pytest.param(
            json.dumps(
                {
                    "version": "1.2.0",
                    "chapters": [{"startTime": 0, "title": "Hello"}, {"startTime": 90.5, "title": "What to turn off"}],
                }
            ),
            id="json",
        ),
    ],
)
def test_both_forms(text: str) -> None:
    assert parse_chapters(text, "marks.txt", 100) == WANTED


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("0.000000\t0.000000\tHello\n90.500000\t93.000000\tWhat to turn off\n", id="Audacity"),
        pytest.param("0,000000\t0,000000\tHello\n90,500000\t93,000000\tWhat to turn off\n", id="with commas"),
        pytest.param("0.0\t1.0\tHello\n\\\t100.0\t2000.0\n90.5\t93.0\tWhat to turn off", id="with frequencies"),
        pytest.param("0:00 \u2013 Hello\n1:30.5 - What to turn off", id="dashes"),
        pytest.param("0:00 | Hello\n1:30.5 \u2014 What to turn off", id="other separators"),
        pytest.param("0:00 <b>Hello</b>\n1:30.5 <v Dana>What to turn off", id="tags"),
        pytest.param(
            '{"chapters": [{"startTime": 0, "title": "<i>Hello</i>"}, {"startTime": 3, "toc": false, "img": "a.png"},'
            ' {"startTime": 90.5, "title": "What to turn off", "toc": true}]}',
            id="json with pictures that are not chapters",
        ),
    ],
)
def test_what_other_programs_write(text: str) -> None:
    assert parse_chapters(text, "marks.txt", 100) == WANTED


def test_a_title_keeps_what_only_looks_like_a_tag_or_dash() -> None:
    for title in ("-10 % and a < b > c", 'Step "two" & <three>', "<Acme> and <you@example.com>"):
        assert parse_chapters(f"0:00 {title}", "marks.txt")[0].title == title


def test_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "marks.txt"
    path.write_bytes("00:00 Grüße".encode("utf-8-sig"))
    assert read_chapters(path) == (Chapter(start_s=0.0, title="Grüße"),)


def test_links_of_json() -> None:
    text = (
        '{"chapters": [{"startTime": 1, "title": "a", "url": "https://x.example", "img": "https://x.example/i.png"}]}'
    )
    assert parse_chapters(text, "c.json") == (Chapter(start_s=1.0, title="a", url="https://x.example"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "names no chapters", id="empty"),
        pytest.param("0:00 a\n0:30 b\n0:20 c", "line 3: a chapter at 20 s follows one at 30 s", id="order"),
        pytest.param("0:00 a\n0:00 b", "line 2: .* in order", id="equal"),
        pytest.param("0:00 a\n2:00 b", r"line 2: .* past the recording's end at 100\.0 s", id="past the end"),
        pytest.param("-0:10 a", "line 1: .* before the recording", id="negative"),
        pytest.param("0:00 a\n0:30", "line 2: .* no title", id="no title"),
        pytest.param("0:00 a\nhello", "line 2: 'hello' does not start with a time", id="no time"),
        pytest.param("0:75 a", "line 1", id="seconds over 59"),
        pytest.param("1:75:00 a", "line 1", id="minutes over 59"),
        pytest.param("\n".join(f"0:00.{n:03d} t" for n in range(256)), "256 chapters", id="too many"),
        pytest.param('{"chapters": [\n{"startTime": 0,}]}', "line 2", id="broken json"),
        pytest.param('{"version": "1.2.0"}', 'no list "chapters"', id="no list"),
        pytest.param('{"chapters": []}', "names no chapters", id="empty list"),
        pytest.param('{"chapters": [{"startTime": "0", "title": "a"}]}', 'chapter 1: "startTime"', id="text as time"),
        pytest.param('{"chapters": [{"startTime": -1, "title": "a"}]}', "chapter 1: .* before", id="negative json"),
        pytest.param('{"chapters": [{"startTime": NaN, "title": "a"}]}', "line 1", id="not a number"),
        pytest.param('{"chapters": [{"startTime": 1}]}', "chapter 1: .* no title", id="json without title"),
        pytest.param('{"chapters": [7]}', "chapter 1: is not an object", id="no object"),
        pytest.param('{"chapters": [{"startTime": 1, "title": 5}]}', "chapter 1", id="title no text"),
    ],
)
def test_mistakes_name_file_and_place(text: str, message: str) -> None:
    with pytest.raises(FileError, match=message) as caught:
        parse_chapters(text, "marks.txt", 100)
    assert "marks.txt" in caught.value.message or "256" in caught.value.message
    assert caught.value.hint


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "marks.txt").write_bytes(b"\xff\xfe0\x00:\x00")
    with pytest.raises(FileError, match=r"marks\.txt is not UTF-8"):
        read_chapters(tmp_path / "marks.txt")
    with pytest.raises(FileError, match=r"none\.txt cannot be read: No such file"):
        read_chapters(tmp_path / "none.txt")


@given(st.one_of(st.text(max_size=60), st.text(st.sampled_from('0159:.-> \n{}[]",chapterstiTm\\'), max_size=80)))
@settings(max_examples=300, deadline=None)
def test_any_text_is_chapters_or_refused(text: str) -> None:
    for given_text in (text, '{"chapters": [{"startTime": 1, "title": "' + text):
        with suppress(FileError):
            parse_chapters(given_text, "marks.txt", 100)
