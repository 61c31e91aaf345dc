"""Switch on that the storage writes an access log, once, and say in pitchcast.toml where it lies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pitchcast.config import load_settings, rewrite_settings
from pitchcast.errors import ConfigError
from pitchcast.site.project import Project
from pitchcast.storage.s3 import access_logs
from pitchcast.storage.s3.location import parse_s3_url

EXPIRE_DAYS = 30
"""After so many days old logs are offered to be deleted: they hold whole addresses of listeners."""


@dataclass(frozen=True, slots=True)
class LogsSetup:
    """What would be written to the buckets, as a unified ``difference``, and to the settings file.

    ``reader_policy`` is the identity policy, as JSON, with the least rights that whoever reads the logs needs.
    """

    plan: access_logs.LogPlan
    difference: str
    reader_policy: str
    url: str
    needed: bool
    says_otherwise: bool


def plan_logs(project: Project, url: str, *, expire_days: int | None = None) -> LogsSetup:
    """Read the settings of both buckets and return what logging to *url* would change; write nothing.

    Raises ConfigError for a place that logs must not go to, StorageError for a folder or a service that cannot log.
    """
    storage = access_logs.log_source(project.bucket)
    logs = parse_s3_url(url, setting="--logs")
    access_logs.check_place(logs, storage)
    current = access_logs.read_log_settings(project.bucket, logs)
    plan = access_logs.plan_logging(current, storage, logs, expire_days=expire_days)
    return LogsSetup(
        plan=plan,
        difference=plan.difference(),
        reader_policy=json.dumps(access_logs.reader_policy(logs), indent=2),
        url=logs.url,
        needed=not plan.is_done,
        says_otherwise=project.settings.audience.logs != logs.url,
    )


def carry_out(project: Project, setup: LogsSetup, environ: Mapping[str, str]) -> tuple[str, str]:
    """Write what was planned; return the settings file that names the logs now, and what is left to do by hand.

    Either is "". Raises LostRace where the buckets' settings changed meanwhile, AccessRefused, StorageError.
    """
    if setup.needed:
        access_logs.carry_out(setup.plan, project.bucket)
    if not setup.says_otherwise:
        return "", ""
    file = project.settings.file
    by_hand = f'write into it by hand, under [audience]: logs = "{setup.url}"'
    if file is None:
        return "", f"there is no pitchcast.toml: {by_hand}"
    try:
        rewrite_settings(file, {("audience", "logs"): setup.url})
    except ConfigError as error:
        return "", f"{error.message}; {by_hand}"
    if load_settings(file.parent, config=file, environ=environ).audience.logs != setup.url:
        return "", f"something else than {file.name} sets audience.logs: look for PITCHCAST_AUDIENCE_LOGS"
    return str(file), ""
