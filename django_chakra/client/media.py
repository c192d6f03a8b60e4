"""Media: files of messages, in both directions."""

from __future__ import annotations

import mimetypes
from functools import cached_property
from pathlib import PurePath
from typing import Any, BinaryIO
from urllib.parse import urlencode

from ..exceptions import NotFound, ValidationFailed
from .downloads import Downloaded, Downloads, Target
from .resource import Resource

UPLOAD = "/v1/ext/plugin/whatsapp/{plugin_id}/upload-public-media"
OBJECT = "/v1/whatsapp/{api_version}/media/{media_id}"
SHOW = "/v2/whatsapp/{api_version}/media/{media_id}/show"
SHOW_BEFORE = "/v1/whatsapp/{api_version}/media/{media_id}/show"
ATTACHMENTS = "/v2/whatsapp/{api_version}/media/whatsapp_business/attachments"
ATTACHMENTS_BEFORE = "/v1/whatsapp/{api_version}/media/whatsapp_business/attachments"

#: WhatsApp takes documents of at most 100 MB; everything else is smaller.
LIMIT = 100 * 1024 * 1024
SECONDS = 600.0


class Media(Resource):
    """Upload files, and download those that customers sent.

    The downloads write to a file object as the bytes come in, and answer with a
    :class:`.downloads.Downloaded`: ``size``, ``content_type``, ``sha256`` (hexadecimal). When one
    fails the file may hold a part of the bytes, and what becomes of it is the caller's to decide.
    Nothing is written twice: what fails after the first byte is not tried again.

    A JSON answer that names an error is raised as that error; any other is kept, also HTML:
    compare ``content_type`` with the type that the message named.

    Their errors, beyond those of every call:

    ``TooLarge``
        There are more bytes than ``limit``; none beyond it was written.
    ``UnsafeUrl``
        A URL or a redirect leads elsewhere than to a public address over HTTPS (port 443).
    ``NoAnswer``
        It broke off; ``TooSlow``, one of these, where it took longer than ``seconds``.
    ``UnreadableAnswer``
        It came compressed (``Content-Encoding``): no download is ever decompressed.

    Where a URL or a redirect led away from the platform, ``error.elsewhere`` is true: a 401 of
    another host says nothing of the token.
    """

    @cached_property
    def _downloads(self) -> Downloads:
        return Downloads(self._client.http, self._client.guard)

    def upload_public(
        self,
        file: bytes | BinaryIO,
        *,
        filename: str | None = None,
        mime_type: str | None = None,
        plugin_id: str | None = None,
        **extra: Any,
    ) -> Any:
        """Upload a file for messages that link to it. Whoever knows its URL can read it.

        https://apidocs.chakrahq.com/api-11313630 (documented; the limits of size are unverified)

        Args:
            file: its bytes, or a file opened in binary mode; it is read into memory whole.
            filename: its name; by default that of the file object, if it has one.
            mime_type: by default what the name suggests.
            plugin_id: by default the client's.
            extra: further fields of the form.

        Returns:
            ``{"publicMediaUrl": "https://…"}``.

        Raises:
            ValidationFailed: the file is empty.
        """
        content = file if isinstance(file, bytes) else file.read()
        if not content:
            raise ValidationFailed("The file is empty", field="file")
        known = getattr(file, "name", "")
        name = filename or (PurePath(known).name if isinstance(known, str) else "") or "file"
        kind = mime_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        fields = {**({"filename": filename} if filename else {}), **extra}
        path = self._path(UPLOAD, plugin_id=self._own("plugin_id", plugin_id))
        return self._data("POST", path, files={"file": (name, content, kind)}, data=fields)

    def fetch(self, media_id: str) -> Any:
        """What the platform knows of a file: Meta's media object.

        https://apidocs.chakrahq.com/api-20534427 (the path is documented, the answer known from
        one integrator)

        Args:
            media_id: of an incoming message. Meta forgets it after 30 days.

        Returns:
            ``{"id", "url", "mime_type", "sha256", "file_size", "messaging_product"}``; the
            ``url`` can be given to :meth:`download`, for some five minutes.
        """
        return self._data("GET", self._path_of(OBJECT, media_id=media_id))

    def show(
        self, media_id: str, *, to: Target, limit: int = LIMIT, seconds: float = SECONDS
    ) -> Downloaded:
        """Download a file by its id.

        https://apidocs.chakrahq.com/api-20534488 (known from integrators; the older path is tried
        where the platform does not know the newer one)

        Args:
            media_id: of an incoming message.
            to: a file opened in binary mode.
            limit: bytes it may have at most.
            seconds: the whole download may take at most.
        """
        paths = [self._path_of(path, media_id=media_id) for path in (SHOW, SHOW_BEFORE)]
        return self._first(*paths, to=to, limit=limit, seconds=seconds)

    def attachments(
        self, mid: str, *, to: Target, limit: int = LIMIT, seconds: float = SECONDS
    ) -> Downloaded:
        """Download a file by the ``mid`` in the URL that its webhook named.

        https://apidocs.chakrahq.com (known from one integrator; the older path is unverified)

        Args:
            mid: the parameter of that name in the ``lookaside.fbsbx.com`` URL.
            to: see :meth:`show`, also for the others.
        """
        query = "?" + urlencode({"mid": mid})
        paths = [self._path_of(path) + query for path in (ATTACHMENTS, ATTACHMENTS_BEFORE)]
        return self._first(*paths, to=to, limit=limit, seconds=seconds)

    def download(
        self, url: str, *, to: Target, limit: int = LIMIT, seconds: float = SECONDS
    ) -> Downloaded:
        """Download a file from a URL that the platform gave.

        The token goes along only to the client's own ``base_url``. Webhooks name URLs of Meta's
        that need Meta's token: use :meth:`show` or :meth:`attachments` for those.

        Args:
            url: HTTPS, port 443, on a host with public addresses only; at most 5 redirects.
            to: see :meth:`show`, also for the others.
        """
        return self._downloads.fetch(url, to=to, limit=limit, seconds=seconds)

    def _path_of(self, template: str, **segments: object) -> str:
        return self._path(template, api_version=self._client.api_version, **segments)

    def _first(self, path: str, before: str, **how: Any) -> Downloaded:
        """By the newer path, else by the older one."""
        base = self._client.http.base_url
        try:
            return self._downloads.fetch(base + path, **how)
        except NotFound:
            pass
        return self._downloads.fetch(base + before, **how)
