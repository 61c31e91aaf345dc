"""Curves and bars of a document, as SVG without script or style of its own. The only user of pygal."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml.etree import _Element

NARROW, WIDE = (320, 220), (880, 300)
"""Width and height in pixels: for a phone of 360 pixels with its margins, and for a desk. Text is as large in both."""

_BARS_AT_MOST = {NARROW: 8, WIDE: 16}
"""With more places on the axis it becomes a curve: bars would be too thin to see."""
_LABELS_AT_MOST = {NARROW: 4, WIDE: 10}
_LETTERS = 12  # pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is drawn: *lines* by name, each with a number for every label; None where that is not shown."""

    heading: str
    labels: Sequence[str]
    lines: Mapping[str, Sequence[int | None]]


def draw(chart: Chart, size: tuple[int, int]) -> str:
    """Return a chart as SVG. Colours come from the document's style, by pygal's names of classes."""
    from lxml import etree

    svg = _drawn(chart, size)
    etree.strip_tags(svg, etree.Comment)
    for name in ("defs", "title", "desc", "script"):
        etree.strip_elements(svg, f"{{*}}{name}", with_tail=False)
    for element in svg.iter():
        element.attrib.pop("style", None)  # the document's policy allows none
    for group in svg.xpath("//*[contains(@class, 'tooltip') and local-name() = 'g']"):
        group.getparent().remove(group)
    for name in ("id", "class"):
        svg.attrib.pop(name)
    svg.set("role", "img")
    svg.set("aria-label", f"{chart.heading}: {', '.join(chart.lines)}")
    return str(etree.tostring(svg, encoding="unicode"))


def _pygal() -> Any:
    """Return pygal without the hook by which it finds its plugins: it warns at every import that fails later.

    What importlib_metadata adds by the way has to stay: it takes the place of Python's own way to find packages.
    """
    import pygal.style

    sys.meta_path[:] = [hook for hook in sys.meta_path if type(hook).__module__.partition(".")[0] != pygal.__name__]
    return pygal


def _drawn(chart: Chart, size: tuple[int, int]) -> "_Element":
    pygal = _pygal()
    width, height = size
    kind = pygal.Bar if len(chart.labels) <= _BARS_AT_MOST[size] else pygal.Line
    most = max((number or 0 for line in chart.lines.values() for number in line), default=0)
    drawing = kind(
        style=pygal.style.Style(label_font_size=_LETTERS, major_label_font_size=_LETTERS),
        width=width,
        height=height,
        explicit_size=True,
        truncate_label=-1,
        show_legend=False,
        show_dots=False,
        show_minor_x_labels=False,
        x_labels_major_count=min(len(chart.labels), _LABELS_AT_MOST[size]),
        range=(0, max(most, 1)),
        max_scale=6,
        value_formatter=lambda number: f"{number:,.0f}",
        margin=6,
        margin_right=22,  # half of the last label
        js=(),
    )
    drawing.x_labels = list(chart.labels)
    if most < 6:
        drawing.y_labels = list(range(max(most, 1) + 1))  # no halves of a download
    for name, numbers in chart.lines.items():
        drawing.add(name, list(numbers))
    svg: _Element = drawing.render_tree()
    return svg
