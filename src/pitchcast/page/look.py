"""How the page looks: its template, style and script, or what the company has put in their place.

Templates of the company's own (overrides.py) run in Jinja2's sandbox. Whatever they write becomes a page only within
pitchcast's frame (frame.py), as what pitchcast's own templates write does.
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pitchcast.errors import ConfigError
from pitchcast.model.colours import Palette, scheme_of
from pitchcast.page.frame import Frame, framed
from pitchcast.page.overrides import STYLE, Overrides
from pitchcast.page.policy import Inline, inline
from pitchcast.page.squeeze import squeezed_script, squeezed_style, without_indentation
from pitchcast.page.style import fault_of_style

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
_MISTAKES = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Look:
    """Templates and style: pitchcast's own, or with what a folder has in their place."""

    overrides: Overrides | None = None

    def page(self, name: str, values: dict[str, object], frame: Frame) -> bytes:
        """Return the page that the filled-in template makes within *frame*, as UTF-8.

        Raises ConfigError naming file and line of a mistake in one's own template, PageRefused for what it must not do.
        """
        return framed(self._filled_in(name, values), frame, name, self.overrides).encode()

    def _filled_in(self, name: str, values: dict[str, object]) -> str:
        from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError

        try:
            return _environment(self.overrides).get_template(name).render(values)
        except TemplateSyntaxError as error:
            raise _template_error(f"{error.filename}:{error.lineno}", error) from error
        except TemplateNotFound as error:
            raise _template_error(self._place(error), f"there is no template {error}") from error
        except (TemplateError, *_MISTAKES) as error:
            if not self._is_own(error):
                raise
            raise _template_error(self._place(error), error) from error

    def style(self, palette: Palette, *, plays: bool = False, folds: bool = False, with_sender: bool = False) -> Inline:
        """Return the style sheet in the palette's colours, for a page that *plays*, or one that only says something.

        *folds* is for pages with long texts or covers of episodes, *with_sender* for those that say whom they are from.

        Raises ConfigError for a broken style of one's own.
        """
        own = self.overrides if self.overrides and STYLE in self.overrides.files else None
        sheets = ["base.css", *["listen.css"] * plays, *["pitch.css"] * folds, *["sender.css"] * with_sender]
        return _style(palette, own, tuple(sheets))

    def _is_own(self, error: BaseException) -> bool:
        return self.overrides is not None and self.overrides.place in self._place(error)

    def _place(self, error: BaseException) -> str:
        """Return file and line of the template in which an error rose: the innermost one."""
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{frame.filename}:{frame.lineno}" for frame in frames if frame.filename.endswith(".html")]
        return places[-1] if places else self.overrides.place if self.overrides else str(TEMPLATES)


@cache
def script() -> Inline:
    """Return the page's script."""
    return inline(squeezed_script((TEMPLATES / "listen.js").read_text(encoding="utf-8")))


@lru_cache(maxsize=256)
def _style(palette: Palette, own: Overrides | None, names: tuple[str, ...]) -> Inline:
    """Return the sheet; every page carries its style, so there is in it only what the page shows."""
    sheets = [(TEMPLATES / name).read_text(encoding="utf-8") for name in names]
    built_in = squeezed_style("\n".join((_colours(palette), *sheets)))
    return inline(f"{built_in}{without_indentation(_own_style(own)) if own else ''}")


def _own_style(own: Overrides) -> str:
    text = own.files[STYLE]
    found = fault_of_style(text) or fault_of_style(without_indentation(text))
    if found:
        place = f"{own.place}/{STYLE}:{found.line}"
        raise ConfigError(f"{place}: {found.fault}", hint="Remove it; a picture is named as in url(../picture.png).")
    return text


def _colours(palette: Palette) -> str:
    """Return the style sheet's variables that depend on the palette, for both colour schemes."""
    band = f"--band: {palette.ground}; --deep: {palette.deep}; --on-band: {palette.title}; --glow: {palette.accent};"
    light, dark = (
        f"--accent: {s.link}; --button: {s.button}; --on-button: {s.on_button}; --tint: {s.tint};"
        for s in (scheme_of(palette, dark=False), scheme_of(palette, dark=True))
    )
    return f":root {{ {band} {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"


@lru_cache(maxsize=16)
def _environment(overrides: Overrides | None) -> "Environment":
    from jinja2 import Environment, StrictUndefined  # imported when a page is rendered
    from jinja2.loaders import BaseLoader, ChoiceLoader, FileSystemLoader, FunctionLoader, PrefixLoader
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    built_in = FileSystemLoader(TEMPLATES)
    loaders: list[BaseLoader] = [built_in, PrefixLoader({"pitchcast": built_in})]
    if overrides:
        loaders.insert(0, FunctionLoader(_finder(overrides)))
    kind = ImmutableSandboxedEnvironment if overrides else Environment
    return kind(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _finder(overrides: Overrides) -> Callable[[str], tuple[str, str, Callable[[], bool]] | None]:
    """Return what gives Jinja2 a template's text, what messages call its file, and that it stays as it is."""

    def find(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        text = overrides.files.get(name) if name.endswith(".html") else None
        return (text, f"{overrides.place}/{name}", lambda: True) if text is not None else None

    return find


def _template_error(place: str, reason: object) -> ConfigError:
    return ConfigError(f"{place}: {reason}", hint="Correct the template; docs/page.md lists what it can use.")
