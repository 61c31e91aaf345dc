"""Makes the rows of a CRM prospects: one step for all of them, in time that grows with their number.

A row means the prospect with its external id and the id's kind, else the one with its e-mail address, else, where it
has neither, the one with its name. What the list has a column for is taken from the list; what it has none for stays.
"""

import re
from collections.abc import Callable, Container, Hashable, Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

import msgspec

from pitchcast.model.base import Row
from pitchcast.model.catalog import Catalog, fields_needed, next_revision, used_paths
from pitchcast.model.external_ids import IdKind, RecordId, record_id
from pitchcast.model.feed import PUBLIC_FEED, Feed, addressed_company
from pitchcast.model.naming import compare_form, make_slug
from pitchcast.model.personal import FIELDS
from pitchcast.model.prospect import Address, Prospect
from pitchcast.model.steps.suspension import end_suspensions, suspended
from pitchcast.model.token import NewToken, fresh_token
from pitchcast.model.updates import Update

FIELD_WORDS: Mapping[str, str] = {
    "external_id": "external id",
    "email": "e-mail address",
    "first_name": "first name",
    "company": "company",
    "language": "language",
}
"""What messages call the fields of an entry, where they do not know the list's own headers."""

_DIGITS = re.compile(r"(\d+)")


class Entry(Row, frozen=True):
    """A row of a list: who is meant, and what it says of them. None where the list has no such column."""

    row: int
    name: str
    external_id: str = ""
    email: str | None = None
    first_name: str | None = None
    company: str | None = None
    language: str | None = None
    segments: tuple[str, ...] | None = None
    external_id_kind: IdKind = ""
    address: Address | None = None

    @property
    def record(self) -> RecordId:
        """Return the external id as it is compared."""
        return record_id(self.external_id, self.external_id_kind)


class Rejected(Row, frozen=True):
    """A row that was turned down and why; the rest says whom it may have meant."""

    row: int
    reason: str
    external_id: str = ""
    email: str = ""
    name: str = ""
    external_id_kind: IdKind = ""

    @property
    def record(self) -> RecordId:
        """Return the external id as it is compared."""
        return record_id(self.external_id, self.external_id_kind)


class Unsure(NamedTuple):
    """A row whose external id a prospect has, where the kind of only one of the two ids is known."""

    row: int
    kind: IdKind
    prospect: str
    known_kind: IdKind


class Imported(NamedTuple):
    """What a list did to a catalog. Prospects by id.

    ``missing`` are those that it lacks and earlier lists did not, ``considered`` counts those that it could have named
    as these did. ``still_missing`` are suspended already, ``returned`` were until now.
    ``unsure`` are rows of which it cannot be told whom they mean, before somebody has said of what kind ids are.
    ``settled`` counts the external ids that got their kind now. ``updates`` are what changed of those updated.
    """

    catalog: Catalog
    created: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    missing: tuple[str, ...]
    still_missing: tuple[str, ...]
    returned: tuple[str, ...]
    considered: int
    rejected: tuple[Rejected, ...]
    revoked: tuple[str, ...]
    namesakes: tuple[str, ...]
    unsure: tuple[Unsure, ...] = ()
    settled: int = 0
    updates: tuple[Update, ...] = ()


def settle_kinds(catalog: Catalog, whose: Iterable[Prospect], kind: IdKind) -> Catalog:
    """Return a catalog in which the external ids of these prospects are of that kind, the same where there are none."""
    ids = {prospect.id for prospect in whose}
    if not ids:
        return catalog
    prospects = tuple(
        msgspec.structs.replace(p, external_id_kind=kind) if p.id in ids else p for p in catalog.prospects
    )
    return msgspec.structs.replace(catalog, prospects=prospects)


def kindless(catalog: Catalog) -> tuple[Prospect, ...]:
    """Return the prospects whose external ids are of a kind that nobody has said."""
    return tuple(p for p in catalog.prospects if p.external_id and not p.record.kind)


