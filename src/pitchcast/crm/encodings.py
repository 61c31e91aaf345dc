"""Which encoding a list is in: a byte order mark, UTF-16 and strict UTF-8 are certain, everything else is asked for.

Bytes of an old encoding are text in a dozen others too. In a list of a few names nothing but these names tells which
is right, and people see that at once.
"""

import codecs
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from pitchcast.crm.columns import find_columns
from pitchcast.crm.csv_text import beginning_of, find_separator
from pitchcast.crm.header import find_header
from pitchcast.errors import Candidate, PitchcastError, TableError, UnclearEncoding, UsageError

BROKEN = "\ufffd"
"""Stands where a byte was no text in the file's encoding."""


class Encoding(NamedTuple):
    """An encoding by the name that people know, Python's name for it, and where it is used."""

    name: str
    codec: str
    used: str


class Decoded(NamedTuple):
    """The text of a list, the name of its encoding, and what is odd about that."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


_LIKELY = (
    Encoding("cp1252", "cp1252", "Western Europe"),
    Encoding("cp1250", "cp1250", "Central Europe"),
    Encoding("cp1251", "cp1251", "Cyrillic"),
    Encoding("cp1253", "cp1253", "Greek"),
    Encoding("cp1254", "cp1254", "Turkish"),
    Encoding("cp1255", "cp1255", "Hebrew"),
    Encoding("cp1256", "cp1256", "Arabic"),
    Encoding("cp1257", "cp1257", "Baltic"),
    Encoding("cp1258", "cp1258", "Vietnamese"),
    Encoding("cp874", "cp874", "Thai"),
    Encoding("Shift-JIS", "cp932", "Japanese"),
    Encoding("EUC-JP", "euc_jp", "Japanese"),
    Encoding("GB18030", "gb18030", "Chinese"),
    Encoding("Big5", "cp950", "Chinese"),
    Encoding("cp949", "cp949", "Korean"),
    Encoding("MacRoman", "mac_roman", "old Macs, Western Europe"),
    Encoding("MacLatin2", "mac_latin2", "old Macs, Central Europe"),
    Encoding("MacCyrillic", "mac_cyrillic", "old Macs, Cyrillic"),
    Encoding("KOI8-R", "koi8_r", "Cyrillic"),
    Encoding("cp850", "cp850", "DOS, Western Europe"),
    Encoding("cp852", "cp852", "DOS, Central Europe"),
    Encoding("cp866", "cp866", "DOS, Cyrillic"),
)
"""Encodings that lists without a mark are in, the common ones first."""

_WIDER = {"shift_jis": "cp932", "gbk": "gb18030", "gb2312": "gb18030", "euc_kr": "cp949", "big5": "cp950"}
_WIDER |= {"iso8859-1": "cp1252", "iso8859-9": "cp1254", "tis-620": "cp874", "utf-8-sig": "utf-8"}
"""What is called by the first name holds the characters of the second: programs on Windows write no other."""

_TEXT = re.compile(
    r"utf-(8|16|32)(-[lb]e)?|iso8859-\d+|iso2022_\w+|euc_\w+|cp\d+|koi8-\w|mac-\w+|big5\w*|gb18030|johab"
)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff]")  # stand in no name
_ENOUGH_BYTES = 4096  # tell UTF-16
_TELLING_BYTES = 5_000_000  # in lines that are not ASCII; what they leave open is asked
_ROWS = 2000  # whose names are compared
_SHOWN, _ALWAYS_SHOWN, _SHOWN_NAMES, _SHOWN_LETTERS = 12, 2, 5, 60
_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC")  # stand in one word


def decode(body: bytes, where: str, said: str, mapping: Sequence[str] = ()) -> Decoded:
    """Return the text of a list, in the encoding that was *said* unless a mark in the file says otherwise.

    In a file with a few bytes that are no text, those become ``BROKEN``. Raises UnclearEncoding, with names as they
    read in the likely encodings, where none is certain; TableError where it is not in the one that was said.
    """
    wanted = check_encoding(said) if said else ""
    for mark, codec in _MARKS:
        if body.startswith(mark):
            text = body.decode("utf-8-sig" if codec == "utf-8" else codec, errors="replace")
            return Decoded(text, codec, _other_than(wanted, codec))
    if wanted:
        return _decoded_as(body, where, wanted)
    certain = _utf_16(body) or _utf_8(body)
    if certain is None:
        raise _unclear(body, where, mapping)
    return certain


def check_encoding(text: str) -> str:
    """Return the name of an encoding, as it is known here. Raises UsageError for one that is unknown or no text's."""
    try:
        found = codecs.lookup(text.strip()).name
    except (LookupError, ValueError):
        found = ""
    codec = codecs.lookup(_WIDER.get(found, found)).name if found else ""
    if not _TEXT.fullmatch(codec):
        known = ", ".join(["utf-8", "utf-16", *(one.name for one in _LIKELY)])
        raise UsageError(f"--encoding “{text}” is not known", hint=f"Known are: {known}.")
    return next((one.name for one in _LIKELY if codecs.lookup(one.codec).name == codec), codec)


