"""How Sphinx makes the documentation; the language is said by who calls it (making/documentation.py)."""

import sys
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from pygments.lexers import PythonConsoleLexer, PythonLexer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from making.korean import KoreanAndEnglish

import tinygrad_kr

project = "tinygrad_kr"
release = tinygrad_kr.__version__
copyright = "The tinygrad_kr authors"
html_title = "tinygrad_kr"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure", "myst.header"]
nitpicky = False

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["documents.css"]
html_favicon = "../home/icon.svg"
html_search_language = "ko"
html_show_sphinx = False
html_copy_source = False
html_math_renderer = "mathml"
html_theme_options = {"navigation_with_keys": True}
templates_path = ["templates"]
html_sidebars = {
    "**": [
        "sidebar/brand.html", "sidebar/search.html", "elsewhere.html", "sidebar/scroll-start.html",
        "sidebar/navigation.html", "sidebar/scroll-end.html",
    ]
}  # fmt: skip


def write_formula(translator, node):
    """A formula as MathML, in a line or by itself."""
    is_block = isinstance(node, nodes.math_block)
    formula = convert(node.astext(), display="block" if is_block else "inline")
    translator.body.append(f'<div class="formula">{formula}</div>' if is_block else formula)
    raise nodes.SkipNode


def keep_bars(app, what, name, thing, options, lines):
    """The bars of |x| are meant as they are; reStructuredText takes them for something else."""
    lines[:] = [line if line.lstrip().startswith((">>>", "...")) else line.replace("|", r"\|") for line in lines]


def setup(app):
    """Formulas are MathML, which browsers draw by themselves; the search knows parts of Korean words."""
    app.add_html_math_renderer("mathml", (write_formula, None), (write_formula, None))
    app.connect("autodoc-process-docstring", keep_bars)
    app.add_search_language(KoreanAndEnglish)
    for name, lexer in (("ipython", PythonLexer), ("pycon", PythonConsoleLexer)):
        app.add_lexer(name, lexer)
