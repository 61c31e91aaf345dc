"""Leads: who is ready for a call, and why, each reason with the log lines that say so."""

import hashlib
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Literal

import msgspec

from pitchcast import __version__
from pitchcast.analytics.lead_words import Titles, seen_in_words, sentence, summary, what_to_do, why
from pitchcast.analytics.scoring import HALF_LIVES, Weighed, band_of, score_of, weigh
from pitchcast.analytics.signals import Deed, Signal, networks_of, signals_of
from pitchcast.analytics.tracing import find_lines
from pitchcast.errors import CatalogError, PitchcastError
from pitchcast.files import write_whole
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.leads import ExplainedLead, Lead, Leads, LogLine, Reason
from pitchcast.model.catalog import Catalog, one_prospect
from pitchcast.model.leads import LeadRules
from pitchcast.model.log_marks import mark_of
from pitchcast.model.personal import fill_line
from pitchcast.model.prospect import Prospect, parse_mention
from pitchcast.site.project import Project
from pitchcast.upkeep.analytics.books import StoredLogs, find_logs, open_audience, prospects_of_feeds, sound_lines
from pitchcast.upkeep.analytics.fetching import fetch_all
from pitchcast.upkeep.analytics.logs import find_logs as find_access_logs
from pitchcast.upkeep.analytics.told import Telling, read_told

_FOUND_AS = 1
"""Grows when the same books give other signals, so that earlier ones are not given again."""

_SHOWN_FILE = "leads-shown.json"

WORTH_TELLING = frozenset(("tap", "passed on", "colleague", "play", "subscribed", "pasted", "returning"))
"""Kinds of signals that are news to somebody, and notes in a CRM: opens and downloads would bury the others."""

_FORGOTTEN_LATER = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class _SeenOfProspect:
    """What was seen of one prospect: the signals, oldest first, and from how many networks people were seen."""

    signals: tuple[Signal, ...]
    networks: int


@dataclass(frozen=True, slots=True)
class _Everybody:
    """What was seen of each prospect, by id, in logs that were read until a moment."""

    seen: dict[str, _SeenOfProspect]
    until: datetime | None


def find_leads(project: Project) -> Leads:
    """Return everybody with points, what is new since they were last shown here first.

    Raises CatalogError where no log has been read yet.
    """
    catalog = project.catalog()
    logs = find_logs(project)
    everybody = _look(project, catalog, logs)
    rules, now = project.settings.audience.leads, project.now()
    shown = _read_shown(logs)
    told = read_told(project.bucket)
    titles = {episode.id: episode.title for episode in catalog.episodes}
    colleagues = _colleagues(catalog)
    found = []
    for prospect in catalog.prospects:
        if seen := everybody.seen.get(prospect.id):
            call = fill_line(catalog.brand.call_to_action, prospect)
            names = Titles(episodes=titles, colleagues=colleagues.get(prospect.id, {}), call=call)
            lead = _lead(prospect, seen, names, rules, now)
            found += [_marked(lead, shown, told)] if lead else []
    return Leads(leads=tuple(sorted(found, key=_order)), until=everybody.until)


def remember_shown(project: Project, leads: Leads) -> None:
    """Note on this computer which reasons have been shown."""
    events = sorted(reason.event for lead in leads.leads for reason in lead.reasons)
    write_whole(find_logs(project).folder / _SHOWN_FILE, msgspec.json.encode(events))


def explain(project: Project, who: str) -> ExplainedLead:
    """Return one lead with the log lines behind it, as far as the logs can be read here.

    Raises UnknownName or AmbiguousName, CatalogError for somebody who has no points.
    """
    prospect = one_prospect(project.catalog(), parse_mention(who))
    found = find_leads(project)
    lead = next((one for one in found.leads if one.prospect == prospect.id), None)
    if lead is None:
        raise CatalogError(
            f"nothing was seen of {prospect.name} that counts",
            hint=f"See what was: {pitchcast_command('stats --tree', prospect.id)}",
        )
    lines = _read_lines(project, lead)
    reasons = tuple(_with_lines(reason, lines) for reason in lead.reasons)
    unread = {line.log for reason in reasons for line in reason.lines if not line.line}
    return ExplainedLead(
        lead=msgspec.structs.replace(lead, reasons=reasons), until=found.until, unread=tuple(sorted(unread))
    )


