"""The door for texts and tables: whatever comes, an answer or an error, soon and in little memory."""

import gzip
import io
import json
import os
import re
import threading
import time
import tomllib
import zipfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.audio.transcript import read_transcript
from pitchcast.cli.parsing import read_notes
from pitchcast.errors import FileError, StorageUnavailable
from pitchcast.reading import FileKind, in_time, parse_json, parse_toml, read_body, read_bytes, read_text, unpacked

KIND = FileKind(what="a text", at_most_bytes=100, error=FileError, hint="Name a text file.")
TOML = st.text(st.sampled_from("ab.=\"'#\n[]{}\\,1 "), max_size=60)


class TestFiles:
    def test_what_is_allowed_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfgr\xc3\xbcn\r\nblau\r" + b"x" * 80)
        assert read_text(tmp_path / "a.txt", KIND) == "grün\nblau\n" + "x" * 80

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            pytest.param(b"x" * 101, "a.txt is too large for a text: more than 100 bytes", id="one byte too many"),
            pytest.param(b"a\nb\xff", r"a.txt is not UTF-8 text \(line 2\)", id="not UTF-8"),
        ],
    )
    def test_what_is_not_allowed_is_named(self, tmp_path: Path, content: bytes, message: str) -> None:
        (tmp_path / "a.txt").write_bytes(content)
        with pytest.raises(FileError, match=message) as caught:
            read_text(tmp_path / "a.txt", KIND)
        assert "Name a text file." in caught.value.hint

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match="is a folder, not a file"):
            read_bytes(tmp_path, KIND)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
    def test_a_pipe_that_nobody_writes_into(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(FileError, match="is a pipe or a device"):
            read_bytes(tmp_path / "pipe", KIND)

    @pytest.mark.skipif(not Path("/dev/zero").exists(), reason="Windows has no such device")
    def test_a_device_without_end(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").symlink_to("/dev/zero")
        with pytest.raises(FileError, match="is a pipe or a device"):
            read_bytes(tmp_path / "a.txt", KIND)


class TestJson:
    @given(text=st.one_of(st.text(max_size=60), st.binary(max_size=60)))
    @settings(max_examples=200, deadline=None)
    def test_anything_is_a_document_or_a_value_error(self, text: str | bytes) -> None:
        with suppress(ValueError):
            parse_json(text, dict[str, Any])

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param('{"a":' + "[" * 100_000, id="nested, never closed"),
            pytest.param('{"a":' + '{"a":' * 100_000 + "1" + "}" * 100_001, id="nested"),
            pytest.param('{"a": ' + "9" * 5000 + "}", id="a number of 5,000 digits"),
            pytest.param('{"a": "\\ud800"}', id="half a character"),
        ],
    )
    def test_what_would_be_another_error(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"nested|out of range|malformed|truncated"):
            parse_json(text, dict[str, Any])

    def test_the_line_is_named(self) -> None:
        with pytest.raises(ValueError, match=r"\(line 3\)"):
            parse_json('{\n"a": 1,\n}', dict[str, Any])


class TestToml:
    @given(text=TOML)
    @settings(max_examples=500, deadline=None)
    def test_it_is_what_the_parser_says(self, text: str) -> None:
        try:
            wanted = tomllib.loads(text)
        except ValueError as error:
            with pytest.raises(ValueError, match=re.escape(str(error))):
                parse_toml(text)
        else:
            assert parse_toml(text) == wanted

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("a" + ".a" * 30_000 + " = 1", id="a key of 30,000 parts"),
            pytest.param('"a"' + ' . "=#"' * 30_000 + " = 1", id="in quotes"),
            pytest.param("x = '''\n[[[[''' \na" + ".'\\'" * 30_000 + " = 1", id="behind a string"),
            pytest.param('x = "\\"\\\\"\na' + ".a" * 30_000 + " = 1", id="behind escapes"),
            pytest.param("[" + "a." * 30_000 + "a]", id="a header"),
            pytest.param("x = " + "[" * 30_000, id="lists"),
            pytest.param("x = " + "{a=" * 30_000, id="tables"),
        ],
    )
    def test_nesting_that_takes_seconds_is_not_begun(self, text: str) -> None:
        with pytest.raises(ValueError, match="nested more than 50 deep"):
            parse_toml(text)

    def test_dots_in_texts_nest_nothing(self) -> None:
        text = f'a = \'{"." * 200}\'\nb = """\n{"a.b" * 100}\\" {"[" * 100}""" # {"." * 100}\n'
        assert set(parse_toml(text)) == {"a", "b"}


