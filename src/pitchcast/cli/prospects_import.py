"""``pitchcast prospects import``: a CRM's list of prospects, thousands at once."""

import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer

from pitchcast.cli import options
from pitchcast.cli.command import Common
from pitchcast.cli.display import Display, counted, tell
from pitchcast.cli.prompts import confirm, numbered
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.errors import CatalogError, TableError, UnclearEncoding, UsageError
from pitchcast.invocation import typed_command
from pitchcast.model.answers.prospects import ImportedProspects

if TYPE_CHECKING:
    from pitchcast.site.project import Project
    from pitchcast.workflows.prospects_import import ImportRules, ProspectList, TableOptions

_NAMED_ROWS = 20
_SOME_REJECTED = 3  # exit code: some of many failed, each named


def import_prospects(
    common: Common,
    file: options.ListFile,
    mapping: options.Mapping = [],  # noqa: B006 (typer copies it)
    encoding: options.ListEncoding = "",
    sheet: options.ListSheet = "",
    header_row: options.HeaderRow = 0,
    rejects: options.Rejects = Path("rejects.csv"),
    remove_missing: options.RemoveMissing = False,
    max_missing: options.MaxMissing = None,
    no_build: options.NoBuild = False,
    dry_run: options.DryRun = False,
) -> None:
    """Add and update prospects from a CRM's list: CSV, or a spreadsheet (with pitchcast[xlsx]).

    The columns of HubSpot, Salesforce, Pipedrive, Zoho, Google Contacts, Outlook and LinkedIn are recognised. A row
    means the prospect with its external id, or else its e-mail address. Rows that cannot be used go to rejects.csv, to
    mend and import again, and the exit code is 3; the others are imported.

    \b
    Example:
      pitchcast prospects import contacts.csv
      pitchcast prospects import list.xlsx --sheet 2 --map name="Company name"
      pitchcast prospects import nightly.csv --remove-missing --json
    """
    from pitchcast.workflows.prospects_import import MAX_MISSING_PERCENT, ImportRules, TableOptions

    display = Display(common)
    if max_missing is not None and not remove_missing:
        raise UsageError("--max-missing says nothing without --remove-missing", hint="Give both, or neither.")
    how = TableOptions(encoding=encoding, sheet=sheet, header_row=header_row)
    given = _read(display, file, tuple(mapping), how)
    is_shown = common.at_terminal and not common.json
    if is_shown:
        _show_list(display, given)
    rules = ImportRules(
        remove_missing=remove_missing,
        max_missing_percent=MAX_MISSING_PERCENT if max_missing is None else max_missing,
        build_new=not no_build,
    )
    if common.may_ask and not dry_run:
        _ask(display, open_show(display, dry_run=True), given, rules)
    done = _import(display, open_show(display, dry_run=dry_run), given, rules)
    if done.rejected and not dry_run:
        target = _rejects_path(rejects, file)
        done = _with_rejects(given, done, target)
    _show(display, done, told=given.warnings if is_shown else (), dry_run=dry_run)
    if done.problems:
        raise typer.Exit(1)
    if done.rejected:
        raise typer.Exit(_SOME_REJECTED)


def _body(file: str) -> bytes:
    from pitchcast.workflows.prospects_import import read_list_file, read_list_from

    return read_list_from(sys.stdin.buffer, "standard input") if file == "-" else read_list_file(Path(file))


def _read(display: Display, file: str, mapping: tuple[str, ...], how: "TableOptions") -> "ProspectList":
    """Return the list; somebody at a terminal is asked for its encoding where that is not certain.

    Raises UnclearEncoding, with a command that can be copied, where nobody can be asked.
    """
    from pitchcast.workflows.prospects_import import read_list

    body, where = _body(file), "standard input" if file == "-" else file
    try:
        return read_list(body, where, mapping, how)
    except UnclearEncoding as error:
        if not display.common.may_ask:
            likeliest = error.candidates[0].id
            command = typed_command(*display.common.typed, "--encoding", likeliest)
            error.hint = f"Name the encoding in which they are right. If that is {likeliest}: {command}"
            raise
        chosen = _choose_encoding(display, error)
        return read_list(body, where, mapping, replace(how, encoding=chosen))


