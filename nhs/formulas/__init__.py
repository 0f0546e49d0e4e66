"""Payments as data: formulas, their two readers, and the specification that binds them.

A formula is a list of named steps, one operator each. `explain` interprets it with fractions and
keeps every value; `compile_formula` writes a plain function over integer pairs. Tests hold the two
equal. Nothing is rounded but at a step that says so.
"""