def import_entries(
    catalog: Catalog,
    entries: Iterable[Entry],
    rejected: Iterable[Rejected],
    new_token: NewToken,
    called: Mapping[str, str] = FIELD_WORDS,
) -> Imported:
    """Return a catalog that holds what the entries say, the same one where nothing differs, and what became of each.

    New prospects get an empty feed. Ids follow from names; of equal names the lowest external id gets the plain one,
    whatever the order of the rows. Entries that contradict others or the catalog are turned down too.
    Suspended prospects that a row means are so no more. *called* is what reasons call each field.
    ``missing`` are active prospects that no row means, not even a rejected one; see ``_strongest_key`` for which.
    ``revoked`` are prospects that a row means whose feed is revoked; ``namesakes`` are known prospects without external
    id and e-mail address whose name a new one has.
    """
    matching = _Matching(catalog, called)
    turned_down = list(rejected)
    for entry in entries:
        reason = matching.match(entry)
        if reason:
            turned_down.append(_turned_down(entry, reason))
    after, updates = _with_updates(catalog, matching.known)
    after, created = _with_newcomers(after, matching.new, new_token)
    states = {feed.id: feed.state for feed in catalog.feeds}
    attendance = _attendance(catalog, matching, turned_down, states)
    updated = tuple(update.after.id for update in updates)
    return Imported(
        catalog=end_suspensions(after, attendance.returned),
        created=created,
        updated=updated,
        unchanged=_outside(set(updated), matching.known),
        missing=attendance.missing,
        still_missing=attendance.still_missing,
        returned=attendance.returned,
        considered=attendance.considered,
        rejected=tuple(sorted(turned_down, key=lambda one: one.row)),
        revoked=tuple(prospect_id for prospect_id in matching.known if states[prospect_id] == "revoked"),
        namesakes=matching.namesakes(),
        unsure=tuple(matching.unsure),
        updates=updates,
    )


def _turned_down(entry: Entry, reason: str) -> Rejected:
    return Rejected(
        row=entry.row,
        reason=reason,
        external_id=entry.external_id,
        email=entry.email or "",
        name=entry.name,
        external_id_kind=entry.external_id_kind,
    )


class _Index:
    """Prospects by what names them, and the rows that were there already; made when first looked into."""

    def __init__(self, prospects: Iterable[Prospect], key: Callable[[Prospect], str]) -> None:
        self._all = prospects
        self._key = key
        self._rows: dict[Hashable, int] = {}

    @cached_property
    def _prospects(self) -> dict[str, list[Prospect]]:
        found: dict[str, list[Prospect]] = {}
        for prospect in self._all:
            if key := self._key(prospect):
                found.setdefault(key, []).append(prospect)
        return found

    def of(self, key: str) -> list[Prospect]:
        return self._prospects.get(key, []) if key else []

    def claim(self, key: Hashable, row: int) -> int | None:
        """Return the earlier row that has the key already, None where this one is the first."""
        earlier = self._rows.setdefault(key, row) if key else row
        return None if earlier == row else earlier


