"""The JSON Schema of every ``--json`` answer: ``python -m pitchcast.cli.schemas docs/schemas``.

Made from the types that are answered, so that they cannot differ; a test holds real answers against them. Every field
named is always there, and more may come: fields are added, never renamed.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from pitchcast.cli.join import Joined
from pitchcast.model import answers
from pitchcast.model.answers import Answer
from pitchcast.workflows.move import FinishAnswer, MoveAnswer
from pitchcast.workflows.recordings import Inspection, MasteringAnswer


class Failure(Answer, frozen=True):
    """What went wrong. ``kind`` is a stable name, ``hint`` the next step."""

    kind: str
    message: str
    hint: str


class Failed(Answer, frozen=True):
    """The answer of any command that could not do what it was asked to."""

    error: Failure


class PlannedEpisode(Answer, frozen=True):
    """The episode that would be published; its id is None where it would be a new one."""

    id: str | None
    title: str


class PlannedProspect(Answer, frozen=True):
    """Whom a feed would be for; the id is None where the prospect would be created."""

    id: str | None
    name: str
    created: bool
    similar: tuple[str, ...]


class PlannedFeed(Answer, frozen=True):
    """A feed that would get the episode."""

    prospect: PlannedProspect | None
    access: Literal["private", "public"]


class PlannedPublish(Answer, frozen=True):
    """What ``--dry-run`` answers: nothing was written."""

    dry_run: Literal[True]
    episode: PlannedEpisode
    feeds: tuple[PlannedFeed, ...]
    greeting: str
    """Name of the file that is heard first, "" for none."""
    warnings: tuple[str, ...]


class Initialised(Answer, frozen=True):
    """The file that was written, and what it says."""

    file: str
    settings: dict[str, str]


class PreviewedPage(Answer, frozen=True):
    """A page to look at, and whose it is."""

    name: str
    page_url: str


class Previewed(Answer, frozen=True):
    """Where the preview is served, until it is stopped."""

    url: str
    pages: tuple[PreviewedPage, ...]


class StorageSetUp(Answer, frozen=True):
    """Whether the storage had to be opened to listeners, and was; the policy for people who only write."""

    needed: bool
    changed: bool
    difference: str
    writer_policy: str


class PlannedFile(Answer, frozen=True):
    """A file that would be written."""

    file: str


class PlannedMastering(Answer, frozen=True):
    """What ``audio master --dry-run`` answers."""

    dry_run: Literal[True]
    input: Inspection
    output: PlannedFile


class AddedProspect(answers.ProspectAnswer, frozen=True, kw_only=True):
    """A prospect that was added; ``similar`` are ids of prospects with nearly that name."""

    created: bool
    similar: tuple[str, ...]


class Prospects(Answer, frozen=True):
    """Prospects, in the order in which they were added."""

    prospects: tuple[answers.ProspectAnswer, ...]


class Episodes(Answer, frozen=True):
    """Episodes, oldest first."""

    episodes: tuple[answers.EpisodeAnswer, ...]


class ShownEpisode(Answer, frozen=True):
    """An episode, and the feeds that hold it."""

    episode: answers.EpisodeAnswer
    feeds: tuple[answers.FeedAnswer, ...]


class Feeds(Answer, frozen=True):
    """Feeds, in the order in which they were made."""

    feeds: tuple[answers.FeedAnswer, ...]


class ExportedFeeds(Answer, frozen=True):
    """Prospects' feeds, with what a CRM knows the prospects by."""

    feeds: tuple[answers.ExportedFeed, ...]


class Revisions(Answer, frozen=True):
    """Revisions of the catalog, latest first."""

    revisions: tuple[answers.RevisionAnswer, ...]


ANSWERS: Mapping[str, type[msgspec.Struct]] = {
    "failure": Failed,
    "publish": answers.Published,
    "publish --dry-run": PlannedPublish,
    "link": answers.Linked,
    "undo": answers.TakenBack,
    "preview": Previewed,
    "prospects add": AddedProspect,
    "prospects import": answers.ImportedProspects,
    "prospects list": Prospects,
    "prospects show": answers.ProspectAnswer,
    "prospects edit": answers.ProspectAnswer,
    "prospects invite": answers.Invited,
    "prospects remove": answers.RemovedProspects,
    "episodes deliver": answers.Published,
    "episodes deliver --dry-run": PlannedPublish,
    "episodes list": Episodes,
    "episodes show": ShownEpisode,
    "episodes edit": answers.EpisodeAnswer,
    "episodes edit --retag": answers.Retagged,
    "episodes replace": answers.ReplacedEpisode,
    "episodes withdraw": answers.TakenBack,
    "feeds list": Feeds,
    "feeds show": answers.FeedAnswer,
    "feeds build": answers.BuiltFeeds,
    "feeds check": answers.Findings,
    "feeds export": ExportedFeeds,
    "feeds rotate": answers.AccessChanged,
    "feeds revoke": answers.AccessChanged,
    "feeds restore": answers.AccessChanged,
    "feeds expire": answers.AccessChanged,
    "show show": answers.ShowAnswer,
    "show edit": answers.ShowAnswer,
    "show apply": answers.ShowAnswer,
    "history list": Revisions,
    "history show": answers.RevisionShown,
    "history restore": answers.RestoredRevision,
    "init": Initialised,
    "doctor": answers.Findings,
    "join": Joined,
    "move": MoveAnswer,
    "move --finish": FinishAnswer,
    "storage setup": StorageSetUp,
    "audio inspect": Inspection,
    "audio master": MasteringAnswer,
    "audio master --dry-run": PlannedMastering,
}
"""What each command answers, by its name."""


def file_name(command: str) -> str:
    """Return the name of the file that holds a command's schema."""
    return f"{command.replace(' --', ' ').replace(' ', '-')}.json"


def render_schemas() -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each schema file."""
    for command, answer in ANSWERS.items():
        schema = msgspec.json.schema(answer)
        title = f"pitchcast {command} --json" if answer is not Failed else "any command --json, where it fails"
        document = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **_strict(schema)}
        yield file_name(command), msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _strict(schema: Any) -> Any:
    """Return the schema with every field named as always there, and room for more."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _strict(one) for key, one in schema.items() if key != "default"}
    if "properties" in kept:
        kept["required"] = list(kept["properties"])
        kept.pop("additionalProperties", None)
    if isinstance(kept.get("description"), str):
        kept["description"] = " ".join(kept["description"].split())
    return kept


if __name__ == "__main__":
    for name, content in render_schemas():
        (Path(sys.argv[1]) / name).write_bytes(content)
