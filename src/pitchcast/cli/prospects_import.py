"""``pitchcast prospects import``: a CRM's list of prospects, thousands at once."""

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer

from pitchcast.cli import options
from pitchcast.cli.command import Common
from pitchcast.cli.dates import parse_span
from pitchcast.cli.display import Display, counted, moment_of, tell
from pitchcast.cli.parsing import given_id_kind
from pitchcast.cli.prompts import choose_number, confirm, numbered
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.errors import CatalogError, TableError, UnclearEncoding, UnclearKind, UsageError
from pitchcast.invocation import typed_command
from pitchcast.model.answers.prospects import ImportedProspects
from pitchcast.model.external_ids import ID_KINDS, IdKind

if TYPE_CHECKING:
    from pitchcast.site.project import Project
    from pitchcast.workflows.prospects_import import ImportRules, ProspectList, TableOptions

_NAMED_ROWS = 20
_NAMED_CHANGES = 20
_KINDS: Mapping[IdKind, str] = {
    "contact": "contacts: people (Pipedrive calls them persons)",
    "company": "companies (also called accounts or organisations)",
    "deal": "deals (also called opportunities)",
    "lead": "leads",
    "other": "something else, such as customer numbers",
}
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
    grace: options.Grace = None,
    no_build: options.NoBuild = False,
    id_kind: options.ListIdKind = "",
    known_ids: options.KnownIds = "",
    rename: options.Rename = False,
    dry_run: options.DryRun = False,
) -> None:
    """Add and update prospects from a CRM's list: CSV, or a spreadsheet (with pitchcast[xlsx]).

    The columns of HubSpot, Salesforce, Pipedrive, Zoho, Google Contacts, Outlook and LinkedIn are recognised. A row
    means the prospect with its external id, or else its e-mail address; --dry-run shows what would change of them. Rows
    that cannot be used go to rejects.csv, to mend and import again, and the exit code is 3; the others are imported.

    With --remove-missing, prospects that the list lacks are suspended: they keep their links for the grace, and for
    good where a list names them before it is over. A list that lacks more than a tenth of them suspends nobody.

    \b
    Example:
      pitchcast prospects import contacts.csv
      pitchcast prospects import list.xlsx --sheet 2 --map name="Company name"
      pitchcast prospects import nightly.csv --remove-missing --grace 7d --json
    """
    from pitchcast.workflows.prospects_import import ImportRules, TableOptions

    display = Display(common)
    _check_pairs(remove_missing=remove_missing, max_missing=max_missing, grace=grace)
    _check_standard_output(common, rejects)
    kind = given_id_kind(id_kind)
    how = TableOptions(encoding=encoding, sheet=sheet, header_row=header_row)
    given = _read(display, file, tuple(mapping), kind, how)
    is_shown = common.at_terminal and not common.json
    if is_shown:
        _show_list(display, given)
    rules = ImportRules(
        remove_missing=remove_missing,
        max_missing_percent=_max_missing_percent(max_missing),
        grace=_grace(grace),
        build_new=not no_build,
        known_ids=given_id_kind(known_ids),
        rename=rename,
    )
    if common.may_ask:
        given, rules, planned = _planned(display, open_show(display, dry_run=True), given, rules)
        if not dry_run:
            _ask(display, planned)
    target = _rejects_path(rejects, file)
    tried = None if dry_run or _is_stdout(rejects) else target
    done = _import(display, open_show(display, dry_run=dry_run), given, rules, tried)
    if done.rejected and not dry_run:
        done = _with_rejects(display, given, done, target)
    _show(display, given, done, told=given.warnings if is_shown else (), dry_run=dry_run)
    _exit_where_incomplete(done)


def _check_pairs(*, remove_missing: bool, max_missing: float | None, grace: str | None) -> None:
    """Raise UsageError for an option that says nothing without another one."""
    for option, value in (("--max-missing", max_missing), ("--grace", grace)):
        if value is not None and not remove_missing:
            raise UsageError(f"{option} says nothing without --remove-missing", hint="Give both, or neither.")


def _check_standard_output(common: Common, rejects: Path) -> None:
    """Raise UsageError where two things would be written to standard output."""
    if common.json and _is_stdout(rejects):
        raise UsageError("--rejects - and --json both write to standard output", hint="Name a file: --rejects FILE")


def _max_missing_percent(given: float | None) -> float:
    """Return how much of the prospects a list may lack, as an option says or else by default."""
    from pitchcast.workflows.prospects_import import MAX_MISSING_PERCENT

    return MAX_MISSING_PERCENT if given is None else given


def _grace(given: str | None) -> timedelta:
    """Return how long those whom a list lacks keep their links, as an option says or else by default."""
    from pitchcast.workflows.prospects_import import GRACE

    return GRACE if given is None else parse_span(given, "--grace")


def _exit_where_incomplete(done: ImportedProspects) -> None:
    """End with the exit code that scripts rely on where something failed or rows were left out."""
    if done.problems:
        raise typer.Exit(1)
    if done.rejected:
        raise typer.Exit(_SOME_REJECTED)


def _body(file: str) -> bytes:
    from pitchcast.workflows.prospects_import import read_list_file, read_list_from

    return read_list_from(sys.stdin.buffer, "standard input") if file == "-" else read_list_file(Path(file))


