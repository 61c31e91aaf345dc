"""Import a CRM's list: read it, make its rows prospects in one commit, build their feeds, name what was left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from pitchcast.crm.columns import Columns, find_columns
from pitchcast.crm.encodings import check_encoding
from pitchcast.crm.entries import Listed, read_entries
from pitchcast.crm.files import check_list_file, read_list_file, read_list_from, write_list_file
from pitchcast.crm.footer import leave_out_footer
from pitchcast.crm.id_kinds import find_id_kind
from pitchcast.crm.overlooked import overlooked
from pitchcast.crm.rejects import hide_addresses, render_rejects
from pitchcast.crm.table import FOUND_OUT, Table, TableOptions, read_table
from pitchcast.errors import CatalogError, UnclearKind
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.base import Failures
from pitchcast.model.answers.prospects import FieldChange, ImportedProspects, LeftOutRow, RejectedRow, SampleRow
from pitchcast.model.catalog import Catalog
from pitchcast.model.external_ids import ID_KINDS, IdKind
from pitchcast.model.steps.access import close_suspended
from pitchcast.model.steps.import_list import Imported, Unsure, import_entries, kindless, settle_kinds
from pitchcast.model.steps.suspension import suspend
from pitchcast.model.text import first_few
from pitchcast.model.updates import Update, changed_fields, makes_somebody_else, too_many_renamed
from pitchcast.production.beginning import ensure_show
from pitchcast.site.attempt import Facts, begin, command
from pitchcast.site.change import Changed, Wish, change
from pitchcast.site.project import Project

__all__ = [
    "GRACE",
    "MAX_MISSING_PERCENT",
    "ImportRules",
    "ProspectList",
    "TableOptions",
    "check_encoding",
    "import_list",
    "read_list",
    "read_list_file",
    "read_list_from",
    "reasons_for_logs",
    "rejects_of",
    "write_rejects",
]

MAX_MISSING_PERCENT = 10.0
"""As many prospects may be missing from a list unless it is said otherwise: a list cut short is no order."""

GRACE = timedelta(days=7)
"""After this time the links of prospects who are missing end, unless it is said otherwise: time to mend a list."""

_NAMED_ROWS = 9
_NAMED_IDS = 5
_SAMPLE_ROWS = 3


class ProspectList(NamedTuple):
    """A list that was read: its table, what its columns mean, what its rows came to, and what may be overlooked."""

    where: str
    table: Table
    columns: Columns
    listed: Listed
    id_kind: IdKind = ""
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
                external_id_kind=entry.external_id_kind,
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
    """What else an import does: suspend whom the list lacks for a ``grace``, and leave new feeds unbuilt.

    Without any grace links end at once. ``known_ids`` is the kind of those external ids that the show holds without
    one. ``rename`` says that prospects may become somebody else.
    """

    remove_missing: bool = False
    max_missing_percent: float = MAX_MISSING_PERCENT
    grace: timedelta = GRACE
    build_new: bool = True
    known_ids: IdKind = ""
    rename: bool = False


def read_list(
    body: bytes,
    where: str,
    mapping: tuple[str, ...] = (),
    id_kind: IdKind = "",
    options: TableOptions = FOUND_OUT,
) -> ProspectList:
    """Return what a CSV file or spreadsheet says, its columns recognised or mapped by ``field=Header``.

    *id_kind* is the kind of its external ids; else the headers say it. Raises UnclearEncoding where its encoding must
    be said, TableError or UsageError, naming *where* it lies.
    """
    table = read_table(body, where, options, mapping)
    columns = find_columns(table.header, mapping, where)
    table = leave_out_footer(table, columns)
    kind = id_kind or find_id_kind(table.header, columns)
    listed = read_entries(table, columns, kind)
    return ProspectList(where, table, columns, listed, kind, overlooked(table, columns))


def with_id_kind(given: ProspectList, kind: IdKind) -> ProspectList:
    """Return the same list, its external ids of that kind."""
    return given._replace(listed=read_entries(given.table, given.columns, kind), id_kind=kind)


def import_list(
    project: Project, given: ProspectList, rules: ImportRules, rejects: Path | None = None
) -> ImportedProspects:
    """Bring a list's good rows into the catalog in one commit and build the feeds concerned.

    *rejects* is where rows that are turned down will be written: TableError is raised, and nothing changed, where that
    is not possible.
    Raises CatalogError where more prospects are missing from the list than allowed or would become somebody else,
    UnclearKind where nobody has said of what kind ids are (nothing is changed then), and what change() raises.
    """
    first = ensure_show(project)
    # What was asked once is not asked of the same command again, and makes no other command of it.
    typed = command("prospects import", rows=given.listed.entries, rules=replace(rules, known_ids=""))
    attempt = begin(project, typed, first, lambda _catalog: Facts(), Facts)

    def step(catalog: Catalog) -> tuple[Catalog, Imported]:
        imported = _imported(project, catalog, given, rules)
        if rejects and imported.rejected:
            check_list_file(rejects)
        return imported.catalog, imported

    wish = Wish(what=f"imported prospects from {given.where}", build_new=rules.build_new)
    done = change(project, step, wish, attempt)
    # An interrupted run has put the rows into the catalog already: then they say what they still come to.
    imported = done.extra or _imported(project, done.catalog, given, rules)
    return _answer(project, given, imported, rules, done)


def write_rejects(path: Path, given: ProspectList, answer: ImportedProspects) -> None:
    """Write the rows that were turned down, to mend and import again. Raises TableError."""
    write_list_file(path, rejects_of(given, answer))


def rejects_of(given: ProspectList, answer: ImportedProspects) -> bytes:
    """Return the rows that were turned down as a list, to mend and import again."""
    return render_rejects(given.table, _reasons(answer))


def reasons_for_logs(given: ProspectList, answer: ImportedProspects) -> dict[int, str]:
    """Return why rows were turned down, by their numbers, without anybody's address."""
    return hide_addresses(given.table, given.columns.email, _reasons(answer))


