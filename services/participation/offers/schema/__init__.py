"""Offers in GraphQL: `types`, and in `roots` what can be asked and done."""
