"""The admin, and the one line that a host adds."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("chakra/", include("django_chakra.urls")),
]