def _reasons(answer: ImportedProspects) -> dict[int, str]:
    return {one.row: one.reason for one in answer.rejected}


def _imported(project: Project, catalog: Catalog, given: ProspectList, rules: ImportRules) -> Imported:
    """Return what the list does to the catalog of the moment."""
    settled = kindless(catalog) if rules.known_ids else ()
    catalog = settle_kinds(catalog, settled, rules.known_ids)
    called = given.columns.called(given.table.header)
    imported = import_entries(catalog, given.listed.entries, given.listed.rejected, project.new_token, called)
    imported = imported._replace(settled=len(settled))
    if imported.unsure:
        raise _unclear_kind(given, imported.unsure)
    if not rules.rename:
        _check_renames(imported, given.where)
    missing = (*imported.still_missing, *imported.missing)
    if not rules.remove_missing or not missing:
        return imported
    _check_missing(imported, given.where, rules.max_missing_percent)
    now = project.now()
    after = suspend(imported.catalog, missing, now, rules.grace)
    return imported._replace(catalog=close_suspended(after, now))


def _unclear_kind(given: ProspectList, unsure: tuple[Unsure, ...]) -> UnclearKind:
    """Return the error that asks for the kind of the list's ids, or of those that the show holds without one."""
    others = ", ".join(ID_KINDS[1:])
    met = unsure[0]
    more = f", and {len(unsure) - 1} rows more have such ids" if len(unsure) > 1 else ""
    if met.kind:
        return UnclearKind(
            f"the show does not say of what kind some external ids are: row {met.row} of {given.where}, a {met.kind},"
            f" has the id of {met.prospect}{more}",
            hint=f"Say it once of all those that the show holds: --known-ids {ID_KINDS[0]} (or {others})",
            of_list=False,
        )
    return UnclearKind(
        f"{given.where} does not say of what kind its external ids are: row {met.row} has the id of {met.prospect},"
        f" a {met.known_kind}{more}",
        hint=f"Say it of the list: --id-kind {ID_KINDS[0]} (or {others})",
        of_list=True,
    )


