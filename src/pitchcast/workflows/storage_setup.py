"""Open a bucket's public half to listeners, once: what ops do before anybody publishes."""

import json
from dataclasses import dataclass
from typing import cast

from pitchcast.site.project import Project
from pitchcast.storage.s3 import policy as opening
from pitchcast.storage.s3.bucket import S3Bucket


@dataclass(frozen=True, slots=True)
class StorageSetup:
    """What would be written, as a unified ``difference``; whether anything is ``needed``.

    ``writer_policy`` is the identity policy, as JSON, with the least rights that people who publish need.
    """

    plan: opening.Opening
    difference: str
    writer_policy: str
    needed: bool


def plan_setup(project: Project) -> StorageSetup:
    """Read the bucket's settings and return what opening its public half would change; write nothing.

    Raises StorageError for a folder, AccessRefused where Block Public Access or missing rights stand in the way.
    """
    current = opening.read_current(project.bucket)
    storage = cast(S3Bucket, project.bucket)
    plan = opening.plan_opening(current, storage.main)
    if plan.note:
        project.outcome.notes.append(plan.note)
    policy = opening.writer_policy(storage.main, storage.private)
    return StorageSetup(plan, plan.difference(), json.dumps(policy, indent=2), not plan.is_done)


def carry_out(project: Project, setup: StorageSetup) -> None:
    """Write what was planned. Raises LostRace where the settings changed meanwhile, AccessRefused."""
    opening.carry_out(setup.plan, project.bucket)
