"""What the page's style and script lose on their way into it: spaces, and nothing that means anything."""

import re
from collections.abc import Callable

import pytest

from pitchcast.page.look import TEMPLATES
from pitchcast.page.squeeze import squeezed_script, squeezed_style


@pytest.mark.parametrize(
    ("written", "carried"),
    [
        pytest.param("  const a = b ? 1 : [2, 3];", "let a=b?1:[2,3];", id="signs"),
        pytest.param("a - -b + +c;\nd / 2 / e;", "a - -b + +c;d / 2 / e;", id="signs that would mean another one"),
        pytest.param("if (a) {\n  b();\n} else c();", "if(a){b();}else c();", id="lines"),
        pytest.param("f(\"a = b\", 'c ; d', `e ? ${g = 1} `);", "f(\"a = b\",'c ; d',`e ? ${g = 1} `);", id="texts"),
        pytest.param("a = / = \"[/ '] ?/g, b;", "a=/ = \"[/ '] ?/g,b;", id="regular expression"),
        pytest.param(
            "/a , b/.test(c) &&\n/d , e/.test(f);", "/a , b/.test(c)&&\n/d , e/.test(f);", id="at a line's start"
        ),
        pytest.param("(a + b) / c, d / e;", "(a + b)/ c,d / e;", id="division behind a bracket"),
        pytest.param("// why\n\nlet a;\n", "let a;", id="comment"),
    ],
)
def test_script_keeps_its_meaning(written: str, carried: str) -> None:
    assert squeezed_script(written) == carried


def test_style_keeps_its_meaning() -> None:
    written = (
        "/* why */\na > b, c:hover { margin: 0 auto; width: calc(100% - 1px); }\n"
        '@media (d) and (e: 1px) {\n  f { font: 1rem "Segoe UI", g }\n}'
    )
    carried = 'a>b,c:hover{margin:0 auto;width:calc(100% - 1px)}@media (d) and (e:1px){f{font:1rem "Segoe UI",g}}'
    assert squeezed_style(written) == carried


@pytest.mark.parametrize(
    ("name", "squeezed"),
    [
        ("listen.js", squeezed_script),
        *((f"{name}.css", squeezed_style) for name in ("base", "listen", "pitch", "sender")),
    ],
)
def test_page_s_own_files_lose_nothing_but_spaces(name: str, squeezed: Callable[[str], str]) -> None:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    bare = "\n".join(line for line in text.splitlines() if not line.strip().startswith("//"))
    bare = re.sub(r"\bconst\b|/\*.*\*/", lambda found: "let" if found[0] == "const" else "", bare)
    found = squeezed(text)
    assert "".join(found.split()).replace(";}", "}") == "".join(bare.split()).replace(";}", "}")
