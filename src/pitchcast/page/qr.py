"""The QR code of the page's address, as SVG or as text: a listener at a desk gets the page onto the phone with it."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache, reduce
from itertools import chain
from operator import or_

_QUIET_MODULES = 4  # the empty edge that ISO/IEC 18004 asks for
_MASK = 4  # any mask is valid; trying all eight takes five times as long and only helps poor prints
_KEPT = 64  # codes: a page is rendered to be checked before a change, and again when it is built
_CHUNK = 11  # modules that are drawn at once: four chunks a row in the usual size


def qr_svg(address: str) -> str:
    """Return the QR code of *address* as an SVG element, black on white, without size or style."""
    return _svg(*_modules(address.encode()))


class QrCodes:
    """QR codes of addresses of which only one part differs, always of the same length: each in microseconds.

    Error correction and mask are sums without carry (ISO/IEC 18004, section 7.5), so what a bit of the address changes
    in the picture is the same whatever the other bits are: it is worked out once, and then added.
    """

    def __init__(self, address: str, part: str, letters: Iterable[str]) -> None:
        """Prepare for addresses that have others of these ASCII letters in the place of *part*, which occurs once."""
        whole = address.encode()
        start = whole.index(part.encode())
        self._part = part.encode()
        self._modules, self._side = _modules(whole)
        self._bits = reduce(or_, (ord(letter) ^ known for letter in letters for known in self._part))
        self._changes = [self._changes_at(whole, start + offset) for offset in range(len(self._part))]

    def svg(self, part: str) -> str:
        """Return what ``qr_svg`` returns for the address with *part* in it."""
        modules = self._modules
        for changes, old, new in zip(self._changes, self._part, part.encode("ascii"), strict=True):
            modules ^= changes[old ^ new]
        return _svg(modules, self._side)

    def _changes_at(self, whole: bytes, position: int) -> list[int]:
        """Return the modules that change when the byte at *position* changes by each of 128 sums of bits.

        Bits that all letters share are taken for unchanged: each one that changes costs a code.
        """
        changes = [0]
        for bit in range(7):
            flipped = bytearray(whole)
            flipped[position] ^= 1 << bit
            change = _modules(bytes(flipped))[0] ^ self._modules if self._bits >> bit & 1 else 0
            changes += [before ^ change for before in changes]
        return changes


def qr_lines(address: str) -> list[str]:
    """Return the QR code of *address* as lines of half blocks, two rows of modules each, to show black on white."""
    modules, size = _modules(address.encode())
    side = size + 2 * _QUIET_MODULES
    edge = ["0" * side] * _QUIET_MODULES
    rows = [*edge, *(f"{'0' * _QUIET_MODULES}{row}{'0' * _QUIET_MODULES}" for row in _rows(modules, size)), *edge]
    rows += ["0" * side] * (len(rows) % 2)
    return ["".join(map(_half_blocks, upper, lower)) for upper, lower in zip(rows[::2], rows[1::2], strict=True)]


@lru_cache(maxsize=_KEPT)
def _modules(address: bytes) -> tuple[int, int]:
    """Return the modules of a QR code, row by row as the bits of one number, and how many there are in a row."""
    import segno  # imported when a page is rendered

    matrix = segno.make_qr(address, mode="byte", error="m", boost_error=False, mask=_MASK).matrix
    return int("".join("1" if module else "0" for row in matrix for module in row), 2), len(matrix)


def _rows(modules: int, side: int) -> Iterator[str]:
    text = f"{modules:0{side * side}b}"
    return (text[start : start + side] for start in range(0, len(text), side))


def _svg(modules: int, size: int) -> str:
    side = size + 2 * _QUIET_MODULES
    heads, cuts = _layout(size)
    text = f"{modules:0{size * size}b}"
    columns = [map(_pieces.__getitem__, map(text.__getitem__, column)) for column in cuts]
    lines = "".join(chain.from_iterable(zip(heads, *columns, strict=True)))
    return (
        f'<svg viewBox="0 0 {side} {side}" shape-rendering="crispEdges" aria-hidden="true">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path stroke="#000" d="{lines}"/></svg>'
    )


@cache
def _layout(size: int) -> tuple[Sequence[str], Sequence[Sequence[slice]]]:
    """Return how each row of an SVG begins, and where the pieces of all rows lie among the modules, by columns."""
    heads = [f"M{_QUIET_MODULES} {top}.5" for top in range(_QUIET_MODULES, _QUIET_MODULES + size)]
    rows = range(0, size * size, size)
    columns = range(0, size, _CHUNK)
    return heads, [[slice(row + left, row + min(left + _CHUNK, size)) for row in rows] for left in columns]


def _half_blocks(upper: str, lower: str) -> str:
    return " ▄▀█"[2 * (upper == "1") + (lower == "1")]


class _Pieces(dict[str, str]):
    """Some modules of a row as lines (dark) and moves (light), each drawn once: there are four thousand at most."""

    def __missing__(self, modules: str) -> str:
        drawn, start = [], 0
        for end in range(1, len(modules) + 1):
            if end == len(modules) or modules[end] != modules[start]:
                drawn.append(f"h{end - start}" if modules[start] == "1" else f"m{end - start} 0")
                start = end
        piece = self[modules] = "".join(drawn)
        return piece


_pieces = _Pieces()
