"""Where a site has its webhook."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from .. import conf


def path(account: conf.Account) -> str:
    """Path of the site's webhook for this account.

    Raises:
        LookupError: the site does not include ``django_chakra.urls``.
    """
    words = [account.alias] if account.alias != "default" or account.url_token else []
    words += [account.url_token] if account.url_token else []
    try:
        return reverse("django_chakra:webhook", args=words)
    except NoReverseMatch as error:
        raise LookupError(
            "The site has no webhook: add path('chakra/', include('django_chakra.urls'))"
        ) from error