class _Matching:
    """Which prospect each entry means: ``known`` by id, ``new`` ones as entries; ``unsure`` those that it hangs on."""

    def __init__(self, catalog: Catalog, called: Mapping[str, str]) -> None:
        self._called = {**FIELD_WORDS, **called}
        self.known: dict[str, Entry] = {}
        self.new: list[Entry] = []
        self.unsure: list[Unsure] = []
        self.by_external_id = _Index(catalog.prospects, lambda p: p.record.id)
        self.by_email = _Index(catalog.prospects, lambda p: p.email.casefold())
        self.by_name = _Index(catalog.prospects, lambda p: compare_form(p.name))
        self._needed = fields_needed(catalog)
        self._bare = [prospect for prospect in catalog.prospects if not (prospect.external_id or prospect.email)]

    def match(self, entry: Entry) -> str:
        """Take the entry in, or return why it cannot be."""
        email = (entry.email or "").casefold()
        name = "" if entry.external_id or email else compare_form(entry.name)
        record = entry.record
        for what, index, key in (
            (self._called["external_id"], self.by_external_id, record if record.id else ""),
            (self._called["email"], self.by_email, email),
            ("name, and neither has an external id or e-mail address,", self.by_name, name),
        ):
            earlier = index.claim(key, entry.row)
            if earlier is not None:
                return f"its {what} is that of row {earlier}"
        found, reason = self._meant(entry, record, email, name)
        if reason:
            return reason
        if found is None:
            self.new.append(entry)
        elif field := self._emptied(found, entry):
            return (
                f"its {self._called.get(field, field)} is empty, but a personalised episode of {found.id} asks for it"
            )
        elif found.id in self.known:
            return f"it means {found.id}, as row {self.known[found.id].row} does"
        else:
            self.known[found.id] = entry
        return ""

    def _meant(self, entry: Entry, record: RecordId, email: str, name: str) -> tuple[Prospect | None, str]:
        """Return the prospect that is meant, None for a new one; or why that cannot be told."""
        by_id, by_email = self.of_record(record), self.by_email.of(email)
        unsure = None if by_id else self._unsure(entry, record)
        if unsure:
            self.unsure.append(unsure)
            return None, f"its external id is that of {unsure.prospect}, but the kind of only one of the two is known"
        found = by_id or by_email or self.by_name.of(name)
        if len(found) > 1:
            return None, f"it means several prospects: {', '.join(p.id for p in found)}"
        contradiction = _contradiction(entry, by_id, by_email, self._called)
        if contradiction:
            return None, contradiction
        return (found[0] if found else None), ""

    def of_record(self, record: RecordId) -> list[Prospect]:
        """Return the prospects with that external id, of the same kind."""
        return [prospect for prospect in self.by_external_id.of(record.id) if prospect.record.kind == record.kind]

    def _unsure(self, entry: Entry, record: RecordId) -> Unsure | None:
        """Return what must be said first: the same id, with a kind on one side and none on the other."""
        for prospect in self.by_external_id.of(record.id):
            known = prospect.record.kind
            if bool(known) != bool(record.kind):
                return Unsure(entry.row, record.kind, prospect.id, known)
        return None

    def _emptied(self, prospect: Prospect, entry: Entry) -> str:
        """Return a field that the entry would empty although texts for the prospect ask for it, "" if there is none."""
        needed = self._needed.get(prospect.id, frozenset())
        emptied = (field for field in FIELDS if getattr(entry, field) == "")
        return next((field for field in emptied if field in needed), "")

    def namesakes(self) -> tuple[str, ...]:
        """Return the ids of prospects without external id and address who are called as a new one."""
        names = {compare_form(entry.name) for entry in self.new} if self._bare else set()
        return tuple(prospect.id for prospect in self._bare if compare_form(prospect.name) in names)


def _contradiction(entry: Entry, by_id: list[Prospect], by_email: list[Prospect], called: Mapping[str, str]) -> str:
    """Return why the external id and the e-mail address of an entry do not mean the same prospect, "" where they do.

    *by_id* holds the prospect with its external id, if any, *by_email* those with its address.
    """
    if by_id:
        other = next((p for p in by_email if p.id != by_id[0].id), None)
        return f"its {called['external_id']} means {by_id[0].id}, its {called['email']} {other.id}" if other else ""
    known = by_email[0] if by_email else None
    if known and known.external_id and entry.external_id:
        return f"its {called['email']} is that of {known.id}, whose external id is {_said(known.record)}"
    return ""


def _said(record: RecordId) -> str:
    return f"{record.kind} {record.id}" if record.kind else record.id


