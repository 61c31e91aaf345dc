"""What an agent is: an app, a browser, a program, a preview … decided once, when it is first seen.

The only user of crawler-user-agents and ua-parser.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from pitchcast.analytics.apps import podcast_app
from pitchcast.analytics.requests import AgentKind
from pitchcast.errors import ConfigError
from pitchcast.model.base import Record
from pitchcast.reading import FileKind, parse_json, read_text

MOST_CHARACTERS = 1000
"""An agent is cut there: no real one is so long."""

OWN_APP = "pitchcast"

_GROUP = 100  # patterns that are looked for at once

_BOTS = FileKind(
    what="a list of programs",
    at_most_bytes=20_000_000,
    error=ConfigError,
    hint="audience.bots is a JSON list of objects with “pattern” or “user_agents”, as OPAWG's is.",
)
_HEX = re.compile(rb"\\x([0-9A-Fa-f]{2})|\\(.)", re.DOTALL)
_PROGRAMS = re.compile(
    r"^(Lavf/|ffmpeg|FFmpeg|mpg123|GStreamer|gvfs|feedparser|Podcast-?Archiver|podcast-archiver|rclone|aria2|axel|yt-dlp"
    r"|youtube-dl|libwww|HTTPie|httpie|node-fetch|undici|axios|got \(|Faraday|Ruby|PHP/|Dart/|Deno/|Bun/|k6/|Java/)"
)
"""Libraries and tools that the list does not know, or not by the whole of their names."""
_BROWSER = re.compile(r"^(Mozilla|Opera)/")
_SIGNED_APP = re.compile(r"^([^/(\s]{2,40})[/ ]")


class Agent(Record, frozen=True):
    """An agent's text, and what it is. ``lists`` are the versions of the lists by which that was decided."""

    id: int
    text: str
    kind: AgentKind
    app: str = ""
    device: str = ""
    os: str = ""
    lists: str = ""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A pattern of a list, and what it says of agents that it finds."""

    expression: re.Pattern[str]
    kind: AgentKind


@dataclass(frozen=True, slots=True)
class _Group:
    """Patterns, and one that finds what any of them finds."""

    any_of_them: re.Pattern[str]
    patterns: Sequence[_Pattern]


def agent_id(text: str) -> int:
    """Return the id of an agent: 63 bits of the MD5 of its text, the same on every computer."""
    digest = hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "little") & (1 << 63) - 1


def decode_agent(written: str, coding: str) -> str:
    """Return an agent as it was sent, from how a log writes it; "-" is none."""
    if written == "-":
        return ""
    text = _CODINGS[coding](written)
    return " ".join(text.split())[:MOST_CHARACTERS]


def _percent(text: str) -> str:
    """Return a text without percent-encoding; some agents are encoded twice."""
    for _ in range(2):
        decoded = unquote_to_bytes(text).decode("utf-8", "replace")
        if decoded == text:
            break
        text = decoded
    return text


def _backslash(text: str) -> str:
    """Return a text without the backslashes of nginx (``\\x22``) and Apache (``\\"``)."""
    if "\\" not in text:
        return text
    return _HEX.sub(_unescaped, text.encode("utf-8")).decode("utf-8", "replace")


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)]) if found[1] else found[2]


_CODINGS: Mapping[str, Callable[[str], str]] = {"plain": str, "percent": _percent, "backslash": _backslash}


