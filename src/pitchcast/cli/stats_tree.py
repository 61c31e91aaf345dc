"""``pitchcast stats --tree``: drawn as a tree, how a podcast was passed on."""

from collections.abc import Iterator
from datetime import UTC

from pitchcast.cli.display import Display, counted
from pitchcast.model.answers.stats import ProofOfTwo, StatsTree, TreeStep
from pitchcast.workflows.stats import period_of

_PROOFS = {
    "colleague": "the feed made for {name} was used",
    "passed on": "a link that was passed on was opened from where nobody had opened {name}'s feed before",
    "two networks": "sound of {name}'s feed was fetched from two networks within ten minutes",
}


def show_tree(display: Display, tree: StatsTree) -> None:
    """Print the tree, and below it what proves that more than one person was there."""
    display.result(period_of(tree.first_day, tree.last_day, tree.until))
    for line in draw(tree):
        display.result(line)
    names = {step.feed: step.name for step in tree.steps}
    if tree.at_least_two:
        told = [_proof(one, names.get(one.feed, one.feed)) for one in tree.at_least_two]
        display.result(f"At least two people: {'; '.join(told)}.")
    display.say("A network or a device is no person: one person has several, and several people share one.")


def draw(tree: StatsTree) -> list[str]:
    """Return the tree line by line: feeds below the feed that they were passed on from, steps below their feed."""
    return list(_branches(tree.steps, "", ""))


def _branches(steps: tuple[TreeStep, ...], parent: str, indent: str) -> Iterator[str]:
    feeds = [step for step in steps if step.parent == parent and not step.via]
    for feed in feeds:
        if not parent:
            mark, line_down = "", ""
        elif feed is feeds[-1]:
            mark, line_down = "└─ ", "   "
        else:
            mark, line_down = "├─ ", "│  "
        below = indent + line_down
        yield f"{indent}{mark}{feed.name} ({feed.feed}): {_seen(feed)}"
        yield from _steps_of(feed, steps, below)
        yield from _branches(steps, feed.feed, below)


def _steps_of(feed: TreeStep, steps: tuple[TreeStep, ...], indent: str) -> Iterator[str]:
    for step in steps:
        if step.feed == feed.feed and step.via:
            yield f"{indent}→ {_way(step)}: {_seen(step)}"


def _way(step: TreeStep) -> str:
    on = "one step on" if len(step.via) == 1 else f"{len(step.via)} steps on"
    elsewhere = [feed for feed in step.via if feed != step.feed]
    return f"{on}, by {', '.join(elsewhere)}" if elsewhere else on


def _seen(step: TreeStep) -> str:
    figures = {"open": step.page_opens, "play": step.plays, "download": step.downloads, "tap": step.cta_clicks}
    told = [counted(count, what) for what, count in figures.items() if count]
    if not told:
        return "nothing seen"
    kinds = "1 kind of device" if len(step.devices) == 1 else f"{len(step.devices)} kinds of device"
    return f"{', '.join(told)}; seen from {counted(step.networks, 'network')}, {kinds}"


def _proof(proof: ProofOfTwo, name: str) -> str:
    return f"{_PROOFS[proof.what].format(name=name)} ({proof.at.astimezone(UTC):%Y-%m-%d %H:%M})"
