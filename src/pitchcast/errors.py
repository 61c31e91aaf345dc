"""The errors a caller of pitchcast may catch; anything else that escapes is a bug.

PitchcastError
├── UsageError             the call itself is wrong (exit code 2)
│   ├── UnclearEncoding    a list's encoding must be said; names as they read in the likely ones are listed
│   └── UnclearKind        nobody has said of what kind of record external ids are
├── ConfigError            pitchcast.toml or the environment holds mistakes
├── RecordingError         the recording cannot be used
├── FileError              another file that was given cannot be used: a picture, a text, chapters, a feed
│   └── TableError         a list of prospects cannot be read
├── AudioError             ffmpeg is missing, or failed on a recording that looked right
├── CatalogError           the catalog does not allow what was asked
│   ├── UnclearName        a name that does not say which one is meant
│   │   ├── UnknownName    no such prospect, episode or feed; near ones are listed
│   │   └── AmbiguousName  a name that means several; ids are listed
│   ├── ShowMoved          the show lies elsewhere now; the message says where
│   └── NeedsUpdate        the catalog was written by a newer pitchcast
├── FeedError              a feed that apps or directories would reject; it was not uploaded
├── PartlyDone             some of many failed, each is named (exit code 3)
└── StorageError           the storage said no
    ├── ObjectMissing      no object under that key
    ├── ObjectTooLarge     an object is larger than anything that pitchcast puts under such a key
    ├── ObjectExists       create-only found the key taken; run again (exit code 4)
    ├── LostRace           somebody else replaced the object first; run again (exit code 4)
    ├── AccessRefused      credentials missing, wrong, or without the right
    ├── NotPrivate         the private half can be read by anyone, or that could not be ruled out
    └── StorageUnavailable no answer, or a failure of the service; run again (exit code 4)
"""

from typing import ClassVar, NamedTuple


class PitchcastError(Exception):
    """What went wrong, as one sentence, and what to do next.

    ``message`` names the file, key, row or setting; ``hint`` is the next step ("" if there is none);
    ``kind`` is the stable name scripts see in JSON; ``exit_code`` is what the command line ends with.
    """

    kind: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PitchcastError):
    """The call itself is wrong: an option is missing, or two exclude each other."""

    kind = "usage"
    exit_code = 2


class UnclearKind(UsageError):
    """Nobody has said of what kind of record external ids are: those of a list (``of_list``), or those of the show."""

    def __init__(self, message: str, *, hint: str = "", of_list: bool) -> None:
        super().__init__(message, hint=hint)
        self.of_list = of_list


class ConfigError(PitchcastError):
    """pitchcast.toml or the environment holds mistakes; the message lists all of them."""

    kind = "config"


class RecordingError(PitchcastError):
    """The recording cannot be used."""

    kind = "recording"


class FileError(PitchcastError):
    """Another file that was given cannot be used: a picture, notes, a transcript, chapters, a feed."""

    kind = "file"


class TableError(FileError):
    """A list of prospects cannot be read; the message names the file and the row or column."""

    kind = "table"


class AudioError(PitchcastError):
    """Ffmpeg is missing, ran out of space, or failed on a recording that looked right."""

    kind = "audio"


class CatalogError(PitchcastError):
    """The catalog does not allow what was asked, or is damaged."""

    kind = "catalog"


class Candidate(NamedTuple):
    """One that a name may have meant: its id, and how people know it."""

    id: str
    shown: str


class UnclearEncoding(UsageError):
    """In which encoding a list is cannot be told from its bytes, and was not said.

    ``candidates`` are the likely ones, by name and with the list's names as they read in each, likeliest first.
    """

    def __init__(self, message: str, *, hint: str = "", candidates: tuple[Candidate, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.candidates = candidates


class UnclearName(CatalogError):
    """A name does not say which prospect, episode or feed is meant.

    ``wanted`` is that name as it was written, "" where no other would help; ``candidates`` are those it may have meant,
    likeliest first.
    """

    def __init__(
        self, message: str, *, hint: str = "", wanted: str = "", candidates: tuple[Candidate, ...] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.wanted = wanted
        self.candidates = candidates


class UnknownName(UnclearName):
    """No prospect, episode or feed goes by that name."""

    kind = "unknown_name"


class AmbiguousName(UnclearName):
    """The name means several; the message lists their ids."""

    kind = "ambiguous_name"


class ShowMoved(CatalogError):
    """The show lies elsewhere now, or is on its way there; the message names the new place."""

    kind = "moved"


class NeedsUpdate(CatalogError):
    """The catalog was written by a newer pitchcast; this one must not touch it."""

    kind = "needs_update"


class FeedError(PitchcastError):
    """A feed that apps or directories would reject; it was not uploaded."""

    kind = "feed"


class PartlyDone(PitchcastError):
    """Some of many failed; the message names each."""

    kind = "partly_done"
    exit_code = 3


class StorageError(PitchcastError):
    """The storage said no."""

    kind = "storage"


class ObjectMissing(StorageError):
    """There is no object under that key."""

    kind = "object_missing"


class ObjectTooLarge(StorageError):
    """An object is larger than anything that pitchcast puts under such a key; it was not read."""

    kind = "object_too_large"


class ObjectExists(StorageError):
    """A create-only write found the key taken."""

    kind = "object_exists"
    exit_code = 4


class LostRace(StorageError):
    """Somebody else replaced the object since it was read."""

    kind = "lost_race"
    exit_code = 4


class AccessRefused(StorageError):
    """Credentials are missing, wrong, or lack the right."""

    kind = "access_refused"


class NotPrivate(StorageError):
    """The private half of the storage can be read by anyone, or that could not be ruled out."""

    kind = "not_private"


class StorageUnavailable(StorageError):
    """No answer or a failure of the service. What was asked may or may not have been done; run again."""

    kind = "storage_unavailable"
    exit_code = 4
