"""The Celery runner on real brokers, with real workers."""
