"""Can a company's own templates be trusted with every page? They are tried on made-up feeds before they are kept.

The made-up texts hold markup: where one comes out as such, a template does not escape it. Whatever the templates do,
a page keeps its policy, asks not to be found where it is private, and loads nothing from anybody else.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

import msgspec

from pitchcast.errors import ConfigError
from pitchcast.model.episode import Chapter, Episode, Master
from pitchcast.model.feed import Delivery, Feed, FeedContent
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Brand, Show
from pitchcast.page.call import render_call
from pitchcast.page.listen import render_gone_page, render_page
from pitchcast.page.overrides import WORDS_FOLDER, Overrides
from pitchcast.page.policy import inline

_HOST = "https://listen.example"
_TOKEN = "a" * 26  # of a feed that is nobody's
_FETCHING = {"src", "srcset", "poster", "data", "background"}
_MARKED = "x-unescaped"


def check_overrides(overrides: Overrides, language: str) -> None:
    """See whether pages can be made with *overrides*, in the show's *language* and those that it has words for.

    Raises ConfigError naming file and line, or the template and what is wrong with its page.
    """
    own = (name.partition("/")[2].removesuffix(".toml") for name in overrides.files if name.startswith(WORDS_FOLDER))
    for spoken in dict.fromkeys((language, *own)):
        for private in (True, False):
            for count in (0, 1, 3):
                page = render_page(_made_up(spoken, private=private, episodes=count), overrides=overrides)
                _check(overrides, "listen.html", page, private=private)
        made_up = _made_up(spoken, private=True, episodes=1)
        for content in (made_up, msgspec.structs.replace(made_up, moved_to=f"{_HOST}/{_TOKEN}")):
            _check(overrides, "gone.html", render_gone_page(content, overrides=overrides), private=True)
        call = render_call(made_up, overrides=overrides)
        _check(overrides, "call.html", call, private=True)


def _made_up(language: str, *, private: bool, episodes: int) -> FeedContent:
    feed = Feed("x", _TOKEN, "x") if private else Feed("public", _TOKEN)
    return FeedContent(
        show=Show(
            id="",
            title=_marked("title"),
            host=_marked("host"),
            description=_marked("description"),
            art_token="b" * 26,
            first_address="listen.example",
            language=language,
        ),
        brand=Brand(call_to_action=_marked("call_to_action"), call_to_action_url="https://seller.example"),
        feed=feed,
        prospect=Prospect("x", _marked("name")) if private else None,
        deliveries=tuple(_delivery(number) for number in range(episodes, 0, -1)),
        base_url=f"{_HOST}/{_TOKEN}",
        cover_url=f"{_HOST}/{'b' * 26}/cover.jpg",
    )


def _delivery(number: int) -> Delivery:
    episode = Episode(
        id=f"e{number}",
        guid="",
        title=_marked("episode title"),
        slug=f"e{number}",
        recording="",
        master=Master(
            sha256="0" * 64,
            size_bytes=1,
            samples=48_000 * 600,
            sample_rate_hz=48_000,
            channels=1,
            bitrate_kbps=96,
            integrated_lufs=-19,
            heard_lufs=-16,
            true_peak_dbtp=-1,
            audio_offset_bytes=0,
        ),
        notes="**Notes** with a [link](https://seller.example)",
        host=_marked("episode host") if number == 1 else "",
        chapters=(Chapter(start_s=0, title=_marked("chapter"), url="https://seller.example"),),
    )
    return Delivery(episode=episode, date=datetime(2026, 3, number, tzinfo=UTC), release=number)


def _marked(what: str) -> str:
    """Return a text that becomes an element of its own where it is not escaped, also out of an attribute."""
    return f"{what} {_MARKED}=\"'><{_MARKED} title='{what}'>"


def _check(overrides: Overrides, name: str, page: bytes, *, private: bool) -> None:
    read = _Read(page.decode())
    for fault in _faults(read, private=private):
        own = name if name in overrides.files else "its templates"
        raise ConfigError(
            f"{overrides.place}/{own}: {fault}{_where(overrides, read)}",
            hint="Correct the template; docs/page.md tells what a page must keep.",
        )


def _faults(read: "_Read", *, private: bool) -> Iterator[str]:
    if read.unescaped:
        yield f"the page shows {read.unescaped} without escaping it"
    if not read.policy or read.before_policy:
        yield "the page lacks its Content-Security-Policy, which stands first in the head as {{ policy }}"
    if private and not {("robots", "noindex"), ("referrer", "no-referrer")} <= read.metas:
        yield "a private page must keep its noindex and no-referrer"
    for text, kind in read.inline:
        if inline(text).source not in read.policy:
            yield f"the page's policy does not allow the <{kind}> that begins {text.strip()[:30]!r}"
    for attribute in read.active:
        yield f"the page's policy does not allow the attribute {attribute}"
    for url in read.fetched:
        if urlsplit(url).netloc not in ("", urlsplit(_HOST).netloc):
            yield f"the page must not load {url[:80]} from elsewhere"


def _where(overrides: Overrides, read: "_Read") -> str:
    """Return the lines that switch escaping off, where that is what went wrong."""
    if not read.unescaped:
        return ""
    unsafe = re.compile(r"\|\s*safe\b|\bautoescape\b|\bMarkup\b")
    found = [
        f"{name}:{number}"
        for name, text in overrides.files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if name.endswith(".html") and unsafe.search(line)
    ]
    return f" (see {', '.join(found)})" if found else ""


class _Read(HTMLParser):
    """A page as a browser would read it, as far as it can go wrong."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.policy = ""
        self.before_policy = False
        self.unescaped = ""
        self.metas: set[tuple[str, str]] = set()
        self.inline: list[tuple[str, str]] = []
        self.active: list[str] = []
        self.fetched: list[str] = []
        self._inside = ""
        self._text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == _MARKED or _MARKED in given:
            self.unescaped = self.unescaped or (given.get("title", "") if tag == _MARKED else f"a text in <{tag}>")
        if given.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = self.policy or given.get("content", "")
        self.metas.add((given.get("name", ""), given.get("content", "")))
        self.before_policy |= not self.policy and tag in ("script", "style", "link", "img", "body", "audio", "iframe")
        self.active += [f"{name} of <{tag}>" for name in given if name.startswith("on") or name == "style"]
        self.fetched += [given[name] for name in _FETCHING & given.keys()]
        self.fetched += [given.get("href", "")] if tag == "link" and _is_loaded(given.get("rel", "")) else []
        if tag in ("script", "style") and "src" not in given:
            self._inside, self._text = tag, []

    def handle_data(self, data: str) -> None:
        if self._inside:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self.inline.append(("".join(self._text), tag))
            self._inside = ""


def _is_loaded(relation: str) -> bool:
    return not {"canonical", "alternate"} & set(relation.lower().split())
