"""SQLAlchemy Core on SQLite and PostgreSQL."""
