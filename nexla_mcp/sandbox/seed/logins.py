"""The credentials of acme. Field names follow the connectors' schemas in the published OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nexla_mcp.sandbox.seed.specs import CredentialSpec

_SNOWFLAKE = {"snowflake.auth.type": "basic", "database.field.QUERY_TAG": "nexla"}


def _database(host: str, port: int, name: str, user: str, **more: str) -> dict[str, Any]:
    return {"host": host, "port": port, "database_name": name, "username": user, **more}


def _rest(url: str, auth: str = "TOKEN") -> dict[str, Any]:
    return {
        "auth.type": auth,
        "test.url": url,
        "test.method": "GET",
        "test.content.type": "application/json",
    }


def _tables(database: str, schema: str, *names: str) -> dict[str, Any]:
    return {database: {f"{schema}.{name}": {"id": {}, "updated_at": {}} for name in names}}


def _folders(bucket: str, *names: str) -> dict[str, Any]:
    return {bucket: {name: {"part-0001.json": {}, "part-0002.json": {}} for name in names}}


CREDENTIALS: Mapping[str, CredentialSpec] = {
    "shopify": CredentialSpec(
        "rest",
        "Shopify Admin API",
        _rest("https://shop.acme.example/admin/api/shop.json", "API_KEY"),
        {"api.key.auth.value": "shpat-acme-4f1c90"},
    ),
    "marketplace": CredentialSpec(
        "rest",
        "Marketplace Seller API",
        _rest("https://seller.marketplace.example/v2/ping"),
        {"token.auth.body": "client_secret=mkt-acme-77ab"},
    ),
    "stripe": CredentialSpec(
        "rest",
        "Stripe API",
        _rest("https://payments.acme.example/v1/balance", "API_KEY"),
        {"api.key.auth.value": "sk-acme-live-91d2"},
    ),
    "crm": CredentialSpec(
        "rest",
        "CRM REST API",
        _rest("https://crm.acme.example/services/data", "OAUTH2"),
        {"oauth2.client.secret": "crm-acme-secret-2209"},
    ),
    "ecb": CredentialSpec(
        "rest",
        "ECB reference rates",
        _rest("https://rates.bank.example/daily.json", "NONE"),
        {},
    ),
    "lake": CredentialSpec(
        "s3",
        "Acme data lake (S3)",
        {"region": "eu-west-1", "s3_auth_type": "Access Key", "access_key": "AKIAACMELAKE"},
        {"secret_key": "lake-acme-secret-key-0b7e"},
        _folders("acme-lake", "raw", "curated", "suppliers", "stores", "events"),
    ),
    "snowflake": CredentialSpec(
        "snowflake",
        "Snowflake analytics",
        _database(
            "acme-eu.snowflake.example",
            443,
            "ANALYTICS",
            "NEXLA_LOADER",
            schema_name="PUBLIC",
            warehouse_name="LOAD_WH",
            **_SNOWFLAKE,
        ),
        {"password": "snow-acme-analytics-pw"},
        _tables("ANALYTICS", "PUBLIC", "ORDERS", "ORDER_LINES", "INVENTORY", "CUSTOMERS"),
    ),
    "snowflake_finance": CredentialSpec(
        "snowflake",
        "Snowflake finance",
        _database(
            "acme-eu.snowflake.example",
            443,
            "FINANCE",
            "NEXLA_LOADER",
            schema_name="GL",
            warehouse_name="FIN_WH",
            **_SNOWFLAKE,
        ),
        {"password": "snow-acme-finance-pw"},
        _tables("FINANCE", "GL", "GL_ENTRIES", "GL_ENTRIES_V2"),
    ),
    "orders_db": CredentialSpec(
        "postgres",
        "Orders service replica (Postgres)",
        _database("orders-replica.acme.example", 5432, "orders", "nexla_reader", schema_name="public"),
        {"password": "pg-acme-orders-pw"},
        _tables("orders", "public", "orders", "order_lines", "customers"),
    ),
    "billing_db": CredentialSpec(
        "postgres",
        "Billing replica (Postgres)",
        _database("billing-replica.acme.example", 5432, "billing", "nexla_reader", schema_name="public"),
        {"password": "pg-acme-billing-pw"},
        _tables("billing", "public", "invoices"),
    ),
    "bigquery": CredentialSpec(
        "bigquery",
        "BigQuery marketing",
        {"is_service_account": True, "project_id": "acme-marketing", "gcs.location": "EU"},
        {"json_creds": "bq-acme-service-account-key"},
        _tables("acme-marketing", "warehouse", "ad_spend", "web_events", "store_traffic"),
    ),
    "kafka": CredentialSpec(
        "kafka",
        "Clickstream Kafka",
        {
            "target.bootstrap.servers": "kafka-1.acme.example:9092,kafka-2.acme.example:9092",
            "security.protocol": "SASL_SSL",
        },
        {"sasl.jaas.config": "kafka-acme-sasl-pw"},
        {"topics": {"web.events": {}, "app.events": {}, "subscription.events": {}}},
    ),
    "exports": CredentialSpec(
        "gcs",
        "Campaign exports (GCS)",
        {"is_service_account": True, "project_id": "acme-exports"},
        {"json_creds": "gcs-acme-service-account-key"},
        _folders("acme-exports", "ad_spend", "emails", "holiday-2025"),
    ),
    "redshift": CredentialSpec(
        "redshift",
        "Finance Redshift",
        _database("finance.redshift.acme.example", 5439, "finance", "nexla_loader", schema_name="staging"),
        {"password": "rs-acme-finance-pw"},
        _tables("finance", "staging", "payments", "refunds", "invoices"),
    ),
    "wms": CredentialSpec(
        "mysql",
        "Warehouse management (MySQL)",
        _database("wms.acme.example", 3306, "wms", "nexla"),
        {"password": "my-acme-wms-pw"},
        _tables("wms", "wms", "stock", "products", "loyalty_members", "supplier_prices"),
    ),
    "carrier": CredentialSpec(
        "ftp",
        "Carrier SFTP",
        {"ftp.type": "sftp", "host": "sftp.carrier.example", "port": 22, "username": "acme"},
        {"password": "sftp-acme-carrier-pw"},
        _folders("outbound", "tracking", "receipts"),
    ),
    "erp": CredentialSpec(
        "sqlserver",
        "ERP (SQL Server)",
        _database("erp.acme.example", 1433, "ERP", "nexla_ro", schema_name="dbo"),
        {"password": "ms-acme-erp-pw"},
        _tables("ERP", "dbo", "GLEntry", "TimeSheet"),
    ),
    "search_index": CredentialSpec(
        "rest",
        "Search index API",
        _rest("https://search.acme.example/_health", "BASIC"),
        {"basic.password": "search-acme-basic-pw"},
    ),
    "tickets_db": CredentialSpec(
        "mongo",
        "Support desk (MongoDB)",
        {"ui.url_format": "http_path_parts", "host": "desk.acme.example", "port": 27017, "username": "nexla"},
        {"password": "mongo-acme-desk-pw"},
        {"desk": {"tickets": {}}},
        owner="sam",
    ),
    "lakehouse": CredentialSpec(
        "databricks",
        "Databricks lakehouse",
        {
            "databricks_auth_type": "token",
            "ui.url_format": "http_path_parts",
            "databricks.cloud.type": "AWS",
            "host": "acme.databricks.example",
            "port": 443,
            "database_name": "product",
        },
        {"password": "dapi-acme-lakehouse-3d1"},
        _tables("product", "default", "customers", "tickets", "features"),
        owner="sam",
    ),
    "sam_bucket": CredentialSpec(
        "s3",
        "Product analytics bucket (S3)",
        {"region": "eu-west-1", "s3_auth_type": "Access Key", "access_key": "AKIAACMEPRODUCT"},
        {"secret_key": "product-acme-secret-key-5c2a"},
        _folders("acme-product", "experiments", "customers", "features"),
        owner="sam",
    ),
    "payroll_drop": CredentialSpec(
        "ftp",
        "Payroll bureau SFTP",
        {"ftp.type": "sftp", "host": "sftp.payroll.example", "port": 22, "username": "acme-hr"},
        {"password": "sftp-acme-payroll-pw"},
        _folders("inbound", "hours"),
        owner="priya",
    ),
    "payroll_erp": CredentialSpec(
        "sqlserver",
        "ERP time sheets (SQL Server)",
        _database("erp.acme.example", 1433, "ERP", "nexla_hr", schema_name="hr"),
        {"password": "ms-acme-hr-pw"},
        _tables("ERP", "hr", "TimeSheet"),
        owner="priya",
    ),
}
