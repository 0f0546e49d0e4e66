"""`python -m services.declarations api | worker | serve | migrate | rebuild | republish`."""

from chassis.command import run
from services.declarations.app import SERVICE

if __name__ == "__main__":
    run(SERVICE)
