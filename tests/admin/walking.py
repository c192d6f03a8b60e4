"""Every page of the admin, and what may not be read on them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import unquote

from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from django_chakra import conf
from django_chakra.events.ids import match_key, only_digits
from django_chakra.models import (
    Backfill,
    BusinessNumber,
    Campaign,
    Contact,
    ContactIdentity,
    Conversation,
    DeliveryStatus,
    MediaFile,
    Message,
    MessageTemplate,
    ReceiverFailure,
    WebhookCall,
)
from django_chakra.storage import PrivateStorage
from django_chakra.testing import samples
from tests.posting import ANA, post, process_all

from .looking import MODELS, details_url, failing_receiver, list_url, page_url, refused, table_url
from .test_every_kind import SHAPE, tampered

#: As people write it: before every text, in every kind.
SPELLED = "+55 11\u00a098888\u20117777 "
SEPARATORS = r"[^0-9A-Za-z<>\"&]{0,3}"
SEE = ("see_numbers", "see_payloads")

Page = tuple[str, Any]


def member(name: str, *, without: tuple[str, ...] = ()) -> Client:
    """A logged-in member of staff with all permissions of ours but these."""
    user = User.objects.create_user(name, password=name, is_staff=True)
    ours = Permission.objects.filter(content_type__app_label="django_chakra")
    user.user_permissions.set(ours.exclude(codename__in=without))
    client = Client()
    client.force_login(user)
    return client


def wamid(found: re.Match[str]) -> str:
    """An id as WhatsApp makes them, the number in it at any of the three places in base64."""
    digest = hashlib.sha256(found[0].encode()).digest()
    held = b"\x1d\x0c\r"[: digest[0] % 3] + ANA.encode() + b"\x15\x02\x00" + digest[:12]
    return "wamid." + base64.b64encode(held).decode()


def spelled(call: Any) -> Any:
    """With a number in all texts; not in what speaks of our numbers and templates alone."""
    if not re.search(r'"(from|to|wa_id|recipient_id|user_id|customer\w*)"', json.dumps(call)):
        return call
    ours = re.compile(rf'("display_phone_number": "){re.escape(json.dumps(SPELLED)[1:-1])}')
    tampered_with = json.dumps(tampered(call, SPELLED, all_of_it=False))
    return json.loads(ours.sub(r"\1", tampered_with))


def play_everything() -> None:
    """Every sample as of real customers: numbers in each text and id; one row of each table."""
    client = Client()
    with failing_receiver():
        for name in samples.names():
            body = json.dumps(spelled(samples.load(name)))
            body = re.sub(r"wamid\.[A-Za-z0-9+/=_-]+", wamid, body)
            secret = conf.account().webhook_secrets[0]
            assert post(body.encode(), client=client, secret=secret).status_code == 200
        process_all()
    refused()
    message = Message.objects.filter(direction="in", role="bubble").latest("pk")
    Contact.objects.filter(messages=message).update(name=f"+{ANA}")
    Campaign.objects.create(account="default", name=f"For {ANA}", reason=f"not to {ANA}")
    Message.objects.filter(pk=message.pk).update(
        attempt_log=[{"outcome": "failed", "code": ANA, "words": f"{SPELLED} is none"}],
        idempotency_key=f"order-{ANA}",
        error_title=f"No {ANA}",
        error_details=f"Nobody has {SPELLED}",
    )
    DeliveryStatus.objects.filter(pk=DeliveryStatus.objects.latest("pk").pk).update(
        status=f"gone to {ANA}"
    )
    ReceiverFailure.objects.update(error=f"KeyError: {ANA}")
    WebhookCall.objects.filter(state="refused").update(error=f"of {ANA}")
    Backfill.objects.create(account="default", cursor={"chat": ANA}, error=f"at {ANA}")
    MediaFile.objects.create(
        account="default",
        message=message,
        slot="document",
        state="kept",
        filename=f"{SPELLED}invoice.pdf",
        mime_type="application/pdf",
        url=f"https://example.com/{ANA}",
        error=f"of {ANA}",
        file=PrivateStorage().save("received/default/x", ContentFile(b"%PDF-1.4")),
    )
    MessageTemplate.objects.create(account="default", external_id="1", name="hello", language="en")


def custom_urls() -> Iterator[tuple[str, str]]:
    """GET or POST, and the address: of all pages that Django's admin does not have by itself."""
    number, template = BusinessNumber.objects.all()[0], MessageTemplate.objects.all()[0]
    for media in MediaFile.objects.filter(state="kept"):
        yield "get", reverse("admin:django_chakra_mediafile_file", args=[media.pk])
    yield "post", reverse("admin:django_chakra_businessnumber_ask", args=[number.pk])
    yield "post", reverse("admin:django_chakra_messagetemplate_sync")
    yield "get", reverse("admin:django_chakra_messagetemplate_create")
    yield "get", reverse("admin:django_chakra_messagetemplate_edit", args=[template.pk])


def actions() -> Iterator[tuple[type[Model], str]]:
    """All actions of all lists."""
    for model in MODELS:
        for name in admin.site.get_model_admin(model).actions or ():
            yield model, str(name)


