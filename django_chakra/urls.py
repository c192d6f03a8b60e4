"""The one URL to paste into Chakra's "WhatsApp Setup"; both formats come to the same."""

from django.urls import path

from .views import webhook

app_name = "django_chakra"

urlpatterns = [
    path("webhook/", webhook, name="webhook"),
    path("webhook/<str:account>/", webhook, name="webhook"),
    path("webhook/<str:account>/<str:token>/", webhook, name="webhook"),
]
