"""Ogg files as bytes: the links of a chained file, and pages whose checksum is wrong.

ffmpeg gives up where a later link has another rate or number of channels, so that links are read one by one. It also
throws away a page, which is about a second, for one changed byte in it; with its checksum made right the page is
decoded, and only a packet of 20 ms may sound wrong.
"""

import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

_CAPTURE = b"OggS"
_HEADER_BYTES = 27
_LARGEST_PAGE_BYTES = 65307
_CHECKSUM = slice(22, 26)
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_NO_GRANULE = -1
_SEARCH_BYTES = 1 << 16
_MOST_MISSING_PAGES = 1000
_LEAST_LOST_BYTES = 64
_LONGEST_PAGE_GRANULES = 48000 * 20
_FALSE_PAGE_BYTES = 1000  # what four letters by chance count for
_MOST_WORK_BYTES = 5_000_000  # a second or two
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_POLYNOMIAL = 0x04C11DB7


def _remainder(byte: int) -> int:
    """Return what is left of a byte, four bytes further up, after division by the polynomial of the checksum."""
    value = byte << 24
    for _ in range(8):
        value = (value << 1 ^ (_POLYNOMIAL if value & 1 << 31 else 0)) & 0xFFFFFFFF
    return value


_REMAINDERS = tuple(_remainder(byte) for byte in range(256))
_TOP_OF_LOW = {remainder & 0xFF: byte for byte, remainder in enumerate(_REMAINDERS)}


@dataclass(frozen=True)
class Page:
    """A page: where it lies, whether it begins a stream, the time it ends at, and whether its checksum is right.

    ``granule`` counts samples, and is -1 where no packet ends in the page; ``sequence`` counts the pages of a stream.
    ``is_whole`` is False for one that the end of the file cuts off, ``as_found`` for one that was put right or rebuilt.
    ``end`` is where it ends in the file.
    """

    body: bytes
    is_first: bool
    granule: int
    serial: int
    sequence: int
    is_right: bool
    is_whole: bool
    as_found: bool = True
    end: int = 0


@dataclass(frozen=True)
class Loss:
    """Pages that are missing, or sound that follows the last page without being one, in granules."""

    start: int
    length: int


@dataclass
class OggLink:
    """One link of a chained file, written by itself.

    ``broken`` are the granules at which pages start that are wrong and may sound so, ``lost`` what is missing.
    """

    path: Path
    broken: list[int] = field(default_factory=list)
    lost: list[Loss] = field(default_factory=list)


def is_ogg(path: Path) -> bool:
    """Return whether a file begins as Ogg files do, one letter apart at most."""
    with path.open("rb") as file:
        same = [one == other for one, other in zip(file.read(len(_CAPTURE)), _CAPTURE, strict=False)]
    return sum(same) >= len(_CAPTURE) - 1


def split_links(path: Path, folder: Path) -> list[OggLink]:
    """Write the links of an Ogg file into *folder*, with right checksums, and return them in order.

    None is written, and none returned, where the file is a single link without a fault: it can be read as it is.
    A link begins where streams begin after others have gone on.
    """
    if not _needs_work(path):
        return []
    writers: list[_LinkWriter] = []
    in_head = False
    with ExitStack() as stack:
        for page in read_pages(path):
            if not writers or (page.is_first and not in_head):
                link = OggLink(folder / f"link-{len(writers) + 1}.ogg")
                writers.append(_LinkWriter(link, stack.enter_context(link.path.open("wb"))))
            in_head = page.is_first
            writers[-1].add(page)
    if writers:
        writers[-1].note_rest(path.stat().st_size)
    return [writer.link for writer in writers]


@dataclass
class _OggSource:
    """A file that is read, and how many bytes may still be looked through for a changed one: a hostile file has many
    pages that are none.
    """

    file: IO[bytes]
    work_bytes: int = _MOST_WORK_BYTES


def read_pages(path: Path) -> Iterator[Page]:
    """Yield the pages of a file in order; what lies between them is passed over."""
    with path.open("rb") as file:
        source, at, before = _OggSource(file), 0, None
        while at >= 0:
            page, at = _next_page(source, at, before)
            if page:
                before = replace(page, end=at)
                yield before


