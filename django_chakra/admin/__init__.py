"""The admin: what came and what became of it, to be read.

Each class is public. To change one, unregister its model and register a subclass::

    from django.contrib import admin
    from django_chakra.admin import ContactAdmin
    from django_chakra.models import Contact

    admin.site.unregister(Contact)

    @admin.register(Contact)
    class OurContactAdmin(ContactAdmin):
        list_display = [*ContactAdmin.list_display, "username"]
"""

from .backfills import BackfillAdmin
from .base import EvidenceAdmin
from .calls import WebhookCallAdmin
from .campaigns import CampaignAdmin
from .contacts import ContactAdmin, ContactIdentityAdmin
from .conversations import ConversationAdmin
from .failures import ReceiverFailureAdmin
from .media import MediaFileAdmin
from .messages import MessageAdmin
from .numbers import BusinessNumberAdmin
from .sending import SendingAdmin
from .statuses import DeliveryStatusAdmin
from .templates import MessageTemplateAdmin

__all__ = [
    "BackfillAdmin",
    "BusinessNumberAdmin",
    "CampaignAdmin",
    "ContactAdmin",
    "ContactIdentityAdmin",
    "ConversationAdmin",
    "DeliveryStatusAdmin",
    "EvidenceAdmin",
    "MediaFileAdmin",
    "MessageAdmin",
    "MessageTemplateAdmin",
    "ReceiverFailureAdmin",
    "SendingAdmin",
    "WebhookCallAdmin",
]
