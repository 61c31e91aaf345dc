"""What the listening page itself says, apart from what the show, its notes and its brand say.

One TOML file a language lies in ``templates/words``; a company's own (overrides.py) may change words and add languages.
"""

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

from pitchcast.errors import ConfigError
from pitchcast.model.feed import Ending
from pitchcast.model.language import file_name, primary_language
from pitchcast.page.overrides import WORDS_FOLDER, Overrides
from pitchcast.reading import parse_toml

SPEEDS = (0.75, 1.0, 1.25, 1.5, 1.75, 2.0)

_BUILT_IN = Path(__file__).parent / "templates" / WORDS_FOLDER
_FALLBACK = "en"
_MINUTE_S = 60
_HOUR_MIN = 60
_NONE_IS_ONE = frozenset({"fr"})  # Unicode CLDR plural rules: French counts nothing as one
_MAIL_FIELDS = frozenset({"greeting", "name", "first_name", "company", "title", "show", "link", "host", "signature"})
_MAIL_WORDS = ("mail_subject", "mail_body", "mail_team_subject", "mail_team_body")
_COUNTED = frozenset({"counted_feeds", "counted_totals"})
_AMID = ("feed_title", "feed_text", "feed_text_for", "feed_text_team", "cover_for", "show_title")
"""Words that stand amid a show's own texts, and nowhere but there."""
_LEFT_OUT = frozenset(
    {"contact", "imprint", "privacy", "loading", "and_others", "for_roles", "feed_hint", "share_from", *_AMID}
)
_NEARLY = {
    "for_team": "for_whom",
    "mail_team_subject": "mail_subject",
    "mail_team_body": "mail_body",
    "taken_back": "failed",
}
"""Words that may be missing, by those that say nearly the same."""
_LATER = _COUNTED | _LEFT_OUT | _NEARLY.keys()
"""Words that came when companies had written languages of their own: there they may be missing."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """The page's own words in one language. Words in braces are filled in; ``earlier`` has ``one`` and ``other``.

    ``counted_language`` is the one of the words on counting: English, where a company's own language lacks them. Of
    other words that such a language lacks, as they came later, some are "": it is never mixed with English.

    ``mail_…`` (but for ``mail_browser``), ``feed_title``, ``feed_text…``, ``cover_for`` and ``show_title`` are not on
    the page: they stand in the mail that carries its link, in feeds and on covers.
    """

    language: str
    months: tuple[str, ...]
    day: str
    first_day: str
    decimal: str
    for_whom: str
    with_host: str
    seconds: str
    minutes: str
    hours: str
    player: str
    play: str
    pause: str
    back: str
    forward: str
    position: str
    of: str
    speed: str
    failed: str
    taken_back: str
    loading: str
    notes: str
    chapters: str
    chapter_link: str
    transcript: str
    transcript_file: str
    transcript_at: str
    empty_title: str
    empty_text: str
    older: str
    subscribe: str
    subscribe_text: str
    no_spotify: str
    nothing_happened: str
    mail_browser: str
    other_app: str
    step_copy: str
    step_open: str
    step_paste: str
    address: str
    copy: str
    copied: str
    private: str
    scan: str
    scan_text: str
    share: str
    share_text: str
    share_button: str
    share_copy: str
    share_subject: str
    share_message: str
    share_from: str
    mail_subject: str
    mail_greeting: str
    mail_body: str
    gone_title: str
    gone_text: str
    gone_host: str
    expired_title: str
    expired_text: str
    rotated_title: str
    rotated_text: str
    moved_title: str
    moved_text: str
    moved_link: str
    contact: str
    imprint: str
    privacy: str
    for_team: str
    mail_team_subject: str
    mail_team_body: str
    feed_title: str
    feed_text: str
    feed_text_for: str
    feed_text_team: str
    cover_for: str
    show_title: str
    and_others: str
    for_roles: str
    earlier: dict[str, str]
    counted_feeds: str
    counted_totals: str
    feed_hint: str
    counted_language: str = ""


def words_in(language: str, overrides: Overrides | None = None) -> Words:
    """Return the page's words for a language tag (BCP 47); English where there are none in that language.

    *overrides*' ``words/<language>.toml`` change some words, or add a language with all of them.
    Raises ConfigError naming file, line and word where such a file is wrong.
    """
    tag = file_name(language)
    if not tag:
        return _built_in(_FALLBACK)
    primary = primary_language(tag)
    known = primary if (_BUILT_IN / f"{primary}.toml").is_file() else ""
    if overrides:
        for name in (tag, primary):
            if f"{WORDS_FOLDER}/{name}.toml" in overrides.files:
                return _overridden(overrides, name, known)
    return _built_in(known or _FALLBACK)


def words_amid(language: str, overrides: Overrides | None = None) -> Words:
    """Return the words that stand amid the texts of a show in that language; "" each where there are none in it.

    English words are for what is English as a whole. Raises what words_in raises.
    """
    words = words_in(language, overrides)
    if is_spoken(language, words):
        return words
    nothing: dict[str, Any] = dict.fromkeys((*_AMID, "for_whom"), "")
    return replace(words, **nothing)


def is_spoken(language: str, words: Words) -> bool:
    """Return whether the words are in that language, whatever its region."""
    return primary_language(language) == primary_language(words.language)


def wordless_note(language: str, overrides: Overrides | None = None) -> str:
    """Return the sentence that pages are in English for lack of words in a show's language, "" where there are some."""
    if not file_name(language) or is_spoken(language, words_in(language, overrides)):
        return ""
    file = f"{WORDS_FOLDER}/{file_name(language)}.toml"
    return f"there are no words in “{language}”: pages are in English until {file} has them; docs/page.md says how"


