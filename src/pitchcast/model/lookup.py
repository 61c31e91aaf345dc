"""The one way in which people name prospects, feeds and episodes, in every command; and who was nearly meant.

A prospect goes by id, e-mail address or name, a colleague by id or name, an episode by id, guid, title or a part of it
that no other title has.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property

from pitchcast.errors import AmbiguousName, Candidate, UnknownName
from pitchcast.invocation import pitchcast_command
from pitchcast.model.episode import Episode
from pitchcast.model.feed import PUBLIC_FEED, Feed
from pitchcast.model.naming import compare_form
from pitchcast.model.prospect import (
    Directory,
    Mention,
    Prospect,
    is_misspelt,
    is_near,
    is_near_address,
    name_parts,
    parse_mention,
    similar_prospects,
)
from pitchcast.model.text import first_few

_OFFERED = 9
_ALIKE = 0.7  # of 1: how much of a name must be the same where nothing better is found


class Names:
    """All by which the prospects and feeds of one catalog go; for several searches, made once."""

    def __init__(self, prospects: Sequence[Prospect], feeds: Sequence[Feed]) -> None:
        self._prospects = prospects
        self._feeds = feeds
        self._directory = Directory(prospects)

    def find(self, mention: Mention) -> list[Prospect]:
        """Return the prospects that a mention means."""
        return self._directory.find(mention)

    def find_exactly(self, mention: Mention) -> list[Prospect]:
        """Return the prospects that have just the address or the name of a mention, legal form and all."""
        return self._directory.find_exactly(mention)

    def prospect(self, mention: Mention) -> Prospect:
        """Return the one prospect that is meant. Raises UnknownName or AmbiguousName, which list candidates."""
        found = self.find(mention)
        if len(found) == 1:
            return found[0]
        if found:
            raise _ambiguous(str(mention), "prospects", found, map(_shown, found))
        child = next(iter(self.colleagues(mention)), None)
        if child:
            raise UnknownName(
                f"{_whose(child)} is a feed passed on from {child.parent}, and no prospect",
                hint=f"See whom it was passed on to with: {pitchcast_command('prospects show', child.prospect)}",
            )
        raise self.unknown(mention, f"no prospect is called “{mention}”")

    def feed(self, who: str) -> Feed:
        """Return the one feed that is meant by its id, its prospect, or the colleague whom it was passed on to.

        Raises UnknownName or AmbiguousName, which list candidates.
        """
        named = self._feed_by_id.get(who.strip().lower())
        if named:
            return named
        if who.strip().casefold() == PUBLIC_FEED:
            make = pitchcast_command("publish RECORDING --public")
            raise UnknownName("there is no public feed yet", hint=f"Make one with: {make}")
        mention = parse_mention(who)
        prospects, colleagues = self.find(mention), self.colleagues(mention)
        found = [*(self._feed_by_id[p.id] for p in prospects if p.id in self._feed_by_id), *colleagues]
        if len(found) == 1:
            return found[0]
        if found:
            shown = [*map(_shown, prospects), *map(_whose, colleagues)]
            raise _ambiguous(str(mention), "feeds", found, shown)
        raise self.unknown(mention, f"no prospect is called “{mention}”", colleagues_too=True)

    def colleagues(self, mention: Mention) -> list[Feed]:
        """Return the feeds that were passed on to somebody of that name, or have that id."""
        if mention.email:
            return []
        child = self._feed_by_id.get(mention.name.strip().lower())
        if child and child.parent:
            return [child]
        wanted = name_parts(mention.name)
        return [feed for feed in self._children if name_parts(feed.name) == wanted]

    def unknown(
        self, mention: Mention, message: str, otherwise: str = "", *, colleagues_too: bool = False
    ) -> UnknownName:
        """Return the error for somebody whom nobody knows; its hint names who is near, else *otherwise*, or all."""
        near = self._near(mention, colleagues_too=colleagues_too)
        everybody = f"See them all with: {pitchcast_command('prospects list')}"
        hint = did_you_mean(near) if near else otherwise or everybody
        return UnknownName(message, hint=hint, wanted=str(mention), candidates=near)

    def _near(self, mention: Mention, *, colleagues_too: bool) -> tuple[Candidate, ...]:
        near = [Candidate(p.id, _shown(p)) for p in self._near_prospects(mention)]
        if colleagues_too and mention.name:
            wanted = compare_form(mention.name)
            near += [Candidate(f.id, _whose(f)) for f in self._children if is_near(compare_form(f.name), wanted)]
        return tuple(near[:_OFFERED])

    def _near_prospects(self, mention: Mention) -> list[Prospect]:
        """Return who was nearly meant, likeliest first."""
        if mention.email and not mention.name:
            return [p for p in self._prospects if is_near_address(p.email, mention.email)]
        core, wanted = name_parts(mention.name).core, compare_form(mention.name)
        similar = similar_prospects(self._prospects, mention.name)
        similar.sort(key=lambda p: (name_parts(p.name).core != core, not is_misspelt(compare_form(p.name), wanted)))
        by_id = [p for p in self._prospects if is_misspelt(compare_form(p.id), wanted)]
        return list(dict.fromkeys([*similar, *by_id])) or self._roughly(wanted)

    def _roughly(self, wanted: str) -> list[Prospect]:
        """Return those whose names look most alike: where no rule finds anybody."""
        names: dict[str, list[Prospect]] = {}
        for prospect in self._prospects:
            names.setdefault(compare_form(prospect.name), []).append(prospect)
        close = get_close_matches(wanted, names, n=_OFFERED, cutoff=_ALIKE)
        return [prospect for name in close for prospect in names[name]]

    @cached_property
    def _feed_by_id(self) -> dict[str, Feed]:
        return {feed.id: feed for feed in self._feeds}

    @cached_property
    def _children(self) -> list[Feed]:
        """Return the feeds that were passed on to somebody with a name."""
        return [feed for feed in self._feeds if feed.parent and feed.name]


def meant_episode(episodes: Sequence[Episode], name: str) -> Episode:
    """Return the one episode that is meant by id, guid, title, or a part of its title from the start of a word.

    Raises UnknownName or AmbiguousName, which list candidates.
    """
    found = _episodes_called(episodes, name)
    if len(found) == 1:
        return found[0]
    if found:
        raise _ambiguous(name, "episodes", found, (f"{e.title} ({e.id})" for e in found))
    near = tuple(Candidate(e.id, f"{e.title} ({e.id})") for e in _near_episodes(episodes, name))
    hint = did_you_mean(near) if near else f"See them all with: {pitchcast_command('episodes list')}"
    raise UnknownName(f"no episode is called “{name}”", hint=hint, wanted=name, candidates=near)


def did_you_mean(near: Sequence[Candidate]) -> str:
    """Return the question whether one of those near was meant."""
    names = [one.shown for one in near]
    said = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return f"Did you mean {said}?"


def _episodes_called(episodes: Sequence[Episode], name: str) -> list[Episode]:
    wanted = compare_form(name)
    plain = name.strip()
    return (
        [e for e in episodes if plain.lower() in (e.id, e.guid)]
        or [e for e in episodes if compare_form(e.title) == wanted]
        or [e for e in episodes if wanted and f" {wanted}" in f" {compare_form(e.title)}"]
    )


def _near_episodes(episodes: Sequence[Episode], name: str) -> list[Episode]:
    """Return the episodes whose title is near, or looks alike where none is."""
    wanted = compare_form(name)
    titles: dict[str, list[Episode]] = {}
    for episode in episodes:
        titles.setdefault(compare_form(episode.title), []).append(episode)
    near = [title for title in titles if is_near(title, wanted)]
    close = near or get_close_matches(wanted, titles, n=_OFFERED, cutoff=_ALIKE)
    return [episode for title in close for episode in titles[title]][:_OFFERED]


def _ambiguous(
    wanted: str, what: str, found: Sequence[Prospect | Feed | Episode], shown: Iterable[str]
) -> AmbiguousName:
    candidates = tuple(Candidate(one.id, said) for one, said in zip(found, shown, strict=True))
    return AmbiguousName(
        f"“{wanted}” means several {what}: {first_few([one.shown for one in candidates], _OFFERED)}",
        hint="Use one of these ids.",
        wanted=wanted,
        candidates=candidates[:_OFFERED],
    )


def _shown(prospect: Prospect) -> str:
    known = ", ".join(filter(None, (prospect.id, prospect.company, prospect.email)))
    return f"{prospect.name} ({known})"


def _whose(child: Feed) -> str:
    return f"{child.name} ({child.id})" if child.name else child.id
