"""A site of two databases, of which the default has no tables at all; run by a test."""

from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

MEMORY = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
TEMPLATE: dict[str, Any] = {"name": "order_ready", "language": "pt_BR", "category": "utility"}
ANA, BRUNO, CARLA = "5511988887777", "5511977776666", "5511966665555"


class Chats:
    """Chakra's tables stand apart."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "chats" if model._meta.app_label == "django_chakra" else None

    db_for_write = db_for_read


def main() -> None:
    """Send there, in that database's transaction and in the other's."""
    settings.configure(
        DATABASES={"default": MEMORY, "chats": MEMORY},
        DATABASE_ROUTERS=["tests.send.aliased.Chats"],
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_chakra"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        SECRET_KEY="tests",
        USE_TZ=True,
        CHAKRA={"ACCOUNTS": {"default": {}}},
    )
    django.setup()
    call_command("migrate", database="chats", verbosity=0)

    from django_chakra import send
    from django_chakra.models import Message
    from django_chakra.signals import message_failed
    from django_chakra.testing.fake import FakeChakra
    from django_chakra.testing.fake.replies import meta_error
    from django_chakra.testing.site import mounted, settings_for

    fake, told = FakeChakra(), []
    settings.CHAKRA = {**settings_for(fake), "RUNNER": "inline"}

    def hear(message: Message, **kwargs: Any) -> None:
        told.append(message.pk)

    message_failed.connect(hear)
    with mounted(fake):
        with transaction.atomic(using="chats"):
            first = send.template(to=ANA, body=["Ana"], idempotency_key="one", **TEMPLATE)
            again = send.template(to=ANA, body=["Ana"], idempotency_key="one", **TEMPLATE)
            assert first.pk == again.pk
            assert fake.sent == []
        first.refresh_from_db()
        assert (first.status, len(fake.sent)) == ("accepted", 1)
        try:
            with transaction.atomic(using="chats"):
                send.template(to=BRUNO, body=["Bruno"], **TEMPLATE)
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        with transaction.atomic(using="default"):
            # Another database's transaction is none of this one's.
            send.template(to=BRUNO, body=["Bruno"], **TEMPLATE)
            assert len(fake.sent) == 2
        send.template_many([CARLA], body=["Carla"], campaign="all", **TEMPLATE)
        assert send.run() == 1
        assert Message.objects.count() == len(fake.sent) == 3
        fake.before.append(lambda request: meta_error(131026, "Undeliverable", "x"))
        failed = send.template(to=ANA, body=["Ana"], **TEMPLATE)
        assert told == [failed.pk]
    print("all true")


if __name__ == "__main__":
    main()
