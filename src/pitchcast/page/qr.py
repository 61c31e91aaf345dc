"""How does a listener at a desk get the page onto the phone? A QR code of the page's address, as SVG or as text."""

import re

_QUIET_MODULES = 4  # the empty edge that ISO/IEC 18004 asks for
_MASK = 4  # any mask is valid; trying all eight takes five times as long and only helps poor prints
_RUNS = re.compile(rb"\x00+|\x01+")


def qr_svg(address: str) -> str:
    """Return the QR code of *address* as an SVG element, black on white, without size or style."""
    import segno  # imported when a page is rendered

    code = segno.make_qr(address, error="m", boost_error=False, mask=_MASK)
    side = len(code.matrix) + 2 * _QUIET_MODULES
    rows = enumerate(code.matrix, _QUIET_MODULES)
    lines = "".join(f"M{_QUIET_MODULES} {top}.5{_line(bytes(row))}" for top, row in rows)
    return (
        f'<svg viewBox="0 0 {side} {side}" shape-rendering="crispEdges" aria-hidden="true">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path stroke="#000" d="{lines}"/></svg>'
    )


def qr_lines(address: str) -> list[str]:
    """Return the QR code of *address* as lines of half blocks, two rows of modules each, to show black on white."""
    import segno

    matrix = [bytes(row) for row in segno.make_qr(address, error="m", boost_error=False, mask=_MASK).matrix]
    side = len(matrix) + 2 * _QUIET_MODULES
    edge = [bytes(side)] * _QUIET_MODULES
    rows = [*edge, *(bytes(_QUIET_MODULES) + row + bytes(_QUIET_MODULES) for row in matrix), *edge]
    rows += [bytes(side)] * (len(rows) % 2)
    return ["".join(map(_half_blocks, upper, lower)) for upper, lower in zip(rows[::2], rows[1::2], strict=True)]


def _half_blocks(upper: int, lower: int) -> str:
    return " ▄▀█"[2 * upper + lower]


def _line(row: bytes) -> str:
    """Return one row of modules as lines (dark) and moves (light)."""
    return "".join(f"h{len(run)}" if run[0] else f"m{len(run)} 0" for run in _RUNS.findall(row))
