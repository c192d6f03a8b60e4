"""Everything is killed, again and again, while the platform posts; nothing may be lost."""
