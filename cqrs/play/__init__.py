"""One payment period, played through the gateway by people with the right roles."""
