"""Offers in GraphQL: `types`, `inputs`, what can be asked (`lists`) and what done (`mutations`)."""
