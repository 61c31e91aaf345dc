"""Whether a report holds: every number is counted again, and what differs is named."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from pitchcast.analytics.documents import data_in
from pitchcast.errors import FileError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.report import CountedFrom, Report, ReportDifference, VerifiedReport
from pitchcast.reading import FileKind, read_bytes
from pitchcast.site.project import Project
from pitchcast.workflows.report import ReportRequest, make_report
from pitchcast.workflows.report_deals import DealList, read_deal_list

_HINT = "Give a file that “report --json” or “report --html” wrote."
_REPORT = FileKind(what="a report", at_most_bytes=100_000_000, error=FileError, hint=_HINT)
_NOT_COMPARED = ("made_at", "counted_from")
_NAMES = ("week", "row")
"""Fields that tell the entries of a list apart, the first that an entry has; else its number does."""


def read_report(path: Path) -> Report:
    """Return the report in a file, JSON or HTML. Raises FileError."""
    body = read_bytes(path, _REPORT)
    try:
        text = body.decode("utf-8")
        return msgspec.json.decode(data_in(text) if text.lstrip().startswith("<") else text, type=Report)
    except (UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise FileError(f"{path} is not a report", hint=_HINT) from error


def verify_report(
    project: Project, told: Report, path: Path, deals: tuple[bytes, str] | None, encoding: str = ""
) -> VerifiedReport:
    """Return whether the numbers of a report are those that are counted now.

    *deals* are the list of deals that it was made with, and where that lies. Raises UsageError where a report with
    deals is to be verified without its list.
    """
    again = make_report(
        project,
        ReportRequest(
            first=told.first_day,
            last=told.last_day,
            within_days=told.deals.within_days if told.deals else 1,
            aggregate=told.aggregate,
            deals=_same_list(told, path, deals, encoding),
            now=told.made_at,
        ),
    )
    before, after = dict(_leaves(_compared(told))), dict(_leaves(_compared(again)))
    differences = _differing(before, after)
    return VerifiedReport(
        holds=not differences,
        made_at=told.made_at,
        numbers=len(before.keys() | after.keys()),
        differences=differences,
        sources=_differing(dict(_sources(told.counted_from)), dict(_sources(again.counted_from))),
    )


def _same_list(told: Report, path: Path, deals: tuple[bytes, str] | None, encoding: str) -> DealList | None:
    """Return the list of deals, its columns and dates taken as the report did."""
    if told.deals is None:
        return None
    if deals is None:
        raise UsageError(
            f"{path} has deals, and can be verified with their list only",
            hint=f"Name it too: {pitchcast_command('report', '--verify', str(path), '--deals', 'FILE')}",
        )
    mapping = [f"{field}={header}" for field, header in told.deals.columns.items()]
    return read_deal_list(*deals, mapping, told.deals.date_order, encoding)


def _compared(report: Report) -> dict[str, object]:
    whole: dict[str, object] = msgspec.to_builtins(report)
    return {name: value for name, value in whole.items() if name not in _NOT_COMPARED}


def _sources(source: CountedFrom) -> Iterator[tuple[str, str]]:
    yield "pitchcast", source.pitchcast
    yield "guidelines", source.guidelines
    for name, digest in source.rules.items():
        yield f"rules in {name}", digest
    for key, digest in source.objects.items():
        yield key, digest


def _leaves(value: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield every value in an answer with where it stands, as in ``weeks 2026-09-07 plays``."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{where} {name}".strip())
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{where} {_name_of(inner, number)}")
    else:
        yield where, "" if value is None else str(value)


def _name_of(entry: object, number: int) -> str:
    if isinstance(entry, dict):
        return next((str(entry[name]) for name in _NAMES if name in entry), str(number + 1))
    return str(number + 1)


def _differing(before: dict[str, str], after: dict[str, str]) -> tuple[ReportDifference, ...]:
    names: Sequence[str] = list(dict.fromkeys([*before, *after]))
    return tuple(
        ReportDifference(where=name, told=before.get(name, "nothing"), counted=after.get(name, "nothing"))
        for name in names
        if before.get(name) != after.get(name)
    )
