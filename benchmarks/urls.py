"""Both sides of the comparison in one server."""

from django.urls import include, path

from .floor import webhook

urlpatterns = [
    path("floor/", webhook),
    path("chakra/", include("django_chakra.urls")),
]
