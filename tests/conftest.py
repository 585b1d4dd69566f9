"""Rules for every test: data is found by the profile, sockets stay on loopback, servers come from tests/services."""

import ipaddress
import os
import sys

import structlog
from hypothesis import settings

structlog.configure(  # the default draws every exception with all local variables, which takes seconds
    processors=[
        structlog.stdlib.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


pytest_plugins = ["tests.services.plugin"]

settings.register_profile("default", deadline=None, print_blob=True, max_examples=50)
settings.register_profile("nightly", settings.get_profile("default"), max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def _stay_on_loopback(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    if not isinstance(address, tuple) or address[0] == "localhost":
        return  # a path of a local socket has no host
    if not ipaddress.ip_address(str(address[0])).is_loopback:
        raise PermissionError(f"a test wanted to connect to {address}; tests talk to loopback only")


sys.addaudithook(_stay_on_loopback)
