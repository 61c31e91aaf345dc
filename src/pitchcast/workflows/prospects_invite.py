"""Pass a podcast on: a colleague of a prospect gets a link of its own, whose feed follows the prospect's."""

from itertools import chain

from pitchcast.errors import UsageError
from pitchcast.model.answers import Invited, answer_invited, hide_token
from pitchcast.model.catalog import Catalog, Contents
from pitchcast.model.feed import Feed
from pitchcast.model.naming import compare_form
from pitchcast.model.steps.invitations import invite, inviting_feed
from pitchcast.site.attempt import Facts, begin, command
from pitchcast.site.change import change
from pitchcast.site.project import Progress, Project, no_progress

MAX_SPARE = 100
"""So many spare links at once: each is a feed to build, and nobody hands out more by hand."""


class InviteFacts(Facts, frozen=True):
    """Whose feed is passed on, and the secret addresses that were drawn for it."""

    parent: str
    tokens: tuple[str, ...]


def invite_colleagues(
    project: Project, by: str, *, name: str = "", spare: int = 0, progress: Progress = no_progress
) -> Invited:
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
    parent, tokens = attempt.facts.parent, attempt.facts.tokens
    feeds: tuple[Feed, ...] = ()
    created = False

    def step(found: Catalog | None) -> Catalog:
        nonlocal feeds, created
        drawn = chain(tokens, iter(project.new_token, None))
        after, feeds, created = invite(found or before, parent, names, lambda: next(drawn))
        return after

    def invited(catalog: Catalog) -> tuple[Feed, ...]:
        """Return the links that were handed out, also by a run that was interrupted."""
        known = compare_form(name)
        return tuple(
            feed
            for feed in catalog.feeds
            if feed.parent == parent and (feed.path in tokens or (known and compare_form(feed.name) == known))
        )

    what = f"passed on the feed {parent}"  # names no colleague: history stays
    done = change(
        project,
        step,
        what=what,
        attempt=attempt,
        names=lambda catalog: [feed.path for feed in invited(catalog)],
        progress=progress,
    )
    contents = Contents(done.catalog)
    given = invited(done.catalog) if attempt.completes else feeds
    answers = [answer_invited(contents, feed) for feed in given]
    if project.dry_run:
        made_up = {feed.id: feed.path for feed in given if feed.path in tokens}
        answers = [hide_token(one, made_up[one.id]) if one.id in made_up else one for one in answers]
    return Invited(
        parent=parent,
        feeds=tuple(answers),
        created=created or attempt.completes,
        catalog_revision=done.catalog.revision,
    )
