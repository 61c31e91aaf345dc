"""pitchcast's own style and script without what only people need: every page carries them."""

import re

_COMMENT_LINE = re.compile(r"^[ \t]*(//.*|/\*[^*\n]*\*/)$", re.MULTILINE)
_AROUND_SIGNS = re.compile(r"\s*([{};,])\s*")
_KEPT = re.compile(
    r'("(?:[^"\\\n]|\\.)*"'  # texts, templates and patterns stay as they are
    r"|`(?:[^`\\]|\\.)*`"
    r"|(?<=[(=,:\[!&|?{;]) ?/(?![/*])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/)"
)
_AROUND_OPERATORS = re.compile(r" ?([{}()\[\];,=<>*?:&|]) ?")


def without_indentation(text: str) -> str:
    """Return style or script without comments on lines of their own, and without indentation."""
    bare = _COMMENT_LINE.sub("", text)
    return "\n".join(line.strip() for line in bare.splitlines() if line.strip())


def compact_style(style: str) -> str:
    """Return a style sheet without spaces that mean nothing in it. No text in it may hold ``: `` or ``;``."""
    bare = _AROUND_SIGNS.sub(r"\1", without_indentation(style))
    return bare.replace(": ", ":").replace(";}", "}")


def compact_script(script: str) -> str:
    """Return a script without spaces around signs; its lines stay, so no semicolon need be where there was none."""
    parts = _KEPT.split(without_indentation(script))
    parts[::2] = [_AROUND_OPERATORS.sub(r"\1", code) for code in parts[::2]]
    return "".join(parts)
