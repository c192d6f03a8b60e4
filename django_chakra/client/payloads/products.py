"""Bodies of messages that show the shop: one product, several, or the whole catalogue.

As Meta documents them, unverified with Chakra:
https://developers.facebook.com/docs/whatsapp/cloud-api/guides/sell-products-and-services/share-products
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import limits
from .checks import identifier, mapping
from .interactive import header_of, interactive, sections_of
from .message import message


def product(
    to: str,
    catalog_id: str,
    product_retailer_id: str,
    *,
    body: str | None = None,
    footer: str | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """One product of the catalogue, by the shop's own id (SKU); a text is not needed."""
    field = "interactive.action"
    action = {
        "catalog_id": identifier(catalog_id, f"{field}.catalog_id"),
        "product_retailer_id": identifier(product_retailer_id, f"{field}.product_retailer_id"),
    }
    content = interactive("product", action, body, footer=footer)
    return message("interactive", content, to=to, **rest)


def product_list(
    to: str,
    catalog_id: str,
    header_text: str,
    body: str,
    sections: Sequence[Mapping[str, Any]],
    *,
    footer: str | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """Up to 30 products in up to ten sections.

    ``sections`` is ``[{"title": "…", "product_items": ["sku-1", "sku-2"]}]``; a single section
    needs no title.
    """
    action = {
        "catalog_id": identifier(catalog_id, "interactive.action.catalog_id"),
        "sections": sections_of(
            sections, limits.PRODUCT_SECTIONS, "product_items", limits.PRODUCTS, _item
        ),
    }
    # The header is wanted here: an empty one is refused as such.
    header = header_of("" if header_text is None else header_text)
    content = interactive("product_list", action, body, header=header, footer=footer)
    return message("interactive", content, to=to, **rest)


def catalog_message(
    to: str,
    body: str,
    *,
    thumbnail_product_retailer_id: str | None = None,
    footer: str | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """A text with a button to the catalogue, and the picture of one product above it."""
    action: dict[str, Any] = {"name": "catalog_message"}
    if thumbnail_product_retailer_id is not None:
        key = "thumbnail_product_retailer_id"
        field = f"interactive.action.parameters.{key}"
        action["parameters"] = {key: identifier(thumbnail_product_retailer_id, field)}
    content = interactive("catalog_message", action, body, footer=footer)
    return message("interactive", content, to=to, **rest)


def _item(item: Any, field: str) -> dict[str, Any]:
    key = "product_retailer_id"
    found = {key: item} if isinstance(item, str) else mapping(item, field)
    identifier(found.get(key), f"{field}.{key}")
    return found
