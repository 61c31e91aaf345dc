"""Take everybody who was removed out of the past: kept revisions, greetings and covers, old versions of objects."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

import msgspec

from pitchcast.errors import ConfigError, LostRace, ObjectMissing
from pitchcast.model.answers.prospects import Purged
from pitchcast.model.catalog import Catalog
from pitchcast.model.episode import Greeting
from pitchcast.model.layout import ANALYTICS, CATALOG, DAMAGED, HISTORY, PENDING, PUBLIC
from pitchcast.model.objects import greeting_objects, named_cover_objects
from pitchcast.model.show import NamedCover
from pitchcast.model.steps.restore import erased_covers, erased_greetings, without_people
from pitchcast.site.project import Project
from pitchcast.upkeep.statistics import forget_people, has_statistics

if TYPE_CHECKING:
    from pitchcast.storage.s3.bucket import S3Bucket


def purge(project: Project) -> Purged:
    """Rewrite kept revisions without those who were removed, and delete their greetings and the covers that name them.

    Then delete what the service keeps of old versions.

    It can be run again, and then completes what an interruption left. What stays is named in the answer.
    """
    catalog = project.catalog()
    erased = frozenset(catalog.erased_paths)
    if not erased:
        return Purged(revisions=0, versions=0)
    numbers = list(project.ledger.revisions())
    rewritten = 0
    theirs: set[str] = set()
    others = _personal_keys(catalog.greetings, catalog.named_covers)

    def forgetting(old: Catalog) -> Catalog:
        after = without_people(old, erased)
        theirs.update(_personal_keys(erased_greetings(old, erased), erased_covers(old, erased)))
        others.update(_personal_keys(after.greetings, after.named_covers))
        return after

    for done, number in enumerate(numbers):
        project.progress("rewriting history", done / len(numbers))
        try:
            rewritten += project.ledger.rewrite(number, forgetting)
        except (ObjectMissing, LostRace):
            continue  # somebody else thinned the history, or purges it too
    project.progress("rewriting history", 1.0)
    project.bucket.delete([info.key for info in project.bucket.list(HISTORY) if info.key.endswith(DAMAGED)])
    personal = sorted(theirs - others)
    project.bucket.delete(personal)
    purged = _purge_statistics(project, Purged(revisions=rewritten, versions=0))
    prefixes = [CATALOG, HISTORY, PENDING, ANALYTICS, *personal, *(f"{PUBLIC}{path}/" for path in sorted(erased))]
    if not project.bucket.url.startswith("s3://"):
        return purged
    from pitchcast.storage.s3.versions import forget_old_versions  # boto3 takes a while to import

    bucket = cast("S3Bucket", project.bucket)
    forgotten = forget_old_versions(bucket, prefixes)
    # The command's own record names people and goes after the answer: only then has it an old version.
    project.outcome.after_answer(lambda: _forget_records(bucket))
    remaining = (*purged.remaining, *forgotten.remaining)
    return msgspec.structs.replace(purged, versions=forgotten.deleted, remaining=remaining)


def _purge_statistics(project: Project, purged: Purged) -> Purged:
    """Drop what was counted of them, and return *purged* with what came of it, and where pitchcast cannot reach."""
    logs = project.settings.audience.logs
    if not logs and not has_statistics(project.bucket):
        return purged
    place = f"the access logs at {logs}" if logs else "the storage's access logs"
    unreached = (f"{place}: until they are deleted there", "what was exported to a CRM or told in a chat")
    try:
        requests = forget_people(project)
    except ConfigError as error:
        remaining = (f"{project.bucket.url}: what was counted of them: {error.hint}",)
        return msgspec.structs.replace(purged, remaining=remaining, unreached=unreached)
    return msgspec.structs.replace(purged, requests=requests, unreached=unreached)


def _forget_records(bucket: "S3Bucket") -> None:
    from pitchcast.storage.s3.versions import forget_old_versions

    forget_old_versions(bucket, [PENDING])


def _personal_keys(greetings: Iterable[Greeting], covers: Iterable[NamedCover]) -> set[str]:
    """Return the keys of what was spoken or drawn for somebody: for two people it may be one object."""
    return {one.key for one in (*greeting_objects(greetings), *named_cover_objects(covers))}
