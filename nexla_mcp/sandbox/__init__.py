"""A local Nexla: the REST contract over SQLite, with simulated runs and injectable faults.

Follows the published contract, never the code of this product: it imports nothing else of `nexla_mcp`.
"""
