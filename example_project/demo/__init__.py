"""What ``manage.py demo`` is made of: a story, those who tell it over HTTP, and those who check."""
