"""Our own short words on fields whose meaning their name and values give; the contract has no prose."""

from __future__ import annotations

from typing import Any

DESCRIPTIONS: dict[str, str] = {
    "advanced_settings": "how files are parsed",
    "batch.mode": "whether several records go into one request",
    "cdc.enabled": "whether changes are captured rather than rows read",
    "data_format": "format of the files written",
    "data_map/map_primary_key": "the key of the lookup's entries",
    "db_query_mode": "read a whole table (Default) or the result of `query` (Query)",
    "encrypt.standard": "encryption of the files",
    "file_encryption_enabled": "whether files are encrypted",
    "ftp.type": "protocol",
    "has_ssh_tunnel": "whether the connection goes through an SSH bastion",
    "incrementing.column.name": "column that only grows, for mode incrementing",
    "insert.mode": "whether rows are added or matched with those there",
    "is_service_account": "service account (true) or a person's OAuth login (false)",
    "json_creds": "the service account's key file",
    "mapping": "which attribute goes to which column",
    "mapping/mapping": "columns by attribute",
    "mapping/tracker_mode": "whether a column tells which record a row came from",
    "max.file.size.mb": "megabytes after which a new file is begun",
    "message.key": "attribute that becomes the message's key",
    "offset.mode": "where reading begins",
    "parser.type": "format of the messages",
    "primary.key": "columns that identify a row, for UPSERT",
    "rest.iterations": "requests, one after the other",
    "rest.iterations[]/iteration.type": "how the next page is found",
    "rest.iterations[]/url.template": "address",
    "start.cron": "when it runs: a Quartz cron expression",
    "target.bootstrap.servers": "brokers as host:port, separated by commas",
    "test.path": "path that is read to test the credential",
    "test.url": "address that is called to test the credential",
    "timestamp.column.name": "column with the time of change, for mode timestamp",
    "tunnel.bastion.host": "SSH bastion",
    "tunnel.bastion.port": "port of the SSH bastion",
    "tunnel.bastion.user": "user on the SSH bastion",
    "upsert.nulls": "whether a null overwrites a value on UPSERT",
    "url.template": "address",
    "write.header": "whether the first line names the columns",
}

FORMATS: dict[str, str] = {"start.cron": "cron"}

EXAMPLES: dict[str, Any] = {
    "start.cron": "0 0 2 * * ? *",
    "target.bootstrap.servers": "broker-1.example.com:9092",
}
