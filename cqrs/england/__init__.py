"""A generated England: the ODS files, achievement and people of the demonstration."""
