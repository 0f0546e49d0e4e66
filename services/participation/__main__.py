"""`python -m services.participation …`."""

from chassis.command import run
from services.participation.app import SERVICE

if __name__ == "__main__":
    run(SERVICE)
