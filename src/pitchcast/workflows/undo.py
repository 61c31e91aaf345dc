"""The way back: undo one's own last publish, or withdraw an episode from every feed."""

from pitchcast.errors import CatalogError
from pitchcast.model.answers import Named, TakenBack, answer_feed
from pitchcast.model.catalog import (
    Catalog,
    Contents,
    Release,
    edit_episode,
    last_release,
    one_episode,
    releases_of,
    undo_release,
)
from pitchcast.site.change import change, preview_change
from pitchcast.site.project import Progress, Project, no_progress


def plan_undo(project: Project, episode: str = "") -> tuple[Release, TakenBack]:
    """Return one's own last publish (of *episode*, by id or title, where given) and what undoing it would take back.

    Raises UnknownName where there is nothing of one's own.
    """
    catalog = project.catalog()
    episode_id = one_episode(catalog, episode).id if episode else ""
    release = last_release(catalog, project.who, episode_id)
    after, _ = preview_change(project, lambda found: undo_release(found or catalog, release.number, project.now()))
    return release, _taken_back(catalog, after, release)


def undo(project: Project, release: Release, *, progress: Progress = no_progress) -> TakenBack:
    """Take a release out of every feed, audio first, with the prospects it created; what was fetched stays fetched."""
    before = project.catalog()
    at = project.now()
    done = change(
        project,
        lambda found: undo_release(found or before, release.number, at),
        what=f"undid the publishing of {release.episode}",
        progress=progress,
        takes_away=True,
    )
    return _taken_back(before, done.catalog, release)


def withdraw(project: Project, episode: str, *, dry_run: bool = False, progress: Progress = no_progress) -> TakenBack:
    """Take an episode (by id or title) out of every feed, audio first. It stays in the catalog as withdrawn.

    Raises CatalogError where it was withdrawn before.
    """
    before = project.catalog()
    found = one_episode(before, episode)
    if found.withdrawn:
        raise CatalogError(f"{found.id} was withdrawn before", hint="Nothing is left to take back.")

    def step(catalog: Catalog | None) -> Catalog:
        return edit_episode(catalog or before, found.id, withdrawn=True)

    if dry_run:
        after, _ = preview_change(project, step)
    else:
        after = change(project, step, what=f"withdrew {found.id}", progress=progress, takes_away=True).catalog
    numbers = releases_of(before, found.id)
    contents = Contents(after)
    return TakenBack(
        episode=Named(id=found.id, name=found.title),
        feeds=tuple(answer_feed(contents, f) for f in after.feeds if not numbers.isdisjoint(f.releases)),
        removed_prospects=(),
        episode_removed=False,
        catalog_revision=after.revision,
    )


def _taken_back(before: Catalog, after: Catalog, release: Release) -> TakenBack:
    episode = next(e for e in before.episodes if e.id == release.episode)
    contents = Contents(before)
    staying = {prospect.id for prospect in after.prospects}
    gone = [p for p in before.prospects if p.id not in staying and p.id in release.created]
    return TakenBack(
        episode=Named(id=episode.id, name=episode.title),
        feeds=tuple(answer_feed(contents, feed) for feed in before.feeds if release.number in feed.releases),
        removed_prospects=tuple(Named(id=p.id, name=p.name) for p in gone),
        episode_removed=all(e.id != episode.id for e in after.episodes),
        catalog_revision=after.revision,
    )
