"""``pitchcast publish``: a recording becomes an episode in somebody's feed, and the link to send is printed."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pitchcast.cli import options
from pitchcast.cli.build_report import reporting
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.dates import parse_date
from pitchcast.cli.display import Display
from pitchcast.cli.first_run import FirstRun
from pitchcast.cli.parsing import age, newest_recordings, read_notes, roles_in
from pitchcast.cli.prompts import ask, choose_candidate, choose_file, confirm, settle_audience
from pitchcast.cli.publish_output import announce, confirm_audience, recipients, show_plan, show_published
from pitchcast.cli.sending import Link, Ways, links_of, say_where_it_works, send
from pitchcast.cli.session import audio_options, read_settings, showing_progress
from pitchcast.errors import UnclearName, UsageError
from pitchcast.invocation import pitchcast_command, typed_command
from pitchcast.model.catalog import Audience
from pitchcast.model.prospect import parse_mention
from pitchcast.model.show import AudioSettings
from pitchcast.model.text import check_line
from pitchcast.site.project import Project, Report

if TYPE_CHECKING:
    from pitchcast.workflows.publish import Pitch, Plan

_OFFERED = 5

app = new_group()


@command(app, "publish")
def publish(
    common: Common,
    recording: options.Recording = None,
    to: options.To = [],  # noqa: B006 (typer copies it)
    segment: options.ToSegment = [],  # noqa: B006
    everyone: options.ToAll = False,
    public: options.Public = False,
    existing_only: options.ExistingOnly = False,
    title: options.Title = None,
    notes: options.Notes = None,
    notes_file: options.NotesFile = None,
    host: options.Host = None,
    for_roles: options.ForRoles = None,
    date: options.Date = "",
    season: options.Season = None,
    number: options.Number = None,
    cover: options.Cover = None,
    cover_per_prospect: options.CoverForEach = False,
    chapters: options.Chapters = None,
    transcript: options.Transcript = None,
    greeting: options.Greeting = None,
    again: options.Again = False,
    personalise: options.Personalise = False,
    unverified: options.Unverified = False,
    level: options.Level = None,
    clean: options.Clean = None,
    shorten_pauses: options.ShortenPauses = None,
    temp_dir: options.TempDir = None,
    copy: options.Copy = False,
    mail: options.Mail = False,
    qr: options.Qr = False,
    open_: options.Open = False,
    report: options.Report = None,
    dry_run: options.DryRun = False,
) -> None:
    """Turn a recording into a private podcast, and print the link to send.

    \b
    Example:
      pitchcast publish pitch.m4a --to "Acme Corp"
      pitchcast publish memo.m4a --to "Jo <jo@acme.example>" --title "Your bill"
      pitchcast publish pitch.m4a --to acme-corp --greeting hello-acme.m4a
      pitchcast publish pitch.m4a --segment retail --yes --json
    """
    display = Display(common)
    audience = Audience(
        to=tuple(map(parse_mention, to)),
        segments=tuple(segment),
        everyone=everyone,
        public=public,
        existing_only=existing_only,
    )
    notes_text, moment = read_notes(notes, notes_file), parse_date(date)
    _check_complete(common, recording, audience, dry_run=dry_run)
    from pitchcast.workflows.publish import Pitch  # ffmpeg's and numpy's users: not for --help

    pitch = Pitch(
        recording=recording or _ask_recording(display),
        audience=audience if _names_somebody(audience) else _ask_audience(display),
        title=title or "",
        notes=notes_text or "",
        host=host or "",
        for_roles=roles_in(for_roles or ""),
        date=moment,
        season=season or 0,
        number=number or 0,
        cover=cover,
        cover_per_prospect=cover_per_prospect,
        chapters=chapters,
        transcript=transcript,
        greeting=greeting,
        again=again,
        personalise=personalise,
        unverified=unverified,
        temp_dir=temp_dir,
    )
    audio = read_settings(common, audio_options(level, clean, shorten_pauses)).audio
    ways = Ways(copy=copy, mail=mail, qr=qr, open=open_)
    with reporting(None if dry_run else report) as told:
        _publish(display, pitch, audio, ways, told, dry_run=dry_run)


def _publish(
    display: Display, pitch: "Pitch", audio: AudioSettings, ways: Ways, told: Report, *, dry_run: bool
) -> None:
    """Plan, ask what is open, write the first settings, publish, and show what came of it."""
    from pitchcast.workflows.publish import plan_publish, publish, refuse_untitled, same_title_warning

    first = FirstRun.begin(display)
    plan = _planned(display, first.project, pitch)
    ways.refuse_several(len(recipients(plan)))
    if display.common.may_ask:
        first = first.asked(display)
        pitch = _settled(display, plan)
        plan = plan_publish(first.project, pitch)
        confirm_audience(plan, "This", "Publish", done="published")
    refuse_untitled(plan, _with_title(display.common))
    replaces = display.common.may_ask and not dry_run and _asked_to_replace(plan)
    if plan.same_title and display.common.may_ask:
        plan = plan.without_warning(same_title_warning(plan.same_title, pitch.recording))
    if dry_run:
        show_plan(display, plan)
        return
    project = first.written(display)
    project = replace(project, settings=replace(project.settings, audio=audio), report=told)
    if replaces:
        _replace_earlier(display, project, plan, ways)
        return
    announce(display, plan)
    display.say()
    with showing_progress(display, project) as project:
        published = publish(project, plan)
    show_published(display, published, mastered=plan.known is None, everyone=pitch.audience.everyone)
    send(display, links_of(project, published), ways)


def _with_title(common: Common) -> str:
    """Return the command as typed with a title that is still to be written, as a hint."""
    line = typed_command(*common.typed, "--title", "What the pitch is about")
    return f"Say what the pitch is called: {line}"


def _asked_to_replace(plan: "Plan") -> bool:
    """Ask whether an episode of the same title, which all have whom the pitch is for, is to sound like this instead."""
    earlier = plan.same_title
    if earlier is None or not plan.replaceable:
        return False
    return confirm(f"There is an episode “{earlier.title}” already. Replace the earlier one?", default=False)


def _replace_earlier(display: Display, project: Project, plan: "Plan", ways: Ways) -> None:
    """Give the earlier episode of the same title the sound of this recording, and print the links to send."""
    from pitchcast.cli.episodes import show_replaced
    from pitchcast.workflows.episodes_replace import plan_replacement, replace_episode

    assert plan.same_title is not None  # noqa: S101 (it was asked about)
    pitch = plan.pitch
    replacement = plan_replacement(
        project,
        plan.same_title.id,
        pitch.recording,
        chapters=pitch.chapters,
        transcript=pitch.transcript,
        temp_dir=pitch.temp_dir,
    )
    with showing_progress(display, project) as project:
        done = replace_episode(project, replacement)
    show_replaced(display, done, dry_run=False)
    if _gives_details(pitch):
        edit = pitchcast_command("episodes edit", done.episode.id, "--help")
        display.warn(f"the rest stays as it was; change it with: {edit}")
    wanted = {feed.id for feed in plan.resolved.feeds}
    feeds = [feed for feed in done.feeds if feed.id in wanted]
    for feed in feeds:
        display.result(feed.page_url, style="bold")
    say_where_it_works(display, *(feed.page_url for feed in feeds))
    send(display, [Link(project=project, feed=feed.id, page_url=feed.page_url) for feed in feeds], ways)


def _gives_details(pitch: "Pitch") -> bool:
    """Return whether a pitch says more of its episode than the title and what is heard."""
    texts = pitch.notes or pitch.host or pitch.for_roles
    return bool(texts or pitch.cover or pitch.season or pitch.number)


def _planned(display: Display, project: Project, pitch: "Pitch") -> "Plan":
    """Return the plan; somebody at a terminal is asked whom an unclear name means."""
    from pitchcast.workflows.publish import plan_publish

    while True:
        try:
            return plan_publish(project, pitch)
        except UnclearName as error:
            to = pitch.audience.to
            if not (display.common.may_ask and error.candidates and error.wanted in map(str, to)):
                raise
            chosen = parse_mention(choose_candidate(display, error))
            meant = tuple(chosen if str(mention) == error.wanted else mention for mention in to)
            pitch = replace(pitch, audience=msgspec.structs.replace(pitch.audience, to=meant))


def _check_complete(common: Common, recording: Path | None, audience: Audience, *, dry_run: bool) -> None:
    """Raise UsageError where nobody can be asked for what is missing."""
    if common.may_ask:
        return
    if recording is None:
        raise UsageError(
            "no recording was named", hint=f"Name it: {pitchcast_command('publish RECORDING --to', 'Acme Corp')}"
        )
    if not _names_somebody(audience):
        raise UsageError("nobody to publish for", hint='Say whom it is for: --to "Acme Corp", or --public')
    if (audience.everyone or audience.public) and not dry_run:
        common.require_yes("publish --all" if audience.everyone else "publish --public")


def _names_somebody(audience: Audience) -> bool:
    return bool(audience.to or audience.segments or audience.everyone or audience.public)


def _ask_recording(display: Display) -> Path:
    """Offer the newest audio files here and in Downloads; a path can be typed or dropped as well."""
    found = newest_recordings([Path.cwd(), Path.home() / "Downloads"], _OFFERED)
    title = "Which recording? The newest ones here and in Downloads:" if found else "Which recording?"
    shown = [(path, f"{path.name}  {age(path)}") for path in found]
    return choose_file(display, title, shown, "Number, or a file’s name")


def _ask_audience(display: Display) -> Audience:
    name = ask(display, "Whom is it for? Name of the prospect", check=lambda text: str(parse_mention(text)))
    return Audience(to=(parse_mention(name),))


def _settled(display: Display, plan: "Plan") -> "Pitch":
    """Return the pitch with what had to be asked: which prospects are meant, and its title."""
    from pitchcast.workflows.publish import title_from

    pitch = plan.pitch
    if plan.needs_title:
        title = ask(
            display,
            "Title of this pitch",
            default="" if plan.lacks_title else title_from(pitch.recording),
            check=lambda text: check_line(text, "the title"),
        )
        pitch = replace(pitch, title=title)
    names = {prospect.id: prospect.name for prospect in plan.catalog.prospects}
    audience = settle_audience(display, pitch.audience, plan.resolved.new, plan.similar, names)
    return replace(pitch, audience=audience)
