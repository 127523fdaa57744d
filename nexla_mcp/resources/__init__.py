"""MCP resources and prompts: documents, schemas, live views of an account, prompt templates."""
