"""What the listening page itself says, apart from what the show, its notes and its brand say."""

from dataclasses import dataclass

_MINUTE_S = 60
_HOUR_MIN = 60


@dataclass(frozen=True, kw_only=True)
class Words:
    """The page's own words in one language (a two-letter code). Words in braces are filled in."""

    language: str
    months: tuple[str, ...]
    day: str
    for_whom: str
    with_host: str
    seconds: str
    minutes: str
    hours: str
    player: str
    chapters: str
    notes: str
    earlier: str
    empty_title: str
    empty_text: str
    subscribe: str
    subscribe_text: str
    address: str
    address_text: str
    copy: str
    copied: str
    private: str


_ENGLISH = Words(
    language="en",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    day="{day} {month} {year}",
    for_whom="For {name}",
    with_host="with {name}",
    seconds="{seconds} s",
    minutes="{minutes} min",
    hours="{hours} h {minutes} min",
    player="Play “{title}”",
    chapters="Chapters",
    notes="Notes",
    earlier="Earlier episodes",
    empty_title="Nothing here yet",
    empty_text="The first episode will appear on this page as soon as it is published.",
    subscribe="Subscribe in your podcast app",
    subscribe_text="Choose your app, and the next episode comes to you by itself:",
    address="Feed address",
    address_text="Another app? Copy this address and add it there by URL.",
    copy="Copy",
    copied="Copied",
    private="This address is yours alone. Please don’t post it in public.",
)


def words_in(language: str) -> Words:
    """Return the page's words for a language tag (BCP 47); English where there are none in that language."""
    return {"en": _ENGLISH}.get(language.lower().partition("-")[0], _ENGLISH)


def length_in_words(duration_s: float, words: Words) -> str:
    """Return how long something is as people say it: seconds under a minute, then whole minutes."""
    if duration_s < _MINUTE_S:
        return words.seconds.format(seconds=max(1, round(duration_s)))
    hours, minutes = divmod(round(duration_s / _MINUTE_S), _HOUR_MIN)
    return words.hours.format(hours=hours, minutes=minutes) if hours else words.minutes.format(minutes=minutes)


def time_mark(start_s: float) -> str:
    """Return a place in an episode as players show it: ``1:05`` or ``1:00:05``."""
    minutes, seconds = divmod(int(start_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
