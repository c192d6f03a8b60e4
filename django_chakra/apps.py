"""The Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChakraConfig(AppConfig):
    """Registers models, checks and admin under the label ``django_chakra``."""

    name = "django_chakra"
    verbose_name = _("Chakra")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401  registering needs the app registry
