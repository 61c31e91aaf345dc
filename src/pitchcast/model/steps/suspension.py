"""Suspends prospects whom a list lacks: their links end after a grace, unless a list names them before.

Until then nothing changes for who has the link: address, episodes and new pitches are those of everybody else. So a
prospect who is back has lost nothing.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from pitchcast.model.catalog import Catalog, Suspension


def suspend(catalog: Catalog, ids: Collection[str], now: datetime, grace: timedelta) -> Catalog:
    """Return a catalog in which these prospects are suspended: their links end when the *grace* is over.

    Of those who are suspended already it counts from then on; the one that was said last holds.
    """
    standing = {suspension.prospect: suspension for suspension in catalog.suspensions}
    for prospect_id in ids:
        since = standing[prospect_id].since if prospect_id in standing else now
        standing[prospect_id] = Suspension(prospect_id, since, since + grace)
    return _with(catalog, tuple(standing.values()))


def end_suspensions(catalog: Catalog, ids: Collection[str]) -> Catalog:
    """Return a catalog in which none of these prospects is suspended: they are back, or their links have ended."""
    return _with(catalog, tuple(one for one in catalog.suspensions if one.prospect not in ids))


def suspended(catalog: Catalog) -> set[str]:
    """Return the ids of the prospects who are suspended."""
    return {suspension.prospect for suspension in catalog.suspensions}


def whose_grace_is_over(catalog: Catalog, now: datetime) -> set[str]:
    """Return the ids of the prospects whose links are to end by now."""
    return {suspension.prospect for suspension in catalog.suspensions if suspension.ends <= now}


def _with(catalog: Catalog, suspensions: tuple[Suspension, ...]) -> Catalog:
    """Return a catalog with these suspensions, the same one where they are what it has."""
    if suspensions == catalog.suspensions:
        return catalog
    return msgspec.structs.replace(catalog, suspensions=suspensions)
