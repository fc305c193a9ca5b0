"""Search: text, filters, sort and pages over what the catalog holds."""
