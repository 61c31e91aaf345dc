"""Points for signals: what each is worth, how it fades, and what is to be done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pitchcast.analytics.signals import Signal
from pitchcast.model.leads import Band, LeadRules

HALF_LIVES = 6
"""After so many half-lives next to nothing is left of a signal."""

_CALL_WITHIN = timedelta(days=7)
_DOWNLOADS_WITHIN = timedelta(days=30)
_REASONS_TO_CALL = ("tap", "passed on", "colleague")
_A_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Weighed:
    """A signal, and what is left of its points."""

    signal: Signal
    points: float


def weigh(signals: Sequence[Signal], rules: LeadRules, now: datetime) -> list[Weighed]:
    """Return what each signal is worth *now*, those without points left out; *signals* are oldest first."""
    weighed = [
        Weighed(signal, points * fading(signal.moment, rules, now)) for signal, points in _full_points(signals, rules)
    ]
    return [one for one in weighed if one.points > 0]


def fading(moment: datetime, rules: LeadRules, now: datetime) -> float:
    """Return which part of its points a signal still has; half of them after each half-life."""
    age_days = max(0.0, (now - moment).total_seconds() / _A_DAY_S)
    return float(0.5 ** (age_days / rules.half_life))


def score_of(weighed: Sequence[Weighed]) -> float:
    """Return the points together, with one digit behind the point: as they are shown, so that they add up."""
    return round(sum(round(one.points, 1) for one in weighed), 1)


def band_of(weighed: Sequence[Weighed], rules: LeadRules, now: datetime) -> Band:
    """Return what is to be done: nobody is to be called who has not tapped or passed on within 7 days."""
    score = score_of(weighed)
    recent = (one.signal for one in weighed if now - one.signal.moment <= _CALL_WITHIN)
    if score >= rules.call_today and any(signal.kind in _REASONS_TO_CALL for signal in recent):
        return "call today"
    return "warm" if score >= rules.warm else ""


def _full_points(signals: Sequence[Signal], rules: LeadRules) -> Iterator[tuple[Signal, int]]:
    """Yield signals with their points before they fade."""
    plain = {
        "tap": rules.points_tap,
        "unsure tap": rules.points_unsure_tap,
        "colleague": rules.points_colleague,
        "pasted": rules.points_pasted,
        "subscribed": rules.points_subscribed,
        "open": rules.points_open,
        "returning": rules.points_returning,
    }
    played = False
    passed_on = 0
    downloads: list[tuple[datetime, int]] = []
    for signal in signals:
        points = plain.get(signal.kind, 0)
        if signal.kind == "play":
            points = rules.points_play_again if played else rules.points_play
            played = True
        elif signal.kind == "passed on":
            full = rules.points_passed_on_again if passed_on else rules.points_passed_on
            points = min(full, rules.points_passed_on_most - passed_on)
            passed_on += points
        elif signal.kind == "download":
            recent = sum(each for moment, each in downloads if signal.moment - moment < _DOWNLOADS_WITHIN)
            points = min(rules.points_download, rules.points_downloads_most - recent)
            downloads.append((signal.moment, max(points, 0)))
        if points > 0:
            yield signal, points