def _decoded_as(body: bytes, where: str, name: str) -> Decoded:
    text = body.decode(_codec(name), errors="replace")
    if not _is_mostly_text(text):
        raise TableError(
            f"{where} is not in the encoding {name}",
            hint="Leave --encoding out: then it is recognised, or names are shown as they read in others.",
        )
    if name != "utf-8" and not body.isascii() and _utf_8(body, strictly=True):
        return Decoded(text, name, (f"{where} reads as UTF-8 too: if names look wrong, leave --encoding out",))
    return Decoded(text, name)


def _codec(name: str) -> str:
    return next((one.codec for one in _LIKELY if one.name == name), name)


def _other_than(wanted: str, found: str) -> tuple[str, ...]:
    if not wanted or wanted.startswith(found):
        return ()
    return (f"it begins with the mark of {found.upper()}, and was read so, not as {wanted}",)


def _utf_16(body: bytes) -> Decoded | None:
    """Return the text of a file in UTF-16 without a mark: the bytes of its commas and line breaks are half zeros."""
    start = body[:_ENOUGH_BYTES]
    high = start[1::2].count(0)  # little end first
    low = start[::2].count(0)
    codec = "utf-16-be" if low > high else "utf-16-le"
    if low + high > len(start) // 4:
        return Decoded(body.decode(codec, errors="replace"), "utf-16")
    if (low and high) or not (low or high):
        return None
    try:
        text = body.decode(codec)
    except UnicodeDecodeError:
        return None
    return Decoded(text, "utf-16") if "\n" in text and not _NO_TEXT.search(text) else None


