"""What every page carries becomes shorter, and says the same."""

from pitchcast.page.compact import compact_script, compact_style


def test_style_loses_spaces_that_mean_nothing() -> None:
    style = """
      /* Why. */
      a > b, c:hover {
        color: red;
        width: calc(1rem + 2px);
      }
      @media (min-width: 2rem) { a { b: c; } }
    """
    assert compact_style(style) == "a > b,c:hover{color:red;width:calc(1rem + 2px)}@media (min-width:2rem){a{b:c}}"


def test_script_keeps_texts_templates_and_patterns() -> None:
    script = """
      // Why.
      const said = "a = b; c" + `x = ${y} , z`;
      if (/^[/ ] , ;$/.test(said) && a / b > 1) return { one: 1, two: a + +b };
    """
    assert compact_script(script) == (
        'const said="a = b; c" + `x = ${y} , z`;\nif(/^[/ ] , ;$/.test(said)&&a / b>1)return{one:1,two:a + +b};'
    )
