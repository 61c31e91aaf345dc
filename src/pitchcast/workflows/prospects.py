"""Prospects: add, list, show, edit; and the page of one to send again."""

from collections.abc import Mapping
from functools import partial

import msgspec

from pitchcast.errors import CatalogError, UnknownName, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.feeds import FeedAnswer, answer_feed
from pitchcast.model.answers.link import MailDraft
from pitchcast.model.answers.prospects import ProspectAnswer, ShownProspect, answer_prospect, hide_token
from pitchcast.model.answers.sent import sent_episodes
from pitchcast.model.catalog import Catalog, find_feed, one_feed, one_prospect, prospect_with_id
from pitchcast.model.contents import Contents
from pitchcast.model.external_ids import IdKind
from pitchcast.model.feed import PUBLIC_FEED, Feed
from pitchcast.model.lookup import Names
from pitchcast.model.naming import compare_form
from pitchcast.model.objections import objectors, with_objection
from pitchcast.model.prospect import Address, Mention, Prospect, similar_prospects
from pitchcast.model.steps.edit import add_prospect, edit_prospect
from pitchcast.model.steps.invitations import children_of
from pitchcast.page.mail import LONGEST_LINK, mail_link, read_mail_words, write_mail
from pitchcast.page.qr import qr_lines
from pitchcast.page.words import words_in
from pitchcast.production.beginning import ensure_show
from pitchcast.site.attempt import Facts, begin, command
from pitchcast.site.change import Wish, change
from pitchcast.site.project import Project
from pitchcast.upkeep.statistics import forget_soon


class NewProspect(msgspec.Struct, frozen=True, kw_only=True):
    """A prospect to add: name, and what else is known."""

    mention: Mention
    first_name: str = ""
    company: str = ""
    external_id: str = ""
    external_id_kind: IdKind = ""
    language: str = ""
    segments: tuple[str, ...] = ()
    address: Address = ""


class ProspectEditFacts(Facts, frozen=True):
    """The prospect that is edited, by its id."""

    prospect: str


def add(project: Project, wanted: NewProspect) -> tuple[ProspectAnswer, tuple[str, ...]]:
    """Add a prospect with an empty feed; return it, and the ids of those with nearly that name.

    Raises CatalogError where the prospect is there already, by address or by name.
    """
    if not wanted.mention.name:
        raise UnknownName(f"{wanted.mention} has no name", hint='Write it as "Name <name@company.example>".')
    first = ensure_show(project)
    attempt = begin(project, command("prospects add", wanted=wanted), first, partial(_refuse_known, wanted), Facts)

    def step(catalog: Catalog) -> Catalog:
        _refuse_known(wanted, catalog)
        after, _ = add_prospect(
            catalog,
            wanted.mention,
            project.new_token,
            first_name=wanted.first_name,
            company=wanted.company,
            external_id=wanted.external_id,
            external_id_kind=wanted.external_id_kind,
            language=wanted.language,
            segments=wanted.segments,
            address=wanted.address,
        )
        return after

    done = change(project, step, Wish(what=f"added the prospect {wanted.mention.name}"), attempt)
    added = one_prospect(done.catalog, wanted.mention)
    similar = similar_prospects(first.prospects, wanted.mention.name)
    answer = _answer(done.catalog, added)
    feed = find_feed(done.catalog, added.id)
    if project.dry_run and feed:
        answer = hide_token(answer, feed.path)
    return answer, tuple(p.id for p in similar if p.id != added.id)


def similar_to(project: Project, wanted: NewProspect) -> tuple[str, ...]:
    """Return, as people know them, those whose name is nearly that of a prospect to add; none for one that exists."""
    catalog = project.ledger.load().catalog
    if catalog is None or Names(catalog.prospects, catalog.feeds).find_exactly(wanted.mention):
        return ()
    return tuple(f"{p.name} ({p.id})" for p in similar_prospects(catalog.prospects, wanted.mention.name))


def _refuse_known(wanted: NewProspect, catalog: Catalog) -> Facts:
    known = Names(catalog.prospects, catalog.feeds).find_exactly(wanted.mention)
    if known:
        raise CatalogError(
            f"{wanted.mention} is a prospect already: {known[0].id}",
            hint=f"Change it with: {pitchcast_command('prospects edit', known[0].id)}",
        )
    return Facts()


def _invited(catalog: Catalog) -> dict[str, list[Feed]]:
    """Return the feeds of colleagues, by whose colleagues they are."""
    invited: dict[str, list[Feed]] = {}
    for feed in catalog.feeds:
        if feed.parent:
            invited.setdefault(feed.prospect, []).append(feed)
    return invited


def list_prospects(project: Project, segment: str = "") -> tuple[ProspectAnswer, ...]:
    """Return every prospect, or those of a segment, in the order in which they were added."""
    catalog = project.catalog()
    contents = Contents(catalog)
    feeds = {feed.id: feed for feed in catalog.feeds}
    invited = _invited(catalog)
    objecting = objectors(catalog)
    found = [
        answer_prospect(contents, p, feeds[p.id], invited.get(p.id, ()))
        for p in catalog.prospects
        if not segment or p.is_in(segment)
    ]
    return tuple(msgspec.structs.replace(answer, statistics=answer.id not in objecting) for answer in found)


