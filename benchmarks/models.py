"""What the floor keeps of a call."""

from django.db import models


class FloorCall(models.Model):
    """The bytes and their time, under a key and no further index."""

    body = models.BinaryField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "benchmarks"  # also for mypy, whose settings do not install this app

    def __str__(self) -> str:
        return f"floor call {self.pk}"