def _read(display: Display, file: str, mapping: tuple[str, ...], kind: IdKind, how: "TableOptions") -> "ProspectList":
    """Return the list; somebody at a terminal is asked for its encoding where that is not certain.

    Raises UnclearEncoding, with a command that can be copied, where nobody can be asked.
    """
    from pitchcast.workflows.prospects_import import read_list

    body, where = _body(file), "standard input" if file == "-" else file
    try:
        return read_list(body, where, mapping, kind, how)
    except UnclearEncoding as error:
        if not display.common.may_ask:
            likeliest = error.candidates[0].id
            command = typed_command(*display.common.typed, "--encoding", likeliest)
            error.hint = f"Name the encoding in which they are right. If that is {likeliest}: {command}"
            raise
        chosen = _choose_encoding(display, error)
        return read_list(body, where, mapping, kind, replace(how, encoding=chosen))


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


def _planned(
    display: Display, project: "Project", given: "ProspectList", rules: "ImportRules"
) -> tuple["ProspectList", "ImportRules", ImportedProspects]:
    """Return what an import would do, with list and rules that say of what kind ids are: asked where nobody has."""
    from pitchcast.workflows.prospects_import import import_list, with_id_kind

    while True:
        try:
            return given, rules, import_list(project, given, rules)
        except UnclearKind as error:
            kind = _ask_kind(display, error)
            if error.of_list:
                given = with_id_kind(given, kind)
            else:
                rules = replace(rules, known_ids=kind)


def _ask_kind(display: Display, error: UnclearKind) -> IdKind:
    tell(f"{error.message[:1].upper()}{error.message[1:]}.")
    tell("What are the ids of the list of?" if error.of_list else "What are those of the show of?")
    return ID_KINDS[choose_number(display, [_KINDS[kind] for kind in ID_KINDS]) - 1]


def _ask(display: Display, planned: ImportedProspects) -> None:
    """Say what an import would do and ask whether it is meant. Raises CatalogError for a no."""
    if not (planned.created or planned.updated or planned.suspended):
        return
    if not confirm(f"This would import {_counts(planned)}. Go ahead?", default=not planned.suspended):
        raise CatalogError("nothing was imported", hint="Look at it first with: --dry-run")


def _import(
    display: Display, project: "Project", given: "ProspectList", rules: "ImportRules", rejects: Path | None
) -> ImportedProspects:
    from pitchcast.workflows.prospects_import import import_list

    with showing_progress(display, project) as project:
        return import_list(project, given, rules, rejects)


def _is_stdout(rejects: Path) -> bool:
    return str(rejects) == "-"


def _rejects_path(wanted: Path, file: str) -> Path:
    """Return where rejected rows go: never over the list that they come from."""
    if file != "-" and not _is_stdout(wanted) and wanted.resolve() == Path(file).resolve():
        return wanted.with_name(f"{wanted.stem}-2{wanted.suffix}")
    return wanted


def _with_rejects(display: Display, given: "ProspectList", done: ImportedProspects, path: Path) -> ImportedProspects:
    """Write the rejected rows, and return the answer that says where they are, or why they are nowhere."""
    from pitchcast.workflows.prospects_import import rejects_of, write_rejects

    if _is_stdout(path):
        display.document(rejects_of(given, done))
        return msgspec.structs.replace(done, rejects_file="-")
    try:
        write_rejects(path, given, done)
    except TableError as error:  # the good rows are in: that must be told all the same
        return msgspec.structs.replace(done, problems=(*done.problems, f"{error.message} {error.hint}"))
    return msgspec.structs.replace(done, rejects_file=str(path))


def _show(
    display: Display, given: "ProspectList", done: ImportedProspects, *, told: Collection[str], dry_run: bool
) -> None:
    from pitchcast.workflows.prospects_import import reasons_for_logs

    reasons = reasons_for_logs(given, done)
    for warning in done.warnings:
        if warning not in told:
            display.warn(warning)
    for reason, rows in _by_reason(done).items():
        display.warn(f"{counted(len(rows), 'row')} beside the list skipped, because {reason}: {_named_rows(rows)}")
    for row in done.rejected[:_NAMED_ROWS]:
        display.fault(f"row {row.row} was left out: {reasons[row.row]}")
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
    tell = display.say if done.rejects_file == "-" else display.result  # standard output holds the list alone
    tell(f"{'Would import' if dry_run else 'Imported'} {_counts(done)}.")
    if done.suspended_until:
        until = moment_of(done.suspended_until)
        verb = "would end" if dry_run else "end"
        display.say(f"Links of those whom the list lacks {verb} from {until} on, unless a list names them before.")
    for change in done.changes[:_NAMED_CHANGES]:
        display.indented(f"{change.id}: {change.field} {_value(change.before)} → {_value(change.after)}")
    if len(done.changes) > _NAMED_CHANGES:
        display.indented(f"… and {counted(len(done.changes) - _NAMED_CHANGES, 'change')} more: see them with --json")
    if done.rejects_file not in ("", "-"):
        display.say(f"The rows left out are in {done.rejects_file}: mend them there and import that file.")


def _value(value: str | tuple[str, ...]) -> str:
    text = value if isinstance(value, str) else ", ".join(value)
    return f"“{text}”" if text else "nothing"


def _counts(done: ImportedProspects) -> str:
    said = f"{counted(done.created, 'new prospect')}, {done.updated:,} updated, {done.unchanged:,} unchanged"
    said += f", {done.suspended:,} suspended" if done.suspended else ""
    said += f", {done.returned:,} back" if done.returned else ""
    return said + (f", {counted(len(done.rejected), 'row')} left out" if done.rejected else "")