def rows_of(model: type[Model]) -> list[Model]:
    """Of each shape the newest row; all rows where nothing tells shapes apart."""
    shape = [field.name for field in model._meta.fields if field.name in SHAPE] or ["pk"]
    rows = model._default_manager.order_by("pk")
    return list({tuple(getattr(row, name) for name in shape): row for row in rows}.values())


def lists(client: Client) -> Iterator[Page]:
    """All pages of all lists, and the admin's first."""
    for model in MODELS:
        pages = -(-model._default_manager.count() // 50)
        yield from (_got(client, table_url(model, f"?p={n + 1}")) for n in range(pages))
    yield _got(client, reverse("admin:index"))


def pages(client: Client) -> Iterator[Page]:
    """The page of a row of each shape."""
    for model in MODELS:
        yield from (_got(client, details_url(row)) for row in rows_of(model))


def chat(client: Client) -> Iterator[Page]:
    """The inbox by its tabs, filters and searches, all of each thread, and what the script asks."""
    for query in inboxes():
        yield _got(client, list_url(Conversation, f"?{query}"))
        yield _got(client, f"{chat_url('poll')}?{query}&token=0-0.x")
        yield _got(client, f"{chat_url('table')}?q={query.partition('q=')[2]}")
    for row in Conversation.objects.all():
        yield _got(client, page_url(row))
        for message in row.messages.order_by("sort_at")[::40]:
            yield _got(client, f"{page_url(row)}?message={message.pk}")
            yield _got(client, f"{chat_url('bubbles', row)}?message={message.pk}")
        yield _got(client, chat_url("updates", row))
        yield _got(client, details_url(row))
        for word in ("done", "reopen", "unread"):
            posted = {"next": page_url(row), "seen": str(row.last_inbound_at or "")}
            url = chat_url("mark", row, word)
            yield f"{url} posted", client.post(url, posted, follow=True)
        for message in row.messages.filter(direction="out").order_by("-pk")[:3]:
            url = chat_url("act", row, message.pk, "send_again")
            yield f"{url} posted", client.post(url, follow=True)
        yield _got(client, chat_url("history", row))


def inboxes() -> Iterator[str]:
    """Query strings of the inbox."""
    for show in ("open", "unread", "closing", "failed", "done", "all"):
        yield f"show={show}"
    for name in ("contact", "number"):
        for key in Conversation.objects.values_list(name, flat=True).distinct():
            yield f"{name}={key}"
    yield from ("q=Ana", "q=9", "account=default", "date=week")


def chat_url(page: str, row: Conversation | None = None, *more: object) -> str:
    """A page of the chat."""
    args = [*([] if row is None else [row.pk]), *more]
    return reverse(f"admin:django_chakra_conversation_{page}", args=args)


def acts(client: Client) -> Iterator[Page]:
    """All pages of our own, all actions with where they lead to, and the histories afterwards."""
    for method, url in custom_urls():
        yield url, getattr(client, method)(url, follow=True)
    for model, name in actions():
        rows = model._default_manager.order_by("-pk")[:30]
        posted = {"action": name, "_selected_action": [row.pk for row in rows]}
        yield f"{name} asks", client.post(list_url(model), posted, follow=True)
        posted["confirmed"] = "yes"
        yield name, client.post(list_url(model), posted, follow=True)
    for model in MODELS:
        for row in rows_of(model)[-10:]:
            name = f"admin:django_chakra_{model._meta.model_name}_history"
            yield _got(client, reverse(name, args=[row.pk]))


def _got(client: Client, url: str) -> Page:
    return url, client.get(url)


def everything(response: Any) -> str:
    """All that was sent: body and headers, of redirects too, also as they read when decoded."""
    parts = [response.getvalue() if response.streaming else response.content]
    parts += [str(response.headers.items()).encode(), str(getattr(response, "redirect_chain", ""))]
    text = "".join(part.decode() if isinstance(part, bytes) else part for part in parts)
    return "\n".join((text, unescape(text), unquote(text)))


def customers() -> set[str]:
    """The numbers of all customers in the tables, in all their spellings."""
    rows = ContactIdentity.objects.filter(kind="phone").values_list("value", "match_key")
    told = DeliveryStatus.objects.values_list("recipient", "participant")
    found = {one for row in (*rows, *told) for one in row if one.isdigit()}
    found |= {match_key(one) for one in found}
    assert len(found) > 8
    ours = BusinessNumber.objects.values_list("display_number", flat=True)
    return found - {match_key(only_digits(one)) for one in ours} - set(map(only_digits, ours))


def finder(numbers: set[str]) -> Callable[[str], set[str]]:
    """A function from a text to what in it is one of these numbers, in digits or in base64."""
    tails = {number[-9:] for number in numbers}
    digits = "|".join(SEPARATORS.join(tail) for tail in sorted(tails))
    coded = "|".join(re.escape(code) for n in sorted(numbers) for code in in_base64(n))
    pattern = re.compile(f"{digits}|{coded}")
    return lambda text: {found[0] for found in pattern.finditer(text)}


def in_base64(number: str) -> Iterator[str]:
    """What a number surely looks like in base64, at each of the three places."""
    for before in range(3):
        code = base64.b64encode(b"\0" * before + number.encode()).decode().rstrip("=")
        yield code[(before * 8 + 5) // 6 : (before + len(number)) * 8 // 6]
