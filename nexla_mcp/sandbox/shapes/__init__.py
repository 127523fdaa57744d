"""From stored documents to the contract's JSON: the forms of a list row, of one object, and inside a flow."""
