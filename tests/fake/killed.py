"""A process of its own that is killed while its fake takes messages."""

import os
import sys
from pathlib import Path

from django_chakra.testing.fake import FakeChakra, Taken

from . import prepared


def main(ledger: str, after: str) -> None:
    fake = FakeChakra(ledger=Path(ledger))
    fake.hear(prepared.CUSTOMER, "text", "hello")

    def die(taken: Taken) -> None:
        print(taken.message.wamid, flush=True)
        if len(fake.ledger.entries("request")) == int(after):
            os._exit(7)

    fake.on_taken.append(die)
    with prepared.client(token=fake.token) as client:
        fake.mount(client)
        while True:
            client.session_messages.send(
                to=prepared.CUSTOMER, type="text", text={"body": "Hi"}, biz_opaque_callback_data="x"
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
