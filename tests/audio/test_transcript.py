"""Transcripts as people have them: what is said comes out, at the times of the audio, and nothing else does."""

import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.audio.transcript import parse_transcript
from pitchcast.errors import FileError
from pitchcast.feed.transcript import render_transcript
from pitchcast.model.transcript import (
    Cue,
    Timeline,
    Transcript,
    heard_transcript,
    pack_transcript,
    paragraphs,
    unpack_transcript,
)

VTT = """WEBVTT - made by hand
Kind: captions

STYLE
::cue { color: red }

NOTE the customer's name is secret

intro
00:02.500 --> 00:04.000 align:start position:10%
<v.loud Dana Reyes>Hello <i>there</i>, R&amp;D.
<v Sam>Hi <00:03.500>you.

01:00:01.000 --> 01:00:02.000
Three &lt; four
and more
"""
SRT = """1\r
00:00:02,5 --> 00:00:04,000\r
{\\an8}<font color='red'>Hello</font> there.\r
\r
2\r
00:00:04,000 --> 00:00:05,000\r
Bye\x00.\r
"""


def test_webvtt_is_read_with_its_speakers_and_without_anything_else() -> None:
    assert parse_transcript(VTT, "a.vtt").cues == (
        Cue(2.5, 4.0, "Hello there, R&D.", "Dana Reyes"),
        Cue(2.5, 4.0, "Hi you.", "Sam"),
        Cue(3601.0, 3602.0, "Three < four and more"),
    )


def test_subrip_and_plain_text_are_read() -> None:
    read = parse_transcript(SRT, "a.srt")
    assert read.cues == (Cue(2.5, 4.0, "Hello there."), Cue(4.0, 5.0, "Bye."))
    plain = parse_transcript("Hello\nthere.\n\n\nBye.\n", "a.txt")
    assert (plain.text, plain.extension, plain.cues) == ("Hello there.\n\nBye.", "txt", ())
    assert render_transcript(plain) == b"Hello there.\n\nBye.\n"


def test_subrip_without_empty_lines_is_read_cue_by_cue() -> None:
    lines = [line for line in SRT.splitlines() if line] + ["3", "00:00:06,000 --> 00:00:07,000", "In", "2027"]
    read = parse_transcript("\n".join([*lines, "4", "00:00:08,000 --> 00:00:09,000", "Done."]), "a.srt")
    assert [cue.text for cue in read.cues] == ["Hello there.", "Bye.", "In 2027", "Done."]


def test_a_number_that_is_said_stays_where_cues_have_no_numbers() -> None:
    read = parse_transcript("00:01.000 --> 00:02.000\nIn\n2027\n00:03.000 --> 00:04.000\nDone.\n", "a.vtt")
    assert [cue.text for cue in read.cues] == ["In 2027", "Done."]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("WEBVTT\n\n", "holds no words", id="empty"),
        pytest.param("  \n", "holds no words", id="blank"),
        pytest.param("WEBVTT\n\n00:01 --> 00:02\nHello", r"a.vtt, line 3: '00:01 --> 00:02' is no time", id="no time"),
        pytest.param("WEBVTT\n\n00:02.000 --> 00:01.000\nx", "line 3: ends before it starts", id="backwards"),
        pytest.param("1\n0:0:1,0 --> 0:0:2,0\nx\n2\n0:0:3 --> 0:0:4\ny", "line 5: .* is no time", id="second time"),
        pytest.param("00:01.000 --> 00:02.000\nx\n\nlost words\n", "line 4: 'lost words' has no times", id="lost"),
        pytest.param("10:00.000 --> 10:02.000\nx", "goes on to 600 s, the recording ends at 60 s", id="another's"),
    ],
)
def test_what_is_no_transcript_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(FileError, match=reason):
        parse_transcript(text, "a.vtt", 60.0)


def test_words_move_with_cuts_shortened_pauses_and_intro_always_from_the_recording_s_times() -> None:
    timeline = Timeline(voice_at_s=5.0, kept=((2.0, 10.0), (14.0, 20.0)), recording_s=25.0)
    said = Transcript(
        cues=(
            Cue(0.0, 3.0, "cut into"),
            Cue(4.0, 5.0, "kept"),
            Cue(9.0, 15.0, "over the cut"),
            Cue(11.0, 13.0, "in it"),
            Cue(16.0, 30.0, "to the end"),
        )
    )
    heard = heard_transcript(unpack_transcript(pack_transcript(said)), timeline.rounded(), duration_s=21.0)
    assert [(cue.start_s, cue.end_s) for cue in heard.cues] == [
        (5.0, 6.0),
        (7.0, 8.0),
        (12.0, 14.0),
        (13.0, 13.1),
        (15.0, 21.0),
    ]
    assert heard_transcript(said, timeline, duration_s=13.0).cues[-1].text == "over the cut"


def test_published_document_is_webvtt_as_others_read_it() -> None:
    """Read back by our own reader of other people's files, and by the line: nothing said can end a cue or a tag."""
    cues = (Cue(0.0, 1.5, "a --> b </v> & <c>", "Q&A <host>"), Cue(3661.25, 3662.0, "second"))
    body = render_transcript(Transcript(cues=cues)).decode()
    lines = io.StringIO(body).read().split("\n")
    assert lines[0] == "WEBVTT"
    assert lines[2] == "00:00:00.000 --> 00:00:01.500"
    assert lines[3] == "<v Q&amp;A &lt;host&gt;>a --&gt; b &lt;/v&gt; &amp; &lt;c&gt;"
    assert lines[5] == "01:01:01.250 --> 01:01:02.000"
    assert parse_transcript(body, "a.vtt").cues[1] == cues[1]


def test_cues_become_paragraphs_to_read() -> None:
    whole = "Ten words make a sentence that somebody says, so here."
    cues = [Cue(float(at), at + 1.0, whole if at % 2 else "And a") for at in range(20)]
    cues.append(Cue(20.0, 21.0, "Something else.", "Sam"))
    found = list(paragraphs(cues))
    assert [one.speaker for one in found] == ["", "", "Sam"]
    assert all(len(one.text) < 660 for one in found)
    assert " ".join(one.text for one in found) == " ".join(cue.text for cue in cues)
    assert all(one.text.endswith(".") for one in found)


@given(st.one_of(st.text(max_size=60), st.text(st.sampled_from("0159:.,-> \n<v/>WEBVTNOE&#;{\\}"), max_size=80)))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_transcript_or_refused(text: str) -> None:
    for given_text in (text, f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}"):
        with suppress(FileError):
            parse_transcript(given_text, "pitch.vtt", 100)
