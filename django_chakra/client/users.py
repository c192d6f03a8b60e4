"""Users of the team."""

from __future__ import annotations

from typing import Any

from .resource import Page, Resource


class Users(Resource):
    """Read users and change them. The second version shows names in place of config ids."""

    def list(self, **extra: Any) -> Page:
        """All users.

        https://apidocs.chakrahq.com/api-11531149 (documented)

        Args:
            extra: keys of the query.
        """
        return self._page("GET", "/v1/ext/users", query=extra)

    def list_v2(self, **extra: Any) -> Page:
        """All users, readable.

        https://apidocs.chakrahq.com/api-11531150 (documented)

        Args:
            extra: keys of the query.
        """
        return self._page("GET", "/v2/ext/users", query=extra)

    def get(self, user_id: str) -> Any:
        """One user.

        https://apidocs.chakrahq.com/api-11531158 (documented)

        Args:
            user_id: UUID of the user.
        """
        return self._data("GET", self._path("/v1/ext/user/{user_id}", user_id=user_id))

    def get_v2(self, user_id: str) -> Any:
        """One user, readable.

        https://apidocs.chakrahq.com/api-11531166 (documented)

        Args:
            user_id: UUID of the user.
        """
        return self._data("GET", self._path("/v2/ext/user/{user_id}", user_id=user_id))

    def update(self, user_id: str, **body: Any) -> Any:
        """Change a user.

        https://apidocs.chakrahq.com (the menu names it; path, body and even the method are
        unverified: PUT, unless the path that is set begins with another one)

        Args:
            user_id: UUID of the user; ``{user_id}`` in the path.
            body: all keys of the body.

        Raises:
            PathUnverified: ``paths["users.update"]`` is not set.
        """
        method, path = self._unverified("PUT", "users.update", user_id=user_id)
        return self._data(method, path, json=body)
