"""Writes the page to stdout."""

import sys

from slo_service.definitions.reference.page import page

sys.stdout.write(page())
