"""Free loopback ports that stay free while their server is down."""

import random
import socket

LOOPBACK = "127.0.0.1"
# Below Linux' range for outgoing connections (32768 and up), so that nobody's client takes the port of a server
# that a test has stopped and will start again.
_PORTS = range(20_000, 32_000)
_dice = random.SystemRandom()  # not the seeded one: parallel workers share its seed and would meet on every port


def free_port() -> int:
    """A port nobody listens on now."""
    for _ in range(100):
        port = _dice.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port among a hundred tries in {_PORTS}")


def answers(port: int) -> bool:
    """Somebody accepts connections on it."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0
