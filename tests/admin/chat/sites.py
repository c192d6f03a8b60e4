"""A host whose admin is its own, under its own name, at its own address."""

from django.contrib import admin
from django.urls import path

from django_chakra.admin import ConversationAdmin, MessageAdmin
from django_chakra.models import Conversation, Message


class DeskSite(admin.AdminSite):
    """Not the default one."""

    site_header = "The desk"


desk = DeskSite(name="desk")
desk.register(Conversation, ConversationAdmin)
desk.register(Message, MessageAdmin)

urlpatterns = [
    path("back-office/desk/", desk.urls),
    path("other/admin/", admin.site.urls),
]
