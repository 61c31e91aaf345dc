"""The step that gives episodes files with other tags: the same sound, so that everything else of them stays."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from pitchcast.model.base import Record
from pitchcast.model.catalog import Catalog, next_revision, public_number_of
from pitchcast.model.episode import Episode, Greeting, Master, ReplacedAudio, audio_replaced
from pitchcast.model.steps.edit import with_edited
from pitchcast.model.steps.greetings import greetings_of, put_anew


class Retagging(Record, frozen=True):
    """What an episode's old master became, and what became of each file that begins with a greeting.

    ``slug`` starts the names of the new files, "" for that of the old ones.
    """

    episode: str
    old_master_sha256: str
    master: Master
    greetings: tuple[Greeting, ...] = ()
    slug: str = ""


def retag_audio(catalog: Catalog, made: Iterable[Retagging], at: datetime) -> Catalog:
    """Return a catalog in which these episodes have their new files; the same one where none of them fits any more.

    The old files stay readable as long as replaced audio does. An episode is left as it is where it was withdrawn or
    taken back meanwhile, or got other audio or another greeting.
    """
    for one in made:
        catalog = _retagged(catalog, one, at)
    return catalog


def _retagged(catalog: Catalog, made: Retagging, at: datetime) -> Catalog:
    episode = next((e for e in catalog.episodes if e.id == made.episode), None)
    if episode is None or not _fits(catalog, episode, made):
        return catalog
    replaced = (*episode.replaced, audio_replaced(episode, at))
    revision = next_revision(catalog)
    changed = msgspec.structs.replace(
        episode,
        master=made.master,
        slug=made.slug or episode.slug,
        audio_revision=public_number_of(catalog, revision),
        replaced=_named_as_before(episode, replaced, made.slug),
        changed_revision=revision,
    )
    greetings = put_anew(catalog, episode.id, made.greetings, at) if made.greetings else catalog.greetings
    return msgspec.structs.replace(with_edited(catalog, changed), greetings=greetings)


def _named_as_before(episode: Episode, replaced: tuple[ReplacedAudio, ...], slug: str) -> tuple[ReplacedAudio, ...]:
    """Return replaced audio that goes by the names that it has, where the episode's other files get another *slug*."""
    if slug in ("", episode.slug):
        return replaced
    return tuple(msgspec.structs.replace(old, slug=old.slug or episode.slug) for old in replaced)


def _fits(catalog: Catalog, episode: Episode, made: Retagging) -> bool:
    """Return whether the episode sounds, in every feed, as it did when its files were made anew."""
    if episode.withdrawn or episode.master.sha256 != made.old_master_sha256:
        return False
    return _spoken(greetings_of(catalog, episode.id)) == _spoken(made.greetings)


def _spoken(greetings: Iterable[Greeting]) -> dict[tuple[str, int], tuple[str, str, str]]:
    """Return what was spoken and how it was treated, by the delivery that it belongs to."""
    return {(g.feed, g.release): (g.recording_sha256, g.clean, g.level) for g in greetings}
