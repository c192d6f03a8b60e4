"""A site that works for long, or much at once: its memory, its connections, its backlog."""
