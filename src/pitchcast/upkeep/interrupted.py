"""Commands that were cut off: what the doctor says of them, and how a repair finishes them."""

from collections.abc import Iterator

from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import Catalog
from pitchcast.model.finding import Finding
from pitchcast.model.layout import PENDING
from pitchcast.model.writer import name_in
from pitchcast.site.pending import Found, is_committed, read_records
from pitchcast.site.project import Project


def check_interrupted(project: Project, catalog: Catalog) -> Iterator[Finding]:
    """Yield each command that was cut off; what is under way, or finished and not yet told, is in order."""
    for found in read_records(project):
        if found.record.state != "open" or found.info.key in project.outcome.records:
            continue
        said = _said(found)
        if found.is_alive:
            if found.record.name:  # a build without one may be part of the repair before this
                yield Finding(level="ok", where=PENDING, what=f"{said} is under way")
        elif _is_finishable(found, catalog):
            do = f"Run the same command again, or finish it with: {pitchcast_command('doctor --repair')}"
            yield Finding(level="warning", where=PENDING, what=f"{said} was interrupted", do=do)
        else:
            what = f"{said} was interrupted before it had changed anything"
            do = "Run the same command again if you still want it; else do nothing: it is given up after half an hour."
            yield Finding(level="warning", where=PENDING, what=what, do=do)


def finish_interrupted(project: Project) -> tuple[str, ...]:
    """Finish what was cut off, drop the records of what is done, and say in sentences what was finished, or would be.

    What had not changed anything within half an hour is given up; before, only the same command goes on with it.
    Their records are marked once the answer was given: whoever is not told must not do the same a second time.
    Raises CatalogError or FeedError where something cannot be built; StorageError.
    """
    from pitchcast.site.change import keep_up  # what builds feeds is heavy; looking must stay quick

    catalog = project.catalog()
    cut_off = [found for found in read_records(project) if _is_cut_off(found, catalog)]
    if not project.dry_run:
        done = keep_up(project, finishes_all=True)
        records = set(done.records) if done else set()
        project.outcome.records |= records
        project.outcome.finished.clear()  # these sentences say it
        cut_off = [found for found in cut_off if found.info.key in records]
    named = [_told(found, catalog) for found in cut_off if found.record.name]
    builds = len(cut_off) - len(named)
    return (*named, f"{builds} abandoned build{'s' * (builds > 1)} finished") if builds else tuple(named)


def _told(found: Found, catalog: Catalog) -> str:
    if is_committed(found.record, catalog):
        return f"{_said(found)} was interrupted, and is finished"
    return f"{_said(found)} was interrupted before it had changed anything, and is given up"


def _said(found: Found) -> str:
    """Return what a record is about, in words: what was typed, by whom, when, and what it does."""
    record = found.record
    when = f"{record.at:%Y-%m-%d %H:%M} UTC"
    if not record.who:
        return f"a command whose record of {when} is damaged"
    if not record.name:
        return f"a build by {name_in(record.who)}, {when},"
    return f"“{record.name}” by {name_in(record.who)}, {when} ({record.what}),"


def _is_cut_off(found: Found, catalog: Catalog) -> bool:
    if found.record.state != "open" or not _is_finishable(found, catalog):
        return False
    return found.is_old or not found.is_alive


def _is_finishable(found: Found, catalog: Catalog) -> bool:
    """Return whether a repair finishes what was cut off: also by giving up what never changed anything, once old."""
    return found.is_old or is_committed(found.record, catalog)
