from chassis.command import run
from tests.support.sample.service import service

if __name__ == "__main__":
    run(service)