def forget_before(project: Project, now: datetime) -> datetime:
    """Return the moment before which nobody need remember what was told: by then no signal has any points left."""
    half_life = timedelta(days=project.settings.audience.leads.half_life)
    return now - HALF_LIVES * half_life - _FORGOTTEN_LATER


# ---- what was seen


def _look(project: Project, catalog: Catalog, logs: StoredLogs) -> _Everybody:
    """Return what was seen in the time from which anything is left, as it was remembered where nothing changed."""
    half_life_days = project.settings.audience.leads.half_life
    first = max((project.now() - timedelta(days=HALF_LIVES * half_life_days)).date(), min(logs.days))
    known = logs.remembered("leads", _FOUND_AS, __version__, catalog.nonce, first)
    try:
        return msgspec.json.decode(known.read_bytes(), type=_Everybody)
    except (FileNotFoundError, msgspec.MsgspecError):
        found = _count(project, catalog, logs, first)
    write_whole(known, msgspec.json.encode(found))
    return found


def _count(project: Project, catalog: Catalog, logs: StoredLogs, first: date) -> _Everybody:
    whose = prospects_of_feeds(catalog)
    with open_audience(project, logs, first, None) as (audience, _):
        audience.know(whose, ())
        deeds = audience.deeds()
        until = audience.newest()
    marks: dict[str, dict[str, str]] = {}
    for feed in catalog.feeds:
        marks.setdefault(feed.prospect, {}).update({mark_of(path): feed.id for path in feed.paths})
    by_prospect: dict[str, list[Deed]] = {}
    for deed in deeds:
        by_prospect.setdefault(whose[deed.feed], []).append(deed)
    seen = {
        prospect: _SeenOfProspect(tuple(signals_of(done, marks[prospect], prospect, first)), networks_of(done, first))
        for prospect, done in by_prospect.items()
    }
    return _Everybody(_traced(project, logs, seen), until)


def _traced(project: Project, logs: StoredLogs, seen: Mapping[str, _SeenOfProspect]) -> dict[str, _SeenOfProspect]:
    """Return the same signals, those of sound with their lines too."""
    keys = {signal.sound for one in seen.values() for signal in one.signals if signal.sound}
    lines = sound_lines(project, logs, keys) if keys else {}

    def traced(signal: Signal) -> Signal:
        if signal.sound is None:
            return signal
        return replace(signal, lines=(*signal.lines, *lines.get(signal.sound, ())), sound=None)

    return {
        prospect: replace(one, signals=tuple(traced(signal) for signal in one.signals))
        for prospect, one in seen.items()
        if one.signals
    }


# ---- what that is worth


def _colleagues(catalog: Catalog) -> dict[str, dict[str, str]]:
    """Return the names of each prospect's colleagues by their feeds."""
    names: dict[str, dict[str, str]] = {}
    for feed in catalog.feeds:
        if feed.parent:
            names.setdefault(feed.prospect, {})[feed.id] = feed.name
    return names


def _lead(prospect: Prospect, seen: _SeenOfProspect, names: Titles, rules: LeadRules, now: datetime) -> Lead | None:
    """Return a prospect as a lead, None where no points are left."""
    weighed = [one for one in weigh(seen.signals, rules, now) if round(one.points, 1) > 0]
    if not weighed:
        return None
    signals = [one.signal for one in weighed]
    band = band_of(weighed, rules, now)
    do = what_to_do(signals, band, names)
    return Lead(
        prospect=prospect.id,
        name=prospect.name,
        company=prospect.company,
        band=band,
        score=score_of(weighed),
        since=signals[0].moment,
        last=signals[-1].moment,
        new=False,
        networks=seen.networks,
        sentence=sentence(prospect.name, band, summary(signals, names, now, seen.networks), do),
        do=do,
        reasons=tuple(_reason(one, prospect.id, names, now) for one in _heaviest_first(weighed)),
    )


