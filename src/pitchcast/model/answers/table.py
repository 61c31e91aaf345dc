"""Which command answers what: docs/schemas/ is made from this table."""

from collections.abc import Mapping

import msgspec

from pitchcast.model.answers.audio import Inspection, MasteringAnswer, PlannedMastering
from pitchcast.model.answers.base import Failed
from pitchcast.model.answers.doctor import Findings
from pitchcast.model.answers.episodes import EpisodeAnswer, Episodes, ReplacedEpisode, Retagged, ShownEpisode
from pitchcast.model.answers.feeds import AccessChanged, BuiltFeeds, ExportedFeeds, FeedAnswer, Feeds
from pitchcast.model.answers.history import RestoredRevision, Revisions, RevisionShown
from pitchcast.model.answers.home import Home
from pitchcast.model.answers.init import Initialised
from pitchcast.model.answers.join import Joined
from pitchcast.model.answers.leads import ExplainedLead, ExportedLeads, Leads, NotifiedLeads
from pitchcast.model.answers.link import Linked
from pitchcast.model.answers.logs import LogsRecounted, LogsSynced
from pitchcast.model.answers.move import FinishAnswer, MoveAnswer
from pitchcast.model.answers.preview import Previewed
from pitchcast.model.answers.prospects import (
    AddedProspect,
    ImportedProspects,
    Invited,
    ProspectAnswer,
    Prospects,
    RemovedProspects,
    ShownProspect,
)
from pitchcast.model.answers.publish import PlannedPublish, Published
from pitchcast.model.answers.report import Report, VerifiedReport
from pitchcast.model.answers.show import ShowAnswer
from pitchcast.model.answers.stats import Stats, StatsTree
from pitchcast.model.answers.storage import StorageSetUp
from pitchcast.model.answers.undo import TakenBack

ANSWERS: Mapping[str, type[msgspec.Struct]] = {
    "failure": Failed,
    "home": Home,
    "publish": Published,
    "publish --dry-run": PlannedPublish,
    "link": Linked,
    "undo": TakenBack,
    "preview": Previewed,
    "prospects add": AddedProspect,
    "prospects import": ImportedProspects,
    "prospects list": Prospects,
    "prospects show": ShownProspect,
    "prospects edit": ProspectAnswer,
    "prospects invite": Invited,
    "prospects remove": RemovedProspects,
    "episodes deliver": Published,
    "episodes deliver --dry-run": PlannedPublish,
    "episodes list": Episodes,
    "episodes show": ShownEpisode,
    "episodes edit": EpisodeAnswer,
    "episodes edit --retag": Retagged,
    "episodes replace": ReplacedEpisode,
    "episodes withdraw": TakenBack,
    "feeds list": Feeds,
    "feeds show": FeedAnswer,
    "feeds build": BuiltFeeds,
    "feeds check": Findings,
    "feeds export": ExportedFeeds,
    "feeds rotate": AccessChanged,
    "feeds revoke": AccessChanged,
    "feeds restore": AccessChanged,
    "feeds expire": AccessChanged,
    "show show": ShowAnswer,
    "show edit": ShowAnswer,
    "show apply": ShowAnswer,
    "history list": Revisions,
    "history show": RevisionShown,
    "history restore": RestoredRevision,
    "logs sync": LogsSynced,
    "logs sync --recount": LogsRecounted,
    "stats": Stats,
    "stats --tree": StatsTree,
    "leads": Leads,
    "leads --explain": ExplainedLead,
    "leads --notify": NotifiedLeads,
    "leads --export": ExportedLeads,
    "report": Report,
    "report --verify": VerifiedReport,
    "init": Initialised,
    "doctor": Findings,
    "join": Joined,
    "move": MoveAnswer,
    "move --finish": FinishAnswer,
    "storage setup": StorageSetUp,
    "audio inspect": Inspection,
    "audio master": MasteringAnswer,
    "audio master --dry-run": PlannedMastering,
}
"""What each command answers, by its name; ``home`` is the program without a command."""
