"""Feeds that are filled in are, byte for byte, those that are rendered in full."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pitchcast.errors import FeedError
from pitchcast.model.episode import Chapter
from pitchcast.model.feed import Feed, FeedContent
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Artwork, Brand
from pitchcast.site import render as rendering
from pitchcast.site.assets import Assets
from pitchcast.site.render import Renderer, render_folder
from pitchcast.storage.folder import FolderBucket
from tests.fixtures.content import FIRST_DATE, a_content, a_delivery, a_public_content, a_show, an_episode

NO_ASSETS = Assets(FolderBucket(Path("nowhere")))
BASE = "https://listen.example.com"
PATHS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26)
NAMES = st.one_of(
    st.text(max_size=40),
    st.text("Aé &<>'\";#@:/x2", max_size=20),
    st.sampled_from(
        [
            "Acme & Sons",
            "O'Brien",
            '"Best"',
            "R&amp;D",
            "jo@acme.example",
            "a" * 26,
            "<b>",
            " x ",
            "日本",
            rendering._NAME,
        ]
    ),
)
COVER = Artwork(sha256="ab" * 32, extension="jpg", size_px=1400)
NAMED = msgspec.structs.replace(COVER, sha256="cd" * 32, small=Artwork(sha256="ef" * 32, extension="jpg", size_px=600))
SHOWS = (
    a_content(),
    a_content(brand=Brand(call_to_action="Book & talk", call_to_action_url="https://example.com/?a=1&b=2")),
    a_content(show=a_show(description="", language="ar", title="R&D <b> {x}")),
    a_content(deliveries=()),
    a_content(
        deliveries=(a_delivery(episode=an_episode(chapters=(Chapter(start_s=0, title="Hi"),), cover=COVER)),),
        covers={COVER.sha256: f"{BASE}/PATH/cover-abababab.jpg"},
    ),
    msgspec.structs.replace(a_content(), own_cover=NAMED),
)


@st.composite
def contents(draw: st.DrawFn, show: FeedContent) -> FeedContent:
    path, moved = draw(PATHS), draw(st.booleans())
    feed = Feed(
        id=draw(st.sampled_from(["acme-corp", "acme-corp.2"])),
        path=path,
        prospect="acme-corp",
        releases=(1, 2),
        changed_revision=draw(st.integers(0, 99)),
        state=draw(st.sampled_from(["active", "active", "active", "revoked"])),
        guid=draw(st.sampled_from(["", "917393e3-1b1e-5cef-ace4-edaa54e1f810"])),
        earlier_paths=draw(st.sampled_from([(), ("x" * 26,)])),
    )
    content = msgspec.structs.replace(
        show,
        feed=feed,
        prospect=Prospect("acme-corp", draw(NAMES), email="jo@acme.example", company="Acme", segments=("a",)),
        base_url=f"{BASE}/{path}",
        covers={sha256: url.replace("PATH", path) for sha256, url in show.covers.items()},
        moved_to=f"https://new.example.com/x/{path}" if moved else "",
        revision=draw(st.text("0123456789abcdef", min_size=16, max_size=16)),
        updated=draw(st.sampled_from([None, FIRST_DATE, FIRST_DATE + timedelta(days=99)])),
    )
    if show.own_cover is None or content.is_gone:
        return content
    own = msgspec.structs.replace(show.own_cover, sha256=draw(st.sampled_from(["cd" * 32, "09" * 32])))
    return content.with_own_cover(own)


def _in_full(content: FeedContent) -> object:
    try:
        return render_folder(content, NO_ASSETS)
    except FeedError as error:
        return error.message


def _filled_in(renderer: Renderer, content: FeedContent) -> object:
    try:
        return renderer.render(content)
    except FeedError as error:
        return error.message


@settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.data())
def test_filled_in_is_rendered_in_full(data: st.DataObject) -> None:
    renderer = Renderer(NO_ASSETS, form_after=1, codes_after=1)
    show = data.draw(st.sampled_from(SHOWS))
    for content in data.draw(st.lists(contents(show), min_size=2, max_size=4)):
        assert _filled_in(renderer, content) == _in_full(content)


@pytest.mark.parametrize("show", SHOWS)
def test_most_feeds_are_filled_in(show: FeedContent, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name as companies have them costs no rendering of its own; what could mean something else does."""
    renderer = Renderer(NO_ASSETS)
    for number in range(4):
        renderer.render(_for("Acme & Sons", number, show))
    monkeypatch.setattr(rendering, "render_folder", _refuse)
    for number, name in enumerate(("O'Brien", "Müller GmbH", "AT&T", '"Best" Ltd.', "日本")):
        renderer.render(_for(name, 4 + number, show))
    with pytest.raises(AssertionError, match="in full"):
        renderer.render(_for("a <b>", 10, show))


def test_threads_that_come_together_prepare_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered, prepared = [], []
    in_full, codes = rendering.render_folder, rendering.QrCodes
    monkeypatch.setattr(rendering, "render_folder", lambda *given: rendered.append(1) or in_full(*given))
    monkeypatch.setattr(rendering, "QrCodes", lambda *given: prepared.append(1) or codes(*given))
    renderer = Renderer(NO_ASSETS, form_after=2, codes_after=3)
    feeds = [_for("Acme & Sons", number, a_content()) for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        filled = list(pool.map(renderer.render, feeds))
    assert (len(rendered), len(prepared)) == (2, 1)
    assert filled == [in_full(feed, NO_ASSETS) for feed in feeds]


def test_a_public_feed_is_rendered_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = Renderer(NO_ASSETS, form_after=1)
    renderer.render(a_public_content())
    monkeypatch.setattr(rendering, "render_folder", _refuse)
    with pytest.raises(AssertionError, match="in full"):
        renderer.render(a_public_content())


def _for(name: str, number: int, show: FeedContent) -> FeedContent:
    path = "abcdefghijklmnopqrstuvwxyz"[number:] + "2" * number
    feed = Feed(f"p{number}", path, f"p{number}", (1,), number)
    covers = {sha256: url.replace("PATH", path) for sha256, url in show.covers.items()}
    prospect = Prospect(f"p{number}", name)
    content = msgspec.structs.replace(
        show, feed=feed, prospect=prospect, base_url=f"{BASE}/{path}", covers=covers, revision=str(number)
    )
    return content.with_own_cover(show.own_cover) if show.own_cover else content


def _refuse(content: FeedContent, _assets: Assets) -> None:
    raise AssertionError(f"{content.feed.id} was rendered in full")
