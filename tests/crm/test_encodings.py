"""Encodings: what is certain is read, everything else is shown by the names and asked for."""

import pytest

from pitchcast.crm.encodings import BROKEN, check_encoding
from pitchcast.crm.table import TableOptions, read_table
from pitchcast.errors import TableError, UnclearEncoding, UsageError

NAMES = [
    pytest.param("Zoë Müller", "cp1252", id="Latin with accents"),
    pytest.param("Łukasz Żółć", "cp1250", id="Polish"),
    pytest.param("Иван Петров", "cp1251", id="Cyrillic"),
    pytest.param("Иван Петров", "KOI8-R", id="Cyrillic, KOI8"),
    pytest.param("Γιώργος Παπαδόπουλος", "cp1253", id="Greek"),
    pytest.param("Ayşe Yıldız", "cp1254", id="Turkish"),
    pytest.param("שלום כהן", "cp1255", id="Hebrew"),
    pytest.param("محمد علي", "cp1256", id="Arabic"),
    pytest.param("王小明", "GB18030", id="Chinese"),
    pytest.param("王小明", "Big5", id="Chinese, traditional"),
    pytest.param("山田太郎", "Shift-JIS", id="Japanese"),
    pytest.param("김철수", "cp949", id="Korean"),
    pytest.param("สมชาย ใจดี", "cp874", id="Thai"),
    pytest.param("Zoë Müller", "MacRoman", id="old Macs"),
]


def a_list(name: str, encoding: str) -> bytes:
    return f"Record ID,Name,Email\r\n7,{name},jo@acme.example\r\n8,Plain,pl@acme.example\r\n".encode(
        {"Shift-JIS": "cp932", "Big5": "cp950", "MacRoman": "mac_roman"}.get(encoding, encoding)
    )


def names_of(body: bytes, encoding: str = "") -> list[str]:
    return [row.cells[1] for row in read_table(body, "list.csv", TableOptions(encoding=encoding)).rows]


@pytest.mark.parametrize(("name", "encoding"), NAMES)
def test_a_single_name_in_an_old_encoding_is_never_guessed_and_the_right_reading_is_offered(
    name: str, encoding: str
) -> None:
    body = a_list(name, encoding)
    with pytest.raises(UnclearEncoding) as caught:
        read_table(body, "list.csv")
    shown = {one.id: one.shown for one in caught.value.candidates}
    assert any(name in reading for reading in shown.values()), shown
    assert all(one.shown in caught.value.message for one in caught.value.candidates)
    assert "acme.example" not in caught.value.message
    assert caught.value.exit_code == 2
    assert names_of(body, encoding) == [name, "Plain"]


@pytest.mark.parametrize(("name", "encoding"), NAMES)
@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_marks_utf_16_and_utf_8_are_certain_in_every_script(name: str, encoding: str, form: str) -> None:
    table = read_table(a_list(name, form), "list.csv")
    assert table.rows[0].cells[1] == name
    assert table.encoding == form[:6].removesuffix("-")


def test_names_are_shown_that_tell_the_readings_apart() -> None:
    """The first hundred names read alike in the Western and the Turkish encoding; one further down does not."""
    people = [*(f"Müller{number}" for number in range(100)), "Yıldız"]
    body = "\n".join(["Name", *people]).encode("cp1254")
    with pytest.raises(UnclearEncoding) as caught:
        read_table(body, "list.csv")
    shown = {one.id: one.shown for one in caught.value.candidates}
    assert "Yıldız" in shown["cp1254"]
    assert "Yýldýz" in shown["cp1252"]


def test_encodings_in_which_all_is_the_same_are_offered_once() -> None:
    with pytest.raises(UnclearEncoding) as caught:
        read_table("Name\nMüller\n".encode("cp1252"), "list.csv")
    readings = [one.shown.partition(": ")[2] for one in caught.value.candidates]
    assert len(readings) == len(set(readings))
    assert caught.value.candidates[0].id == "cp1252"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("windows-1250", "cp1250"),
        ("Latin-1", "cp1252"),
        ("Shift-JIS", "Shift-JIS"),
        ("sjis", "Shift-JIS"),
        ("gbk", "GB18030"),
        ("MacRoman", "MacRoman"),
        ("UTF8", "utf-8"),
        ("iso-8859-2", "iso8859-2"),
    ],
)
def test_encodings_go_by_all_their_names(said: str, name: str) -> None:
    assert check_encoding(said) == name
    assert check_encoding(name) == name


@pytest.mark.parametrize(
    "said", ["klingon", "rot13", "base64", "unicode_escape", "idna", "utf-7", "..", "a\0b", "\udcff"]
)
def test_what_is_no_encoding_of_lists_is_refused_with_those_there_are(said: str) -> None:
    with pytest.raises(UsageError, match="--encoding") as caught:
        check_encoding(said)
    assert "cp1250" in caught.value.hint


def test_a_mark_in_the_file_wins_over_what_was_said_and_that_is_told() -> None:
    table = read_table(a_list("Müller", "utf-8-sig"), "list.csv", TableOptions(encoding="cp1252"))
    assert table.rows[0].cells[1] == "Müller"
    assert "mark of UTF-8" in table.warnings[0]


def test_a_list_that_reads_as_utf_8_too_is_read_as_was_said_and_that_is_told() -> None:
    """Some Chinese characters in GBK are UTF-8 by accident."""
    body = b"Name\n" + "捷".encode("gbk") + b"\n"
    assert [row.cells[0] for row in read_table(body, "l.csv", TableOptions(encoding="gbk")).rows] == ["捷"]
    table = read_table("Name\nMüller\n".encode(), "list.csv", TableOptions(encoding="cp1252"))
    assert "reads as UTF-8 too" in table.warnings[0]


def test_a_list_in_another_encoding_than_was_said_is_refused() -> None:
    with pytest.raises(TableError, match="is not in the encoding utf-8"):
        names_of(a_list("Łukasz Żółć", "cp1250"), "utf-8")


def test_a_broken_byte_spoils_one_row_also_in_an_encoding_that_was_said() -> None:
    body = "Name,Name2\n1,Żółć\n2,Łódź\n3,Gda".encode("cp1250") + b"\x81sk\n"
    assert names_of(body, "cp1250") == ["Żółć", "Łódź", f"Gda{BROKEN}sk"]


def test_the_likely_encodings_of_a_long_list_are_found_quickly_enough_to_be_asked_for() -> None:
    body = b"Name\n" + "".join(f"Żółć {number}\n" for number in range(50_000)).encode("cp1250")
    with pytest.raises(UnclearEncoding) as caught:
        read_table(body, "list.csv")
    assert len(caught.value.message) < 4000
