"""`python -m slo_service.cli`, for where no console script is installed."""

from slo_service.cli import main

main(prog_name="slo")