def _next_page(source: _OggSource, at: int, before: Page | None) -> tuple[Page | None, int]:
    """Return the next page from *at* on, if it is one, and where to go on; -1 at the end."""
    capture = _next_capture(source, at)
    if capture != at and (page := _page_between(source, at, capture, before)):
        return page, at + len(page.body)  # its first four letters were changed
    if capture < 0:
        return None, -1
    page = _read_page(source, capture)
    if page is None or not page.is_whole:  # perhaps only its lengths are wrong
        page = _page_between(source, capture, _next_capture(source, capture + 1), before, page)
    if page is None:
        source.work_bytes -= _FALSE_PAGE_BYTES
        return None, capture + 1 if source.work_bytes > 0 else -1
    return _fitting(page, before), capture + len(page.body)


class _LinkWriter:
    """Writes the pages of a link, with right checksums, and notes what is wrong with them."""

    def __init__(self, link: OggLink, file: IO[bytes]) -> None:
        self.link, self._file = link, file
        self._sequences: dict[int, int] = {}  # of each stream's last page
        self._heard = self._written = self._end = 0

    def add(self, page: Page) -> None:
        """Write a page."""
        missing = page.sequence - self._sequences.get(page.serial, page.sequence - 1) - 1
        if 0 < missing < _MOST_MISSING_PAGES and page.granule > self._heard:
            self.link.lost.append(Loss(self._heard, (page.granule - self._heard) * missing // (missing + 1)))
        if page.is_whole and not page.is_right:
            self.link.broken.append(self._heard)
        self._file.write(page.body if page.is_right or not page.is_whole else _mended(page.body))
        self._sequences[page.serial] = page.sequence
        self._heard, self._end = max(self._heard, page.granule), page.end
        self._written += len(page.body)

    def note_rest(self, size: int) -> None:
        """Note what follows the last page of a file of that size and is none: as long as so many bytes mostly are."""
        rest = size - self._end
        if rest > _LEAST_LOST_BYTES:
            self.link.lost.append(Loss(self._heard, self._heard * rest // max(1, self._written)))


def _needs_work(path: Path) -> bool:
    """Return whether there are several links, wrong pages, missing ones, or something behind them."""
    in_head, links, size = False, 0, 0
    sequences: dict[int, int] = {}
    for page in read_pages(path):
        if page.sequence - sequences.get(page.serial, page.sequence - 1) != 1:
            return True
        sequences[page.serial] = page.sequence
        links += page.is_first and not in_head
        in_head = page.is_first
        size += len(page.body)
        if links > 1 or not page.as_found or (page.is_whole and not page.is_right):
            return True
    return path.stat().st_size - size > _LEAST_LOST_BYTES


def _next_capture(source: _OggSource, at: int) -> int:
    """Return where the next page may begin, from *at* on; -1 where there is none."""
    source.file.seek(at)
    data = source.file.read(_SEARCH_BYTES)
    while len(data) >= len(_CAPTURE):
        found = data.find(_CAPTURE)
        if found >= 0:
            return at + found
        at += len(data) - len(_CAPTURE) + 1
        source.file.seek(at)
        data = source.file.read(_SEARCH_BYTES)
    return -1


def _read_page(source: _OggSource, at: int) -> Page | None:
    """Return the page that begins at *at*; None where those four letters are chance, or lengths in it are damaged."""
    source.file.seek(at)
    head = source.file.read(_HEADER_BYTES)
    if len(head) < _HEADER_BYTES or head[4] != 0 or head[5] > (_CONTINUED | _FIRST | _LAST):
        return None
    lacing = source.file.read(head[26])
    size = sum(lacing)
    body = head + lacing + source.file.read(size)
    is_whole = len(body) == _HEADER_BYTES + head[26] + size
    page = _page_of(body, is_whole=is_whole)
    if not is_whole or page.is_right:
        return page
    follows = source.file.read(len(_CAPTURE))
    found = _corrected(body, source)
    if found:
        return found
    return page if follows in (_CAPTURE, b"") else None


def _page_of(body: bytes, *, is_whole: bool = True, as_found: bool = True) -> Page:
    return Page(
        body=body,
        is_first=bool(body[5] & _FIRST),
        granule=max(int.from_bytes(body[6:14], "little", signed=True), _NO_GRANULE),
        serial=int.from_bytes(body[14:18], "little"),
        sequence=int.from_bytes(body[18:22], "little"),
        is_right=is_whole and checksum(body) == int.from_bytes(body[_CHECKSUM], "little"),
        is_whole=is_whole,
        as_found=as_found,
    )


def _page_between(
    source: _OggSource, start: int, end: int, before: Page | None, cut_off: Page | None = None
) -> Page | None:
    """Return the page that lies between two places, where changed bytes kept it from being found.

    Where it may as well be *cut off* by the end of the file, it is that unless one byte explains it all.
    """
    is_last = end < 0
    end = end if end >= 0 else source.file.seek(0, 2)
    if not _HEADER_BYTES < end - start <= _LARGEST_PAGE_BYTES:
        return cut_off
    source.file.seek(start)
    body = source.file.read(end - start)
    found = _corrected(body, source)
    if found is None and cut_off and is_last:
        return cut_off
    return found or (_rebuilt(body, before) if before else None)


def _rebuilt(body: bytes, before: Page) -> Page | None:
    """Return a page whose head is made to fit the page before it, and its lengths to fit what is there.

    Of the lengths one was changed: that which differs least from its neighbours once it makes the sum right.
    """
    count = body[26]
    lacing = list(body[_HEADER_BYTES : _HEADER_BYTES + count])
    missing = len(body) - _HEADER_BYTES - count - sum(lacing)
    possible = [n for n, length in enumerate(lacing) if 0 <= length + missing <= 255]
    if len(lacing) < count or not possible:
        return None
    middle = sorted(lacing)[count // 2]
    changed = min(possible, key=lambda n: abs(lacing[n] + missing - middle) - abs(lacing[n] - middle))
    lacing[changed] += missing
    head = _CAPTURE + b"\0" + bytes([body[5] & _CONTINUED]) + body[6:_HEADER_BYTES]
    made = _page_of(head + bytes(lacing) + body[_HEADER_BYTES + count :], as_found=False)
    return _fitting(made, before)


def _fitting(page: Page, before: Page | None) -> Page:
    """Return a page that is wrong with the stream's own number, place and a likely time, taken from the one before."""
    if page.is_right or not page.is_whole or before is None:
        return page
    granule = page.granule
    if not before.granule < granule < before.granule + _LONGEST_PAGE_GRANULES:
        granule = before.granule
    numbers = (before.serial.to_bytes(4, "little"), (before.sequence + 1).to_bytes(4, "little"))
    body = page.body[:5] + bytes([page.body[5] & ~_FIRST]) + granule.to_bytes(8, "little", signed=True)
    wrong = body + b"".join(numbers) + page.body[22:]
    return replace(_page_of(wrong, as_found=False), is_right=False)


def _corrected(body: bytes, source: _OggSource) -> Page | None:
    """Return a page with the one byte changed back that makes its checksum right; None where no single one does.

    A checksum is a remainder, to which a changed byte adds its change times a power of x. So the difference between
    both checksums is divided by x^8 again and again, until only a byte is left: that is the change.
    """
    difference = checksum(body) ^ int.from_bytes(body[_CHECKSUM], "little")
    if any(difference & ~(0xFF << shift) == 0 for shift in (0, 8, 16, 24)):
        return _consistent(_mended(body))  # it is the checksum that was changed
    if source.work_bytes < len(body):
        return None
    source.work_bytes -= len(body)
    for at in range(len(body) - 1, -1, -1):
        top = _TOP_OF_LOW[difference & 0xFF]
        difference = (difference ^ _REMAINDERS[top]) >> 8 | top << 24
        if difference & 0xFFFFFF == 0 and not _CHECKSUM.start <= at < _CHECKSUM.stop:
            return _consistent(body[:at] + bytes([body[at] ^ difference >> 24]) + body[at + 1 :])
    return None


def _consistent(body: bytes) -> Page | None:
    """Return a page that was put right, where its lengths fit and its checksum is right."""
    if len(body) < _HEADER_BYTES or body[:5] != _CAPTURE + b"\0":
        return None
    segments = body[_HEADER_BYTES : _HEADER_BYTES + body[26]]
    if len(body) != _HEADER_BYTES + body[26] + sum(segments):
        return None
    page = _page_of(body, as_found=False)
    return page if page.is_right else None


def _mended(body: bytes) -> bytes:
    return body[:22] + checksum(body).to_bytes(4, "little") + body[26:]


def checksum(body: bytes) -> int:
    """Return the checksum of a page (RFC 3533, section 6), its own field counted as zero.

    It is zlib's with the bits of every byte, and of the result, in the other order, and without the two complements.
    """
    zeroed = body[:22] + bytes(4) + body[26:]
    mirrored = zlib.crc32(zeroed.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")
