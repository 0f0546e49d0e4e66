"""Offers in GraphQL.

`types`, `inputs`, what can be asked (`lists`), had whole (`downloads`) and done (`mutations`).
"""