def _choose_encoding(display: Display, error: UnclearEncoding) -> str:
    """Ask in which encoding the names are right. There is no default: a wrong one looks right at a glance."""
    from pitchcast.workflows.prospects_import import check_encoding

    tell(error.message.partition("\n")[0])
    shown = [candidate.shown for candidate in error.candidates]
    answer = numbered(display, shown, "Number, or the name of another encoding", check_encoding)
    return error.candidates[int(answer) - 1].id if answer.isdecimal() else answer


def _show_list(display: Display, given: "ProspectList") -> None:
    """Show somebody at a terminal how the list was understood, before anything is written."""
    encoding = f"Encoding: {given.table.encoding}. " if given.table.encoding else ""
    columns = ", ".join(f"{name} from “{header}”" for name, header in given.named_columns().items())
    display.say(f"{encoding}Columns: {columns}")
    for row in given.sample():
        said = (row.name, row.company, row.email, row.external_id, row.language, ", ".join(row.segments))
        display.say(f"  row {row.row}: {' · '.join(dict.fromkeys(filter(None, said)))}")
    for warning in given.warnings:
        display.warn(warning)


def _ask(display: Display, project: "Project", given: "ProspectList", rules: "ImportRules") -> None:
    """Say what an import would do and ask whether it is meant. Raises CatalogError for a no."""
    from pitchcast.workflows.prospects_import import import_list

    planned = import_list(project, given, rules)
    if not (planned.created or planned.updated or planned.suspended):
        return
    if not confirm(f"This would import {_counts(planned)}. Go ahead?", default=not planned.suspended):
        raise CatalogError("nothing was imported", hint="Look at it first with: --dry-run")


def _import(display: Display, project: "Project", given: "ProspectList", rules: "ImportRules") -> ImportedProspects:
    from pitchcast.workflows.prospects_import import import_list

    with showing_progress(display, project) as project:
        return import_list(project, given, rules)


def _rejects_path(wanted: Path, file: str) -> Path:
    """Return where rejected rows go: never over the list that they come from."""
    if file != "-" and wanted.resolve() == Path(file).resolve():
        return wanted.with_name(f"{wanted.stem}-2{wanted.suffix}")
    return wanted


def _with_rejects(given: "ProspectList", done: ImportedProspects, path: Path) -> ImportedProspects:
    from pitchcast.workflows.prospects_import import write_rejects

    try:
        write_rejects(path, given, done)
    except TableError as error:  # the good rows are in: that must be told all the same
        return msgspec.structs.replace(done, problems=(*done.problems, f"{error.message} {error.hint}"))
    return msgspec.structs.replace(done, rejects_file=str(path))


def _show(display: Display, done: ImportedProspects, *, told: Collection[str], dry_run: bool) -> None:
    for warning in done.warnings:
        if warning not in told:
            display.warn(warning)
    for reason, rows in _by_reason(done).items():
        display.warn(f"{counted(len(rows), 'row')} beside the list skipped, because {reason}: {_named_rows(rows)}")
    for row in done.rejected[:_NAMED_ROWS]:
        display.fault(f"row {row.row} was left out: {row.reason}")
    if len(done.rejected) > _NAMED_ROWS:
        display.fault(f"… and {counted(len(done.rejected) - _NAMED_ROWS, 'row')} more")
    for problem in done.problems:
        display.fault(problem)
    display.answer(done, partial(_show_counts, dry_run=dry_run))


def _by_reason(done: ImportedProspects) -> dict[str, list[int]]:
    """Return the rows that are none of the list by what they are."""
    found: dict[str, list[int]] = {}
    for one in done.left_out:
        found.setdefault(one.reason, []).append(one.row)
    return found


def _named_rows(rows: Sequence[int]) -> str:
    named = ", ".join(map(str, rows[:_NAMED_ROWS]))
    return f"{named} …" if len(rows) > _NAMED_ROWS else named


def _show_counts(display: Display, done: ImportedProspects, *, dry_run: bool) -> None:
    display.result(f"{'Would import' if dry_run else 'Imported'} {_counts(done)}.")
    if done.rejects_file:
        display.say(f"The rows left out are in {done.rejects_file}: mend them there and import that file.")


def _counts(done: ImportedProspects) -> str:
    said = f"{counted(done.created, 'new prospect')}, {done.updated:,} updated, {done.unchanged:,} unchanged"
    said += f", {done.suspended:,} suspended" if done.suspended else ""
    return said + (f", {counted(len(done.rejected), 'row')} left out" if done.rejected else "")
