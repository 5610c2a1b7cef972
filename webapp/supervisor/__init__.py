"""Embedded PostgreSQL and the processes of one machine."""