class AgentLists:
    """Decides what agents are, by the lists that are installed and a file of further programs."""

    def __init__(self, bots: Path | None = None) -> None:
        self._further = read_bots(bots) if bots else ()
        mark = _digest(bots) if bots else ""
        packages = ("crawler-user-agents", "ua-parser", "ua-parser-builtins")
        self.versions = " ".join([*(f"{name} {version(name)}" for name in packages), *([f"bots {mark}"] * bool(mark))])

    def decide(self, text: str) -> Agent:
        """Return what an agent is."""
        kind, app = self._kind_and_app(text)
        device, system = _device_of(text) if kind in ("app", "browser") else ("", "")
        return Agent(id=agent_id(text), text=text, kind=kind, app=app, device=device, os=system, lists=self.versions)

    def _kind_and_app(self, text: str) -> tuple[AgentKind, str]:
        """Return kind and app; the first rule that knows the agent decides."""
        if not text:
            return "none", ""
        if is_watch(text):
            return "watch", "Apple Podcasts"
        if text.startswith(f"{OWN_APP}/") or text == OWN_APP:
            return "program", OWN_APP
        if any(pattern.search(text) for pattern in self._further):
            return "program", _name_in(text)
        app = podcast_app(text)
        if app:
            return "app", app
        listed = _listed_kind(text)
        if listed:
            return listed, _name_in(text)
        if _PROGRAMS.search(text):
            return "program", _name_in(text)
        return ("browser", _browser_of(text)) if _BROWSER.search(text) else ("app", _name_in(text))


def is_watch(text: str) -> bool:
    """Return whether it is an Apple Watch, which downloads again what the telephone has [PTM 2.3, 1.2.7 and 8.1]."""
    return (text.startswith("atc/") and "watchOS" in text) or "(null)/(null) watchOS" in text


def read_bots(path: Path) -> Sequence[re.Pattern[str]]:
    """Return the patterns of a file of programs, in OPAWG's form or a list of patterns. Raises ConfigError."""
    try:
        entries = parse_json(read_text(path, _BOTS), list[Any])
        patterns = [re.compile(pattern) for entry in entries for pattern in _patterns_of(entry)]
    except (ValueError, re.error) as error:
        raise ConfigError(f"{path}: {error}", hint=_BOTS.hint) from error
    return patterns


def _patterns_of(entry: object) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    if not isinstance(entry, dict):
        raise ValueError(  # noqa: TRY004 - what is wrong is the file
            f"{entry!r} is neither a pattern nor an object with one"
        )
    found = entry.get("user_agents") or entry.get("pattern") or []
    return [found] if isinstance(found, str) else [str(pattern) for pattern in found]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def _listed_kind(text: str) -> AgentKind | None:
    """Return what the list of crawlers says of an agent: feed readers are apps, the rest fetches for no listener."""
    for group in _crawler_groups():
        if group.any_of_them.search(text):
            return next(one.kind for one in group.patterns if one.expression.search(text))
    return None


@cache
def _crawler_groups() -> Sequence[_Group]:
    """Return the list of crawlers in groups: most agents are in none, and one look a group tells so."""
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    groups = []
    for start in range(0, len(CRAWLER_USER_AGENTS_DATA), _GROUP):
        entries = CRAWLER_USER_AGENTS_DATA[start : start + _GROUP]
        patterns = [_Pattern(re.compile(entry["pattern"]), _kind_by_tags(entry)) for entry in entries]
        any_of_them = "|".join(f"(?:{entry['pattern']})" for entry in entries)
        groups.append(_Group(re.compile(any_of_them), patterns))
    return groups


def _kind_by_tags(entry: Mapping[str, Any]) -> AgentKind:
    tags = entry.get("tags", ())
    if "social-preview" in tags:
        return "preview"
    if "feed-reader" in tags:
        return "app"
    return "scanner" if "scanner" in tags else "program"


def _name_in(text: str) -> str:
    """Return what an agent calls itself before the first slash, "" where that says nothing."""
    found = _SIGNED_APP.match(f"{text} ")
    return found[1] if found and found[1] != "Mozilla" else ""


def _browser_of(text: str) -> str:
    from ua_parser import parse_user_agent

    found = parse_user_agent(text)
    return found.family if found else ""


def _device_of(text: str) -> tuple[str, str]:
    """Return device and system, "" for what is not known."""
    from ua_parser import parse_device, parse_os

    device, system = parse_device(text), parse_os(text)
    return (device.family if device else "", system.family if system else "")
