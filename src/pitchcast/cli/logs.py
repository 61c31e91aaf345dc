"""``pitchcast logs``: what the storage's access logs say, read for statistics."""

from functools import partial

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display, counted
from pitchcast.cli.logs_recount import recount_logs
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.errors import UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.logs import DROPPED, UNREADABLE, LineSums, LogsSynced
from pitchcast.workflows.logs_sync import SyncRequest, keep_summary, refuse_skipped, sync_logs

app = new_group("Read the storage's access logs, from which statistics are made.")

_SHOWN = 20


@command(app, "sync")
def sync(
    common: Common,
    logs: options.LogPlaces = None,
    every: options.EveryLog = False,
    recount: options.Recount = False,
    dry_run: options.DryRun = False,
) -> None:
    """Read access logs that are new, and keep what they say of the show's own files.

    Logs of Amazon S3 and services like it, CloudFront, Cloudflare, nginx, Apache and Caddy are known by their lines;
    they may be packed (.gz, .zst). Late, doubled, renamed or growing logs change no count. Addresses are kept as keyed
    hashes only.

    Lists of apps and programs are renewed with pitchcast[stats]; what was read keeps what was decided then. --recount
    reads no logs: it says what today's lists change, and changes that after a yes.

    \b
    Example:
      pitchcast logs sync access.log
      pitchcast logs sync s3://my-logs/pitches
      pitchcast logs sync --dry-run /var/log/nginx
      pitchcast logs sync --recount
    """
    if recount:
        if logs or every:
            raise UsageError(
                "--recount reads no logs", hint=f"Run it alone: {pitchcast_command('logs sync --recount')}"
            )
        recount_logs(common, dry_run=dry_run)
        return
    display = Display(common)
    project = open_show(display, dry_run=dry_run)
    request = SyncRequest(places=tuple(logs or ()), again=every)
    with showing_progress(display, project) as project:
        answer = sync_logs(project, request)
        keep_summary(project, answer)
    display.answer(answer, partial(_show, dry_run=dry_run))
    if not answer.page_says_so and project.settings.audience.notice:
        set_ = "" if project.settings.audience.logs else "set logs under [audience], then "
        apply = pitchcast_command("show apply")
        display.warn(f"pages do not tell prospects yet that requests are counted; {set_}bring it there: {apply}")
    refuse_skipped(answer)


def _show(display: Display, answer: LogsSynced, *, dry_run: bool) -> None:
    read = [one for one in answer.logs if one.sums.lines]
    if len(read) > 1:
        rows = [_row(one.source, one.format, one.sums) for one in read[:_SHOWN]]
        display.table(_COLUMNS, rows, right=_COLUMNS[2:])
        if len(read) > _SHOWN:
            display.say(f"and {len(read) - _SHOWN} more logs")
    pairs = [("lines", f"{answer.sums.lines:,}"), *_pairs(answer.sums)]
    pairs += [("logs read", f"{len(answer.logs):,}"), ("read before", f"{answer.unchanged:,}")]
    display.pairs(pairs)
    if dry_run:
        display.result("Nothing was written.")
    else:
        display.result(f"{counted(answer.new, 'new request')} on {counted(len(answer.days), 'day')}.")
    if answer.removed:
        display.say(f"Requests of {counted(answer.removed, 'feed')} were taken out: their prospects are gone.")


_COLUMNS = ("log", "form", "lines", "kept", "others'", "unreadable", "dropped")


def _row(source: str, form: str, sums: LineSums) -> tuple[str, ...]:
    numbers = (sums.lines, sums.kept, sums.others, sum(sums.unreadable.values()), sum(sums.dropped.values()))
    return (source, form, *(f"{number:,}" for number in numbers))


def _pairs(sums: LineSums) -> list[tuple[str, str]]:
    """Return what became of the lines; the numbers add up to all of them."""
    pairs = [("kept", f"{sums.kept:,}"), ("others'", f"{sums.others:,} about other files")]
    pairs += [("unreadable", f"{number:,} {UNREADABLE.get(name, name)}") for name, number in sums.unreadable.items()]
    pairs += [("dropped", f"{number:,} {DROPPED.get(name, name)}") for name, number in sums.dropped.items()]
    return pairs
