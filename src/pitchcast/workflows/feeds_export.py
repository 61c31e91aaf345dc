"""Export the links: for each prospect the page to send, for the CRM that the prospects came from."""

from pathlib import Path

from pitchcast.crm.export import Target, check_target, render_export
from pitchcast.crm.files import write_list_file
from pitchcast.model.answers.feeds import ExportedFeed, ExportedProspect
from pitchcast.model.catalog import members_of
from pitchcast.model.contents import Contents
from pitchcast.site.project import Project

__all__ = ["Target", "check_target", "export_feeds", "render_export", "write_export"]


def export_feeds(project: Project, segment: str = "") -> tuple[ExportedFeed, ...]:
    """Return each prospect's feed with what a CRM knows it by, or those of a segment. Raises UnknownName."""
    catalog = project.catalog()
    contents = Contents(catalog)
    feeds = {feed.id: feed for feed in catalog.feeds}
    chosen = [(p, feeds[p.id]) for p in members_of(catalog, [segment] if segment else [], everyone=not segment)]
    pages = [contents.of(feed) for _, feed in chosen]
    return tuple(
        ExportedFeed(
            prospect=ExportedProspect(id=p.id, name=p.name, external_id=p.external_id, email=p.email),
            access=feed.access,
            state=feed.state,
            feed_url=content.feed_url,
            page_url=content.page_url,
            expires=feed.expires,
        )
        for (p, feed), content in zip(chosen, pages, strict=True)
    )


def write_export(path: Path, feeds: tuple[ExportedFeed, ...], target: Target) -> None:
    """Write the list, readable by its owner only: it holds secret links. Raises TableError."""
    write_list_file(path, render_export(feeds, target))
