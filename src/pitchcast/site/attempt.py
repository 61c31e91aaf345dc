"""One run of a writing command: what it wants, what was decided for it, and what an interrupted run of it left.

A command's promise is about ``public/``, not about the catalog. So the same command, run again after it was cut off,
first completes what it had begun: under the same id, with what was decided then, for at its second start "the last
publish" or "the old address" would be another one. What the same command is, is said by its name and its meaning, or
by its name and its subject; never by what was typed to the letter.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

import msgspec

from pitchcast.errors import PitchcastError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.base import Record
from pitchcast.model.catalog import Catalog, Intent, find_intent
from pitchcast.model.writer import name_in
from pitchcast.site.outcome import Finished
from pitchcast.site.pending import Found, Pending, read_records
from pitchcast.site.project import Project


class Facts(Record, frozen=True, kw_only=True):
    """What is decided once for a command. ``subject`` is what it is about, by ids, "" where nothing names it."""

    subject: str = ""


F = TypeVar("F", bound=Facts)


class TypedCommand(NamedTuple):
    """A writing command as it was meant: what one types, such as ``feeds rotate``, and by what it is known again."""

    name: str
    digest: str


def command(name: str, **meaning: object) -> TypedCommand:
    """Return the command *name* with what else was said.

    Equal meanings must be equal: files by their hash, names as they are compared, sets sorted; without what only asks,
    prints or is quiet.
    """
    said = msgspec.json.encode([name, meaning], order="sorted")
    return TypedCommand(name, hashlib.sha256(said).hexdigest()[:32])


@dataclass(frozen=True, slots=True)
class Attempt(Generic[F]):
    """A command under way.

    ``id`` is that of its intent, ``facts`` what was decided from ``catalog``, the first one that was read, or by the
    run that was interrupted: ``earlier`` are the records of that, ``others`` those of all other work under way.
    ``void`` are records of this command that want nothing any more. ``completes`` says that the catalog holds the
    intent already.
    """

    id: str
    facts: F
    catalog: Catalog | None
    command: TypedCommand | None = None
    earlier: tuple[Found, ...] = ()
    others: tuple[Found, ...] = ()
    void: tuple[Found, ...] = ()
    completes: bool = False

    @property
    def resumes(self) -> bool:
        """Return whether an interrupted run of the same command is what this one completes."""
        return bool(self.earlier)

    @property
    def interrupted(self) -> Finished | None:
        """Return the run that was interrupted, None where there was none."""
        return told_of(self.earlier[0].record) if self.earlier else None

    def draft(self, who: str, what: str, at: datetime) -> Pending | None:
        """Return what the command's record says of it, None for work that no command stands for."""
        if self.command is None:
            return None
        return Pending(
            at=at,
            who=who,
            paths=(),
            intent=self.id,
            name=self.command.name,
            command=self.command.digest,
            subject=self.facts.subject,
            what=what,
            facts=msgspec.to_builtins(self.facts),
        )

    def carried_out(self, catalog: Catalog | None, project: Project) -> Intent | None:
        """Return what the catalog says of this intent, or of the same command by the same writer since this began."""
        if catalog is None or self.command is None:
            return None
        own = find_intent(catalog, self.id)
        if own or self.catalog is None:
            return own
        began, wanted = self.catalog.revision, self.command.digest
        since = (intent for intent in reversed(catalog.intents) if intent.revision > began)
        same = (intent for intent in since if intent.command == wanted and project.is_own(intent.who))
        return next((intent for intent in same if not intent.cancelled), None)


def begin(
    project: Project,
    typed: TypedCommand,
    catalog: Catalog,
    decide: Callable[[Catalog], F],
    facts: type[F],
    *,
    is_void: Callable[[Catalog, F], bool] = lambda _catalog, _facts: False,
) -> Attempt[F]:
    """Begin the writing command that was *typed*, or go on with an interrupted run of it.

    *catalog* is the one that was read first.

    *decide* says what is meant, as *facts*, in this catalog, and raises what the command raises; of an interrupted run
    what was decided then holds. *is_void* says that such a run, never committed, has nothing left to do.
    """
    records = read_records(project)
    own = _own_unanswered(records, project)
    same = [one for one in own if one.record.command == typed.digest]
    decided = None
    if not same:
        # The same thing may have been said in other words: what the command is about shows that once it is decided.
        decided = decide(catalog)
        same = [one for one in own if _is_about(one, typed, decided.subject)]
    void = tuple(one for one in same if _is_void(one, catalog, facts, is_void))
    earlier = _of_first_intent([one for one in same if one not in void])
    others = _all_but(records, (*earlier, *void))
    if earlier:
        return _go_on(project, typed, catalog, facts, earlier=earlier, others=others, void=void)
    return Attempt(
        id=uuid.uuid4().hex,
        facts=decide(catalog) if decided is None else decided,
        catalog=catalog,
        command=typed,
        others=others,
        void=void,
    )


def _go_on(
    project: Project,
    typed: TypedCommand,
    catalog: Catalog,
    facts: type[F],
    *,
    earlier: tuple[Found, ...],
    others: tuple[Found, ...],
    void: tuple[Found, ...],
) -> Attempt[F]:
    """Return the attempt that goes on with an interrupted run, under its id and with its facts."""
    record = earlier[0].record
    completes = find_intent(catalog, record.intent) is not None
    if completes:
        project.outcome.resumed = told_of(record)
    return Attempt(
        id=record.intent,
        facts=msgspec.convert(record.facts, facts),
        catalog=catalog,
        command=typed,
        earlier=earlier,
        others=others,
        void=void,
        completes=completes,
    )


def anonymous(project: Project, catalog: Catalog | None) -> Attempt[Facts]:
    """Begin work that is part of every command, such as starting a show: nobody types it again."""
    return Attempt(id="", facts=Facts(), catalog=catalog, others=read_records(project))


def told_of(record: Pending) -> Finished:
    """Return what people are told of work that was finished for them."""
    return Finished(command=record.name, who=name_in(record.who), at=record.at, what=record.what)


def _own_unanswered(records: Iterable[Found], project: Project) -> list[Found]:
    """Return the records of the writer's own commands that were never answered."""
    own = (one for one in records if project.is_own(one.record.who))
    return [one for one in own if _is_unanswered(one)]


def _is_unanswered(found: Found) -> bool:
    return bool(found.record.intent) and found.record.state != "acknowledged" and not found.has_lapsed


def _all_but(records: Iterable[Found], some: tuple[Found, ...]) -> tuple[Found, ...]:
    return tuple(one for one in records if one not in some)


def _is_about(found: Found, typed: TypedCommand, subject: str) -> bool:
    return bool(subject) and (found.record.name, found.record.subject) == (typed.name, subject)


def _is_void(found: Found, catalog: Catalog, facts: type[F], is_void: Callable[[Catalog, F], bool]) -> bool:
    """Return whether an interrupted run wants nothing any more: given up, or never committed and needless now."""
    intent = find_intent(catalog, found.record.intent)
    if intent is not None:
        return intent.cancelled
    try:
        return is_void(catalog, msgspec.convert(found.record.facts, facts))
    except msgspec.ValidationError as error:
        raise PitchcastError(
            f"an interrupted “{found.record.name}” was written down by another version of pitchcast",
            hint=f"Finish it with: {pitchcast_command('doctor --repair')}",
        ) from error


def _of_first_intent(same: list[Found]) -> tuple[Found, ...]:
    """Return the records of the oldest intent among these: several runs may have tried it."""
    return tuple(one for one in same if one.record.intent == same[0].record.intent) if same else ()
