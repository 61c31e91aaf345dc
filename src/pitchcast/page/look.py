"""How does the page look: with which template, style and script, and what has the company put in their place?

A folder of the company's own may hold ``listen.html`` and ``gone.html`` (which may extend ``pitchcast/listen.html`` and
so on and change single blocks), ``style.css`` (added after the built-in style) and ``words/<language>.toml``. Its
templates run in Jinja2's sandbox, and the page's policy holds for them too.
"""

import re
import traceback
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pitchcast.errors import ConfigError
from pitchcast.page.colours import Palette, scheme_of
from pitchcast.page.policy import Inline, inline

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
STYLE = "style.css"
_MISTAKES = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError)


@dataclass(frozen=True)
class Look:
    """Templates and style: pitchcast's own, or with what a folder has in their place."""

    overrides: Path | None = None

    def render(self, name: str, values: dict[str, object]) -> str:
        """Return the filled-in template. Raises ConfigError naming file and line of a mistake in one's own template."""
        from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError

        try:
            return _environment(self.overrides).get_template(name).render(values)
        except TemplateSyntaxError as error:
            raise _template_error(f"{error.filename}:{error.lineno}", error) from error
        except TemplateNotFound as error:
            raise _template_error(self._place(error), f"there is no template {error}") from error
        except (TemplateError, UnicodeDecodeError, *_MISTAKES) as error:
            if not self._is_own(error):
                raise
            raise _template_error(self._place(error), error) from error

    def style(self, palette: Palette) -> Inline:
        """Return the style sheet in the palette's colours. Raises ConfigError for a broken style of one's own."""
        file = self.overrides / STYLE if self.overrides else None
        own = file if file and file.is_file() else None
        return _style(palette, own, own.stat().st_mtime_ns if own else 0)

    def _is_own(self, error: BaseException) -> bool:
        return self.overrides is not None and (
            isinstance(error, UnicodeDecodeError) or str(self.overrides) in self._place(error)
        )

    def _place(self, error: BaseException) -> str:
        """Return file and line of the template in which an error rose: the innermost one."""
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{frame.filename}:{frame.lineno}" for frame in frames if frame.filename.endswith(".html")]
        return places[-1] if places else str(self.overrides or TEMPLATES)


@cache
def script() -> Inline:
    """Return the page's script."""
    return inline(_without_indentation((TEMPLATES / "listen.js").read_text(encoding="utf-8")))


@lru_cache(maxsize=256)
def _style(palette: Palette, own: Path | None, _changed_ns: int) -> Inline:
    sheet = (TEMPLATES / "listen.css").read_text(encoding="utf-8")
    added = _own_style(own) if own else ""
    return inline(_without_indentation("\n".join(filter(None, (_colours(palette), sheet, added)))))


def _own_style(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}", hint="Save it as UTF-8 text.") from error
    for number, line in enumerate(text.splitlines(), 1):
        if "</" in line:  # it would end the style element, and the rest would stand in the page as text or markup
            raise ConfigError(f"{file}:{number}: holds “</”, which would end the page's style", hint="Remove it.")
    return text


def _colours(palette: Palette) -> str:
    """Return the style sheet's variables that depend on the palette, for both colour schemes."""
    band = f"--band: {palette.ground}; --deep: {palette.deep}; --on-band: {palette.title}; --glow: {palette.accent};"
    light, dark = (
        f"--accent: {s.link}; --button: {s.button}; --on-button: {s.on_button}; --tint: {s.tint};"
        for s in (scheme_of(palette, dark=False), scheme_of(palette, dark=True))
    )
    return f":root {{ {band} {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"


def _without_indentation(text: str) -> str:
    """Return style or script without what only people need: comments on lines of their own, and indentation."""
    bare = re.sub(r"^\s*(//.*|/\*[^*]*\*/)$", "", text, flags=re.MULTILINE)
    return "\n".join(line.strip() for line in bare.splitlines() if line.strip())


@lru_cache(maxsize=16)
def _environment(overrides: Path | None) -> "Environment":
    from jinja2 import Environment, StrictUndefined  # imported when a page is rendered
    from jinja2.loaders import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader
    from jinja2.sandbox import SandboxedEnvironment

    built_in = FileSystemLoader(TEMPLATES)
    loaders: list[BaseLoader] = [built_in, PrefixLoader({"pitchcast": built_in})]
    if overrides:
        loaders.insert(0, FileSystemLoader(overrides))
    kind = SandboxedEnvironment if overrides else Environment
    return kind(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template_error(place: str, reason: object) -> ConfigError:
    return ConfigError(f"{place}: {reason}", hint="Correct the template; docs/page.md lists what it can use.")
