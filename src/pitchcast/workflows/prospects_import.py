"""Import a CRM's list: read it, make its rows prospects in one commit, build their feeds, name what was left out."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pitchcast.crm.columns import Columns, find_columns
from pitchcast.crm.encodings import check_encoding
from pitchcast.crm.entries import Listed, read_entries
from pitchcast.crm.files import read_list_file, read_list_from, write_list_file
from pitchcast.crm.footer import leave_out_footer
from pitchcast.crm.overlooked import overlooked
from pitchcast.crm.rejects import render_rejects
from pitchcast.crm.table import FOUND_OUT, Table, TableOptions, read_table
from pitchcast.errors import CatalogError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.prospects import ImportedProspects, LeftOutRow, RejectedRow, SampleRow
from pitchcast.model.catalog import Catalog
from pitchcast.model.steps.access import descendants, revoke_feeds
from pitchcast.model.steps.import_list import Imported, import_entries
from pitchcast.production.beginning import ensure_show
from pitchcast.site.attempt import Facts, begin, command
from pitchcast.site.change import Changed, Wish, change
from pitchcast.site.project import Project

__all__ = [
    "MAX_MISSING_PERCENT",
    "ImportRules",
    "ProspectList",
    "TableOptions",
    "check_encoding",
    "import_list",
    "read_list",
    "read_list_file",
    "read_list_from",
    "write_rejects",
]

MAX_MISSING_PERCENT = 10.0
"""As many prospects may be missing from a list unless it is said otherwise: a list cut short is no order."""


_SAMPLE_ROWS = 3


class ProspectList(NamedTuple):
    """A list that was read: its table, what its columns mean, what its rows came to, and what may be overlooked."""

    where: str
    table: Table
    columns: Columns
    listed: Listed
    warnings: tuple[str, ...] = ()

    def named_columns(self) -> dict[str, str]:
        """Return which header each field was found under."""
        return self.columns.named(self.table.header)

    def sample(self) -> tuple[SampleRow, ...]:
        """Return the first rows as they are understood."""
        return tuple(
            SampleRow(
                row=entry.row,
                name=entry.name,
                first_name=entry.first_name or "",
                company=entry.company or "",
                email=entry.email or "",
                external_id=entry.external_id,
                language=entry.language or "",
                segments=entry.segments or (),
            )
            for entry in self.listed.entries[:_SAMPLE_ROWS]
        )

    def left_out(self) -> tuple[LeftOutRow, ...]:
        """Return the rows that are none of the list, such as a report's title and footer."""
        return tuple(LeftOutRow(row=one.row, reason=one.reason) for one in self.table.left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRules:
    """What else an import does: suspend whom the list lacks, and leave new feeds unbuilt."""

    remove_missing: bool = False
    max_missing_percent: float = MAX_MISSING_PERCENT
    build_new: bool = True


def read_list(
    body: bytes, where: str, mapping: tuple[str, ...] = (), options: TableOptions = FOUND_OUT
) -> ProspectList:
    """Return what a CSV file or spreadsheet says, its columns recognised or mapped by ``field=Header``.

    Raises UnclearEncoding where its encoding must be said, TableError or UsageError, naming *where* it lies.
    """
    table = read_table(body, where, options, mapping)
    columns = find_columns(table.header, mapping, where)
    table = leave_out_footer(table, columns)
    return ProspectList(where, table, columns, read_entries(table, columns), overlooked(table, columns))


def import_list(project: Project, given: ProspectList, rules: ImportRules) -> ImportedProspects:
    """Bring a list's good rows into the catalog in one commit and build the feeds concerned.

    Raises CatalogError where more prospects are missing from the list than allowed (nothing is changed then), and what
    change() raises.
    """
    first = ensure_show(project)
    typed = command("prospects import", rows=given.listed.entries, rules=rules)
    attempt = begin(project, typed, first, lambda _catalog: Facts(), Facts)

    def step(catalog: Catalog) -> tuple[Catalog, Imported]:
        imported = _imported(project, catalog, given, rules)
        return imported.catalog, imported

    wish = Wish(what=f"imported prospects from {given.where}", build_new=rules.build_new)
    done = change(project, step, wish, attempt)
    # An interrupted run has put the rows into the catalog already: then they say what they still come to.
    imported = done.extra or _imported(project, done.catalog, given, rules)
    return _answer(given, imported, rules, done)


def write_rejects(path: Path, given: ProspectList, answer: ImportedProspects) -> None:
    """Write the rows that were turned down, to mend and import again. Raises TableError."""
    reasons = {one.row: one.reason for one in answer.rejected}
    write_list_file(path, render_rejects(given.table, reasons))


def _imported(project: Project, catalog: Catalog, given: ProspectList, rules: ImportRules) -> Imported:
    """Return what the list does to the catalog of the moment."""
    imported = import_entries(catalog, given.listed.entries, given.listed.rejected, project.new_token)
    if not rules.remove_missing or not imported.missing:
        return imported
    _check_missing(imported, given.where, rules.max_missing_percent)
    closing = {*imported.missing, *descendants(imported.catalog, imported.missing)}
    return imported._replace(catalog=revoke_feeds(imported.catalog, closing, project.now()))


def _check_missing(imported: Imported, where: str, max_percent: float) -> None:
    percent = 100 * len(imported.missing) / imported.considered
    if percent > max_percent:
        named = ", ".join(imported.missing[:5]) + (" …" if len(imported.missing) > 5 else "")
        raise CatalogError(
            f"{where} lacks {len(imported.missing)} of {imported.considered} prospects ({percent:.1f} %): {named}",
            hint=f"If they are really to be suspended: --max-missing {min(100, int(percent) + 1)}",
        )


def _answer(given: ProspectList, imported: Imported, rules: ImportRules, done: Changed[Imported]) -> ImportedProspects:
    return ImportedProspects(
        created=len(imported.created),
        updated=len(imported.updated),
        unchanged=len(imported.unchanged),
        suspended=len(imported.missing) if rules.remove_missing else 0,
        missing=len(imported.missing),
        rejected=tuple(RejectedRow(row=one.row, reason=one.reason) for one in imported.rejected),
        columns=given.named_columns(),
        catalog_revision=done.catalog.revision,
        built=done.built,
        warnings=(*given.warnings, *_warnings(imported)),
        problems=(),
        encoding=given.table.encoding,
        sample=given.sample(),
        left_out=given.left_out(),
    )


def _warnings(imported: Imported) -> tuple[str, ...]:
    said = []
    if imported.revoked:
        said.append(
            f"in the list, but revoked, and left so: {_some(imported.revoked)}"
            f" (give a new address with: {pitchcast_command('feeds restore ID')})"
        )
    if imported.namesakes:
        said.append(
            f"new prospects are called like these, which have no external id and no e-mail: {_some(imported.namesakes)}"
            " (where one is the same, give it its external id beforehand: "
            f"{pitchcast_command('prospects edit ID --external-id TEXT')})"
        )
    return tuple(said)


def _some(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