def _heaviest_first(weighed: Iterable[Weighed]) -> list[Weighed]:
    return sorted(weighed, key=lambda one: (-round(one.points, 1), -one.signal.moment.timestamp(), one.signal.kind))


def _reason(weighed: Weighed, prospect: str, names: Titles, now: datetime) -> Reason:
    signal = weighed.signal
    return Reason(
        event=event_id(prospect, signal),
        kind=signal.kind,
        points=round(weighed.points, 1),
        seen=seen_in_words(signal, names),
        why=why(signal, names, now),
        at=signal.moment,
        feed=signal.feed,
        lines=tuple(LogLine(id=f"{line.id:016x}", at=line.at, log=line.log) for line in signal.lines),
    )


def event_id(prospect: str, signal: Signal) -> str:
    """Return the id of a signal: the same on every computer, and also when late lines show that it began earlier."""
    if signal.kind in ("passed on", "download"):
        parts = [str(line.id) for line in signal.lines[:1]]
    elif signal.kind in ("colleague", "subscribed"):
        parts = [signal.feed, signal.what]
    else:
        parts = [signal.moment.date().isoformat()]
    return hashlib.sha256("\n".join([prospect, signal.kind, *parts]).encode()).hexdigest()[:16]


def _marked(lead: Lead, shown: Collection[str] | None, told: Mapping[str, Telling]) -> Lead:
    """Return a lead that says what of it is new, and what was told; at the first look everything is new."""
    reasons = tuple(
        msgspec.structs.replace(
            reason, new=shown is None or reason.event not in shown, told=_told(told.get(reason.event))
        )
        for reason in lead.reasons
    )
    return msgspec.structs.replace(lead, reasons=reasons, new=any(reason.new for reason in reasons))


def _told(telling: Telling | None) -> Literal["", "told", "perhaps told"]:
    if telling is None:
        return ""
    return "told" if telling.sent else "perhaps told"


def _order(lead: Lead) -> tuple[bool, bool, int, float, float, str]:
    """Return the order in which leads are shown: those in a band, what is new of them first, by band and points.

    Of those with the same points, the one of whom something was seen last is first.
    """
    band = ("call today", "warm", "").index(lead.band)
    seen_s = max((reason.at.timestamp() for reason in lead.reasons), default=0.0)
    return not lead.band, not lead.new, band, -lead.score, -seen_s, lead.prospect


def _read_shown(logs: StoredLogs) -> frozenset[str] | None:
    try:
        return frozenset(msgspec.json.decode((logs.folder / _SHOWN_FILE).read_bytes(), type=list[str]))
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


# ---- the lines themselves


def _read_lines(project: Project, lead: Lead) -> dict[str, str]:
    """Return the lines of a lead's logs by their ids, as far as those logs can be read here."""
    wanted: dict[str, set[int]] = {}
    for reason in lead.reasons:
        for line in reason.lines:
            wanted.setdefault(line.log, set()).add(int(line.id, 16))
    found: dict[str, str] = {}
    for log, ids in wanted.items():
        lines = _lines_in(project, log, ids)
        found |= {f"{one:016x}": line for one, line in lines.items()}
    return found


def _lines_in(project: Project, log: str, ids: Collection[int]) -> dict[int, str]:
    """Return lines of one log; none where it is gone, or came through a pipe."""
    if log == "-":
        return {}
    with tempfile.TemporaryDirectory(prefix="pitchcast-") as name:
        folder = Path(name)
        try:
            (fetched,) = fetch_all(find_access_logs(log, Path.cwd(), project.settings.storage), folder)
        except (PitchcastError, ValueError):  # gone, moved, or not ours to read
            return {}
        return find_lines(fetched.parts, ids, folder)


def _with_lines(reason: Reason, lines: Mapping[str, str]) -> Reason:
    told = tuple(msgspec.structs.replace(line, line=lines.get(line.id, "")) for line in reason.lines)
    return msgspec.structs.replace(reason, lines=told)


def leads_in_bands(leads: Sequence[Lead]) -> list[Lead]:
    """Return those with enough points for something to be done, most points first."""
    return sorted((lead for lead in leads if lead.band), key=attrgetter("score"), reverse=True)