def show(project: Project, mention: Mention) -> ShownProspect:
    """Return one prospect, also by a colleague of theirs, and what was sent. Raises UnknownName or AmbiguousName."""
    catalog = project.catalog()
    names = Names(catalog.prospects, catalog.feeds)
    child = None if names.find(mention) else next(iter(names.colleagues(mention)), None)
    prospect = prospect_with_id(catalog, child.prospect) if child else names.prospect(mention)
    answer = _answer(catalog, prospect)
    feed = find_feed(catalog, prospect.id)
    sent = sent_episodes(catalog, feed) if feed else ()
    return ShownProspect(**{name: getattr(answer, name) for name in answer.__struct_fields__}, sent=sent)


def edit(
    project: Project,
    mention: Mention,
    changes: dict[str, str | tuple[str, ...]],
    *,
    statistics: bool | None = None,
) -> ProspectAnswer:
    """Change attributes of a prospect, keyed by their names; the id and the feed's address stay.

    *statistics* says whether requests for their feeds may be counted from access logs. False also drops what was.
    """
    before = project.catalog()
    said = {} if statistics is None else {"statistics": statistics}
    attempt = begin(
        project,
        command("prospects edit", who=compare_form(str(mention)), changes=changes, **said),
        before,
        lambda catalog: ProspectEditFacts(prospect=_to_edit(catalog, mention, changes).id),
        ProspectEditFacts,
    )
    prospect_id = attempt.facts.prospect

    def step(catalog: Catalog) -> Catalog:
        prospect_with_id(catalog, prospect_id)
        edited = edit_prospect(catalog, prospect_id, **changes)
        return edited if statistics is None else with_objection(edited, prospect_id, objects=not statistics)

    def own_feeds(catalog: Catalog) -> list[str]:
        return [feed.path for feed in catalog.feeds if feed.prospect == prospect_id and feed.state == "active"]

    done = change(project, step, Wish(what=f"edited the prospect {prospect_id}", names=own_feeds), attempt)
    if statistics is False and not project.dry_run:
        forget_soon(project)
    return _answer(done.catalog, prospect_with_id(done.catalog, prospect_id))


def _to_edit(catalog: Catalog, mention: Mention, changes: Mapping[str, object]) -> Prospect:
    """Return the prospect that is meant. Raises UsageError where an id that is not there would get a kind."""
    prospect = one_prospect(catalog, mention)
    if changes.get("external_id_kind") and not changes.get("external_id", prospect.external_id):
        raise UsageError(f"{prospect.id} has no external id", hint="Give one with: --external-id ID")
    return prospect


def link(project: Project, mention: Mention | None) -> FeedAnswer:
    """Return the feed of a prospect or of a colleague; the public one for None.

    Its page is what people are sent.
    """
    catalog = project.catalog()
    feed = one_feed(catalog, str(mention) if mention else PUBLIC_FEED)
    if feed.state == "revoked":
        raise CatalogError(
            f"the feed of {feed.id} is revoked: there is no link to send",
            hint=f"Give it a new address with: {pitchcast_command('feeds restore', feed.id)}",
        )
    return answer_feed(Contents(catalog), feed)


def draft_mail(project: Project, feed_id: str) -> MailDraft:
    """Return the mail that carries a feed's link, in the words of ``brand.mail``, else of the page's language.

    Raises ConfigError naming file and line of a mistake in these words, CatalogError where there is nothing to hear.
    """
    catalog = project.catalog()
    content = Contents(catalog).of(one_feed(catalog, feed_id))
    if not content.deliveries:
        whose = content.prospect.name if content.prospect else "the public feed"
        to = ("--to", content.prospect.id) if content.prospect else ("--public",)
        raise CatalogError(
            f"{whose} has nothing to hear yet, so no mail was drafted",
            hint=f"Publish something first: {pitchcast_command('publish RECORDING', *to)}",
        )
    words = words_in(catalog.show.language, project.assets.overrides(catalog.brand))
    file = project.settings.brand.mail
    subject, body = write_mail(content, words, read_mail_words(file) if file else None)
    return MailDraft(to=content.prospect.email if content.prospect else "", subject=subject, body=body)


def draft_link(draft: MailDraft) -> tuple[str, bool]:
    """Return the address that opens a draft in a mail program, and whether it holds the text: that may be too long."""
    link = mail_link(draft.to, draft.subject, draft.body)
    if len(link) <= LONGEST_LINK:
        return link, True
    return mail_link(draft.to, draft.subject, ""), False


def draw_qr(page_url: str) -> list[str]:
    """Return the QR code of a page as the lines of a text."""
    return qr_lines(page_url)


def _answer(catalog: Catalog, prospect: Prospect) -> ProspectAnswer:
    feed = find_feed(catalog, prospect.id)
    if feed is None:
        raise CatalogError(
            f"{prospect.id} has no feed", hint=f"The catalog is damaged; see: {pitchcast_command('doctor')}"
        )
    answer = answer_prospect(Contents(catalog), prospect, feed, children_of(catalog, prospect.id))
    return msgspec.structs.replace(answer, statistics=prospect.id not in objectors(catalog))
