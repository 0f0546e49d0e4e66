"""The fixtures every test may ask for; each is written in a file of tests/support."""

pytest_plugins = [
    "tests.support.log",
    "tests.support.postgres",
    "tests.support.broker",
    "tests.support.database",
    "tests.support.messaging",
    "tests.support.things",
    "tests.support.issuer",
    "tests.support.profiles",
    "tests.support.sample.fixtures",
    "tests.support.system",
    "tests.support.period",
]
