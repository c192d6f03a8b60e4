"""A whole site as it runs in production, on servers of its own, to be broken and worn."""
