"""``python -m django_chakra.testing``: the fake platform, without Django."""

from .fake.command import main

if __name__ == "__main__":
    main()
