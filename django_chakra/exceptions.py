"""Every exception of the package, by who is at fault. Nothing of Django is imported here.

ChakraError
└── ConfigurationError      the host project's settings are wrong
    └── UnknownAccount      no account of that alias in CHAKRA["ACCOUNTS"]
"""

from __future__ import annotations


class ChakraError(Exception):
    """Root of all exceptions that django-chakra raises."""


class ConfigurationError(ChakraError):
    """The ``CHAKRA`` setting can't be used as it is; the message says which key and why."""


class UnknownAccount(ConfigurationError):
    """``CHAKRA["ACCOUNTS"]`` has no account of this alias."""

    def __init__(self, alias: str) -> None:
        super().__init__(alias)
        self.alias = alias

    def __str__(self) -> str:
        return f"CHAKRA['ACCOUNTS'] has no account named {self.alias!r}"
