"""What host projects test with: the fixtures, the command, and a project of its own."""

from django.urls import URLPattern

#: As URLs of a site: one without a webhook.
urlpatterns: list[URLPattern] = []
