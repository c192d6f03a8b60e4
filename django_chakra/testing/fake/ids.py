"""Ids as the platform gives them, from a seed: the same in each run."""

from __future__ import annotations

import random
import uuid


class Ids:
    """Not safe between threads: the fake's lock is held around it."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random = random.Random(f"ids {seed}")  # noqa: S311  no secrets
        self._given = 0

    def number(self) -> int:
        """Counts from 1."""
        self._given += 1
        return self._given

    def wamid(self) -> str:
        """A message's id; it says that it is no real one."""
        return f"wamid.FAKE-{self._seed}-{self.number():08d}"

    def uuid(self) -> str:
        """One of Chakra's."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def digits(self, first: str) -> str:
        """One of Meta's: 15 digits that begin so; a 9 tells them from those of the samples."""
        return f"{first}9{self.number():0{14 - len(first)}d}"

    def chat(self, phone_number_id: str, customer: str) -> str:
        """The same for each message of a number with a customer."""
        name = f"{self._seed} {phone_number_id} {customer}"
        return str(uuid.uuid5(uuid.NAMESPACE_OID, name))
