"""Pass a podcast on: a colleague of a prospect gets a link of its own, whose feed follows the prospect's."""

from itertools import chain

from pitchcast.errors import UsageError
from pitchcast.model.answers.prospects import Invited, InvitedFeed, answer_invited, hide_token
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import Contents
from pitchcast.model.feed import Feed
from pitchcast.model.naming import compare_form
from pitchcast.model.steps.invitations import invite, inviting_feed
from pitchcast.site.attempt import Facts, begin, command
from pitchcast.site.change import Wish, change
from pitchcast.site.project import Project

MAX_SPARE = 100
"""So many spare links at once: each is a feed to build, and nobody hands out more by hand."""


class InviteFacts(Facts, frozen=True):
    """Whose feed is passed on, and the secret addresses that were drawn for it."""

    parent: str
    tokens: tuple[str, ...]


def invite_colleagues(project: Project, by: str, *, name: str = "", spare: int = 0) -> Invited:
    """Give a colleague, and *spare* people nobody is named for yet, a feed that follows the feed *by*.

    *by* is a feed's id or a prospect. The links go to whoever asked for them and onto no page. A colleague who was
    invited before keeps the link; in a dry run “…” stands for the address.
    Raises UsageError where nobody is to be invited, CatalogError where *by* is revoked or public.
    """
    if not name and not 0 < spare <= MAX_SPARE:
        raise UsageError(
            "nobody was named, and no number of spare links",
            hint=f"Name a colleague, or say how many links to have ready: --spare 5 (at most {MAX_SPARE}).",
        )
    before = project.catalog()
    names = [*([name] if name else []), *[""] * spare]
    attempt = begin(
        project,
        command("prospects invite", by=compare_form(by), colleague=compare_form(name), spare=spare),
        before,
        lambda catalog: InviteFacts(
            parent=inviting_feed(catalog, by).id, tokens=tuple(project.new_token() for _ in names)
        ),
        InviteFacts,
    )
    facts = attempt.facts

    def step(catalog: Catalog) -> tuple[Catalog, tuple[tuple[Feed, ...], bool]]:
        drawn = chain(facts.tokens, iter(project.new_token, None))
        after, feeds, created = invite(catalog, facts.parent, names, lambda: next(drawn))
        return after, (feeds, created)

    wish = Wish(
        what=f"passed on the feed {facts.parent}",  # names no colleague: history stays
        names=lambda catalog: [feed.path for feed in _handed_out(catalog, facts, name)],
    )
    done = change(project, step, wish, attempt)
    # An interrupted run has created them already.
    feeds, created = done.extra or (_handed_out(done.catalog, facts, name), True)
    return Invited(
        parent=facts.parent,
        feeds=_answers(project, done.catalog, feeds, facts),
        created=created,
        catalog_revision=done.catalog.revision,
    )


def _handed_out(catalog: Catalog, facts: InviteFacts, name: str) -> tuple[Feed, ...]:
    """Return the links of this command, also those of a run that was interrupted or of an earlier invitation."""
    known = compare_form(name)

    def is_meant(feed: Feed) -> bool:
        invited_before = bool(known) and compare_form(feed.name) == known
        return feed.parent == facts.parent and (feed.path in facts.tokens or invited_before)

    return tuple(feed for feed in catalog.feeds if is_meant(feed))


def _answers(
    project: Project, catalog: Catalog, feeds: tuple[Feed, ...], facts: InviteFacts
) -> tuple[InvitedFeed, ...]:
    contents = Contents(catalog)
    answers = []
    for feed in feeds:
        answer = answer_invited(contents, feed)
        made_up = project.dry_run and feed.path in facts.tokens
        answers.append(hide_token(answer, feed.path) if made_up else answer)
    return tuple(answers)
