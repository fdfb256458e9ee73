"""A todo list over HTTP, kept in MariaDB or SQLite."""
