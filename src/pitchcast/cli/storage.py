"""``pitchcast storage``: what ops do once to a bucket."""

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display
from pitchcast.cli.prompts import confirm
from pitchcast.cli.session import open_show
from pitchcast.config import write_config
from pitchcast.errors import StorageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.storage import StorageSetUp
from pitchcast.workflows.join import render_join
from pitchcast.workflows.storage_setup import carry_out, plan_setup

app = new_group("Open a bucket's public half to listeners, once.")


@command(app, "setup")
def setup(common: Common, write_join: options.WriteJoin = None, dry_run: options.DryRun = False) -> None:
    """Let listeners read public/, and nothing else; print the least rights that salespeople need.

    The bucket's own policy and CORS rules stay; pitchcast only adds or corrects its own statements.
    Run it once, with credentials that may change the bucket's policy.

    \b
    Example:
      pitchcast storage setup --dry-run
      pitchcast storage setup --write-join company.toml --yes
    """
    common.require_yes("storage setup", dry_run=dry_run)
    display = Display(common)
    project = open_show(display)
    plan = plan_setup(project)
    if plan.difference:
        display.say(plan.difference)
    carried_out = plan.needed and not dry_run
    if carried_out:
        if common.may_ask and not confirm("Apply these changes to the bucket?", default=False):
            raise StorageError("nothing was changed", hint="Run it again when you are ready.")
        carry_out(project, plan)
        display.say(f"Listeners can read public/ now. See whether all is well with: {pitchcast_command('doctor')}")
    elif not plan.needed:
        display.say("Nothing to change: listeners can read public/ already.")
    if write_join and not dry_run:
        write_config(write_join, render_join(project.settings.storage))
        display.say(f"Wrote {write_join} for people who publish, without keys: pitchcast join {write_join.name}")
    answer = StorageSetUp(
        needed=plan.needed, changed=carried_out, difference=plan.difference, writer_policy=plan.writer_policy
    )
    display.answer(answer, _show_policy)


def _show_policy(display: Display, answer: StorageSetUp) -> None:
    if answer.writer_policy:
        display.say("The least rights for people who publish, as a policy for their keys:")
        display.result(answer.writer_policy, lines=True)