def day_in_words(date: datetime, words: Words) -> str:
    """Return a date as people write it."""
    day = words.first_day if date.day == 1 else str(date.day)
    return words.day.format(day=day, month=words.months[date.month - 1], year=date.year)


def length_in_words(duration_s: float, words: Words) -> str:
    """Return how long something is as people say it: seconds under a minute, then whole minutes."""
    if duration_s < _MINUTE_S:
        return words.seconds.format(seconds=max(1, round(duration_s)))
    hours, minutes = divmod(round(duration_s / _MINUTE_S), _HOUR_MIN)
    return words.hours.format(hours=hours, minutes=minutes) if hours else words.minutes.format(minutes=minutes)


def mail_words(text: str, place: str) -> tuple[str, str]:
    """Return subject and body of a mail out of one text: the first line, and what follows it.

    Raises ConfigError naming *place* and line where there is neither, or braces stand around what nobody can fill in.
    """
    first, _, body = text.strip().partition("\n")
    if not body.strip():
        raise ConfigError(f"{place}: has no text below its first line, the subject", hint="Write the mail below it.")
    for number, line in enumerate(text.splitlines(), 1):
        _check_braces("the mail", line, set(_MAIL_FIELDS), f"{place}:{number}")
    return first.strip(), body.strip()


def gone_words(words: Words, ending: Ending, host: str = "") -> Words:
    """Return the words with ``gone_title`` and ``gone_text`` as an address that ended says them.

    Who can be asked is *host*, or the person who sent the link.
    """
    title, text = {
        "closed": (words.gone_title, words.gone_text),
        "expired": (words.expired_title, words.expired_text),
        "rotated": (words.rotated_title, words.rotated_text),
        "moved": (words.moved_title, words.moved_text),
    }[ending]
    return replace(words, gone_title=title, gone_text=text.format(host=host or words.gone_host))


def earlier_in_words(count: int, words: Words) -> str:
    """Return the heading over so many earlier episodes."""
    is_one = count == 1 or (count == 0 and primary_language(words.language) in _NONE_IS_ONE)
    return words.earlier["one" if is_one else "other"]


def speed_in_words(speed: float, words: Words) -> str:
    """Return a playing speed as players show it: ``1.5×``."""
    return f"{speed:g}×".replace(".", words.decimal)


