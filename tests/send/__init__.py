"""The outbox: what is sent, once, and what becomes of it."""
