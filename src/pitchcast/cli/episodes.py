"""``pitchcast episodes``: the pitches that were published."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.deliver import deliver_episode
from pitchcast.cli.display import Display, clock, counted, moment_of
from pitchcast.cli.episodes_retag import retag_episodes
from pitchcast.cli.names import audience_of, listed
from pitchcast.cli.parsing import read_notes, roles_in
from pitchcast.cli.prompts import confirm
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.cli.sound import length, numbers, sound
from pitchcast.cli.undo import STAYS, describe, show_taken_back
from pitchcast.errors import CatalogError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.episodes import EpisodeAnswer, Episodes, ReplacedEpisode, ShownEpisode
from pitchcast.model.answers.sent import Recipient
from pitchcast.model.feed_notes import check_feed_notes
from pitchcast.model.text import check_line, check_roles
from pitchcast.workflows import episodes as workflow
from pitchcast.workflows import episodes_replace as replacing
from pitchcast.workflows import undo as take_back

_SHOWN = 20

app = new_group("The pitches published: list, show, edit, deliver, replace, withdraw.")

command(app, "deliver")(deliver_episode)


@command(app, "list")
def list_(common: Common) -> None:
    """List the episodes, oldest first.

    \b
    Example:
      pitchcast episodes list
      pitchcast episodes list --json
    """
    display = Display(common)
    episodes = workflow.list_episodes(open_show(display))
    display.answer(Episodes(episodes=tuple(episodes)), _show_list)


def _show_list(display: Display, answer: Episodes) -> None:
    episodes = answer.episodes
    if not episodes:
        display.say("No episodes.")
        return
    rows = [
        (e.id, e.title, _day(e), clock(e.duration_s), "withdrawn" if e.withdrawn else str(e.feeds)) for e in episodes
    ]
    display.table(
        ("id", "title", "published", "length", "feeds"),
        rows,
        right=("length", "feeds"),
        whole=("id", "published"),
    )


@command(app, "show")
def show(common: Common, episode: options.EpisodeName) -> None:
    """Show an episode: what is said of it, how it sounds, and who was sent it when and by whom.

    \b
    Example:
      pitchcast episodes show cut-your-cloud-bill
    """
    display = Display(common)
    display.answer(workflow.show(open_show(display), episode), _show_with_recipients)


def _show_with_recipients(display: Display, answer: ShownEpisode) -> None:
    _show(display, answer.episode)
    _show_recipients(display, answer.recipients)


@command(app, "edit")
def edit(
    common: Common,
    episode: options.EditedEpisodes = None,
    title: options.Title = None,
    keep_file: options.KeepFile = False,
    notes: options.Notes = None,
    notes_file: options.NotesFile = None,
    host: options.Host = None,
    for_roles: options.ForRoles = None,
    season: options.Season = None,
    number: options.Number = None,
    cover: options.EditedCover = None,
    chapters: options.EditedChapters = None,
    transcript: options.EditedTranscript = None,
    retag: options.Retag = False,
    everything: options.EveryEpisode = False,
    dry_run: options.DryRun = False,
) -> None:
    """Change what is said of an episode in every feed that holds it; the sound stays.

    Another title also gives the audio's file another name and other tags: apps may fetch it again, and the old file
    stays readable for seven days. --keep-file leaves it as it is.

    Times of chapters and transcripts are those of the recording, and move along with what was cut from it.

    Audio that an earlier pitchcast published has a picture in it, which browsers read before the first sound.
    --retag makes such files anew, with the same sound: apps may fetch them again.

    \b
    Example:
      pitchcast episodes edit cut-your-cloud-bill --title "Cut your bill"
      pitchcast episodes edit cut-your-cloud-bill --transcript pitch.vtt
      pitchcast episodes edit --all --retag --dry-run
    """
    changes = _texts(title, read_notes(notes, notes_file), host)
    if for_roles is not None:
        changes["for_roles"] = check_roles(roles_in(for_roles))
    changes |= _numbers(season, number)
    changes |= _files(cover, chapters, transcript)
    names = episode or []
    if retag:
        if changes:
            raise UsageError("--retag goes alone", hint="Change the rest first, in a command of its own.")
        retag_episodes(common, names, everything=everything, dry_run=dry_run)
        return
    if everything or len(names) != 1:
        raise UsageError("name one episode", hint=f"See them all with: {pitchcast_command('episodes list')}")
    if not changes:
        raise UsageError(
            "nothing to change was given", hint=f"See what can be: {pitchcast_command('episodes edit --help')}"
        )
    if keep_file and title is None:
        raise UsageError("--keep-file goes with --title", hint="Leave it out: the file stays as it is.")
    display = Display(common)
    project = open_show(display, dry_run=dry_run)
    with showing_progress(display, project) as project:
        changed = workflow.edit(project, names[0], changes, keep_file=keep_file)
    display.answer(changed, _show)


@command(app, "replace")
def replace(
    common: Common,
    episode: options.EpisodeName,
    recording: options.NewRecording,
    chapters: options.Chapters = None,
    transcript: options.Transcript = None,
    temp_dir: options.TempDir = None,
    dry_run: options.DryRun = False,
) -> None:
    """Give an episode other audio: same episode for apps, which may fetch it again; texts stay.

    The old audio stays readable for seven days, for apps that have not looked since. To take something away at once,
    use “episodes withdraw”.

    \b
    Example:
      pitchcast episodes replace cut-your-cloud-bill "New Recording 13.m4a"
    """
    display = Display(common)
    project = open_show(display)
    plan = replacing.plan_replacement(
        project, episode, recording, chapters=chapters, transcript=transcript, temp_dir=temp_dir
    )
    planned = replacing.planned_answer(plan)
    for warning in planned.warnings:
        display.warn(warning)
    if common.may_ask and not dry_run and not plan.same:
        holding = listed([audience_of(feed) for feed in planned.feeds]) or "nobody"
        if not confirm(f"Replace the audio of “{plan.episode.title}” for {holding}?", default=False):
            raise CatalogError("nothing was replaced", hint="It stays as it is.")
    done = planned
    if not dry_run:
        with showing_progress(display, project) as project:
            done = replacing.replace_episode(project, plan)
    show_replaced(display, done, dry_run=dry_run)


@command(app, "withdraw")
def withdraw(common: Common, episode: options.EpisodeName, dry_run: options.DryRun = False) -> None:
    """Take an episode out of every feed, audio first; it stays in the list as withdrawn.

    \b
    Example:
      pitchcast episodes withdraw cut-your-cloud-bill
    """
    common.require_yes("episodes withdraw", dry_run=dry_run)
    display = Display(common)
    project = open_show(display, dry_run=dry_run)
    if common.may_ask and not dry_run:
        planned = take_back.withdraw(project.as_dry_run(), episode)
        if not project.outcome.resumed and not confirm(f"Withdraw {describe(planned)}?", default=False):
            raise CatalogError("nothing was withdrawn", hint="It stays published.")
    with showing_progress(display, project) as project:
        done = take_back.withdraw(project, episode)
    show_taken_back(display, done, "Would withdraw" if dry_run else "Withdrew")
    if not dry_run:
        display.say(STAYS)


def _texts(title: str | None, notes: str | None, host: str | None) -> dict[str, object]:
    """Return the texts that were given, in order, by the episode's attribute."""
    changes: dict[str, object] = {}
    if title is not None:
        changes["title"] = check_line(title, "the title")
    if notes is not None:
        changes["notes"] = check_feed_notes(notes)
    if host is not None:
        changes["host"] = check_line(host, "the host") if host else ""
    return changes


