"""Who looks at the admin."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client


@pytest.fixture
def staff(db: None) -> Client:
    """A logged-in superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="root"))
    return client


@pytest.fixture
def reader(db: None) -> Client:
    """A logged-in member of staff who may view everything of ours and change nothing."""
    user = User.objects.create_user("reader", password="reader", is_staff=True)
    ours = Permission.objects.filter(content_type__app_label="django_chakra")
    user.user_permissions.set(ours.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client
