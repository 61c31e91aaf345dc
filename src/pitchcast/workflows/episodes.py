"""Episodes that exist: list, show, edit."""

from pitchcast.errors import CatalogError
from pitchcast.model.answers import EpisodeAnswer, FeedAnswer, answer_episode, answer_feed
from pitchcast.model.catalog import Catalog, Contents, edit_episode, feeds_showing, one_episode, releases_of
from pitchcast.workflows.change import change
from pitchcast.workflows.project import Progress, Project, no_progress


def list_episodes(project: Project) -> tuple[EpisodeAnswer, ...]:
    """Return every episode, oldest first, withdrawn ones too."""
    catalog = project.catalog()
    return tuple(answer_episode(catalog, episode) for episode in catalog.episodes)


def show(project: Project, name: str) -> tuple[EpisodeAnswer, tuple[FeedAnswer, ...]]:
    """Return an episode, by id or title, and the feeds that hold it; revoked ones hold nothing."""
    catalog = project.catalog()
    episode = one_episode(catalog, name)
    numbers = set() if episode.withdrawn else releases_of(catalog, episode.id)
    contents = Contents(catalog)
    feeds = tuple(answer_feed(contents, feed) for feed in feeds_showing(catalog, numbers))
    return answer_episode(catalog, episode), feeds


def edit(project: Project, name: str, changes: dict[str, object], *, progress: Progress = no_progress) -> EpisodeAnswer:
    """Change title, notes, host, season or number of an episode, keyed by attribute; audio, guid and files stay.

    The tags inside the audio keep what they said: apps show what the feed says. Raises CatalogError where the
    episode was withdrawn.
    """
    before = project.catalog()
    episode = one_episode(before, name)
    if episode.withdrawn:
        raise CatalogError(f"{episode.id} is withdrawn", hint="Publish its recording again with --again.")

    def step(found: Catalog | None) -> Catalog:
        catalog = found or before
        current = one_episode(catalog, episode.id)
        same = all(getattr(current, key) == value for key, value in changes.items())
        return catalog if same else edit_episode(catalog, episode.id, **changes)

    done = change(project, step, what=f"edited {episode.id}", progress=progress)
    return answer_episode(done.catalog, one_episode(done.catalog, episode.id))
