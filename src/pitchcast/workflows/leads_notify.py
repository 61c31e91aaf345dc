"""Tell somebody of leads: a Slack-compatible webhook or a command gets what is news, each event at most once.

What is about to be told is claimed first, so whoever dies in between has told it or not: it is not told again.
"""

import os
import secrets
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from pitchcast.errors import PartlyDone, StorageUnavailable, UsageError
from pitchcast.model.answers.leads import Lead, NotifiedLeads, Reason
from pitchcast.programs import feed_program, find_program, is_program
from pitchcast.site.project import Project
from pitchcast.upkeep.analytics.told import Telling, claim, give_back, mark_sent
from pitchcast.workflows.leads import WORTH_TELLING, find_leads, forget_before, leads_in_bands

MOST_LEADS = 10
_MOST_CHARACTERS = 3000  # in one of Slack's blocks
_COMMAND_S = 60


@dataclass(frozen=True, slots=True)
class Channel:
    """Whom the news goes to: a command, or a webhook, whose address is a secret."""

    command: str = ""
    webhook: str = field(default="", repr=False)

    def send(self, news: NotifiedLeads) -> None:
        """Send the news. Raises StorageUnavailable where it certainly went nowhere, PartlyDone where it may have."""
        from pitchcast.storage.posting import post_json  # imported when asked for: start-up must stay quick

        if self.command:
            _run(self.command, msgspec.json.encode(news))
        else:
            post_json(self.webhook, render_slack(news))


def notify(project: Project, channel: Channel) -> NotifiedLeads:
    """Tell what is news of leads in a band, and return what was told; in a dry run nothing is told.

    Raises PartlyDone where nobody knows whether it arrived, StorageUnavailable where it certainly did not: only then is
    it told again.
    """
    if channel.command:
        _program(channel.command)
    found = find_leads(project)
    news = [lead for lead in map(_news_of, leads_in_bands(found.leads)) if lead.reasons]
    chosen, waiting = news[:MOST_LEADS], len(news[MOST_LEADS:])
    if project.dry_run or not chosen:
        return _answer(chosen, waiting, found.until)
    run = secrets.token_hex(8)
    answer = _answer(_claimed(project, chosen, run), waiting, found.until)
    if answer.leads:
        _send(project, channel, answer, run)
    return answer


def render_slack(news: NotifiedLeads) -> bytes:
    """Return the news as a message that Slack and what is compatible with it take."""
    heading, *lines = news.text.split("\n")
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": _escaped(line)}} for line in (heading, *lines)]
    return msgspec.json.encode({"text": _escaped(heading), "blocks": blocks})


def until_in_words(until: datetime | None) -> str:
    """Return how far the logs reach, which is hours ago: “seen until Tue 8 Sep 14:00 UTC”."""
    if until is None:
        return "nothing seen yet"
    utc = until.astimezone(UTC)
    return f"seen until {utc:%a} {utc.day} {utc:%b %H:%M} UTC"


def _escaped(text: str) -> str:
    """Return a text in which nothing is a link, a mention or a call to everybody, and which fits into a block."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe if len(safe) <= _MOST_CHARACTERS else safe[: _MOST_CHARACTERS - 10].rpartition(" ")[0] + " …"


def _news_of(lead: Lead) -> Lead:
    """Return a lead with those reasons alone that are worth telling and that nobody has told."""
    return msgspec.structs.replace(lead, reasons=tuple(reason for reason in lead.reasons if _is_news(reason)))


def _is_news(reason: Reason) -> bool:
    return reason.kind in WORTH_TELLING and not reason.told


def _claimed(project: Project, leads: Sequence[Lead], run: str) -> list[Lead]:
    """Return what of these leads is this run's to tell."""
    now = project.now()
    wanted = {reason.event: Telling(feed=lead.prospect, run=run, at=now) for lead in leads for reason in lead.reasons}
    known = {prospect.id for prospect in project.catalog().prospects}
    ours = claim(project.bucket, wanted, known=known, forget_before=forget_before(project, now))
    mine = [
        msgspec.structs.replace(lead, reasons=tuple(reason for reason in lead.reasons if reason.event in ours))
        for lead in leads
    ]
    return [lead for lead in mine if lead.reasons]


def _send(project: Project, channel: Channel, answer: NotifiedLeads, run: str) -> None:
    try:
        channel.send(answer)
    except StorageUnavailable:
        give_back(project.bucket, run)
        raise
    mark_sent(project.bucket, run)


def _answer(leads: Sequence[Lead], waiting: int, until: datetime | None) -> NotifiedLeads:
    people = "1 lead" if len(leads) == 1 else f"{len(leads)} leads"
    heading = f"{people} with news, {until_in_words(until)}" + (f"; {waiting} more wait" if waiting else "")
    sentences = [" ".join(lead.sentence.split()) for lead in leads]
    return NotifiedLeads(leads=tuple(leads), waiting=waiting, text="\n".join([heading, *sentences]), until=until)


# ---- a command instead of a webhook


def _program(command: str) -> list[str]:
    """Return the words of a command, the first as the path of a program. Raises UsageError."""
    try:
        words = shlex.split(command, posix=os.name != "nt")
    except ValueError as error:
        raise UsageError(f"--run “{command}” is no command: {error}", hint="Close the quotation mark.") from error
    named = Path(words[0]).expanduser() if words else Path()
    has_folder = bool(words) and named.name != words[0]
    path = named.absolute() if has_folder else find_program(named.name)
    if not words or path is None or not is_program(path):
        raise UsageError(f"--run: there is no program “{named}”", hint="Name it by its path.")
    return [str(path), *words[1:]]


def _run(command: str, body: bytes) -> None:
    """Run a command that reads the news as JSON. Raises PartlyDone where it fails: it may have told them by then."""
    words = _program(command)
    hint = "Look there before you tell it by hand; it is not sent again."
    try:
        code = feed_program(words, body, _COMMAND_S)
    except OSError as error:
        raise StorageUnavailable(f"“{command}” cannot be run: {error.strerror}", hint="Nothing was told.") from error
    if code is None:
        raise PartlyDone(f"“{command}” was not done in {_COMMAND_S} s", hint=hint)
    if code:
        raise PartlyDone(f"“{command}” ended with code {code}", hint=hint)
