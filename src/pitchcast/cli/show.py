"""``pitchcast show``: the podcast itself, as prospects see it."""

from pathlib import Path

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.config.keys import KEYS
from pitchcast.errors import ConfigError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.show import ShowAnswer
from pitchcast.model.show import Show
from pitchcast.workflows import show as workflow

app = new_group("The podcast itself: show, edit, apply pitchcast.toml.")

_BRAND = (
    *("call_to_action", "call_to_action_url", "color", "accent"),
    *("company", "company_url", "imprint_url", "privacy_url", "address"),
)
_SECTIONS = {**dict.fromkeys(_BRAND, "brand"), "public_url": "storage"}


@command(app, "show")
def show(common: Common) -> None:
    """Show the podcast as it is published, and where pitchcast.toml says otherwise.

    \b
    Example:
      pitchcast show show
      pitchcast show show --json
    """
    display = Display(common)
    display.answer(workflow.show_answer(open_show(display)), _show)


@command(app, "edit")
def edit(
    common: Common,
    title: options.ShowTitle = None,
    host: options.ShowHost = None,
    email: options.ShowEmail = None,
    owner_email: options.OwnerEmail = None,
    language: options.Language = None,
    category: options.Category = None,
    link: options.Link = None,
    description: options.Description = None,
    explicit: options.Explicit = None,
    artwork: options.Artwork = None,
    cover_per_prospect: options.CoverPerProspect = None,
    role: options.Role = None,
    contact: options.Contact = None,
    photo: options.Photo = None,
    company: options.ShowCompany = None,
    company_url: options.CompanyUrl = None,
    imprint_url: options.ImprintUrl = None,
    privacy_url: options.PrivacyUrl = None,
    address: options.AddressTo = None,
    call_to_action: options.CallToAction = None,
    call_to_action_url: options.CallToActionUrl = None,
    color: options.Color = None,
    accent: options.Accent = None,
    logo: options.Logo = None,
    templates: options.Templates = None,
    public_url: options.PublicUrl = None,
    dry_run: options.DryRun = False,
) -> None:
    """Change the podcast and build every feed; and pitchcast.toml, where that sets the same.

    --public-url changes every link: only where the old address leads to the new one.

    \b
    Example:
      pitchcast show edit --title "Cloud bills, explained" --artwork cover.jpg
      pitchcast show edit --logo logo.png --templates brand
    """
    display = Display(common)
    given: dict[str, object] = {
        "title": title,
        "host": host,
        "email": email,
        "owner_email": owner_email,
        "language": language,
        "category": category,
        "link": link,
        "description": description,
        "explicit": explicit,
        "cover_per_prospect": cover_per_prospect,
        "role": role,
        "contact": contact,
        "company": company,
        "company_url": company_url,
        "imprint_url": imprint_url,
        "privacy_url": privacy_url,
        "address": address,
        "call_to_action": call_to_action,
        "call_to_action_url": call_to_action_url,
        "color": color,
        "accent": accent,
        "public_url": public_url,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    if not changes and (artwork, logo, photo, templates) == (None,) * 4:
        raise UsageError(
            "nothing to change was given", hint=f"See what can be: {pitchcast_command('show edit --help')}"
        )
    _check(changes)
    files = {"logo": logo, "photo": photo, "templates": templates}
    changes |= {key: Path(value) if value else None for key, value in files.items() if value is not None}
    project = open_show(display, dry_run=dry_run)
    with showing_progress(display, project) as project:
        changed = workflow.edit(project, changes, artwork=artwork)
    if changed.settings_changed and project.settings.file:
        told = "Would also change" if dry_run else "Also changed"
        display.say(f"{told} {project.settings.file.name}: {', '.join(changed.settings_changed)}")
    display.answer(changed, _show)


@command(app, "apply")
def apply(common: Common, dry_run: options.DryRun = False) -> None:
    """Give the podcast what pitchcast.toml says, where that differs, and build every feed.

    \b
    Example:
      pitchcast show apply --dry-run
      pitchcast show apply
    """
    display = Display(common)
    project = open_show(display, dry_run=dry_run)
    before = workflow.show_answer(project).differences
    with showing_progress(display, project) as project:
        changed = workflow.apply(project)
    for difference in before:
        display.say(f"{'Would change' if dry_run else 'Changed'} {difference}")
    if not before:
        display.say("The show is what pitchcast.toml says already.")
    display.answer(changed, _show)


def _check(changes: dict[str, object]) -> None:
    """Raise ConfigError with a line for each value that pitchcast.toml would refuse too; "" takes a value away."""
    mistakes = []
    for key, value in changes.items():
        required = key in ("title", "host", "language", "category", "public_url", "address")
        if value == "" and not required:
            continue
        what = "must not be empty" if value == "" else KEYS[f"{_SECTIONS.get(key, 'show')}.{key}"].check(value)
        if what:
            mistakes.append(f"--{key.replace('_', '-')}: {what}")
    if mistakes:
        raise ConfigError("\n".join(mistakes), hint="Correct what is named, and run the command again.")


def _cover(show: Show) -> str:
    if not show.cover_drawn:
        return "a picture of your own"
    names = ", for each prospect with its name" if show.cover_per_prospect else ""
    return f"drawn from title and host{names}"


def _show(display: Display, answer: ShowAnswer) -> None:
    show, brand = answer.show, answer.brand
    display.pairs(
        [
            ("title", show.title),
            ("host", show.host),
            ("role", show.role),
            ("photo", "yes" if show.photo else ""),
            ("contact", show.contact),
            ("company", " → ".join(filter(None, (brand.company, brand.company_url)))),
            ("legal notice", brand.imprint_url),
            ("privacy", brand.privacy_url),
            ("speaks to", "the team at a company, where it is known" if brand.address == "team" else ""),
            (
                "e-mail",
                f"{show.email} ({'in public feeds' if show.owner_email else 'shown nowhere'})" if show.email else "",
            ),
            ("language", show.language),
            ("category", show.category),
            ("link", show.link),
            ("description", show.description),
            ("explicit", "yes" if show.explicit else "no"),
            ("cover", _cover(show)),
            ("button", " → ".join(filter(None, (brand.call_to_action, brand.call_to_action_url)))),
            ("colours", ", ".join(filter(None, (brand.color, brand.accent)))),
            ("logo", "yes" if brand.logo else ""),
            ("templates", "your own" if brand.templates else ""),
            ("public address", answer.public_url),
        ]
    )
    for difference in answer.differences:
        display.warn(difference)
    if answer.differences:
        display.say(f"Use what pitchcast.toml says with: {pitchcast_command('show apply')}")