def _with_updates(catalog: Catalog, known: dict[str, Entry]) -> tuple[Catalog, tuple[Update, ...]]:
    """Return a catalog with what the entries say of known prospects, and what changed of them."""
    prospects = tuple(_updated(prospect, known.get(prospect.id)) for prospect in catalog.prospects)
    pairs = zip(catalog.prospects, prospects, strict=True)
    changes = [(old, new) for old, new in pairs if new != old]
    if not changes:
        return catalog, ()
    updates = tuple(Update(known[new.id].row, old, new) for old, new in changes)
    return msgspec.structs.replace(catalog, prospects=prospects, feeds=_feeds_after(catalog, changes)), updates


def _feeds_after(catalog: Catalog, changes: Iterable[tuple[Prospect, Prospect]]) -> tuple[Feed, ...]:
    """Return the feeds, those as changed that speak to a new name or company or have texts that address a prospect."""
    greeted: set[str] = set()
    addressed: set[str] = set()
    for old, new in changes:
        is_other_company = addressed_company(catalog.brand, new) != addressed_company(catalog.brand, old)
        if new.name != old.name or is_other_company:
            greeted.add(new.id)
        if _is_addressed_otherwise(old, new):
            addressed.add(new.id)
    personal = _personal_releases(catalog)
    revision = next_revision(catalog)
    feeds = []
    for feed in catalog.feeds:
        has_personal_text = feed.prospect in addressed and not personal.isdisjoint(feed.releases)
        if feed.prospect in greeted or has_personal_text:
            feed = msgspec.structs.replace(feed, changed_revision=revision)
        feeds.append(feed)
    return tuple(feeds)


def _is_addressed_otherwise(before: Prospect, after: Prospect) -> bool:
    """Return whether personalised texts read differently; the e-mail address and id in the CRM occur in none."""
    return any(getattr(before, field) != getattr(after, field) for field in FIELDS)


def _personal_releases(catalog: Catalog) -> set[int]:
    personal = {episode.id for episode in catalog.episodes if episode.personalised}
    return {release.number for release in catalog.releases if release.episode in personal}


def _updated(prospect: Prospect, entry: Entry | None) -> Prospect:
    """Return the prospect as the entry, if there is one, has it.

    An empty cell empties all but the external id, which is never lost. One that is the same in another form stays.
    """
    if entry is None:
        return prospect
    said: dict[str, object] = {"name": entry.name}
    if entry.external_id and entry.external_id != prospect.external_id and entry.record != prospect.record:
        record = entry.record
        said |= {"external_id": record.id, "external_id_kind": record.kind}
    said |= {
        key: value
        for key in ("email", "first_name", "company", "language", "segments", "address")
        if (value := getattr(entry, key)) is not None
    }
    if all(getattr(prospect, key) == value for key, value in said.items()):
        return prospect
    return msgspec.structs.replace(prospect, **said)


def _with_newcomers(catalog: Catalog, new: list[Entry], new_token: NewToken) -> tuple[Catalog, tuple[str, ...]]:
    """Return a catalog with a prospect and an empty feed for each entry, in the order of the rows; and their ids."""
    if not new:
        return catalog, ()
    ids = _new_ids(catalog, new)
    used = used_paths(catalog)
    revision = next_revision(catalog)
    prospects, feeds = [], []
    for entry in new:
        token = fresh_token(used, new_token)
        used.add(token)
        prospect_id = ids[entry.row]
        prospects.append(_prospect(prospect_id, entry))
        language = catalog.show.language
        feeds.append(Feed(prospect_id, token, prospect_id, changed_revision=revision, title_language=language))
    after = msgspec.structs.replace(catalog, prospects=(*catalog.prospects, *prospects), feeds=(*catalog.feeds, *feeds))
    return after, tuple(prospect.id for prospect in prospects)


def _prospect(prospect_id: str, entry: Entry) -> Prospect:
    record = entry.record
    return Prospect(
        id=prospect_id,
        name=entry.name,
        company=entry.company or "",
        email=entry.email or "",
        external_id=record.id,
        language=entry.language or "",
        segments=entry.segments or (),
        first_name=entry.first_name or "",
        external_id_kind=record.kind,
        address=entry.address or "",
    )


