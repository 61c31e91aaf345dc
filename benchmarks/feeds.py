"""How many feeds a second pitchcast renders, against plain lxml and Jinja2 that write the same elements.

``python benchmarks/feeds.py [EPISODES]`` prints a table. The floors get their values ready-made: dates formatted, notes
as HTML. All three take turns in one run, and processor time is measured, so that other work disturbs the ratios little.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment
from lxml import etree

sys.path.insert(0, str(Path(__file__).parents[1]))

from pitchcast.feed.check.checker import check_feed
from pitchcast.model.notes import notes_html
from tests.fixtures.content import a_content, a_delivery, rendered_feed

ROUNDS = 5
SECONDS_A_TURN = 0.5

# An element as plain data: name, attributes, text, whether it is CDATA, children.
Node = tuple[str, dict[str, str], str, bool, list["Node"]]


def main() -> None:
    episodes = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    content = a_content(deliveries=tuple(a_delivery(number) for number in range(episodes, 0, -1)))
    xml = rendered_feed(content)
    root = etree.fromstring(xml, etree.XMLParser(strip_cdata=False, remove_blank_text=True))
    node, nsmap = plain_data(root), dict(root.nsmap)
    template = Environment(autoescape=True, trim_blocks=True).from_string(template_of(node, nsmap))
    values = values_of(node)
    contenders: dict[str, Callable[[], object]] = {
        "pitchcast render_feed": lambda: rendered_feed(content),
        "floor: lxml": lambda: write_with_lxml(node, nsmap),
        "floor: Jinja2": lambda: template.render(v=values).encode(),
        "only the notes' Markdown": lambda: [notes_html(delivery.episode.notes) for delivery in content.deliveries],
        "pitchcast check_feed": lambda: check_feed(xml, where="feed.xml", private=True, feed_url=content.feed_url),
    }
    for name in ("floor: lxml", "floor: Jinja2"):
        assert same_elements(contenders[name](), root), f"{name} writes something else"
    print_table(measure(contenders), f"{episodes} episodes, {len(xml)} bytes")


def plain_data(element: etree._Element) -> Node:
    is_cdata = b"<![CDATA[" in etree.tostring(element) and len(element) == 0
    return (element.tag, dict(element.attrib), element.text or "", is_cdata, [plain_data(child) for child in element])


def write_with_lxml(node: Node, nsmap: dict[str, str]) -> bytes:
    root = etree.Element(node[0], node[1], nsmap=nsmap)
    append_children(root, node)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def append_children(parent: etree._Element, node: Node) -> None:
    for child in node[4]:
        name, attributes, text, is_cdata, _ = child
        element = etree.SubElement(parent, name, attributes)
        element.text = (etree.CDATA(text) if is_cdata else text) or None
        append_children(element, child)


def values_of(node: Node) -> list[str]:
    """Return every attribute and text in document order: what the template fills in."""
    _, attributes, text, _, children = node
    return [*attributes.values(), text, *(value for child in children for value in values_of(child))]


def template_of(node: Node, nsmap: dict[str, str]) -> str:
    """Return a template with the same elements, whose every attribute and text is a value that gets escaped."""
    prefixes = {f"{{{uri}}}": f"{prefix}:" for prefix, uri in nsmap.items()}
    count = iter(range(10**9))

    def render(node: Node, extra: str = "") -> str:
        name, attributes, _, is_cdata, children = node
        for uri, prefix in prefixes.items():
            name = name.replace(uri, prefix)
        filled = "".join(f' {key}="{{{{ v[{next(count)}] }}}}"' for key in attributes)
        text = f"{{{{ v[{next(count)}] {'| safe ' if is_cdata else ''}}}}}"
        inner = (f"<![CDATA[{text}]]>" if is_cdata else text) + "".join(map(render, children))
        return f"<{name}{extra}{filled}>{inner}</{name}>\n"

    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in nsmap.items())
    return "<?xml version='1.0' encoding='UTF-8'?>\n" + render(node, declared)


def same_elements(xml: object, root: etree._Element) -> bool:
    assert isinstance(xml, bytes)
    other = etree.fromstring(xml, etree.XMLParser(remove_blank_text=True))
    pairs = zip(other.iter(), root.iter(), strict=True)
    return all((a.tag, a.attrib, (a.text or "").strip()) == (b.tag, b.attrib, (b.text or "").strip()) for a, b in pairs)


def measure(contenders: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return each contender's best processor seconds a call; all take turns."""
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(ROUNDS):
        for name, call in contenders.items():
            best[name] = min(best[name], seconds_a_call(call))
    return best


def seconds_a_call(call: Callable[[], object]) -> float:
    calls, started = 0, time.process_time()
    while (elapsed := time.process_time() - started) < SECONDS_A_TURN / ROUNDS:
        call()
        calls += 1
    return elapsed / calls


def print_table(seconds: dict[str, float], title: str) -> None:
    ours = seconds["pitchcast render_feed"]
    print(f"{title}\n{'':28}{'a second':>10}{'µs each':>10}{'render_feed takes':>20}")
    for name, each in seconds.items():
        print(f"{name:28}{1 / each:>10,.0f}{each * 1e6:>10,.0f}{ours / each:>18.1f} ×")


if __name__ == "__main__":
    main()
