"""The way back: undo one's own last publish, or withdraw an episode from every feed."""

from datetime import datetime

from pitchcast.errors import CatalogError, UnknownName
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.base import Named
from pitchcast.model.answers.feeds import FeedAnswer, answer_feed
from pitchcast.model.answers.undo import TakenBack
from pitchcast.model.catalog import Catalog, Release, episode_with_id, find_guid, find_release, one_episode, releases_of
from pitchcast.model.contents import Contents, carrying_folders
from pitchcast.model.episode import Episode
from pitchcast.model.naming import compare_form
from pitchcast.model.steps.edit import edit_episode
from pitchcast.model.steps.publish import last_release, undo_release
from pitchcast.model.writer import name_in
from pitchcast.site.attempt import Attempt, Facts, begin, command
from pitchcast.site.change import Wish, change
from pitchcast.site.project import Project


class UndoFacts(Facts, frozen=True):
    """The release that is undone, and what is told of it: also when it is gone from the catalog.

    ``feeds`` are those that carry it, ``created`` the prospects that it brought and that go with it.
    """

    release: int
    date: datetime
    episode: Named
    feeds: tuple[FeedAnswer, ...]
    created: tuple[Named, ...]


class WithdrawFacts(Facts, frozen=True):
    """The episode that is withdrawn, by its guid: an id can come to name another one."""

    guid: str
    episode: Named


def plan_undo(project: Project, episode: str = "", *, elsewhere: bool = False) -> tuple[Attempt[UndoFacts], TakenBack]:
    """Return one's own last publish (of *episode*, by id or title, where given) and what undoing it would take back.

    With *elsewhere* also what the same person seems to have published from another computer counts: whoever asks for
    that must have been shown whose it is, or have named the episode. Where an undo of one's own was interrupted, that
    is what is gone on with. Raises UnknownName where there is nothing of one's own, CatalogError where the last of it,
    or the show's newest change, was a withdrawal: nothing older is taken back in its place.
    """
    catalog = project.catalog()
    attempt = begin(
        project,
        command("undo", episode=compare_form(episode)),
        catalog,
        lambda found: _undo_facts(found, project, episode, elsewhere=elsewhere),
        UndoFacts,
        is_void=lambda found, facts: all(release.number != facts.release for release in found.releases),
    )
    return attempt, undo(project.as_dry_run(), attempt)


def published_elsewhere_by(project: Project, attempt: Attempt[UndoFacts]) -> str:
    """Return by whose name something was published that is undone, "" where it was surely published by who undoes it.

    The same person's other computer has another writer, whose name may be the same.
    """
    release = find_release(attempt.catalog, attempt.facts.release) if attempt.catalog else None
    return "" if release is None or project.is_own(release.who) else name_in(release.who)


def undo(project: Project, attempt: Attempt[UndoFacts]) -> TakenBack:
    """Take a release out of every feed, audio first, with the prospects it created; what was fetched stays fetched."""
    facts, at = attempt.facts, project.now()
    wish = Wish(what=f"undid the publishing of {facts.episode.id}", takes_away=True)
    done = change(project, lambda catalog: undo_release(catalog, facts.release, at), wish, attempt)
    return _taken_back(done.catalog, facts)


def withdraw(project: Project, episode: str) -> TakenBack:
    """Take an episode (by id or title) out of every feed, audio first. It stays in the catalog as withdrawn.

    One that was withdrawn before stays so; its feeds are looked at once more.
    """
    before = project.catalog()
    attempt = begin(
        project,
        command("episodes withdraw", episode=compare_form(episode)),
        before,
        lambda found: _withdraw_facts(found, episode),
        WithdrawFacts,
        is_void=lambda catalog, facts: find_guid(catalog, facts.guid) is None,
    )
    facts = attempt.facts

    def step(catalog: Catalog) -> Catalog:
        found = find_guid(catalog, facts.guid)
        if found is None or found.withdrawn:
            return catalog
        return edit_episode(catalog, found.id, withdrawn=True)

    def carrying(catalog: Catalog) -> list[str]:
        found = find_guid(catalog, facts.guid)
        return carrying_folders(catalog, found.id) if found else []

    wish = Wish(what=f"withdrew {facts.episode.id}", names=carrying, takes_away=True)
    after = change(project, step, wish, attempt).catalog
    numbers = releases_of(before, facts.episode.id)
    contents = Contents(after)
    return TakenBack(
        episode=facts.episode,
        feeds=tuple(answer_feed(contents, f) for f in after.feeds if not numbers.isdisjoint(f.releases)),
        removed_prospects=(),
        episode_removed=False,
        catalog_revision=after.revision,
    )


