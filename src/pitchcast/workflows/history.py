"""The catalog's history: who changed what and when, and an earlier catalog brought back as a new revision."""

from concurrent.futures import ThreadPoolExecutor

from pitchcast.errors import CatalogError, ObjectMissing
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.base import Named
from pitchcast.model.answers.history import RestoredRevision, RevisionAnswer, RevisionShown
from pitchcast.model.answers.sent import Sending, sendings
from pitchcast.model.catalog import Catalog, Saved
from pitchcast.model.steps.restore import Returned, return_to
from pitchcast.model.text import first_few
from pitchcast.model.writer import id_in, name_in
from pitchcast.site.attempt import Facts, begin, command
from pitchcast.site.change import Wish, change
from pitchcast.site.project import Project

_THREADS = 16
_NAMED = 5


def list_revisions(project: Project, limit: int = 0) -> tuple[RevisionAnswer, ...]:
    """Return the revisions that are kept, latest first; at most *limit* where that is not 0."""
    current = project.catalog()
    numbers = sorted(project.ledger.revisions(), reverse=True)
    numbers = [number for number in numbers if number < current.revision]
    if limit:
        numbers = numbers[: limit - 1]
    with ThreadPoolExecutor(_THREADS) as pool:
        saved = list(pool.map(lambda number: _saved(project, number), numbers))
    earlier = [_answer(number, one) for number, one in zip(numbers, saved, strict=True) if one]
    return (_answer(current.revision, current.saved, current=True), *earlier)


def show(project: Project, revision: int) -> RevisionShown:
    """Return what a revision said. Raises CatalogError where it is not kept."""
    catalog, current = _revision(project, revision)
    return RevisionShown(
        revision=_answer(revision, catalog.saved, current=current),
        show=catalog.show.title,
        episodes=tuple(Named(id=e.id, name=e.title) for e in catalog.episodes if not e.withdrawn),
        prospects=len(catalog.prospects),
        feeds=sum(feed.state == "active" for feed in catalog.feeds),
        revoked=sum(feed.state == "revoked" for feed in catalog.feeds),
        sent=_sent_by(project, catalog),
    )


def restore(project: Project, revision: int) -> RestoredRevision:
    """Bring texts, episodes and deliveries of an earlier revision back as a new one; what was added since stays.

    Who can reach what stays too: no retired address is used again, what was revoked, withdrawn or erased stays so, and
    the answer says it. Raises CatalogError where the revision is not kept.
    """
    old, _ = _revision(project, revision)
    before = project.catalog()
    at = project.now()
    attempt = begin(project, command("history restore", revision=revision), before, lambda _found: Facts(), Facts)

    def step(catalog: Catalog) -> tuple[Catalog, Returned]:
        returned = return_to(catalog, old, at=at, new_token=project.new_token)
        return returned.catalog, returned

    done = change(project, step, Wish(what=f"restored revision {revision}"), attempt)
    # An interrupted run has brought it back already: then it is said what that comes to.
    returned = done.extra or return_to(done.catalog, old, at=at, new_token=project.new_token)
    return RestoredRevision(
        revision=revision,
        changed=attempt.resumes or bool(done.paths) or done.catalog.revision != before.revision,
        feeds=len(done.paths),
        remarks=tuple(_remarks(returned)),
        catalog_revision=done.catalog.revision,
    )


def _revision(project: Project, number: int) -> tuple[Catalog, bool]:
    current = project.catalog()
    if number == current.revision:
        return current, True
    try:
        return project.ledger.revision(number), False
    except ObjectMissing as error:
        raise CatalogError(
            f"there is no revision {number}, or it is no longer kept",
            hint=f"See them all with: {pitchcast_command('history list')}",
        ) from error


def _sent_by(project: Project, catalog: Catalog) -> tuple[Sending, ...]:
    """Return what a revision sent: the releases that the one before it lacks, none where that is not kept."""
    try:
        before = project.ledger.revision(catalog.revision - 1)
    except ObjectMissing:
        return ()
    known = {release.number for release in before.releases}
    return sendings(catalog, (release for release in catalog.releases if release.number not in known))


def _saved(project: Project, number: int) -> Saved | None:
    try:
        return project.ledger.saved(number)
    except ObjectMissing:  # thinned since it was listed
        return None


def _answer(number: int, saved: Saved, *, current: bool = False) -> RevisionAnswer:
    return RevisionAnswer(
        revision=number,
        at=saved.at,
        who=name_in(saved.who),
        writer=id_in(saved.who),
        what=saved.what,
        current=current,
    )


def _remarks(returned: Returned) -> list[str]:
    erased = f"{returned.erased} removed prospect{'' if returned.erased == 1 else 's'}"
    said = {
        "added since, and stay as they are": first_few(returned.added, _NAMED),
        "published since, and stay where they are": first_few(returned.published, _NAMED),
        "sent to more feeds since, and stay there": first_few(returned.delivered, _NAMED),
        "back at new addresses: send them their links": first_few(returned.readdressed, _NAMED),
        "with new links since, and keep them": first_few(returned.rotated, _NAMED),
        "revoked since, and stay so": first_few(returned.revoked, _NAMED),
        "heard without the greeting that was before it": first_few(returned.ungreeted, _NAMED),
        "withdrawn since, and stay so": first_few(returned.withdrawn, _NAMED),
        "erased, and not brought back": erased if returned.erased else "",
    }
    return [f"{what}: {who}" for what, who in said.items() if who]
