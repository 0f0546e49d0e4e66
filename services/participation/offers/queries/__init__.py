"""What may be asked of offers: shown in `lists`, or had whole in `files`."""
