"""The least that a webhook in Django can do: check, parse, one INSERT, 200."""

import hashlib
import hmac
import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from .models import FloorCall


def webhook(request: HttpRequest) -> HttpResponse:
    """Take one call."""
    secret = settings.CHAKRA["ACCOUNTS"]["default"]["WEBHOOK_SECRETS"][0]
    expected = hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("X-Chakra-Signature-256", "")):
        return HttpResponse(status=401)
    json.loads(request.body)
    FloorCall.objects.create(body=request.body)
    return HttpResponse("OK", content_type="text/plain")
