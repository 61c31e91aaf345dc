"""Which settings there are: the one table that reading, checking, writing and docs/settings.md follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from pitchcast.config import checks
from pitchcast.config.settings import DEFAULTS, Settings, StorageSettings
from pitchcast.model.show import AudioSettings, Brand


@dataclass(frozen=True, slots=True)
class ValueKind:
    """What a value is written as, and how it is read from an environment variable."""

    must_be: str
    types: tuple[type, ...]
    parse: Callable[[str], object] = str


_FLAGS = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}
TEXT = ValueKind("text in quotes", (str,))
PATH = ValueKind("a file name in quotes", (str,))
NUMBER = ValueKind("a number, without quotes", (int, float), float)
WHOLE = ValueKind("a whole number, without quotes", (int,), int)
FLAG = ValueKind("true or false, without quotes", (bool,), lambda text: _FLAGS.get(text.lower(), text))


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its name in the file, what it may be, and how a new file explains it.

    ``field`` is where its value lies in ``Settings`` if not under its own name; its default is the one there.
    """

    name: str
    kind: ValueKind
    check: checks.Check
    example: object
    note: str
    field: str = ""

    @property
    def section(self) -> str:
        """Return the section it belongs to."""
        return self.name.partition(".")[0]

    @property
    def variable(self) -> str:
        """Return the environment variable that sets it."""
        return f"PITCHCAST_{self.name.upper().replace('.', '_')}"

    @property
    def attribute(self) -> str:
        """Return where its value lies in ``Settings``."""
        return self.field or self.name

    def value_in(self, settings: Settings) -> Any:
        """Return its value."""
        return attrgetter(self.attribute)(settings)

    @property
    def default(self) -> Any:
        """Return the value that holds where nothing is set."""
        return self.value_in(DEFAULTS)


_BITRATES = checks.one_of(AudioSettings, "bitrate_kbps")
_LEVELS = checks.one_of(AudioSettings, "level")
_CLEANINGS = checks.one_of(AudioSettings, "clean")
_CHANNELS = checks.one_of(AudioSettings, "channels")
_ADDRESSINGS = checks.one_of(StorageSettings, "addressing")
_AUDIO = checks.one_of(StorageSettings, "audio")
_CHECKSUMS = checks.one_of(StorageSettings, "checksums")
_ADDRESSES = checks.one_of(Brand, "address")
_CLIENTS = checks.one_of(StorageSettings, "client")
_POINTS = checks.between(0, 1000)

KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        Key("show.title", TEXT, checks.one_line, "Cloud bills, explained", "the podcast's name"),
        Key("show.host", TEXT, checks.one_line, "Your Name", "as prospects see it"),
        Key("show.role", TEXT, checks.one_line, "Cloud architect", "what you do in the company"),
        Key("show.photo", PATH, checks.existing_file, "dana.jpg", "of you, on pages"),
        Key("show.contact", TEXT, checks.contact, "you@example.com", "on pages: e-mail, telephone or web address"),
        Key("show.email", TEXT, checks.email, "you@example.com", "only in public feeds, if owner_email = true"),
        Key("show.owner_email", FLAG, checks.anything, True, "show email in public feeds"),
        Key("show.language", TEXT, checks.language, "en", "of the recordings, such as en or de-CH"),
        Key("show.category", TEXT, checks.category, "Business > Marketing", "from Apple's list"),
        Key("show.link", TEXT, checks.web_address, "https://example.com", "your website"),
        Key("show.artwork", PATH, checks.existing_file, "cover.jpg", "made from title and host if absent"),
        Key("show.cover_per_prospect", FLAG, checks.anything, True, "draw each prospect's name on a cover"),
        Key("show.description", TEXT, checks.description, "Three ideas a month to cut a cloud bill.", "shown in apps"),
        Key("show.explicit", FLAG, checks.anything, False, "true if it is not for children"),
        Key("storage.url", TEXT, checks.storage_address, "s3://BUCKET/PREFIX", "a folder, or s3://BUCKET/PREFIX"),
        Key("storage.endpoint_url", TEXT, checks.service_address, "https://s3.example.com", "unless it is AWS"),
        Key("storage.insecure", FLAG, checks.anything, True, "endpoint_url may be plain http in a network of your own"),
        Key("storage.region", TEXT, checks.one_line, "eu-central-1", "if the profile does not say"),
        Key("storage.profile", TEXT, checks.one_line, "pitchcast", "the AWS profile that holds the keys"),
        Key("storage.public_url", TEXT, checks.public_address, "https://listen.example.com", "of public/, for ever"),
        Key("storage.private_url", TEXT, checks.s3_address, "s3://OTHER/PREFIX", "if url's bucket is all public"),
        Key("storage.addressing", TEXT, _ADDRESSINGS, "path", "auto, path or virtual"),
        Key("storage.checksums", TEXT, _CHECKSUMS, "when_required", "for services that refuse new checksums"),
        Key("storage.client", TEXT, _CLIENTS, "boto3", "auto: obstore where it is installed"),
        Key("storage.timeout", WHOLE, checks.between(1, 3600), 120, "seconds without an answer", "storage.timeout_s"),
        Key("storage.audio", TEXT, _AUDIO, "shared", "one audio file an episode, for all; else one for each feed"),
        Key("storage.single_writer", FLAG, checks.anything, True, "one computer publishes, no other"),
        Key("storage.history_days", WHOLE, checks.between(1, 36_500), 365, "all earlier catalogs; then one a day"),
        Key("storage.gone_days", WHOLE, checks.between(1, 36_500), 90, "how long an ended link says so"),
        Key("audio.loudness", NUMBER, checks.between(-30, -8), -16.0, "LUFS as heard", "audio.target.integrated_lufs"),
        Key("audio.true_peak", NUMBER, checks.between(-9, 0), -1.0, "dBTP, highest", "audio.target.true_peak_dbtp"),
        Key("audio.bitrate", WHOLE, _BITRATES, 96, "kbit/s for mono; stereo doubles it", "audio.bitrate_kbps"),
        Key("audio.channels", TEXT, _CHANNELS, "mono", "auto, mono or stereo"),
        Key("audio.trim_silence", FLAG, checks.anything, False, "cut silence at both ends"),
        Key("audio.level", TEXT, _LEVELS, "never", "bring near and far voices together: auto, always, never"),
        Key("audio.clean", TEXT, _CLEANINGS, "light", "take noise: off, light or strong"),
        Key("audio.shorten_pauses", NUMBER, checks.between(0, 60), 1.5, "seconds; 0 = off", "audio.shorten_pauses_s"),
        Key("brand.intro", PATH, checks.existing_file, "intro.wav", "heard before every pitch"),
        Key("brand.outro", PATH, checks.existing_file, "outro.wav", "heard after every pitch"),
        Key("brand.crossfade", NUMBER, checks.between(0, 10), 0.5, "seconds", "brand.crossfade_s"),
        Key("brand.call_to_action", TEXT, checks.one_line, "Book twenty minutes", "a button on every page"),
        Key("brand.call_to_action_url", TEXT, checks.call_address, "https://example.com/book", "where it leads"),
        Key("brand.color", TEXT, checks.colour, "#1d3fae", "of pages and drawn covers"),
        Key("brand.accent", TEXT, checks.colour, "#ffc857", "stands out from it on drawn covers"),
        Key("brand.company", TEXT, checks.one_line, "Seller Ltd", "on pages, mails and drawn covers"),
        Key("brand.company_url", TEXT, checks.web_address, "https://example.com", "the company's website"),
        Key("brand.imprint_url", TEXT, checks.web_address, "https://example.com/imprint", "its legal notice"),
        Key("brand.privacy_url", TEXT, checks.web_address, "https://example.com/privacy", "what it does with data"),
        Key("brand.address", TEXT, _ADDRESSES, "person", "speak to the team at a company, or to a person"),
        Key("brand.logo", PATH, checks.existing_file, "logo.png", "on pages and drawn covers"),
        Key("brand.templates", PATH, checks.existing_folder, "brand", "folder: the page's own look and words"),
        Key("brand.mail", PATH, checks.existing_file, "mail.txt", "what “link --mail” writes"),
        Key("audience.logs", TEXT, checks.logs_address, "s3://OTHER/LOGS", "access logs: a folder, file or s3://…"),
        Key(
            "audience.own_networks", TEXT, checks.networks, "203.0.113.0/24", "your own: what they hear is not counted"
        ),
        Key("audience.keep_networks", TEXT, checks.networks, "198.51.100.0/24", "count although they look automatic"),
        Key("audience.bots", PATH, checks.existing_file, "bots.json", "further programs, in OPAWG's form"),
        Key("audience.networks", PATH, checks.existing_file, "networks.csv", "kinds of further networks"),
        Key(
            "audience.half_life",
            WHOLE,
            checks.between(1, 365),
            21,
            "days until half of a lead's points are left",
            "audience.leads.half_life",
        ),
        Key(
            "audience.call_today",
            WHOLE,
            checks.between(1, 10_000),
            60,
            "points of leads to call today, after a tap or a pass-on",
            "audience.leads.call_today",
        ),
        Key(
            "audience.warm",
            WHOLE,
            checks.between(1, 10_000),
            30,
            "points of leads that are warm",
            "audience.leads.warm",
        ),
        Key(
            "audience.points_play",
            WHOLE,
            _POINTS,
            12,
            "a press of play on the page, once a day",
            "audience.leads.points_play",
        ),
        Key(
            "audience.points_play_again",
            WHOLE,
            _POINTS,
            6,
            "the same on another day",
            "audience.leads.points_play_again",
        ),
        Key(
            "audience.points_tap",
            WHOLE,
            _POINTS,
            40,
            "a tap on the call to action, once a day",
            "audience.leads.points_tap",
        ),
        Key(
            "audience.points_unsure_tap",
            WHOLE,
            _POINTS,
            0,
            "one that may be a program's",
            "audience.leads.points_unsure_tap",
        ),
        Key(
            "audience.points_passed_on",
            WHOLE,
            _POINTS,
            25,
            "a link passed on and opened by somebody new",
            "audience.leads.points_passed_on",
        ),
        Key(
            "audience.points_passed_on_again",
            WHOLE,
            _POINTS,
            5,
            "each further one",
            "audience.leads.points_passed_on_again",
        ),
        Key(
            "audience.points_passed_on_most",
            WHOLE,
            _POINTS,
            60,
            "at most for links passed on",
            "audience.leads.points_passed_on_most",
        ),
        Key(
            "audience.points_colleague",
            WHOLE,
            _POINTS,
            25,
            "a named colleague's link used for the first time",
            "audience.leads.points_colleague",
        ),
        Key(
            "audience.points_pasted",
            WHOLE,
            _POINTS,
            0,
            "a link pasted into a chat, once a week",
            "audience.leads.points_pasted",
        ),
        Key(
            "audience.points_subscribed",
            WHOLE,
            _POINTS,
            20,
            "an app that subscribed",
            "audience.leads.points_subscribed",
        ),
        Key("audience.points_download", WHOLE, _POINTS, 1, "a download by an app", "audience.leads.points_download"),
        Key(
            "audience.points_downloads_most",
            WHOLE,
            _POINTS,
            3,
            "at most for downloads in 30 days",
            "audience.leads.points_downloads_most",
        ),
        Key("audience.points_open", WHOLE, _POINTS, 1, "an open of the page, once a day", "audience.leads.points_open"),
        Key("audience.points_returning", WHOLE, _POINTS, 15, "seen on 3 days of 14", "audience.leads.points_returning"),
        Key("audience.notice", FLAG, checks.anything, False, "pages say that requests are counted"),
        Key("audience.per_prospect", FLAG, checks.anything, False, "false: count nothing for each prospect"),
        Key("audience.keep_days", WHOLE, checks.between(2, 36_500), 90, "then only totals are kept"),
    )
}
"""Every setting by its name, in the order of the file."""

SECTIONS = tuple(dict.fromkeys(key.section for key in KEYS.values()))
