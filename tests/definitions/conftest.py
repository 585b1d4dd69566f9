import pytest


@pytest.fixture
def env() -> dict[str, str]:
    """What good/base.yaml needs; the values are planted to be looked for."""
    return {
        "ORDERS_DB_URL": "postgresql+asyncpg://u:planted-password@db/orders",
        "ORDERS_WEBHOOK_URL": "https://hooks.example.com/planted-path",
        "WEBHOOK_SECRET": "planted-secret",
    }
