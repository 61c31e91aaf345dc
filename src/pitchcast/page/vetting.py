"""Tries a company's own templates on made-up feeds before they are kept, so that mistakes show when they are made.

Every page is looked at again when it is built (frame.py): templates may behave only while they are tried. What is
found only here is a text that is not escaped, since the made-up texts hold markup.
"""

import re
from datetime import UTC, datetime

import msgspec

from pitchcast.errors import ConfigError
from pitchcast.model.episode import Chapter, Episode, Master
from pitchcast.model.feed import Delivery, Feed, FeedContent
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Brand, Show
from pitchcast.model.token import TOKEN_LENGTH
from pitchcast.page.call import render_call
from pitchcast.page.frame import PageRefused
from pitchcast.page.listen import render_gone_page, render_page
from pitchcast.page.overrides import WORDS_FOLDER, Overrides

_HOST = "https://listen.example"
_TOKEN = "a" * TOKEN_LENGTH  # of a feed that is nobody's
_MARKED = "x-unescaped"
_MARKED_ELEMENT = re.compile(rf"<{_MARKED} title='([^'<]{{1,100}})'")
_UNSAFE = re.compile(r"\|\s{0,9}safe\b|\bautoescape\b|\bMarkup\b")


def check_overrides(overrides: Overrides, language: str) -> None:
    """See whether pages can be made with *overrides*, in the show's *language* and those that it has words for.

    Raises ConfigError naming file and line, or the template and what is wrong with its page.
    """
    try:
        _try_pages(overrides, language)
    except PageRefused as error:
        if _MARKED not in error.found:
            raise
        raise ConfigError(
            f"{overrides.place}: the page shows {_shown(error.found)} without escaping it{_where(overrides)}",
            hint="Correct the template; docs/page.md tells what a page may hold.",
        ) from error


def _try_pages(overrides: Overrides, language: str) -> None:
    own = (name.partition("/")[2].removesuffix(".toml") for name in overrides.files if name.startswith(WORDS_FOLDER))
    for spoken in dict.fromkeys((language, *own)):
        for private in (True, False):
            for count in (0, 1, 3):
                render_page(_made_up(spoken, private=private, episodes=count), overrides=overrides)
        made_up = _made_up(spoken, private=True, episodes=1)
        for content in (made_up, msgspec.structs.replace(made_up, moved_to=f"{_HOST}/{_TOKEN}")):
            render_gone_page(content, overrides=overrides)
        render_call(made_up, overrides=overrides)


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
            role=_marked("role") if episodes else "",
        ),
        brand=Brand(
            call_to_action=_marked("call_to_action"),
            call_to_action_url="https://seller.example",
            company=_marked("company") if episodes else "",
        ),
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
        recording_sha256="",
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


def _shown(found: str) -> str:
    """Return which text stands there as markup, or in which element."""
    marked = _MARKED_ELEMENT.search(found)
    return marked[1] if marked else f"a text in {found.split(' ')[0].rstrip('>')}>"


def _where(overrides: Overrides) -> str:
    """Return the lines that switch escaping off."""
    found = overrides.template_lines(lambda line: _UNSAFE.search(line) is not None)
    return f" (see {', '.join(found)})" if found else ""
