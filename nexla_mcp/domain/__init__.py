"""Words that every layer shares: resource types, errors, times. Imports nothing else of the package."""
