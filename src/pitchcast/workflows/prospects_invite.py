"""Pass a podcast on: a colleague of a prospect gets a link of its own, whose feed follows the prospect's."""

from pitchcast.errors import UsageError
from pitchcast.model.answers import Invited, answer_invited
from pitchcast.model.catalog import Catalog, Contents
from pitchcast.model.feed import Feed
from pitchcast.model.steps.invitations import invite, inviting_feed
from pitchcast.site.change import change
from pitchcast.site.project import Progress, Project, no_progress

MAX_SPARE = 100
"""So many spare links at once: each is a feed to build, and nobody hands out more by hand."""


def invite_colleagues(
    project: Project, by: str, *, name: str = "", spare: int = 0, progress: Progress = no_progress
) -> Invited:
    """Give a colleague, and *spare* people nobody is named for yet, a feed that follows the feed *by*.

    *by* is a feed's id or a prospect. The links go to whoever asked for them and onto no page. A colleague who was
    invited before keeps the link; in a dry run the addresses are made up.
    Raises UsageError where nobody is to be invited, CatalogError where *by* is revoked or public.
    """
    if not name and not 0 < spare <= MAX_SPARE:
        raise UsageError(
            "nobody was named, and no number of spare links",
            hint=f"Name a colleague, or say how many links to have ready: --spare 5 (at most {MAX_SPARE}).",
        )
    before = project.catalog()
    names = [*([name] if name else []), *[""] * spare]
    feeds: tuple[Feed, ...] = ()
    created = False

    def step(found: Catalog | None) -> Catalog:
        nonlocal feeds, created
        after, feeds, created = invite(found or before, by, names, project.new_token)
        return after

    parent = inviting_feed(before, by).id
    what = f"passed on the feed {parent}"  # names no colleague: history stays
    done = change(project, step, what=what, progress=progress, tell_problem=True)
    contents = Contents(done.catalog)
    return Invited(
        parent=parent,
        feeds=tuple(answer_invited(contents, feed) for feed in feeds),
        created=created,
        catalog_revision=done.catalog.revision,
        problems=(done.problem,) if done.problem else (),
    )
