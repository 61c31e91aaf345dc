"""Take everybody who was removed out of the past: kept revisions, greetings and covers, old versions of objects."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from pitchcast.errors import LostRace, ObjectMissing
from pitchcast.model.answers.prospects import Purged
from pitchcast.model.catalog import Catalog
from pitchcast.model.layout import CATALOG, DAMAGED, HISTORY, PENDING, PUBLIC, asset_key, master_key
from pitchcast.model.show import NamedCover
from pitchcast.model.steps.restore import erased_covers, erased_greetings, without_people
from pitchcast.site.project import Progress, Project, no_progress

if TYPE_CHECKING:
    from pitchcast.storage.s3.bucket import S3Bucket


def purge(project: Project, *, progress: Progress = no_progress) -> Purged:
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
    spoken: set[str] = set()
    others = _greeted_audio(catalog)
    drawn: set[str] = set()
    shown = _drawn_covers(catalog.named_covers)

    def forgetting(old: Catalog) -> Catalog:
        after = without_people(old, erased)
        spoken.update(greeting.master.sha256 for greeting in erased_greetings(old, erased))
        others.update(_greeted_audio(after))
        drawn.update(_drawn_covers(erased_covers(old, erased)))
        shown.update(_drawn_covers(after.named_covers))
        return after

    for done, number in enumerate(numbers):
        progress("rewriting history", done / len(numbers))
        try:
            rewritten += project.ledger.rewrite(number, forgetting)
        except (ObjectMissing, LostRace):
            continue  # somebody else thinned the history, or purges it too
    progress("rewriting history", 1.0)
    project.bucket.delete([info.key for info in project.bucket.list(HISTORY) if info.key.endswith(DAMAGED)])
    personal = [*(master_key(sha256) for sha256 in sorted(spoken - others)), *sorted(drawn - shown)]
    project.bucket.delete(personal)
    prefixes = [CATALOG, HISTORY, PENDING, *personal, *(f"{PUBLIC}{path}/" for path in sorted(erased))]
    if not project.bucket.url.startswith("s3://"):
        return Purged(revisions=rewritten, versions=0)
    from pitchcast.storage.s3.versions import forget_old_versions  # boto3 takes a while to import

    bucket = cast("S3Bucket", project.bucket)
    forgotten = forget_old_versions(bucket, prefixes)
    # The command's own record names people and goes after the answer: only then has it an old version.
    project.outcome.after_answer(lambda: _forget_records(bucket))
    return Purged(revisions=rewritten, versions=forgotten.deleted, remaining=forgotten.remaining)


def _forget_records(bucket: "S3Bucket") -> None:
    from pitchcast.storage.s3.versions import forget_old_versions

    forget_old_versions(bucket, [PENDING])


def _drawn_covers(covers: Iterable[NamedCover]) -> set[str]:
    """Return the keys of the pictures that carry a name."""
    return {asset_key(size) for cover in covers for size in cover.artwork.sizes}


def _greeted_audio(catalog: Catalog) -> set[str]:
    """Return what begins with a greeting: the same words for two people are one file."""
    return {greeting.master.sha256 for greeting in catalog.greetings}
