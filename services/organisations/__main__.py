"""`python -m services.organisations …`; settings are read here and nowhere else."""

from chassis.command import run
from services.organisations.app import SERVICE

if __name__ == "__main__":
    run(SERVICE)
