"""``doctor`` finds each kind of damage, ``--repair`` or ``--prune`` mends it, and a second ``doctor`` finds all well.

Each kind is tried alone, and each two of them together, in a folder and in a bucket.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from pitchcast.model.feed import Feed
from pitchcast.model.finding import Finding
from pitchcast.model.layout import CATALOG, PENDING, PROBE, asset_key, headers_of, history_key, master_key, pending_key
from pitchcast.model.steps.access import Chosen
from pitchcast.site.pending import Pending
from pitchcast.site.project import Project
from pitchcast.workflows import episodes, show
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows.doctor import examine
from pitchcast.workflows.repair import prune, repair
from pitchcast.workflows.undo import withdraw
from tests.fixtures.content import TOKEN
from tests.fixtures.pictures import a_cover
from tests.fixtures.projects import a_project, later, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest
from tests.storage.proxy import Exchange, proxy