class TestUnpacking:
    @given(body=st.binary(max_size=100), cut=st.integers(0, 60), more=st.binary(max_size=5))
    @settings(max_examples=200, deadline=None)
    def test_anything_is_unpacked_or_a_value_error(self, body: bytes, cut: int, more: bytes) -> None:
        packed = gzip.compress(body, mtime=0)
        if cut or more:
            with suppress(ValueError):
                unpacked(packed[: len(packed) - cut] + more, 1000)
        else:
            assert unpacked(packed, 1000) == body

    def test_several_in_one_and_padding(self) -> None:
        assert unpacked(gzip.compress(b"a") + gzip.compress(b"b") + b"\0\0", 2) == b"ab"

    def test_a_bomb_is_stopped_at_the_limit(self) -> None:
        bomb = gzip.compress(b"\0" * 50_000_000)
        with pytest.raises(ValueError, match="unpacks to more than 1 MB"):
            unpacked(bomb, 1_000_000)
        with pytest.raises(ValueError, match="unpacks to more than 3 MB"):
            unpacked(gzip.compress(b"a" * 1_000_000) * 4, 3_000_000)


class TestFetching:
    def test_a_body_without_end_is_cut(self) -> None:
        class Endless:
            def read1(self, n: int = -1, /) -> bytes:
                return b"x" * n

        assert len(read_body(Endless(), 5_000_000)) == 5_000_001

    def test_what_takes_too_long_is_given_up(self) -> None:
        stop = threading.Event()
        with pytest.raises(StorageUnavailable, match="here: no whole answer in 0 s"):
            in_time(lambda: stop.wait(60), 0.05, "here")
        stop.set()

    def test_errors_come_through(self) -> None:
        def fail() -> None:
            raise KeyError("x")

        with pytest.raises(KeyError):
            in_time(fail, 60, "here")

    def test_an_answer_comes_through(self) -> None:
        assert in_time(lambda: json.loads("[1]"), 60, "here") == [1]
        assert in_time(time.monotonic, 60, "here") > 0


def zipped(**files: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return body.getvalue()


DOCUMENTS = [
    pytest.param(rb"{\rtf1\ansi Hello}", "a Rich Text document (RTF)", id="RTF"),
    pytest.param(b"%PDF-1.7\nHello", "a PDF", id="PDF"),
    pytest.param(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512), "an older Word document", id="DOC"),
    pytest.param(zipped(**{"word/document.xml": "<w/>"}), "a Word document (DOCX)", id="DOCX"),
    pytest.param(zipped(mimetype="x", **{"Index/Document.iwa": "x"}), "a Pages document", id="Pages"),
    pytest.param(zipped(a="b"), "a ZIP archive", id="ZIP"),
]


@pytest.mark.parametrize(("body", "what"), DOCUMENTS)
@pytest.mark.parametrize("name", ["notes.md", "notes.txt", "notes"])
def test_documents_are_told_by_their_content(tmp_path: Path, body: bytes, what: str, name: str) -> None:
    """As notes and as a transcript, whatever the name says."""
    (tmp_path / name).write_bytes(body)
    for read in (partial(read_notes, None), read_transcript):
        with pytest.raises(FileError) as caught:
            read(tmp_path / name)
        assert caught.value.message == f"{name} is {what}, not plain text"
        assert caught.value.hint.startswith("Open it and save it as ")


def test_an_opendocument_text_is_told_by_its_content(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "notes.odt", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<x/>")
    with pytest.raises(FileError, match="an OpenDocument text"):
        read_notes(None, tmp_path / "notes.odt")


@pytest.mark.parametrize("text", ["PK is short for Peter Klein", "{rtf} is no document", "See the %PDF- mark"])
def test_text_that_only_looks_a_bit_like_a_document_is_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "notes.md").write_text(text)
    assert read_notes(None, tmp_path / "notes.md") == text
