"""The app of the host project."""

from django.apps import AppConfig


class ExampleConfig(AppConfig):
    """Connects the receivers once all apps are loaded, as Django advises."""

    name = "example_project"

    def ready(self) -> None:
        from . import bot  # noqa: F401  importing it connects its receivers
