"""The least that a webhook in Django can do: check, parse, one INSERT, 200."""

import hashlib
import hmac
import json

from django.http import HttpRequest, HttpResponse

from .models import FloorCall
from .settings import SECRET


def webhook(request: HttpRequest) -> HttpResponse:
    """Take one call."""
    expected = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("X-Chakra-Signature-256", "")):
        return HttpResponse(status=401)
    json.loads(request.body)
    FloorCall(body=request.body).save(force_insert=True)
    return HttpResponse("OK", content_type="text/plain")
