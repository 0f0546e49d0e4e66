"""Technical code every service stands on; not one business word in it."""

import sys

# structlog imports rich wherever it is installed, which is a tenth of what a service takes to
# start; our logs are plain. What stands for None in this table cannot be imported.
if "rich" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog

    del sys.modules["rich"], structlog
