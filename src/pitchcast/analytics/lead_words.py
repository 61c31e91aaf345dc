"""Leads in words: what was seen, and then what to do. Never how long anybody listened, and never “just now”."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pitchcast.analytics.signals import Signal
from pitchcast.model.leads import Band, SignalKind

_MOST_TOLD = 4
_BY_WEEKDAY = timedelta(days=6)
_DELIBERATE: Sequence[SignalKind] = ("tap", "passed on", "colleague", "play", "subscribed", "pasted", "returning")
_FAINT: Sequence[SignalKind] = ("open", "download", "unsure tap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """What things are called: episodes by id, colleagues by feed, and the words of the call to action."""

    episodes: Mapping[str, str]
    colleagues: Mapping[str, str]
    call: str


def why(signal: Signal, names: Titles, now: datetime, *, times: int = 1) -> str:
    """Return what was seen, and when, as a part of a sentence; *times* is how often, the last time being this one."""
    often = f", the last of {times} times" if times > 1 else ""
    return f"{seen_in_words(signal, names)} {moment_in_words(signal.moment, now)}{often}"


def moment_in_words(moment: datetime, now: datetime) -> str:
    """Return a moment in UTC: its weekday within the last days, else its date."""
    utc = moment.astimezone(UTC)
    if timedelta(0) <= now - moment < _BY_WEEKDAY:
        return f"{utc:%a %H:%M}"
    return f"{utc.day} {utc:%b %H:%M}"


def sentence(name: str, band: Band, what: str, do: str) -> str:
    """Return a lead in one line."""
    return f"{name}: {band + '. ' if band else ''}{what[:1].upper()}{what[1:]}. {do}"


def summary(signals: Sequence[Signal], names: Titles, now: datetime, networks: int) -> str:
    """Return what was seen of a prospect, the most telling kinds only, oldest first."""
    kinds = {signal.kind for signal in signals}
    order = _DELIBERATE if not kinds.isdisjoint(_DELIBERATE) else _FAINT
    chosen = [kind for kind in order if kind in kinds][:_MOST_TOLD]
    latest = {signal.kind: signal for signal in signals}  # oldest first, so the last one stays
    times = {kind: sum(signal.kind == kind for signal in signals) for kind in chosen}
    told = sorted((latest[kind] for kind in chosen), key=lambda signal: signal.moment)
    parts = [why(signal, names, now, times=times[signal.kind]) for signal in told]
    if networks > 1:
        parts[-1] += f"; seen from {networks} networks"
    return "; ".join(parts)


def what_to_do(signals: Sequence[Signal], band: Band, names: Titles) -> str:
    """Return what to do, as a sentence."""
    kinds = {signal.kind for signal in signals}
    played = next((signal.what for signal in reversed(signals) if signal.kind == "play"), "")
    if kinds & {"passed on", "colleague"}:
        return "Ask who else should hear it."
    if "tap" in kinds:
        return "Offer a time to talk." if band else "Send the next pitch, and offer a time to talk."
    if "play" in kinds:
        title = names.episodes.get(played, "")
        return f"Ask what they think of {_quoted(title)}." if title else "Ask what they think of it."
    if "subscribed" in kinds:
        return "Send the next pitch: it arrives by itself."
    return "Send the next pitch; there is nothing to call about yet."


def seen_in_words(signal: Signal, names: Titles) -> str:
    """Return what was seen, as a part of a sentence."""
    title = names.episodes.get(signal.what, "")
    of = f" {_quoted(title)}" if title else " an episode"
    phrases: Mapping[SignalKind, str] = {
        "play": f"pressed play on{of}",
        "tap": f"opened {_quoted(names.call)}" if names.call else "tapped the call to action",
        "unsure tap": "a tap on the call that could not be told from a program",
        "passed on": f"passed on {_steps(signal.steps)} and opened by somebody new",
        "colleague": f"the link made for {names.colleagues.get(signal.feed) or 'somebody else'} was used",
        "pasted": f"the link was pasted into {signal.what or 'a chat'}",
        "subscribed": f"subscribed in {signal.what or 'an app'}",
        "download": f"an app downloaded{of}",
        "open": "opened the page",
        "returning": "was there on 3 days of 14",
    }
    return phrases[signal.kind]


def _steps(count: int) -> str:
    return "one step" if count == 1 else f"{count} steps"


def _quoted(text: str) -> str:
    return f"‘{text}’"
