"""Take everybody who was removed out of the past: kept revisions of the catalog, and old versions of objects."""

from typing import TYPE_CHECKING, cast

from pitchcast.errors import LostRace, ObjectMissing
from pitchcast.model.answers import Purged
from pitchcast.model.layout import CATALOG, HISTORY, PUBLIC
from pitchcast.model.past import without_people
from pitchcast.workflows.project import Progress, Project, no_progress

if TYPE_CHECKING:
    from pitchcast.storage.s3 import S3Bucket


def purge(project: Project, *, progress: Progress = no_progress) -> Purged:
    """Rewrite kept revisions without those who were removed, then delete what the service keeps of old versions.

    It can be run again, and then completes what an interruption left. What stays is named in the answer.
    """
    erased = frozenset(project.catalog().erased)
    if not erased:
        return Purged(revisions=0, versions=0)
    numbers = list(project.ledger.revisions())
    rewritten = 0
    for done, number in enumerate(numbers):
        progress("rewriting history", done / len(numbers))
        try:
            rewritten += project.ledger.rewrite(number, lambda old: without_people(old, erased))
        except (ObjectMissing, LostRace):
            continue  # somebody else thinned the history, or purges it too
    progress("rewriting history", 1.0)
    project.bucket.delete([info.key for info in project.bucket.list(HISTORY) if info.key.endswith(".damaged")])
    prefixes = [CATALOG, HISTORY, *(f"{PUBLIC}{path}/" for path in sorted(erased))]
    if not project.bucket.url.startswith("s3://"):
        return Purged(revisions=rewritten, versions=0)
    from pitchcast.storage.versions import forget_old_versions  # boto3 takes a while to import

    forgotten = forget_old_versions(cast("S3Bucket", project.bucket), prefixes)
    return Purged(revisions=rewritten, versions=forgotten.deleted, remaining=forgotten.remaining)