def _utf_8(body: bytes, *, strictly: bool = False) -> Decoded | None:
    """Return the text of a file in UTF-8, unless *strictly* also of one in which a few bytes are none."""
    try:
        return Decoded(body.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        if strictly:
            return None
    text = body.decode("utf-8", errors="replace")
    return Decoded(text, "utf-8") if _is_mostly_text(text) else None


def _is_mostly_text(text: str) -> bool:
    """Return whether of all that is not ASCII at most a third is broken."""
    broken = text.count(BROKEN)
    return not broken or 3 * broken <= sum(char > "\x7f" for char in text)


def _unclear(body: bytes, where: str, mapping: Sequence[str]) -> PitchcastError:
    """Return the error that shows names as they read in the likely encodings, the likeliest first."""
    readings = [(encoding, _names(text, mapping)) for encoding, text in _readings(body)]
    if not readings:
        return TableError(
            f"{where} is neither UTF-8 nor UTF-16 nor text in any other known encoding", hint="Save it as CSV in UTF-8."
        )
    readings.sort(key=lambda reading: _strangeness(reading[1]))
    telling = _telling([names for _, names in readings[:_SHOWN]])
    candidates = tuple(
        Candidate(encoding.name, f"{encoding.name} ({encoding.used}): {_shown(names, telling)}")
        for encoding, names in readings[:_SHOWN]
    )
    listed = "\n".join(candidate.shown for candidate in candidates)
    return UnclearEncoding(
        f"{where} is not UTF-8, and only its names tell in which encoding it is. They read:\n{listed}",
        hint="Give the encoding in which they are right with --encoding, or save the list as CSV in UTF-8.",
        candidates=candidates,
    )


def _readings(body: bytes) -> Iterator[tuple[Encoding, str]]:
    """Yield the likely encodings with what tells them apart: the first lines and all that are not ASCII.

    Of two in which all of it is the same only the first is there.
    """
    telling = list(_telling_lines(body))
    if not telling:
        return  # a line longer than any list has
    excerpt = b"\n".join([*body[:_ENOUGH_BYTES].split(b"\n")[:-1], *telling])
    seen: set[int] = set()
    for encoding in _LIKELY:
        try:
            text = excerpt.decode(encoding.codec)
        except UnicodeDecodeError:
            continue
        if hash(text) not in seen and not _NO_TEXT.search(text):
            seen.add(hash(text))
            yield encoding, text


def _telling_lines(body: bytes) -> Iterator[bytes]:
    """Yield lines that are not ASCII, as many as tell the encodings apart."""
    size = 0
    for line in io.BytesIO(body):
        if not line.isascii():
            size += len(line)
            if size > _TELLING_BYTES:
                return
            yield line.rstrip(b"\n")


def _names(text: str, mapping: Sequence[str]) -> list[str]:
    """Return names in a text that are not ASCII, as they follow each other; any cells where no column holds names."""
    separator, text = find_separator(text, mapping)
    rows = beginning_of(text, separator, _ROWS)
    numbers = _name_columns(rows, mapping)
    said = (" ".join(_picked(row, numbers)) for row in rows) if numbers else (cell for row in rows for cell in row)
    names = _told_apart(said)
    return names or _told_apart(cell for row in rows for cell in row)


def _told_apart(said: Iterable[str]) -> list[str]:
    """Return the first ones that are not ASCII, of very long ones the beginning."""
    names = (" ".join(name[:_SHOWN_LETTERS].split()) for name in said if not name.isascii())
    return list(islice(names, _ROWS))


def _name_columns(rows: Sequence[Sequence[str]], mapping: Sequence[str]) -> tuple[int, ...]:
    header = find_header(rows, mapping)
    if header is None:
        return ()
    try:
        columns = find_columns(rows[header], mapping, "the list")
    except PitchcastError:
        return ()
    return (*columns.name, *columns.first_name, *columns.last_name)


def _picked(row: Sequence[str], numbers: Sequence[int]) -> list[str]:
    return [row[number] for number in numbers if number < len(row) and row[number].strip()]


def _telling(readings: Sequence[Sequence[str]]) -> list[int]:
    """Return which names are shown: the first two, and those that tell readings apart which are alike so far."""
    chosen: list[int] = []
    shown: set[str] = set()
    different = 0
    for number in range(min(map(len, readings))):
        if len(chosen) == _SHOWN_NAMES:
            break
        more = _differing(readings, [*chosen, number])
        if readings[0][number] not in shown and (more > different or len(chosen) < _ALWAYS_SHOWN):
            chosen, different = [*chosen, number], more
            shown.add(readings[0][number])
    return chosen


def _differing(readings: Sequence[Sequence[str]], chosen: Sequence[int]) -> int:
    return len({tuple(names[number] for number in chosen) for names in readings})


def _shown(names: Sequence[str], chosen: Sequence[int]) -> str:
    return ", ".join(names[number] for number in chosen)


def _strangeness(names: Sequence[str]) -> int:
    """Return how much in some names is in none: signs, letters of two scripts in one word, capitals within it."""
    words = [word for name in names[:50] for word in name.split()]
    return sum(_oddities(word) for word in words)


def _oddities(word: str) -> int:
    signs = sum(char > "\x7f" and not (char.isalpha() or unicodedata.combining(char)) for char in word)
    scripts = {_script(char) for char in word if char.isalpha()}
    capitals = word != word.upper() and any(char.isupper() for char in word[1:])
    return 2 * signs + 2 * (len(scripts) > 1) + capitals


def _script(char: str) -> str:
    script = unicodedata.name(char, "").partition(" ")[0]
    return _EAST_ASIAN[0] if script in _EAST_ASIAN else script
