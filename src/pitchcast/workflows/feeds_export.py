"""Export the links: for each prospect the page to send, for the CRM that the prospects came from."""

from itertools import count
from pathlib import Path

from pitchcast.crm.export import MailRow, Target, check_target, render_export, render_mail_merge
from pitchcast.crm.files import write_list_file
from pitchcast.model.answers.feeds import ExportedFeed, ExportedProspect
from pitchcast.model.catalog import members_of
from pitchcast.model.contents import Contents
from pitchcast.model.prospect import Prospect
from pitchcast.site.project import Project

__all__ = ["Target", "check_target", "export_feeds", "mail_rows", "render_export", "write_export", "write_mail_merge"]

_MAIL_MERGE = "mail-merge{}.csv"


def export_feeds(project: Project, segment: str = "") -> tuple[ExportedFeed, ...]:
    """Return each prospect's feed with what a CRM knows it by, or those of a segment. Raises UnknownName."""
    catalog = project.catalog()
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


def write_export(path: Path, feeds: tuple[ExportedFeed, ...], target: Target) -> None:
    """Write the list, readable by its owner only: it holds secret links. Raises TableError."""
    write_list_file(path, render_export(feeds, target))


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
