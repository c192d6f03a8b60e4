"""What a host project hangs on conversations."""

from django.db import models

from django_chakra.models import Conversation


class Ticket(models.Model):
    """As many as there are things to do; gone with its conversation."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="tickets")
    title = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.title


class Assignment(models.Model):
    """One for each conversation, so that two can't be joined; keeps its conversation alive."""

    conversation = models.OneToOneField(
        Conversation, on_delete=models.PROTECT, related_name="assignment"
    )
    title = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.title
