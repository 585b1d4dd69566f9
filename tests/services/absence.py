"""What a test is told when a server cannot be had; its text is the reason in the closing line."""


class Absent(Exception):
    """A server that cannot be found, fetched or started here."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"{service} ({reason})")
        self.service = service
        self.reason = reason
