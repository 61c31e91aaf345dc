"""Export the links: for each prospect the page to send, for the CRM that the prospects came from."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from pitchcast.crm.export import (
    CrmRows,
    MailRow,
    Target,
    check_target,
    render_by_email,
    render_by_id,
    render_export,
    render_mail_merge,
    render_without_key,
    sort_by_key,
)
from pitchcast.crm.files import write_list_file
from pitchcast.errors import ObjectMissing, UsageError
from pitchcast.model.answers.feeds import ExportedFeed, ExportedProspect
from pitchcast.model.catalog import Catalog, members_of
from pitchcast.model.contents import Contents
from pitchcast.model.external_ids import IdKind
from pitchcast.model.prospect import Prospect
from pitchcast.site.project import Project

__all__ = [
    "CrmRows",
    "Target",
    "check_target",
    "export_feeds",
    "export_for_crm",
    "mail_rows",
    "render_by_id",
    "render_export",
    "write_crm_lists",
    "write_export",
    "write_mail_merge",
]

_MAIL_MERGE = "mail-merge{}.csv"
_WHILE_REPLACED = timedelta(seconds=2)
"""A catalog is kept a moment before it is replaced, and some services tell times in whole seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmFiles:
    """The files that a CRM's lists went into; "" for those that there was nothing to write into."""

    by_id: str
    by_email: str
    without_key: str


def export_feeds(
    project: Project, segment: str = "", changed_since: datetime | None = None
) -> tuple[ExportedFeed, ...]:
    """Return each prospect's feed with what a CRM knows it by, or those of a segment.

    With *changed_since* only those of which something is otherwise than it was at that moment, or new; where the
    catalog of then is no longer kept, an earlier one is compared, or all are returned. Raises UnknownName, and
    UsageError for a moment that is still to come.
    """
    return _chosen_feeds(project, project.catalog(), segment, changed_since)


def export_for_crm(
    project: Project, target: Target, kind: IdKind = "", *, segment: str = "", changed_since: datetime | None = None
) -> CrmRows:
    """Return the same feeds for a CRM's importer, which takes records of one *kind*.

    Raises CatalogError where the prospects' ids are of several kinds and none was said, and what export_feeds raises.
    """
    catalog = project.catalog()
    chosen = _chosen_feeds(project, catalog, segment, changed_since)
    return sort_by_key(chosen, target, kind, everybody=_exported_feeds(catalog))


def _chosen_feeds(
    project: Project, catalog: Catalog, segment: str, changed_since: datetime | None
) -> tuple[ExportedFeed, ...]:
    feeds = _exported_feeds(catalog, segment)
    if changed_since is None:
        return feeds
    if changed_since > project.now():
        raise UsageError("--changed-since is still to come", hint="Give a moment that has passed, or a time: 24h")
    before = _catalog_at(project, catalog, changed_since)
    known = set(_exported_feeds(before)) if before else set()
    return tuple(feed for feed in feeds if feed not in known)


def _catalog_at(project: Project, current: Catalog, moment: datetime) -> Catalog | None:
    """Return the catalog that held at a moment, or the nearest kept one before it; None where none is."""
    replaced = project.ledger.revisions()
    earliest = moment.replace(microsecond=0) - _WHILE_REPLACED
    later = [number for number, info in replaced.items() if info.modified >= earliest]
    if not later:
        return current if replaced or current.saved.at <= earliest else None
    before = [number for number in replaced if number < later[0]]
    for number in [later[0], *reversed(before)]:
        try:
            found = project.ledger.revision(number)
        except ObjectMissing:  # thinned since it was listed
            continue
        if found.saved.at <= moment:
            return found
    return None


def _exported_feeds(catalog: Catalog, segment: str = "") -> tuple[ExportedFeed, ...]:
    contents = Contents(catalog)
    feeds = {feed.id: feed for feed in catalog.feeds}
    chosen = [(p, feeds[p.id]) for p in members_of(catalog, [segment] if segment else [], everyone=not segment)]
    pages = [contents.of(feed) for _, feed in chosen]
    return tuple(
        ExportedFeed(
            prospect=_exported(p),
            access=feed.access,
            state=feed.state,
            feed_url=content.feed_url,
            page_url=content.page_url,
            expires=feed.expires,
            suspended_until=contents.suspended_until(feed),
        )
        for (p, feed), content in zip(chosen, pages, strict=True)
    )


def _exported(prospect: Prospect) -> ExportedProspect:
    return ExportedProspect(
        id=prospect.id,
        name=prospect.name,
        external_id=prospect.external_id,
        email=prospect.email,
        external_id_kind=prospect.record.kind,
    )


def write_export(path: Path, feeds: tuple[ExportedFeed, ...]) -> None:
    """Write the list, readable by its owner only: it holds secret links. Raises TableError."""
    write_list_file(path, render_export(feeds))


def write_crm_lists(path: Path, rows: CrmRows) -> CrmFiles:
    """Write the lists for a CRM, readable by their owner only, and return where they are. Raises TableError.

    What has no id goes beside the file that was named. An earlier list there that nothing belongs into any more is
    emptied, so that nobody imports it again.
    """
    by_email = _beside(path, "by-email", render_by_email(rows), filled=bool(rows.by_email))
    without_key = _beside(path, "no-key", render_without_key(rows), filled=bool(rows.without_key))
    write_list_file(path, render_by_id(rows))
    return CrmFiles(by_id=str(path), by_email=by_email, without_key=without_key)


def _beside(path: Path, what: str, body: bytes, *, filled: bool) -> str:
    target = path.with_name(f"{path.stem}.{what}{path.suffix}")
    if filled or target.exists():
        write_list_file(target, body)
    return str(target) if filled else ""


def mail_rows(project: Project, segment: str = "") -> tuple[tuple[MailRow, ...], tuple[str, ...]]:
    """Return whom a mail can go to with their newest episode, and the names of those who have nothing to hear.

    Raises UnknownName.
    """
    catalog = project.catalog()
    contents = Contents(catalog)
    feeds = {feed.id: feed for feed in catalog.feeds}
    rows: list[MailRow] = []
    left_out: list[str] = []
    for prospect in members_of(catalog, [segment] if segment else [], everyone=not segment):
        feed = feeds[prospect.id]
        content = contents.of(feed)
        if feed.state != "active" or not content.deliveries:
            left_out.append(prospect.name)
            continue
        row = MailRow(
            name=prospect.name,
            first_name=prospect.first_name,
            email=prospect.email,
            page_url=content.page_url,
            episode=content.deliveries[0].episode.title,
        )
        rows.append(row)
    return tuple(rows), tuple(left_out)


def write_mail_merge(folder: Path, rows: tuple[MailRow, ...]) -> Path:
    """Write a list for a mail merge into a folder, readable by its owner only, and return the new file.

    Raises TableError.
    """
    names = (folder / _MAIL_MERGE.format(f"-{number}" if number > 1 else "") for number in count(1))
    path = next(path for path in names if not path.exists())
    write_list_file(path, render_mail_merge(rows))
    return path