def _new_ids(catalog: Catalog, new: list[Entry]) -> dict[int, str]:
    """Return the id of each entry's prospect by row, given away in the order of external ids."""
    taken = {prospect.id for prospect in catalog.prospects} | {PUBLIC_FEED}
    last: dict[str, int] = {}  # the highest number given to a name: looking from 1 each time would be quadratic
    ids: dict[int, str] = {}
    for entry in sorted(new, key=_order):
        slug = make_slug(entry.name, fallback="prospect")
        number = last.get(slug, 0) + 1
        while (candidate := f"{slug}-{number}" if number > 1 else slug) in taken:
            number += 1
        last[slug] = number
        taken.add(candidate)
        ids[entry.row] = candidate
    return ids


def _order(entry: Entry) -> tuple[bool, list[tuple[bool, int, str]], str, str, int]:
    """Return what sorts entries by external id, numbers in it by their value, then by kind, e-mail address and row."""
    parts = [
        (part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in _DIGITS.split(entry.external_id)
    ]
    return not entry.external_id, parts, entry.external_id_kind, (entry.email or "").casefold(), entry.row


def _named(matching: _Matching, rejected: Iterable[Rejected]) -> dict[str, None]:
    """Return the ids of the prospects that a row means, in the order of the list; a rejected row counts too."""
    named = dict.fromkeys(matching.known)
    for row in rejected:
        found = [*matching.of_record(row.record), *matching.by_email.of(row.email.casefold())]
        named |= dict.fromkeys(prospect.id for prospect in found or matching.by_name.of(compare_form(row.name)))
    return named


class _Attendance(NamedTuple):
    """Which prospects a list lacks, and which it names again: the fields of ``Imported`` that are called the same."""

    missing: tuple[str, ...]
    still_missing: tuple[str, ...]
    returned: tuple[str, ...]
    considered: int


def _attendance(
    catalog: Catalog, matching: _Matching, rejected: Iterable[Rejected], states: Mapping[str, str]
) -> _Attendance:
    """Return whom the list lacks and whom it names again, apart by who is suspended already."""
    named = _named(matching, rejected)
    waiting = suspended(catalog)
    candidates = _candidates(catalog, matching, states)
    missing = _outside(named, candidates)
    return _Attendance(
        missing=_outside(waiting, missing),
        still_missing=_within(waiting, missing),
        returned=_within(waiting, named),
        considered=len(_outside(waiting, candidates)),
    )


def _within(group: Container[str], ids: Iterable[str]) -> tuple[str, ...]:
    """Return those ids that are in the group, in their order."""
    return tuple(one for one in ids if one in group)


def _outside(group: Container[str], ids: Iterable[str]) -> tuple[str, ...]:
    """Return those ids that are not in the group, in their order."""
    return tuple(one for one in ids if one not in group)


def _candidates(catalog: Catalog, matching: _Matching, states: Mapping[str, str]) -> list[str]:
    """Return the ids of the active prospects that the list could have named."""
    key = _strongest_key([*matching.known.values(), *matching.new])
    active = (prospect for prospect in catalog.prospects if states[prospect.id] == "active")
    return [prospect.id for prospect in active if key(prospect)]


def _strongest_key(entries: list[Entry]) -> Callable[[Prospect], str]:
    """Return what a list tells prospects apart by: external ids of its kinds if it has any, else addresses, else names.

    Prospects without it did not come from such a list, so no list can miss them.
    """
    kinds = {entry.record.kind for entry in entries if entry.external_id}
    if kinds:
        return lambda prospect: prospect.external_id if prospect.record.kind in kinds else ""
    if any(entry.email for entry in entries):
        return lambda prospect: prospect.email
    return lambda prospect: prospect.name
