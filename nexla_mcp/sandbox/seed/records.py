"""Sample records of the seeded flows: one family of fields for each kind of business record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from nexla_mcp.sandbox.clock import iso

Record = dict[str, Any]
Field = Callable[[Random, int, datetime], Any]

SAMPLES = 8


def _serial(first: int, prefix: str = "") -> Field:
    return lambda _rng, row, _at: f"{prefix}{first + row}" if prefix else first + row


def _whole(low: int, high: int) -> Field:
    return lambda rng, _row, _at: rng.randint(low, high)


def _money(low: float, high: float) -> Field:
    return lambda rng, _row, _at: round(rng.uniform(low, high), 2)


def _one(*values: Any) -> Field:
    return lambda rng, _row, _at: rng.choice(values)


def _when(minutes: int) -> Field:
    return lambda _rng, row, at: iso(at - timedelta(minutes=minutes * row + 3))


def _day(_rng: Random, row: int, at: datetime) -> str:
    return f"{at - timedelta(days=row):%Y-%m-%d}"


def _in_sale(_rng: Random, row: int, _at: datetime) -> bool:
    return row % 2 == 0


_CURRENCY = _one("EUR", "EUR", "GBP", "USD")
_COUNTRY = _one("DE", "ES", "FR", "GB", "NL", "US")
_SKU = _one("AC-1001", "AC-1044", "AC-2090", "AC-3127", "AC-4410")
_EMAIL = _one("ada@mail.example", "ben@mail.example", "chloe@mail.example", "david@mail.example")

FAMILIES: Mapping[str, Mapping[str, Field]] = {
    "orders": {
        "order_id": _serial(580210),
        "customer_id": _whole(1000, 9999),
        "status": _one("paid", "paid", "shipped", "cancelled"),
        "total_amount": _money(8, 420),
        "currency": _CURRENCY,
        "ordered_at": _when(4),
    },
    "line_items": {
        "line_id": _serial(1900311),
        "order_id": _whole(580000, 580300),
        "sku": _SKU,
        "quantity": _whole(1, 6),
        "unit_price": _money(3, 120),
    },
    "payments": {
        "payment_id": _serial(77120, "pay_"),
        "order_id": _whole(580000, 580300),
        "amount": _money(8, 420),
        "currency": _CURRENCY,
        "method": _one("card", "card", "paypal", "invoice"),
        "captured_at": _when(5),
    },
    "refunds": {
        "refund_id": _serial(3120, "re_"),
        "payment_id": _one("pay_77101", "pay_77088", "pay_76990"),
        "amount": _money(5, 200),
        "reason": _one("damaged", "late", "not wanted"),
        "refunded_at": _when(55),
    },
    "events": {
        "event_id": _serial(9911200, "ev_"),
        "visitor_id": _whole(100000, 999999),
        "event": _one("page_view", "page_view", "search", "add_to_cart", "purchase"),
        "page": _one("/", "/search", "/p/AC-1001", "/p/AC-2090", "/cart"),
        "country": _COUNTRY,
        "occurred_at": _when(1),
    },
    "subscriptions": {
        "subscription_id": _serial(41010, "sub_"),
        "customer_id": _whole(1000, 9999),
        "change": _one("started", "renewed", "renewed", "cancelled"),
        "plan": _one("basic", "plus", "family"),
        "amount": _one("9.90", "14.90", "24.90"),
        "changed_at": _when(9),
    },
    "inventory": {
        "sku": _SKU,
        "warehouse": _one("BER-1", "MAD-2", "LON-1"),
        "on_hand": _whole(0, 900),
        "reserved": _whole(0, 80),
        "counted_at": _when(30),
    },
    "receipts": {
        "receipt_no": _serial(60110, "GR-"),
        "supplier": _one("Norden", "Vidal", "Hartley"),
        "sku": _SKU,
        "quantity": _whole(10, 500),
        "received_on": _day,
    },
    "tracking": {
        "parcel_no": _serial(88120034, "PX"),
        "carrier": _one("DHL", "SEUR", "DPD"),
        "state": _one("in_transit", "delivered", "delivered", "exception"),
        "scanned_at": _when(11),
    },
    "prices": {
        "supplier": _one("Norden", "Vidal", "Hartley"),
        "sku": _SKU,
        "unit_cost": _money(1, 80),
        "currency": _CURRENCY,
        "valid_from": _day,
    },
    "invoices": {
        "invoice_no": _serial(20260411, "INV-"),
        "customer_id": _whole(1000, 9999),
        "net": _money(20, 2400),
        "vat": _money(4, 480),
        "due_on": _day,
    },
    "ad_spend": {
        "day": _day,
        "channel": _one("search", "social", "display"),
        "campaign": _one("brand", "autumn", "retarget"),
        "impressions": _whole(900, 80000),
        "clicks": _whole(10, 2400),
        "spend": _money(20, 900),
    },
    "ledger": {
        "entry_no": _serial(700311),
        "account": _one("4000", "4010", "6200", "1200"),
        "debit": _money(0, 5000),
        "credit": _money(0, 5000),
        "posted_on": _day,
    },
    "rates": {
        "base": _one("EUR"),
        "quote": _one("USD", "GBP", "CHF", "PLN"),
        "rate": _money(0.8, 4.4),
        "day": _day,
    },
    "members": {
        "member_id": _serial(310020),
        "email": _EMAIL,
        "tier": _one("blue", "silver", "gold"),
        "points": _whole(0, 9000),
        "joined_on": _day,
    },
    "contacts": {
        "contact_id": _serial(5500, "C-"),
        "email": _EMAIL,
        "company": _one("Norden", "Vidal", "Hartley", "Brava"),
        "stage": _one("lead", "qualified", "customer"),
        "updated_at": _when(40),
    },
    "traffic": {
        "store": _one("Berlin Mitte", "Madrid Sol", "London Soho"),
        "day": _day,
        "visitors": _whole(120, 2100),
        "transactions": _whole(20, 380),
    },
    "customers": {
        "customer_id": _serial(4410),
        "email": _EMAIL,
        "country": _COUNTRY,
        "segment": _one("new", "returning", "vip"),
        "updated_at": _when(90),
    },
    "products": {
        "sku": _SKU,
        "title": _one("Travel mug", "Desk lamp", "Rain jacket", "Notebook"),
        "category": _one("home", "outdoor", "office"),
        "price": _money(4, 140),
        "active": _in_sale,
    },
    "emails": {
        "message_id": _serial(120001, "msg_"),
        "campaign": _one("welcome", "autumn", "win-back"),
        "event": _one("delivered", "opened", "clicked", "bounced"),
        "recipient": _EMAIL,
        "at": _when(6),
    },
    "tickets": {
        "ticket_id": _serial(90210),
        "subject": _one("Where is my parcel", "Refund", "Login", "Wrong size"),
        "priority": _one("low", "normal", "high"),
        "state": _one("open", "pending", "solved"),
        "opened_at": _when(33),
    },
    "experiments": {
        "visitor_id": _whole(100000, 999999),
        "experiment": _one("checkout-v3", "search-ranking"),
        "variant": _one("control", "treatment"),
        "assigned_at": _when(2),
    },
    "features": {
        "customer_id": _serial(4410),
        "orders_90d": _whole(0, 14),
        "days_since_order": _whole(0, 300),
        "churn_score": _money(0, 1),
    },
    "payroll": {
        "employee_no": _serial(2001, "E"),
        "cost_centre": _one("100", "210", "330"),
        "hours": _money(60, 170),
        "month": _one("2026-09", "2026-10"),
    },
}


def records_of(family: str, rng: Random, moment: datetime) -> list[Record]:
    """Sample records of a family as they stood at a moment."""
    fields = FAMILIES[family]
    return [{name: make(rng, row, moment) for name, make in fields.items()} for row in range(SAMPLES)]


def shifted(records: list[Record], renames: Mapping[str, str]) -> list[Record]:
    """What a Jolt shift with these renames makes of the records; unnamed attributes stay, missing ones do not."""
    return [{renames.get(name, name): value for name, value in record.items()} for record in records]
