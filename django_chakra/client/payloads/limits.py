"""What the platform allows, each limit once, with the page that states it.

Lengths are counted in characters (code points). Where two pages differ the wider limit stands: the
platform has the last word, and a check here must not refuse what it takes.
"""

from __future__ import annotations

import re

# https://developers.facebook.com/docs/whatsapp/cloud-api/messages/text-messages
TEXT = 4096

# https://developers.facebook.com/docs/whatsapp/cloud-api/messages/image-messages
CAPTION = 1024

# https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types
FILE_TYPES = {  # a document may be of any type
    "image": frozenset({"image/jpeg", "image/png"}),
    "video": frozenset({"video/mp4", "video/3gpp"}),
    "audio": frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}),
    "sticker": frozenset({"image/webp"}),
}
FILE_BYTES = {
    "image": 5 * 1024**2,
    "video": 16 * 1024**2,
    "audio": 16 * 1024**2,
    "document": 100 * 1024**2,
    "sticker": 500 * 1024,  # of one that moves; one that does not has 100 KB at most
}

# https://developers.facebook.com/docs/whatsapp/cloud-api/messages/contacts-messages
CONTACTS = 257

# https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-reply-buttons-messages
INTERACTIVE_BODY = 1024
HEADER = 60
FOOTER = 60
BUTTONS = 3
BUTTON_TITLE = 20
BUTTON_ID = 256

# https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-list-messages
LIST_BODY = 4096
LIST_BUTTON = 20
SECTIONS = 10
SECTION_TITLE = 24
ROWS = 10  # in all sections together
ROW_ID = 200
ROW_TITLE = 24
ROW_DESCRIPTION = 72

# https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-cta-url-messages
CTA_TEXT = 20

# https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-flow-messages
FLOW_CTA = 30  # older editions of the page say 20
FLOW_MESSAGE_VERSION = "3"

# https://developers.facebook.com/docs/whatsapp/cloud-api/guides/sell-products-and-services/share-products
PRODUCT_SECTIONS = 10
PRODUCTS = 30  # in all sections together

# https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
CALLBACK_DATA = 512
LATITUDE = 90
LONGITUDE = 180
TEMPLATE_BODY = 1024  # one parameter, where there are other components
TEMPLATE_BODY_ALONE = 32768

# https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates
TEMPLATE_NAME = 512
TEMPLATE_NAME_PATTERN = re.compile(r"[a-z0-9_]+", re.ASCII)
TEMPLATE_BUTTONS = 10
DRAFT_BODY = 1024
DRAFT_BUTTON = 25
TEMPLATE_URL = 2000  # the whole address, so the part that is added is surely not longer

# https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/supported-languages
LANGUAGE_PATTERN = re.compile(r"[a-z]{2,3}(_([A-Z]{2}|[A-Z][a-z]{3}|[0-9]{3})){0,2}", re.ASCII)

# Meta's error 132018; stated in its text only.
TEMPLATE_BREAKS = re.compile(r"[\n\r\t]| {5}")

# https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/coupon-code-templates
COUPON_CODE = 20  # older editions of the page say 15

# https://developers.facebook.com/docs/whatsapp/business-management-api/authentication-templates
OTP = 15

# https://developers.facebook.com/docs/whatsapp/business-scoped-user-ids
BSUID_PATTERN = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)

# https://www.itu.int/rec/T-REC-E.164 states the longest; the shortest in use has seven digits.
PHONE_LONGEST = 15
PHONE_SHORTEST = 7

# Ours: https://www.unicode.org/emoji/charts/emoji-zwj-sequences.html has none of more than ten.
EMOJI = 15

# Ours: nothing that the platform documents is nested so deeply.
DEPTH = 24
