"""No regular expression takes more than linear time, whatever text somebody hands in.

recheck, npm's judge of regular expressions, searches each for a text on which it would be slow.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pitchcast.page import squeeze
from tests.fixtures.npm import npm_file
from tests.patterns import Pattern, find_patterns

RECHECK_VERSION = "4.5.0"
RECHECK_SHA256 = "fd332e833abd002c9fc9e0b9d7a5282bbb33b0b5e81b06e7ff67c32bedca2fce"
_JUDGE = """
const { checkSync } = require("./recheck.js");
const LIMITS = { timeout: null, attackTimeout: null, incubationTimeout: null, seedingTimeout: null };  // by steps alone
const patterns = JSON.parse(require("fs").readFileSync(0, "utf8"));
const judged = patterns.map(([source, flags]) => checkSync(source, flags, LIMITS));
console.log(JSON.stringify(judged.map((found) => `${found.status} ${found.complexity?.summary ?? found.error?.kind}`)));
"""
_SLOW = [Pattern("", r"^(a|a)*$", ""), Pattern("", r"\s+$", ""), Pattern("", r"<v\s+([^>]*)>", "i")]

_OF_OUR_SCRIPT = squeeze._SCRIPT.pattern  # it sees pitchcast's own script only, and its lines are short


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[Pattern, str]:
    folder = tmp_path_factory.mktemp("recheck")
    script = npm_file(folder, f"recheck@{RECHECK_VERSION}", "lib/browser.js", RECHECK_SHA256)
    (folder / "recheck.js").write_bytes(script)
    (folder / "judge.js").write_text(_JUDGE)
    return _judge(folder, [*find_patterns(), *_SLOW])


def test_every_pattern_of_the_program_is_linear(judged: dict[Pattern, str]) -> None:
    slow = [
        f"{pattern.place}: {pattern.source!a}: {verdict}"
        for pattern, verdict in judged.items()
        if pattern not in _SLOW and pattern.source != _OF_OUR_SCRIPT and not verdict.startswith("safe")
    ]
    assert not slow, "\n".join(slow)


@pytest.mark.parametrize("pattern", _SLOW, ids=lambda pattern: pattern.source)
def test_a_slow_pattern_would_be_found(judged: dict[Pattern, str], pattern: Pattern) -> None:
    assert judged[pattern].startswith("vulnerable")


def test_the_patterns_of_the_program_are_found() -> None:
    found = {pattern.place.partition(":")[0] for pattern in find_patterns()}
    assert {"pitchcast/model/naming.py", "pitchcast/feed/rss.py", "pitchcast/page/templates/listen.js"} <= found


def _judge(folder: Path, patterns: list[Pattern]) -> dict[Pattern, str]:
    node = shutil.which("node")
    assert node, "node is not on PATH; install Node.js with npm: nodejs.org"
    given = json.dumps([[pattern.source, pattern.flags] for pattern in patterns])
    done = subprocess.run([node, "judge.js"], cwd=folder, input=given, capture_output=True, text=True, check=True)
    return dict(zip(patterns, json.loads(done.stdout), strict=True))