def time_mark(start_s: float) -> str:
    """Return a place in an episode as players show it: ``1:05`` or ``1:00:05``."""
    minutes, seconds = divmod(int(start_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@lru_cache(maxsize=64)
def _built_in(language: str) -> Words:
    file = _BUILT_IN / f"{language}.toml"
    return _parse(file.read_text(encoding="utf-8"), str(file), language, None)


@lru_cache(maxsize=64)
def _overridden(overrides: Overrides, language: str, base: str) -> Words:
    """Return the words of one's own file over those of *base*."""
    name = f"{WORDS_FOLDER}/{language}.toml"
    return _parse(overrides.files[name], f"{overrides.place}/{name}", language, _built_in(base) if base else None)


def _parse(text: str, file: str, language: str, base: Words | None) -> Words:
    found = _parsed(file, text)
    patterns = _patterns() if base or language != _FALLBACK else {}  # the English words are the pattern of all others
    names = _names()
    for name, value in found.items():
        _check_word(name, value, names, patterns, f"{file}:{_line_of(name, text)}")
    if base is None:
        _check_complete(found, names, file)
    if "months" in found:
        found["months"] = tuple(found["months"])
    kept = _words_of(base, names) if base else {}
    counted_language = language
    if not _COUNTED.issubset({*kept, *found}):
        kept |= _in_english(_COUNTED)
        found = {name: value for name, value in found.items() if name not in _COUNTED}
        counted_language = _FALLBACK
    said = {**dict.fromkeys(_LEFT_OUT, ""), **kept, **found}
    for name, other in _NEARLY.items():
        said.setdefault(name, said[other].replace("{name}", "{company}"))
    return Words(**{**said, "language": language, "counted_language": counted_language})


def _names() -> list[str]:
    """Return the names of the words that a file has, in the order of Words."""
    return [item.name for item in fields(Words) if item.name not in ("language", "counted_language")]


def _words_of(words: Words, names: Iterable[str]) -> dict[str, Any]:
    """Return these words by their names."""
    return {name: getattr(words, name) for name in names}


def _in_english(names: Set[str]) -> dict[str, Any]:
    """Return these words in English, by their names."""
    return _words_of(_built_in(_FALLBACK), names)


def _check_complete(found: dict[str, Any], names: list[str], file: str) -> None:
    missing = [name for name in names if name not in found and name not in _LATER]
    if missing:
        raise ConfigError(f"{file}: lacks {', '.join(missing)}", hint="A new language needs every word of the page.")


def _parsed(file: str, text: str) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except ValueError as error:
        line = re.search(r"at line (\d+)", str(error))
        place = line[1] if line else text.count("\n") + 1
        raise ConfigError(f"{file}:{place}: is not valid TOML: {error}", hint="Correct that line.") from error


def _check_word(name: str, value: object, names: list[str], patterns: dict[str, set[str]], place: str) -> None:
    """Raise ConfigError where a word is unknown, of another kind, or would fill in what the page doesn't have."""
    if name not in names:
        raise ConfigError(f"{place}: {name}: the page has no such word", hint=f"It has {', '.join(names)}.")
    if name == "months":
        if not _are_twelve_texts(value):
            raise ConfigError(f"{place}: months: must be a list of twelve names", hint="January comes first.")
    elif name == "earlier":
        if not _is_one_and_other(value):
            raise ConfigError(f'{place}: earlier: must have the two words "one" and "other"', hint="See docs/page.md.")
    elif isinstance(value, str):
        _check_braces(name, value, patterns.get(name), place)
    else:
        raise ConfigError(f"{place}: {name}: must be text in quotes", hint="See docs/page.md.")


def _are_twelve_texts(value: object) -> bool:
    return isinstance(value, list) and len(value) == 12 and _are_texts(value)


def _is_one_and_other(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"one", "other"} and _are_texts(value.values())


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _check_braces(name: str, value: str, allowed: set[str] | None, place: str) -> None:
    try:
        used = _braced(value)
    except ValueError as error:
        raise ConfigError(
            f"{place}: {name}: {error}", hint="Write {{ and }} for braces that are to be seen."
        ) from error
    extra = sorted(used - allowed) if allowed is not None else []
    if extra:
        known = ", ".join(f"{{{word}}}" for word in sorted(allowed or ())) or "nothing"
        raise ConfigError(f"{place}: {name}: {{{extra[0]}}} is not known here", hint=f"What can stand there: {known}.")


def _braced(text: str) -> set[str]:
    """Return what *text* wants filled in. Raises ValueError for braces that don't match."""
    return {f"{name}{spec and ':'}{spec}" for _, name, spec, _ in Formatter().parse(text) if name is not None}


@lru_cache(maxsize=1)
def _patterns() -> dict[str, set[str]]:
    """Return what may be filled into each word: what is filled in the English one."""
    english = _built_in(_FALLBACK)
    texts = {item.name: getattr(english, item.name) for item in fields(Words)}
    known = {name: _braced(text) for name, text in texts.items() if isinstance(text, str)}
    return known | {name: set(_MAIL_FIELDS) for name in _MAIL_WORDS}


def _line_of(name: str, text: str) -> int:
    wanted = re.compile(rf"\s*(\[\s*)?[\"']?{re.escape(name)}\b")
    return next((number for number, line in enumerate(text.splitlines(), 1) if wanted.match(line)), 1)
