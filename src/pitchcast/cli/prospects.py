"""``pitchcast prospects``: whom the show is for."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec
import typer

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display, counted, moment_of
from pitchcast.cli.feeds_access import chosen_from
from pitchcast.cli.names import listed
from pitchcast.cli.parsing import given_id_kind
from pitchcast.cli.prompts import confirm
from pitchcast.cli.prospects_import import import_prospects
from pitchcast.cli.prospects_invite import draw_tree, invite
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.errors import CatalogError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.prospects import (
    AddedProspect,
    ProspectAnswer,
    Prospects,
    RemovedProspects,
    ShownProspect,
)
from pitchcast.model.answers.sent import SentEpisode
from pitchcast.model.language import check_language
from pitchcast.model.prospect import Mention, check_address, parse_addressing, parse_mention
from pitchcast.model.steps.access import Chosen
from pitchcast.model.text import check_line
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows import prospects as workflow

app = new_group("Whom the show is for: add, import, list, show, edit, invite …")


@command(app, "add")
def add(
    common: Common,
    name: options.ProspectName,
    email: options.Email = None,
    first_name: options.FirstName = None,
    company: options.Company = None,
    external_id: options.ExternalId = None,
    id_kind: options.IdKind = None,
    language: options.ProspectLanguage = None,
    segments: options.Segments = None,
    address: options.ProspectAddress = None,
    dry_run: options.DryRun = False,
) -> None:
    """Add a prospect, who gets a private feed that is still empty.

    \b
    Example:
      pitchcast prospects add "Acme Corp" --segment retail
      pitchcast prospects add "Jo Doe <jo@acme.example>" --company "Acme Corp"
    """
    display = Display(common)
    mention = parse_mention(name)
    if email and mention.email:
        raise UsageError("NAME holds an e-mail address, and --email gives another", hint="Give one of them.")
    if id_kind and not external_id:
        raise UsageError("--id-kind says nothing without --external-id", hint="Give both, or neither.")
    wanted = workflow.NewProspect(
        mention=Mention(name=mention.name, email=check_address(email) if email else mention.email),
        first_name=_line(first_name, "--first-name"),
        company=_line(company, "--company"),
        external_id=_line(external_id, "--external-id"),
        external_id_kind=given_id_kind(id_kind),
        language=_language(language),
        segments=_tags(segments),
        address=parse_addressing(address or ""),
    )
    project = open_show(display, dry_run=dry_run)
    if common.may_ask and not dry_run:
        _confirm_newcomer(wanted.mention.name, workflow.similar_to(project, wanted))
    prospect, similar = workflow.add(project, wanted)
    if similar and not common.may_ask:
        display.warn(f"“{prospect.name}” is nearly {listed(similar)}, who is a prospect too")
        if not dry_run:
            removal = pitchcast_command("prospects remove", prospect.id, "--yes")
            display.warn(f"if {similar[0]} was meant, this puts it right: {removal}")
    added = AddedProspect(**msgspec.structs.asdict(prospect), created=True, similar=similar)
    display.answer(added, partial(_show_added, dry_run=dry_run))


def _show_added(display: Display, prospect: AddedProspect, *, dry_run: bool) -> None:
    display.result(f"{'Would add' if dry_run else 'Added'} {prospect.name} as {prospect.id}.")


command(app, "import")(import_prospects)
command(app, "invite")(invite)


@command(app, "list")
def list_(common: Common, segment: options.Segment = "") -> None:
    """List the prospects, in the order in which they were added.

    \b
    Example:
      pitchcast prospects list
      pitchcast prospects list --segment retail --json
    """
    display = Display(common)
    prospects = workflow.list_prospects(open_show(display), segment)
    display.answer(Prospects(prospects=tuple(prospects)), partial(_show_list, segment=segment))


def _show_list(display: Display, answer: Prospects, *, segment: str) -> None:
    prospects = answer.prospects
    if not prospects:
        display.say("No prospects." if not segment else f"Nobody is in the segment “{segment}”.")
        return
    rows = [(p.id, p.name, p.company, _crm_id(p), ", ".join(p.segments), str(p.episodes)) for p in prospects]
    titles = ("id", "name", "company", "id in the CRM", "segments", "episodes")
    display.table(titles, rows, right=("episodes",), whole=("id",))
    display.say(f"\n{counted(len(prospects), 'prospect')}. The link of one: {pitchcast_command('link ID')}")


@command(app, "show")
def show(common: Common, who: options.Who) -> None:
    """Show what is known of a prospect, its link, what it was sent and when, and to whom that was passed on.

    \b
    Example:
      pitchcast prospects show acme-corp
    """
    display = Display(common)
    display.answer(workflow.show(open_show(display), parse_mention(who)), _show)


@command(app, "edit")
def edit(
    common: Common,
    who: options.Who,
    name: options.NewName = None,
    email: options.Email = None,
    first_name: options.FirstName = None,
    company: options.Company = None,
    external_id: options.ExternalId = None,
    id_kind: options.IdKind = None,
    language: options.ProspectLanguage = None,
    segments: options.Segments = None,
    address: options.ProspectAddress = None,
    statistics: options.Statistics = None,
    dry_run: options.DryRun = False,
) -> None:
    """Change what is known of a prospect; id and link stay. An empty text takes a value away.

    --segment replaces all tags: give every one that is to stay, or --segment "" for none.

    \b
    Example:
      pitchcast prospects edit acme-corp --name "Acme Corporation" --segment eu
      pitchcast prospects edit acme-corp --no-statistics
    """
    display = Display(common)
    changes = _checked(
        {
            "name": name,
            "email": email,
            "first_name": first_name,
            "company": company,
            "external_id": external_id,
            "external_id_kind": id_kind,
            "language": language,
            "address": address,
        }
    )
    if external_id == "":
        changes["external_id_kind"] = ""  # of nothing there is no kind
    if segments is not None:
        changes["segments"] = _tags(segments)
    if not changes and statistics is None:
        raise UsageError(
            "nothing to change was given", hint=f"See what can be: {pitchcast_command('prospects edit --help')}"
        )
    project = open_show(display, dry_run=dry_run)
    with showing_progress(display, project) as project:
        changed = workflow.edit(project, parse_mention(who), changes, statistics=statistics)
    display.answer(changed, _show)


@command(app, "remove")
def remove(
    common: Common,
    who: options.ChosenProspects = None,
    segments: options.ChosenSegments = None,
    everyone: options.ChosenAll = False,
    purge_history: options.PurgeHistory = False,
    dry_run: options.DryRun = False,
) -> None:
    """Close a prospect's feed for ever and erase what is known of the prospect.

    Earlier catalogs still name them, unless --purge-history takes them out there too. Titles and notes that name
    somebody, backups, and what was downloaded stay: see docs/privacy.md.

    \b
    Example:
      pitchcast prospects remove acme-corp
      pitchcast prospects remove "Jo Doe" --purge-history --yes
    """
    display = Display(common)
    common.require_yes("prospects remove", dry_run=dry_run)
    chosen = Chosen()
    if who or segments or everyone or not purge_history:
        chosen = chosen_from(common, who, segments, everyone, dry_run=dry_run)
    project = open_show(display, dry_run=dry_run)
    if common.may_ask and not dry_run:
        planned = access.remove(project.as_dry_run(), chosen)
        if not project.outcome.resumed:
            _ask_removal(planned, purge_history=purge_history)
    with showing_progress(display, project) as project:
        done = access.remove(project, chosen, purge_history=purge_history)
    _show_removed(display, done, "Would remove" if dry_run else "Removed")
    if done.purged and done.purged.remaining:
        raise typer.Exit(1)


def _confirm_newcomer(name: str, similar: Sequence[str]) -> None:
    """Ask before somebody is added whose name is nearly that of a prospect. Raises CatalogError for a no."""
    if similar and not confirm(f"“{name}” is nearly {listed(similar)}. Add another prospect?", default=False):
        raise CatalogError("nobody was added", hint=f"See who there is with: {pitchcast_command('prospects list')}")


def _ask_removal(planned: RemovedProspects, *, purge_history: bool) -> None:
    names = listed([prospect.name for prospect in planned.prospects])
    said = f"{names}: link, feed and audio stop working at once, and what is known of them is erased. " if names else ""
    said += "Earlier catalogs are rewritten: none of them brings back who was removed. " if purge_history else ""
    if not confirm(f"{said}Remove?" if names else f"{said}Go on?", default=False):
        raise CatalogError(
            "nobody was removed", hint=f"To close a feed and keep the prospect: {pitchcast_command('feeds revoke WHO')}"
        )


def _show_removed(display: Display, done: RemovedProspects, what: str) -> None:
    remaining = done.purged.remaining if done.purged else ()
    for problem in (f"still there: {one}" for one in remaining):
        display.fault(problem)
    display.answer(done, partial(_show_names, what=what))


def _show_names(display: Display, done: RemovedProspects, *, what: str) -> None:
    if done.prospects:
        display.result(f"{what} {listed([prospect.name for prospect in done.prospects])}.")
    if done.purged:
        revisions, versions = done.purged.revisions, done.purged.versions
        display.result(
            f"Rewrote {counted(revisions, 'earlier catalog')}, deleted {counted(versions, 'old version')} of objects."
        )
        for place in done.purged.unreached:
            display.say(f"Not reached from here: {place}.")
    elif what == "Removed":
        display.say(f"Earlier catalogs still name them: {pitchcast_command('prospects remove --purge-history')}")


def _show(display: Display, prospect: ProspectAnswer) -> None:
    display.pairs(
        [
            ("id", prospect.id),
            ("name", prospect.name),
            ("first name", prospect.first_name),
            ("company", prospect.company),
            ("e-mail", prospect.email),
            ("id in the CRM", _crm_id(prospect)),
            ("language", prospect.language),
            ("speaks to", {"team": "the team at the company", "person": "the person"}.get(prospect.address, "")),
            ("segments", ", ".join(prospect.segments)),
            ("episodes", str(prospect.episodes)),
            ("feed", prospect.state),
            ("suspended until", moment_of(prospect.suspended_until) if prospect.suspended_until else ""),
            ("statistics", "" if prospect.statistics else "none: nothing is counted of them"),
            ("page to send", prospect.page_url if prospect.state == "active" else ""),
        ]
    )
    if isinstance(prospect, ShownProspect):
        _show_sent(display, prospect)
    if prospect.invited:
        display.result("passed on")
        for line in draw_tree(prospect):
            display.result(f"  {line}")


def _crm_id(prospect: ProspectAnswer) -> str:
    """Return the external id with its kind, for people."""
    return f"{prospect.external_id_kind} {prospect.external_id}".strip()


def _show_sent(display: Display, prospect: ShownProspect) -> None:
    if not prospect.sent:
        display.result("sent nothing yet")
        return
    display.result("sent")
    rows = [(moment_of(one.date), f"{one.episode.name}{_remark(one)}", one.who) for one in prospect.sent]
    display.table(("when", "what", "by"), rows, whole=("when",), indent=2)


def _remark(sent: SentEpisode) -> str:
    if sent.withdrawn:
        return " (withdrawn)"
    return " (with a greeting)" if sent.greeting else ""


def _checked(texts: Mapping[str, str | None]) -> dict[str, str | tuple[str, ...]]:
    """Return what was given of a prospect's fields, as they hold it. Raises UsageError for the first that is wrong."""
    return {field: _CHECKS[field](text) for field, text in texts.items() if text is not None}


def _line(value: str | None, what: str) -> str:
    return check_line(value, what) if value else ""


def _address(text: str) -> str:
    return check_address(text) if text else ""


def _language(code: str | None) -> str:
    return check_language(code, "--language") if code else ""


_CHECKS: Mapping[str, Callable[[str], str]] = {
    "name": lambda text: check_line(text, "the prospect's name"),
    "email": _address,
    "first_name": lambda text: _line(text, "--first-name"),
    "company": lambda text: _line(text, "--company"),
    "external_id": lambda text: _line(text, "--external-id"),
    "external_id_kind": given_id_kind,
    "language": _language,
    "address": parse_addressing,
}
"""How a text becomes what a prospect's field holds; an empty one takes the value away, but for the name."""


def _tags(segments: list[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(check_line(tag, "--segment") for tag in segments or () if tag))
