"""The size of a listening page, and how many a second pitchcast renders against plain Jinja2 of the same bytes.

``python benchmarks/pages.py [EPISODES]`` prints a table. The floor is one template in which only what differs between
two prospects is filled in. All take turns in one run, and processor time is measured, so that other work disturbs the
ratios little.
"""

import gzip
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from jinja2 import Environment

sys.path.insert(0, str(Path(__file__).parents[1]))

from pitchcast.model.feed import FeedContent
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Brand
from pitchcast.model.token import TOKEN_LETTERS
from pitchcast.model.transcript import Cue, Transcript, TranscriptFile
from pitchcast.page.listen import render_page
from pitchcast.page.qr import QrCodes, qr_svg
from pitchcast.site.assets import Assets
from pitchcast.site.render import Renderer
from pitchcast.storage.folder import FolderBucket
from tests.fixtures.content import TOKEN, a_content, a_delivery

ROUNDS = 5
SECONDS_A_TURN = 1.0
BRAND = Brand(call_to_action="Book twenty minutes", call_to_action_url="https://example.com/book")


def main() -> None:
    episodes = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    content = a_content(brand=BRAND, deliveries=tuple(a_delivery(number) for number in range(episodes, 0, -1)))
    html = render_page(content)
    qr = qr_svg(content.page_url)
    source, values = template_of(html.decode(), qr)
    template = Environment(autoescape=True, keep_trailing_newline=True).from_string(source)
    assert template.render(values).encode() == html, "the floor writes something else"
    codes = QrCodes(content.page_url, TOKEN, TOKEN_LETTERS)
    contenders: dict[str, Callable[[], object]] = {
        "pitchcast render_page": lambda: render_page(content),
        "pitchcast, each for another": in_turn([for_prospect(content, number) for number in range(500)]),
        "of that, the QR code": lambda: qr_svg(content.page_url),
        "page and feed, filled in": filled_in([for_prospect(content, number) for number in range(500)]),
        "of that, the QR code by sums": lambda: codes.svg(TOKEN),
        "floor: Jinja2": lambda: template.render(values).encode(),
    }
    style, script = (size_of(html, tag) for tag in ("style", "script"))
    print(f"{episodes} episodes: {len(html):,} bytes, {len(gzip.compress(html)):,} gzipped")
    told, transcripts = with_transcript(content)
    said = render_page(told, transcripts=transcripts)
    print(f"with a transcript of five minutes: {len(said):,} bytes, {len(gzip.compress(said)):,} gzipped")
    print(f"of it style {style:,}, script {script:,}, QR code {len(qr):,}")
    print_table(measure(contenders))


def with_transcript(content: FeedContent) -> tuple[FeedContent, dict[str, Transcript]]:
    """Return the content and, by the name of its file, what its newest episode says in five minutes."""
    newest, *earlier = content.deliveries
    file = TranscriptFile(sha256="0" * 64, extension="vtt")
    newest = msgspec.structs.replace(newest, episode=msgspec.structs.replace(newest.episode, transcript=file))
    cues = (Cue(4.0 * at, 4.0 * at + 4, "Ten words are what somebody says in four seconds here.") for at in range(75))
    told = msgspec.structs.replace(content, deliveries=(newest, *earlier))
    return told, {newest.transcript_name: Transcript(cues=tuple(cues))}


def for_prospect(content: FeedContent, number: int) -> FeedContent:
    token = f"{number:026d}".translate(str.maketrans("0189", "abcd"))
    return msgspec.structs.replace(
        content,
        feed=msgspec.structs.replace(content.feed, path=token),
        prospect=Prospect(f"acme-{number}", f"Acme {number}"),
        base_url=f"https://listen.example.com/{token}",
    )


def filled_in(contents: list[FeedContent]) -> Callable[[], object]:
    """Return what renders feed and page of one after another as a large build does, once the form is made."""
    renderer = Renderer(Assets(FolderBucket(Path("nowhere"))), form_after=1, codes_after=1)
    for content in contents[:2]:
        renderer.render(content)
    turn = iter(contents * 10_000)
    return lambda: renderer.render(next(turn))


def in_turn(contents: list[FeedContent]) -> Callable[[], object]:
    turn = iter(contents * 1000)
    return lambda: render_page(next(turn))


def template_of(html: str, qr: str) -> tuple[str, dict[str, str]]:
    """Return a template in which the prospect's name, the token and the QR code are filled in."""
    assert "{{" not in html
    assert "{%" not in html
    source = html.replace(qr, "{{ qr|safe }}").replace("Acme Corp", "{{ name }}").replace(TOKEN, "{{ token }}")
    return source, {"qr": qr, "name": "Acme Corp", "token": TOKEN}


def size_of(html: bytes, tag: str) -> int:
    return sum(len(found) for found in re.findall(rf"<{tag}\b.*?</{tag}>".encode(), html, re.DOTALL))


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


def print_table(seconds: dict[str, float]) -> None:
    floor = seconds["floor: Jinja2"]
    print(f"\n{'':30}{'a second':>10}{'µs each':>10}{'× the floor':>14}")
    for name, each in seconds.items():
        print(f"{name:30}{1 / each:>10,.0f}{each * 1e6:>10,.0f}{each / floor:>12.1f} ×")


if __name__ == "__main__":
    main()