def _check_renames(imported: Imported, where: str) -> None:
    """Raise CatalogError where the list would hand feeds on to somebody else, naming rows but no addresses."""
    hint = (
        "Look at each field with: --dry-run --rename. If it is right: --rename. If ids are of another kind: --id-kind"
    )
    others = tuple(update for update in imported.updates if makes_somebody_else(update))
    if others:
        raise CatalogError(
            f"{where} would make somebody else of {_prospects(len(others))}: {_named_rows(others)}", hint=hint
        )
    known = len(imported.updated) + len(imported.unchanged)
    renamed = too_many_renamed(imported.updates, known)
    if renamed:
        raise CatalogError(
            f"{where} would rename {len(renamed)} of {_prospects(known)}: {_named_rows(renamed)}", hint=hint
        )


def _prospects(count: int) -> str:
    return f"{count} prospect{'' if count == 1 else 's'}"


def _named_rows(updates: Sequence[Update]) -> str:
    named = [f"row {one.row} ({one.before.id}: “{one.before.name}” → “{one.after.name}”)" for one in updates]
    return first_few(named, _NAMED_ROWS)


def _check_missing(imported: Imported, where: str, max_percent: float) -> None:
    """Raise CatalogError where the list has shrunk by more than allowed since the last one."""
    if not imported.missing:
        return
    percent = 100 * len(imported.missing) / imported.considered
    if percent > max_percent:
        named = ", ".join(imported.missing[:5]) + (" …" if len(imported.missing) > 5 else "")
        raise CatalogError(
            f"{where} lacks {len(imported.missing)} of {imported.considered} prospects ({percent:.1f} %): {named}",
            hint=f"If they are really to be suspended: --max-missing {min(100, int(percent) + 1)}",
        )


def _changes(updates: Iterable[Update]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(id=update.after.id, field=changed.field, before=changed.before, after=changed.after)
        for update in updates
        for changed in changed_fields(update)
    )


def _answer(
    project: Project, given: ProspectList, imported: Imported, rules: ImportRules, done: Changed[Imported]
) -> ImportedProspects:
    return ImportedProspects(
        created=len(imported.created),
        updated=len(imported.updated),
        unchanged=len(imported.unchanged),
        suspended=len(imported.missing) if rules.remove_missing else 0,
        missing=len(imported.missing) + len(imported.still_missing),
        returned=len(imported.returned),
        suspended_until=_first_end(done.catalog, imported),
        rejected=tuple(RejectedRow(row=one.row, reason=one.reason) for one in imported.rejected),
        columns=given.named_columns(),
        id_kind=given.id_kind,
        catalog_revision=done.catalog.revision,
        built=done.built,
        warnings=(*given.warnings, *_warnings(imported, rules)),
        problems=(),
        failures=Failures(rows=len(imported.rejected)),
        changes=_changes(imported.updates) if project.dry_run else (),
        encoding=given.table.encoding,
        sample=given.sample(),
        left_out=given.left_out(),
    )


def _first_end(catalog: Catalog, imported: Imported) -> datetime | None:
    """Return when the first links of prospects end whom the list lacks, None where none will."""
    missing = {*imported.missing, *imported.still_missing}
    return min((one.ends for one in catalog.suspensions if one.prospect in missing), default=None)


def _warnings(imported: Imported, rules: ImportRules) -> tuple[str, ...]:
    said = []
    if imported.settled:
        said.append(f"external ids that are kept as those of the kind “{rules.known_ids}” now: {imported.settled}")
    if imported.revoked:
        said.append(
            f"in the list, but revoked, and left so: {first_few(imported.revoked, _NAMED_IDS)}"
            f" (give a new address with: {pitchcast_command('feeds restore ID')})"
        )
    if imported.namesakes:
        said.append(
            "new prospects are called like these, which have no external id and no e-mail: "
            f"{first_few(imported.namesakes, _NAMED_IDS)}"
            " (where one is the same, give it its external id beforehand: "
            f"{pitchcast_command('prospects edit ID --external-id TEXT')})"
        )
    return tuple(said)
