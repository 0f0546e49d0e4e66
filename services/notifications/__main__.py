from chassis.command import run
from services.notifications.app import SERVICE

if __name__ == "__main__":
    run(SERVICE)
