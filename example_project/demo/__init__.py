"""What ``manage.py demo`` is made of: the example site, a fake platform, and who compares."""
