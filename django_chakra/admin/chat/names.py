"""How one viewer is told who people are and what they said.

All that the chat shows of people, numbers, texts and evidence goes through here, and nowhere else:
what a viewer may not see is left out in this one place, as :mod:`..sight` and :mod:`..render` say.
"""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from ...models import BusinessNumber, Contact, Conversation, IdentityKind
from .. import render, sight

#: What of the end of a cut text may be half of a number, or of an id with one in it.
_HALF = re.compile(r"[\W\d_]*[A-Za-z0-9+/=_.-]*$")


class Names:
    """Names and words for one viewer."""

    def __init__(self, seen: sight.Sight) -> None:
        self._seen = seen
        #: Whether the calls are of use to them: without payloads they are empty.
        self.sees_evidence = seen.payloads

    @classmethod
    def of(cls, request: HttpRequest) -> Names:
        """For whoever asks."""
        return cls(sight.of(request))

    def peer(self, conversation: Conversation) -> str:
        """Whom a conversation is with."""
        if conversation.contact is None:
            return self.group(conversation.group_id or "")
        return self.contact(conversation.contact)

    def contact(self, contact: Contact) -> str:
        """The profile's name; without one the number."""
        return self.words(contact.name) or self.phone(contact) or str(contact)

    def phone(self, contact: Contact) -> str:
        """The phone number, else the user id; its identities should be loaded."""
        known = sorted(contact.identities.all(), key=lambda one: (one.kind, one.pk))
        phones = [one for one in known if one.kind == IdentityKind.PHONE]
        if phones:
            return self._person(f"+{phones[0].value}")
        return self._person(str(known[0].value)) if known else ""

    def group(self, group_id: str) -> str:
        """A group, which the platform names by an id alone."""
        return _("Group %(id)s") % {"id": self._person(group_id)}

    def number(self, number: BusinessNumber) -> str:
        """One of ours, which is no secret."""
        return render.ours(number)

    def staff(self, user: Any) -> str:
        """A colleague."""
        return self.words(str(user.get_full_name() or user.get_username()))

    def words(self, text: str) -> str:
        """What somebody wrote, or what the platform says in words."""
        with sight.look(self._seen):
            return render.printable(text)

    def start(self, text: str, limit: int) -> str:
        """The beginning of a text, which may have been loaded no further than that."""
        if not self._seen.numbers and len(text) >= limit:
            # Masked before it is cut; where it was cut already, half of a number goes.
            text = _HALF.sub("", text)
        return self.words(text)[:limit]

    def card_line(self, text: str) -> str:
        """One line of a contact card: a number, an address."""
        return self._person(text)

    def _person(self, text: str) -> str:
        with sight.look(self._seen):
            return render.person(text)


def initials(name: str) -> str:
    """One or two letters that stand for a name; "" where it has none."""
    words = [word for word in name.split() if word[0].isalpha()]
    chosen = words if len(words) < 2 else [words[0], words[-1]]
    return "".join(word[0] for word in chosen).upper()
