"""What a model sees: one module a toolset. A tool is a typed function plus its `ToolSpec`."""