def _undo_facts(catalog: Catalog, project: Project, episode: str, *, elsewhere: bool) -> UndoFacts:
    episode_id = one_episode(catalog, episode).id if episode else ""
    withdrawn = _withdrawn_just_now(catalog, project)
    if withdrawn and episode_id in ("", withdrawn.id):
        raise _not_again(catalog, project, f"the newest change withdrew “{withdrawn.title}”")
    release = _last_own(catalog, project, episode_id, elsewhere=elsewhere)
    found = episode_with_id(catalog, release.episode)
    if found.withdrawn:
        raise _not_again(catalog, project, f"what you published last, “{found.title}”, was withdrawn since")
    contents = Contents(catalog)
    return UndoFacts(
        release=release.number,
        date=release.date,
        episode=Named(id=found.id, name=found.title),
        feeds=tuple(answer_feed(contents, feed) for feed in catalog.feeds if release.number in feed.releases),
        created=_going(catalog, release),
    )


def _last_own(catalog: Catalog, project: Project, episode_id: str, *, elsewhere: bool) -> Release:
    """Return what one published last. Raises UnknownName, which names what may be one's own from another computer."""

    def may_be_mine(label: str) -> bool:
        return project.is_own(label) or project.may_be_own(label)

    if elsewhere:
        return last_release(catalog, may_be_mine, episode_id)
    try:
        return last_release(catalog, project.is_own, episode_id)
    except UnknownName as nothing:
        try:
            release = last_release(catalog, may_be_mine, episode_id)
        except UnknownName:
            raise nothing from None
        raise UnknownName(
            "nothing was published from this computer that you could take back",
            hint=f"{name_in(release.who)} published from another one. If that was you: "
            f"{pitchcast_command('undo', release.episode, '--yes')}",
        ) from nothing


def _withdrawn_just_now(catalog: Catalog, project: Project) -> Episode | None:
    """Return the episode that the newest change withdrew, None where that was another change, or somebody else's."""
    if not project.is_own(catalog.saved.who):
        return None
    changed = (episode for episode in catalog.episodes if episode.changed_revision == catalog.revision)
    return next((episode for episode in changed if episode.withdrawn), None)


def _not_again(catalog: Catalog, project: Project, what: str) -> CatalogError:
    """Return the error for what was taken back already, with the command for what was published before it."""
    standing = {episode.id for episode in catalog.episodes if not episode.withdrawn}
    earlier = [one for one in catalog.releases if project.is_own(one.who) and one.episode in standing]
    if earlier:
        title = one_episode(catalog, earlier[-1].episode).title
        command_line = pitchcast_command("undo", earlier[-1].episode, "--yes")
        hint = f"If you mean “{title}”, which you published too, name it: {command_line}"
    else:
        hint = f"To publish its recording anew: {pitchcast_command('publish RECORDING --to NAME --again')}"
    return CatalogError(f"{what}; a withdrawn episode cannot be brought back", hint=hint)


def _going(catalog: Catalog, release: Release) -> tuple[Named, ...]:
    """Return the prospects that go when the release is undone."""
    staying = {prospect.id for prospect in undo_release(catalog, release.number, release.date).prospects}
    gone = (p for p in catalog.prospects if p.id in release.created and p.id not in staying)
    return tuple(Named(id=p.id, name=p.name) for p in gone)


def _withdraw_facts(catalog: Catalog, episode: str) -> WithdrawFacts:
    found = one_episode(catalog, episode)
    return WithdrawFacts(subject=found.id, guid=found.guid, episode=Named(id=found.id, name=found.title))


def _taken_back(after: Catalog, facts: UndoFacts) -> TakenBack:
    staying = {prospect.id for prospect in after.prospects}
    return TakenBack(
        episode=facts.episode,
        feeds=facts.feeds,
        removed_prospects=tuple(one for one in facts.created if one.id not in staying),
        episode_removed=all(e.id != facts.episode.id for e in after.episodes),
        catalog_revision=after.revision,
    )
