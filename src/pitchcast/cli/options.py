"""Every option and argument of the commands, declared once."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pitchcast import __version__

_WHOM, _SAYS, _SOUND, _LOOK, _ADVANCED = "Whom it is for", "What it says", "Sound", "How it looks", "Advanced"
_SENDING = "Sending the link"
"""Under what an option stands in the help of a command; those without stand under “Options”."""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pitchcast {__version__}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_print_version)
]

# ---- whom it is for

To = Annotated[
    list[str],
    typer.Option(
        "--to",
        metavar="WHO",
        help='Name, e-mail or id; a new one as "Name <name@acme.example>".',
        rich_help_panel=_WHOM,
    ),
]
ToSegment = Annotated[
    list[str], typer.Option("--segment", metavar="TAG", help="Everybody with this tag.", rich_help_panel=_WHOM)
]
ToAll = Annotated[bool, typer.Option("--all", help="Every prospect there is.", rich_help_panel=_WHOM)]
Public = Annotated[bool, typer.Option("--public", help="The public feed, for everyone.", rich_help_panel=_WHOM)]
ExistingOnly = Annotated[
    bool, typer.Option("--existing-only", help="Refuse to create prospects.", rich_help_panel=_ADVANCED)
]
Who = Annotated[str, typer.Argument(metavar="WHO", help="Id, name or e-mail of a prospect.")]
LinkWho = Annotated[
    str, typer.Argument(metavar="WHO", help="Id, name or e-mail of a prospect, or “public” for the public feed.")
]
Segment = Annotated[str, typer.Option("--segment", metavar="TAG", help="Only prospects with this tag.")]

Chosen = Annotated[
    list[str] | None,
    typer.Argument(metavar="[WHO]...", help="Prospects by id, name or e-mail; “public” for the public feed."),
]
ChosenProspects = Annotated[
    list[str] | None, typer.Argument(metavar="[WHO]...", help="Prospects by id, name or e-mail.")
]
ChosenSegments = Annotated[list[str] | None, typer.Option("--segment", metavar="TAG", help="Everybody with this tag.")]
ChosenAll = Annotated[bool, typer.Option("--all", help="Every prospect there is; not the public feed.")]
ExpireOn = Annotated[
    str,
    typer.Option(
        "--on", metavar="WHEN", help="When it ends: 2026-12-31, 31.12.2026, tomorrow, next friday, end of month."
    ),
]
ExpireAfter = Annotated[str, typer.Option("--after", metavar="TIME", help="Time from now: 12h, 30d, 8w, 2 weeks.")]
ExpireNever = Annotated[bool, typer.Option("--never", help="Take the end away again.")]
WithChildren = Annotated[
    bool | None,
    typer.Option(
        "--with-children/--keep-children", help="Whether feeds passed on from it close too.", show_default=False
    ),
]
PurgeHistory = Annotated[
    bool,
    typer.Option("--purge-history", help="Also out of earlier catalogs and old versions; alone, for all removed ever."),
]

# ---- recordings and episodes

Recording = Annotated[
    Path | None,
    typer.Argument(metavar="RECORDING", help="The audio file: m4a, mp3, wav, or anything that plays."),
]
NewRecording = Annotated[Path, typer.Argument(metavar="RECORDING", help="The audio file that takes its place.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="One or more audio files.")]
Source = Annotated[Path, typer.Argument(metavar="IN", help="The recording.")]
Level = Annotated[
    Literal["auto", "always", "never"] | None,
    typer.Option(
        "--level", help="Bring near and far voices together; auto does where they differ much.", rich_help_panel=_SOUND
    ),
]
Clean = Annotated[
    Literal["off", "light", "strong"] | None,
    typer.Option(
        "--clean",
        help="Take rumble and some noise away, or most noise (needs pitchcast[strong]), or none.",
        rich_help_panel=_SOUND,
    ),
]
ShortenPauses = Annotated[
    float | None,
    typer.Option(
        "--shorten-pauses", metavar="SECONDS", help="Cut longer pauses to this; 0 leaves them.", rich_help_panel=_SOUND
    ),
]
Plot = Annotated[
    Path | None, typer.Option("--plot", metavar="OUT.png", help="Draw the loudness over time into a picture.")
]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="The MP3 or M4A to write.")]
AudioFormat = Annotated[
    Literal["mp3", "m4a"] | None,
    typer.Option("--format", help="MP3 or M4A (AAC); else OUT's ending decides.", rich_help_panel=_ADVANCED),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite OUT if it is there.")]
Title = Annotated[
    str | None, typer.Option("--title", metavar="TEXT", help="What the pitch is called.", rich_help_panel=_SAYS)
]
Notes = Annotated[
    str | None, typer.Option("--notes", metavar="TEXT", help="Show notes, in Markdown.", rich_help_panel=_SAYS)
]
NotesFile = Annotated[
    Path | None,
    typer.Option(
        "--notes-file", metavar="FILE", help="Show notes from a Markdown file (UTF-8).", rich_help_panel=_SAYS
    ),
]
Host = Annotated[
    str | None,
    typer.Option("--host", metavar="NAME", help="Who speaks, if not the show's host.", rich_help_panel=_SAYS),
]
ForRoles = Annotated[
    str | None,
    typer.Option(
        "--for-roles",
        metavar="ROLE,ROLE",
        help="For whom else it is in the company, such as finance,IT: the page says so where it is passed on.",
        rich_help_panel=_SAYS,
    ),
]
Date = Annotated[
    str,
    typer.Option(
        "--date",
        metavar="WHEN",
        help="Date, or date and time, if not now: 2026-03-02, 2026-03-02T09:30.",
        rich_help_panel=_ADVANCED,
    ),
]
Season = Annotated[
    int | None, typer.Option("--season", min=1, metavar="N", help="Season number.", rich_help_panel=_ADVANCED)
]
Number = Annotated[
    int | None, typer.Option("--episode", min=1, metavar="N", help="Episode number.", rich_help_panel=_ADVANCED)
]
Cover = Annotated[
    Path | None,
    typer.Option(
        "--cover", metavar="PICTURE", help="A picture for this pitch alone: JPEG or PNG, square.", rich_help_panel=_SAYS
    ),
]
Chapters = Annotated[
    Path | None,
    typer.Option(
        "--chapters",
        metavar="FILE",
        help="Chapters: lines such as “1:30 Title”, or podcast chapters JSON.",
        rich_help_panel=_SAYS,
    ),
]
Transcript = Annotated[
    Path | None,
    typer.Option(
        "--transcript",
        metavar="FILE",
        help="What is said: WebVTT (.vtt), SubRip (.srt) or plain text.",
        rich_help_panel=_SAYS,
    ),
]
EditedCover = Annotated[
    str | None,
    typer.Option(
        "--cover",
        metavar="PICTURE",
        help='A picture for this pitch alone; "" goes back to the show\'s.',
        rich_help_panel=_SAYS,
    ),
]
EditedChapters = Annotated[
    str | None,
    typer.Option(
        "--chapters",
        metavar="FILE",
        help='Other chapters, at times of the recording; "" takes them away.',
        rich_help_panel=_SAYS,
    ),
]
EditedTranscript = Annotated[
    str | None,
    typer.Option(
        "--transcript",
        metavar="FILE",
        help='Another transcript: .vtt, .srt or text; "" takes it away.',
        rich_help_panel=_SAYS,
    ),
]
Greeting = Annotated[
    Path | None,
    typer.Option(
        "--greeting",
        metavar="FILE",
        help="A few seconds spoken for this one prospect, heard first.",
        rich_help_panel=_SOUND,
    ),
]
Personalise = Annotated[
    bool,
    typer.Option(
        "--personalise",
        help="Fill {name}, {first_name}, {company} into title, notes and call to action.",
        rich_help_panel=_SAYS,
    ),
]
Again = Annotated[
    bool,
    typer.Option("--again", help="Make a second episode of a recording published before.", rich_help_panel=_ADVANCED),
]
Unverified = Annotated[
    bool,
    typer.Option(
        "--unverified",
        help="Publish although nobody answered when asked who can read the storage.",
        rich_help_panel=_ADVANCED,
    ),
]
TempDir = Annotated[
    Path | None,
    typer.Option(
        "--temp-dir", metavar="FOLDER", help="Where to keep working files while mastering.", rich_help_panel=_ADVANCED
    ),
]
EpisodeToUndo = Annotated[str, typer.Argument(metavar="[EPISODE]", help="Id or title; the last one if left out.")]
EpisodeName = Annotated[str, typer.Argument(metavar="EPISODE", help="Id or title of an episode.")]
EditedEpisodes = Annotated[
    list[str] | None, typer.Argument(metavar="[EPISODE]...", help="Id or title; several only with --retag.")
]
Retag = Annotated[
    bool,
    typer.Option(
        "--retag",
        help="Make audio with a picture in it anew without, so that it starts at once.",
        rich_help_panel=_ADVANCED,
    ),
]
KeepFile = Annotated[
    bool,
    typer.Option(
        "--keep-file",
        help="With --title: leave the audio's file name and tags, so no app fetches it.",
        rich_help_panel=_ADVANCED,
    ),
]
EveryEpisode = Annotated[bool, typer.Option("--all", help="With --retag: every episode.", rich_help_panel=_ADVANCED)]

# ---- prospects

ProspectName = Annotated[str, typer.Argument(metavar="NAME", help='A name, or "Name <name@acme.example>".')]
NewName = Annotated[str | None, typer.Option("--name", metavar="NAME", help="Another name; id and link stay.")]
FirstName = Annotated[
    str | None, typer.Option("--first-name", metavar="NAME", help="How a person is addressed: {first_name}.")
]
Email = Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="E-mail address.")]
Company = Annotated[str | None, typer.Option("--company", metavar="NAME", help="Company.")]
ExternalId = Annotated[str | None, typer.Option("--external-id", metavar="ID", help="Id in the CRM.")]
Statistics = Annotated[
    bool | None,
    typer.Option(
        "--statistics/--no-statistics",
        help="Whether requests for their feeds may be counted from access logs; --no-statistics also forgets what was.",
    ),
]
IdKind = Annotated[
    str | None,
    typer.Option("--id-kind", metavar="KIND", help="What that id is of: contact, company, deal, lead, other."),
]
ProspectLanguage = Annotated[
    str | None,
    typer.Option("--language", metavar="CODE", help="Language, such as en or de-CH."),
]
ProspectAddress = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="team|person|show",
        help="Whom page, feed and mail speak to: the team at the company, a person, or as the show says.",
    ),
]
Segments = Annotated[
    list[str] | None,
    typer.Option("--segment", metavar="TAG", help="A tag; give it several times for several."),
]

Colleague = Annotated[str, typer.Argument(metavar="[NAME]", help="The colleague's name, as the page shows it.")]
InvitedBy = Annotated[
    str, typer.Option("--by", metavar="WHO", help="Who passes it on: a prospect, or a feed by id (acme-corp.2).")
]
Spare = Annotated[int, typer.Option("--spare", min=0, metavar="N", help="So many links to hand on, for nobody yet.")]

# ---- lists of prospects

ListFile = Annotated[str, typer.Argument(metavar="FILE", help="The list: .csv or .xlsx; “-” reads standard input.")]
Mapping = Annotated[
    list[str],
    typer.Option("--map", metavar="FIELD=HEADER", help='Which column a field is: name="Company name". Give it again.'),
]
ListEncoding = Annotated[
    str,
    typer.Option("--encoding", metavar="NAME", help="The list's encoding, where it is not UTF-8 or UTF-16: cp1250 …"),
]
ListSheet = Annotated[
    str, typer.Option("--sheet", metavar="NAME|NUMBER", help="Which sheet of a spreadsheet; the first if left out.")
]
HeaderRow = Annotated[
    int,
    typer.Option(
        "--header-row", metavar="N", min=0, show_default=False, help="The row with the headers, where it is not found."
    ),
]
ListIdKind = Annotated[
    str,
    typer.Option(
        "--id-kind",
        metavar="KIND",
        help="What the list's ids are of, if its headers do not say: contact, company, deal, lead, other.",
    ),
]
KnownIds = Annotated[
    str,
    typer.Option(
        "--known-ids", metavar="KIND", help="What the show's ids are of, where nobody has said it yet: asked once."
    ),
]
Rename = Annotated[
    bool, typer.Option("--rename", help="Go on where prospects would become somebody else, or many be renamed.")
]
Rejects = Annotated[
    Path, typer.Option("--rejects", metavar="FILE", help="Where rows that cannot be used go; “-” for standard output.")
]
RemoveMissing = Annotated[
    bool, typer.Option("--remove-missing", help="Suspend prospects the list lacks: their links end after the grace.")
]
Grace = Annotated[
    str | None,
    typer.Option("--grace", metavar="TIME", help="How long they keep their links: 7d if not given; 0 ends them now."),
]
MaxMissing = Annotated[
    float | None,
    typer.Option("--max-missing", metavar="PERCENT", min=0, max=100, help="How many it may lack: 10 if not given."),
]
NoBuild = Annotated[bool, typer.Option("--no-build", help="Leave feeds that are new and still empty to “feeds build”.")]

Csv = Annotated[str, typer.Option("--csv", metavar="FILE", help="The list to write; “-” for standard output.")]
ExportFor = Annotated[
    str, typer.Option("--for", metavar="CRM", help="Only the key and Pitchcast's columns: hubspot or salesforce.")
]
ExportIdKind = Annotated[
    str,
    typer.Option(
        "--id-kind", metavar="KIND", help="With --for: records of which kind, where ids are of several: contact …"
    ),
]
ChangedSince = Annotated[
    str,
    typer.Option(
        "--changed-since", metavar="WHEN", help="Only what is otherwise than then: 2026-03-02, 2026-03-02T09:30, 24h."
    ),
]

# ---- the show and its storage

ShowTitle = Annotated[
    str | None, typer.Option("--title", metavar="TEXT", help="The podcast's name.", rich_help_panel=_SAYS)
]
ShowHost = Annotated[
    str | None, typer.Option("--host", metavar="NAME", help="Your name, as prospects see it.", rich_help_panel=_SAYS)
]
ShowEmail = Annotated[
    str | None,
    typer.Option(
        "--email",
        metavar="ADDRESS",
        help="Only in public feeds, and only with --owner-email.",
        rich_help_panel=_ADVANCED,
    ),
]
OwnerEmail = Annotated[
    bool | None,
    typer.Option(
        "--owner-email/--no-owner-email",
        help="Show the e-mail address in public feeds.",
        show_default=False,
        rich_help_panel=_ADVANCED,
    ),
]
Language = Annotated[
    str | None,
    typer.Option(
        "--language", metavar="CODE", help="Language of the recordings, such as en.", rich_help_panel=_ADVANCED
    ),
]
Category = Annotated[
    str | None,
    typer.Option(
        "--category",
        metavar="TEXT",
        help='From Apple\'s list, such as "Business > Marketing".',
        rich_help_panel=_ADVANCED,
    ),
]
Link = Annotated[str | None, typer.Option("--link", metavar="URL", help="Your website.", rich_help_panel=_SAYS)]
Description = Annotated[
    str | None,
    typer.Option("--description", metavar="TEXT", help="What the podcast is about.", rich_help_panel=_SAYS),
]
Explicit = Annotated[
    bool | None,
    typer.Option(
        "--explicit/--no-explicit",
        help="Whether it is not for children.",
        show_default=False,
        rich_help_panel=_ADVANCED,
    ),
]
CoverPerProspect = Annotated[
    bool | None,
    typer.Option(
        "--cover-per-prospect/--no-cover-per-prospect",
        help="Draw a cover for each prospect that carries the name.",
        show_default=False,
        rich_help_panel=_LOOK,
    ),
]
CoverForEach = Annotated[
    bool,
    typer.Option(
        "--cover-per-prospect",
        help="At the first publish: draw a cover with its name for each prospect.",
        rich_help_panel=_ADVANCED,
    ),
]
Artwork = Annotated[
    Path | None,
    typer.Option(
        "--artwork",
        metavar="PICTURE",
        help="The cover: JPEG or PNG, square, 1400 to 3000 pixels.",
        rich_help_panel=_LOOK,
    ),
]
CallToAction = Annotated[
    str | None,
    typer.Option("--call-to-action", metavar="TEXT", help="The button on every page.", rich_help_panel=_SAYS),
]
CallToActionUrl = Annotated[
    str | None,
    typer.Option("--call-to-action-url", metavar="URL", help="Where the button leads.", rich_help_panel=_SAYS),
]
Color = Annotated[
    str | None,
    typer.Option("--color", metavar="#RRGGBB", help="The colour of pages and drawn covers.", rich_help_panel=_LOOK),
]
Accent = Annotated[
    str | None,
    typer.Option("--accent", metavar="#RRGGBB", help="What stands out from it on drawn covers.", rich_help_panel=_LOOK),
]
Logo = Annotated[
    str | None,
    typer.Option(
        "--logo",
        metavar="PICTURE",
        help='A logo for pages and drawn covers: PNG or JPEG; "" takes it away.',
        rich_help_panel=_LOOK,
    ),
]
ShowCompany = Annotated[
    str | None,
    typer.Option("--company", metavar="NAME", help="Your company, on pages and covers.", rich_help_panel=_SAYS),
]
CompanyUrl = Annotated[
    str | None, typer.Option("--company-url", metavar="URL", help="Its website.", rich_help_panel=_SAYS)
]
ImprintUrl = Annotated[
    str | None,
    typer.Option("--imprint-url", metavar="URL", help="Its legal notice.", rich_help_panel=_SAYS),
]
PrivacyUrl = Annotated[
    str | None,
    typer.Option("--privacy-url", metavar="URL", help="What it does with data.", rich_help_panel=_SAYS),
]
AddressTo = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="team|person",
        help="Whom pages speak to: a person, or the team at their company.",
        rich_help_panel=_SAYS,
    ),
]
Role = Annotated[
    str | None,
    typer.Option("--role", metavar="TEXT", help="What you do in the company.", rich_help_panel=_SAYS),
]
Contact = Annotated[
    str | None,
    typer.Option(
        "--contact",
        metavar="TEXT",
        help="On pages: your e-mail, telephone or web address.",
        rich_help_panel=_SAYS,
    ),
]
Photo = Annotated[
    str | None,
    typer.Option(
        "--photo",
        metavar="PICTURE",
        help='A photo of you for pages; "" takes it away.',
        rich_help_panel=_LOOK,
    ),
]
Templates = Annotated[
    str | None,
    typer.Option(
        "--templates",
        metavar="FOLDER",
        help='Templates, style and words of your own; "" takes them away.',
        rich_help_panel=_LOOK,
    ),
]
Storage = Annotated[
    str | None,
    typer.Option("--storage", metavar="URL", help="Where the show is kept: a folder, or s3://BUCKET/PREFIX."),
]
EndpointUrl = Annotated[
    str | None,
    typer.Option("--endpoint-url", metavar="URL", help="Address of the S3 service, unless it is AWS."),
]
PublicUrl = Annotated[
    str | None,
    typer.Option(
        "--public-url", metavar="URL", help="The address under which public/ is reached.", rich_help_panel=_ADVANCED
    ),
]
PrivateUrl = Annotated[
    str | None,
    typer.Option("--private-url", metavar="URL", help="Where private/ lies, if the bucket is public as a whole."),
]
JoinFrom = Annotated[
    str,
    typer.Argument(
        metavar="[FILE|URL]",
        help="The set-up file from ops, or its https address; without it only your keys are tried.",
        show_default=False,
    ),
]
BringAlong = Annotated[
    bool, typer.Option("--bring-along", help="Move the show of this folder there, with all its links.")
]
WriteJoin = Annotated[
    Path | None, typer.Option("--write-join", metavar="FILE", help="Also write a set-up file for: pitchcast join.")
]
SetupLogs = Annotated[
    str | None,
    typer.Option("--logs", metavar="s3://BUCKET/PREFIX", help="Let the storage write its access logs there instead."),
]
ExpireLogs = Annotated[
    int | None,
    typer.Option("--expire-logs", metavar="DAYS", min=1, help="With --logs: delete each log after so many days."),
]
MoveTo = Annotated[
    str, typer.Argument(metavar="URL", help="The new place: s3://BUCKET/PREFIX, a folder, or the set-up file from ops.")
]
Finish = Annotated[
    bool, typer.Option("--finish", help="End the old addresses: delete all audio there, and only lead on.")
]
Profile = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="The AWS profile that holds the keys."),
]

# ---- who listened

LogPlaces = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[LOG]...",
        help="A file, a folder, s3://BUCKET/PREFIX, or “-” for standard input; [audience] logs if left out.",
        show_default=False,
    ),
]
EveryLog = Annotated[bool, typer.Option("--all", help="Also logs that were read before; no count changes by that.")]
Recount = Annotated[
    bool,
    typer.Option("--recount", help="Show what today's lists of apps and programs change in what was read, and ask."),
]
LogFile = Annotated[
    Path | None,
    typer.Option(
        "--log", metavar="FILE", help="Write an access log, or go on with one, to try statistics; it holds whole links."
    ),
]

# ---- feeds, and what commands do

FeedName = Annotated[str, typer.Argument(metavar="FEED", help="A feed by id, or by its prospect's name or e-mail.")]
FeedNames = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FEED]...", help="Feeds by id, or by their prospect; all if left out."),
]
EachProspect = Annotated[
    list[str] | None, typer.Option("--prospect", metavar="WHO", help="This prospect's feed; may be given again.")
]
EveryFeed = Annotated[bool, typer.Option("--all", help="Every feed, as if none were named.")]
Jobs = Annotated[
    int,
    typer.Option(
        "--jobs", min=0, max=64, metavar="N", help="So many processes; 0 for as many as help.", show_default=False
    ),
]
Dask = Annotated[
    str, typer.Option("--dask", metavar="ADDRESS", help="Let a Dask cluster build: its scheduler's address.")
]
Report = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write down what became of each feed, as JSON lines.")
]
FeedFiles = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILE]...", help="Feed files."),
]
AllFeeds = Annotated[bool, typer.Option("--all", help="Every feed of the show, as it lies in the storage.")]
Copy = Annotated[bool, typer.Option("--copy", help="Put the link on the clipboard.", rich_help_panel=_SENDING)]
Qr = Annotated[
    bool, typer.Option("--qr", help="Show the link as a QR code to point a phone at.", rich_help_panel=_SENDING)
]
Open = Annotated[bool, typer.Option("--open", help="Open the page in your browser.", rich_help_panel=_SENDING)]
Mail = Annotated[
    bool,
    typer.Option(
        "--mail", help="Open a mail draft with the link; [brand] mail changes its text.", rich_help_panel=_SENDING
    ),
]
Port = Annotated[
    int | None,
    typer.Option("--port", min=1, max=65535, metavar="N", help="The port, if not the one in the links."),
]
Revision = Annotated[int, typer.Argument(metavar="N", min=1, help="Number of a revision: see “history list”.")]
Limit = Annotated[int, typer.Option("--limit", min=0, metavar="N", help="So many, the latest; 0 for all.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Repair = Annotated[bool, typer.Option("--repair", help="Mend what can be mended first.")]
Prune = Annotated[
    bool,
    typer.Option(
        "--prune",
        help="Delete what nothing names: masters and pictures older than 7 days, files of somebody else, folders of "
        "feeds that were lost with a damaged catalog.",
    ),
]
Thorough = Annotated[
    bool,
    typer.Option(
        "--thorough",
        help="Read every master, picture and text to see whether it is damaged; without it, those of a show of up to "
        "100 MB.",
    ),
]

# ---- what access logs say

CountBy = Annotated[
    str,
    typer.Option("--by", metavar="WHAT", help="episode, prospect, segment, day, app, device or network."),
]
FromDay = Annotated[str, typer.Option("--from", metavar="DAY", help="The first day, in UTC: 2026-09-01.")]
ToDay = Annotated[str, typer.Option("--to", metavar="DAY", help="The last day, in UTC: 2026-09-30.")]
SetAside = Annotated[bool, typer.Option("--set-aside", help="Show who was set aside, by which rule.")]
Tree = Annotated[
    str, typer.Option("--tree", metavar="WHO", help="Show how a prospect's podcast was passed on, step by step.")
]
StatsCsv = Annotated[
    str, typer.Option("--csv", metavar="FILE", help="Write the rows as a list; “-” for standard output.")
]
StatsHtml = Annotated[
    str, typer.Option("--html", metavar="FILE", help="Write one HTML file with charts and tables, to send or to print.")
]
ExplainLead = Annotated[
    str, typer.Option("--explain", metavar="WHO", help="Show the log lines behind one lead, where logs can be read.")
]
Notify = Annotated[
    bool, typer.Option("--notify", help="Tell a Slack-compatible webhook what is news (PITCHCAST_WEBHOOK), once.")
]
RunCommand = Annotated[
    str, typer.Option("--run", metavar="COMMAND", help="Tell a command instead: it reads the news as JSON.")
]
ExportLeads = Annotated[
    str, typer.Option("--export", metavar="CRM", help="Write files to import: hubspot, salesforce, csv or json.")
]
LeadsFolder = Annotated[Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Where --export writes.")]
ExportSince = Annotated[
    str, typer.Option("--since", metavar="WHEN", help="Export again what was seen since then: 2026-03-02, 7d.")
]
ExportAll = Annotated[bool, typer.Option("--all", help="Export again everything that is known.")]
Campaign = Annotated[
    str, typer.Option("--campaign", metavar="ID", help="Salesforce: also make them members of this campaign.")
]
Deals = Annotated[
    str,
    typer.Option("--deals", metavar="FILE", help="Deals as the CRM exports them, CSV or a spreadsheet; “-” for stdin."),
]
Within = Annotated[
    str,
    typer.Option("--within", metavar="TIME", help="How long before a deal something counts: 60d, 8w; else 90 days."),
]
DateOrder = Annotated[
    str, typer.Option("--dates", metavar="ORDER", help="How the list writes dates: dmy (31/12/2026) or mdy.")
]
Aggregate = Annotated[
    bool, typer.Option("--aggregate", help="Name nobody, and show no number that fewer than five are behind.")
]
Verify = Annotated[
    Path | None, typer.Option("--verify", metavar="FILE", help="Count a report's numbers again; name what differs.")
]
