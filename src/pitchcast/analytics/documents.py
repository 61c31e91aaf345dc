"""One HTML file that holds all of itself: figures, charts and tables, without a script and without a request."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pitchcast.analytics.charts import NARROW, WIDE, Chart, draw

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).parent / "templates"
_NUMBER = re.compile(r"[0-9][0-9,]*")
_DATA = re.compile(r'<pre id="data">(?P<data>[^<]*)</pre>')


class Figure(NamedTuple):
    """A number with its name; *note* says what belongs to it, "" where nothing does."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlTable:
    """Rows of text, the first column being names. The column *bars* is drawn as bars too, "" for none.

    *numbers* are columns that stand to the right.
    """

    heading: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    bars: str = ""
    numbers: Sequence[str] = ()
    note: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Sentences below a heading, each a line."""

    heading: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlDocument:
    """What a file says: its title, sentences below that, figures, and the parts in their order.

    *data* is the same for programs, as JSON; "" without.
    """

    title: str
    leads: Sequence[str]
    figures: Sequence[Figure]
    parts: Sequence[Chart | HtmlTable | Passage]
    data: str = ""


class _Shown(NamedTuple):
    """A part as the template takes it."""

    kind: str
    part: Chart | HtmlTable | Passage
    drawings: tuple[tuple[str, str], ...] = ()
    widths: tuple[int, ...] = ()


def render_document(document: HtmlDocument) -> bytes:
    """Return the HTML, in UTF-8."""
    parts = [_shown(part) for part in document.parts]
    widths = sorted({width for part in parts for width in part.widths})
    style = "\n".join([_style(), *(f".w{width}{{width:{width}%}}" for width in widths)])
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    page = _template().render(
        document=document,
        parts=parts,
        style=style,
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )
    return page.encode("utf-8", errors="replace")


def data_in(page: str) -> str:
    """Return the JSON that a document carries, "" where it carries none."""
    found = _DATA.search(page)
    return unescape(found["data"]) if found else ""


def _shown(part: Chart | HtmlTable | Passage) -> _Shown:
    if isinstance(part, Chart):
        return _Shown("chart", part, (("wide", draw(part, WIDE)), ("narrow", draw(part, NARROW))))
    if isinstance(part, HtmlTable):
        return _Shown("table", part, widths=_widths(part))
    return _Shown("passage", part)


def _widths(table: HtmlTable) -> tuple[int, ...]:
    """Return how wide the bar of each row is, in hundredths of the widest; nothing where no column has bars."""
    if table.bars not in table.columns:
        return ()
    column = list(table.columns).index(table.bars)
    numbers = [_number(row[column]) for row in table.rows]
    most = max(numbers, default=0) or 1
    return tuple(round(100 * number / most) for number in numbers)


def _number(cell: str) -> int:
    return int(cell.replace(",", "")) if _NUMBER.fullmatch(cell) else 0


@cache
def _style() -> str:
    return (_TEMPLATES / "document.css").read_text(encoding="utf-8").strip()


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("document.html")