def _numbers(season: int | None, number: int | None) -> dict[str, object]:
    """Return the numbers that were given, by the episode's attribute."""
    numbers = {"season": season, "number": number}
    return {key: value for key, value in numbers.items() if value is not None}


def _files(cover: str | None, chapters: str | None, transcript: str | None) -> dict[str, object]:
    """Return the files that were given, by the episode's attribute; None for one that is to be taken away ("")."""
    names = {"cover": cover, "chapters": chapters, "transcript": transcript}
    return {key: Path(name) if name else None for key, name in names.items() if name is not None}


def show_replaced(display: Display, done: ReplacedEpisode, *, dry_run: bool) -> None:
    """Print whose episode has other audio now, or would have."""
    display.answer(done, partial(_show_replaced, dry_run=dry_run))


def _show_replaced(display: Display, done: ReplacedEpisode, *, dry_run: bool) -> None:
    for remark in done.remarks:
        display.say(f"  {remark}")
    holding = listed([audience_of(feed) for feed in done.feeds]) or "nobody"
    if not done.changed:
        display.result(f"“{done.episode.title}” is made of this recording already; nothing changed.")
        return
    display.result(f"{'Would replace' if dry_run else 'Replaced'} the audio of “{done.episode.title}” for {holding}.")
    if done.old_audio_until:
        said = sound(done.episode.heard_lufs, done.episode.true_peak_dbtp)
        said += numbers(done.episode.heard_lufs, done.episode.true_peak_dbtp, display.common.verbose)
        display.say(f"  {length(done.episode.duration_s)}, sound {said}")
        display.say(f"The old audio stays readable until {done.old_audio_until.astimezone():%Y-%m-%d}.")


def _show(display: Display, episode: EpisodeAnswer) -> None:
    heard = sound(episode.heard_lufs, episode.true_peak_dbtp)
    heard += numbers(episode.heard_lufs, episode.true_peak_dbtp, display.common.verbose)
    heard += f", {'stereo' if episode.channels == 2 else 'mono'}, {episode.bitrate_kbps} kbit/s"
    display.pairs(
        [
            ("id", episode.id),
            ("title", episode.title),
            ("host", episode.host),
            ("for", ", ".join(episode.for_roles)),
            ("season", str(episode.season or "")),
            ("episode", str(episode.episode or "")),
            ("published", _day(episode)),
            ("length", clock(episode.duration_s)),
            ("sound", heard),
            ("size", f"{episode.size_bytes / 1e6:.1f} MB"),
            ("notes", episode.notes),
            ("chapters", str(episode.chapters or "")),
            ("transcript", "yes" if episode.transcript else ""),
            ("withdrawn", "yes" if episode.withdrawn else ""),
        ]
    )


def _show_recipients(display: Display, recipients: Sequence[Recipient]) -> None:
    if not recipients:
        display.result("sent to nobody")
        return
    display.result(f"\nsent to {counted(len(recipients), 'feed')}", lines=True)
    rows = [(moment_of(one.date), _name(one), one.who) for one in recipients[:_SHOWN]]
    display.table(("when", "to", "by"), rows, whole=("when",), indent=2)
    if len(recipients) > _SHOWN:
        display.say(f"  and {len(recipients) - _SHOWN:,} more: --json names them all")


def _name(recipient: Recipient) -> str:
    revoked = ", revoked" if recipient.state == "revoked" else ""
    if recipient.parent:
        return f"{recipient.name or recipient.feed} (passed on by {recipient.passed_on_by}{revoked})"
    name = recipient.name or "everyone"
    return f"{name} ({revoked[2:]})" if revoked else name


def _day(episode: EpisodeAnswer) -> str:
    return f"{episode.date.astimezone():%Y-%m-%d}" if episode.date else "never"
