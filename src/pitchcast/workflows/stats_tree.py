"""How one prospect's podcast was passed on, as far as the access logs show it."""

from collections.abc import Sequence
from datetime import date

from pitchcast.analytics.passing_on import SeenAtStep, Step, proofs_of_two, tree_of
from pitchcast.model.answers.stats import ProofOfTwo, StatsTree, TreeStep
from pitchcast.model.catalog import one_prospect
from pitchcast.model.feed import Feed
from pitchcast.model.log_marks import mark_of
from pitchcast.model.prospect import parse_mention
from pitchcast.site.project import Project
from pitchcast.upkeep.analytics.books import find_logs, open_audience


def passed_on(project: Project, who: str, *, first: date | None = None, last: date | None = None) -> StatsTree:
    """Return the tree of a prospect's feeds and of the steps by which their links were passed on.

    Raises UnknownName or AmbiguousName, CatalogError where no log has been read yet.
    """
    catalog = project.catalog()
    prospect = one_prospect(catalog, parse_mention(who))
    feeds = [feed for feed in catalog.feeds if feed.prospect == prospect.id]
    marks = {mark_of(path): feed.id for feed in feeds for path in feed.paths}
    with open_audience(project, find_logs(project), first, last) as (audience, period):
        events = audience.events([feed.id for feed in feeds])
        until = audience.newest()
    inside = [event for event in events if period.first <= event.moment.date() <= period.last]
    proofs = [one for one in proofs_of_two(events, marks, prospect.id) if one.moment.date() >= period.first]
    return StatsTree(
        prospect=prospect.id,
        name=prospect.name,
        first_day=period.first,
        last_day=period.last,
        until=until,
        steps=_steps(feeds, tree_of(inside, marks), prospect.name),
        at_least_two=tuple(ProofOfTwo(what=one.what, feed=one.feed, at=one.moment) for one in proofs),
    )


def _steps(feeds: Sequence[Feed], tree: dict[Step, SeenAtStep], name: str) -> tuple[TreeStep, ...]:
    """Return each feed with what was seen of it, also where that is nothing, and behind it its further steps."""
    steps = []
    for feed in feeds:
        own = Step(feed.id)
        further = sorted(step for step in tree if step.feed == feed.id and step.via)
        for step in (own, *further):
            steps.append(_answer(feed, step, tree.get(step, SeenAtStep()), name))
    return tuple(steps)


def _answer(feed: Feed, step: Step, seen: SeenAtStep, name: str) -> TreeStep:
    return TreeStep(
        feed=feed.id,
        name=(feed.name or "spare") if feed.parent else name,
        parent=feed.parent,
        via=step.via,
        page_opens=seen.did["open"],
        plays=seen.did["play"],
        downloads=seen.did["download"],
        cta_clicks=seen.did["tap"],
        networks=len(seen.networks),
        devices=tuple(sorted(seen.devices)),
    )
