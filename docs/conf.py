"""How Sphinx builds these pages: `make docs`."""

from slo_service import __version__

project = "slo-service"
author = "the slo-service authors"
copyright = "2026, the slo-service authors"
release = version = __version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "fieldlist", "substitution"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "slo-service"
