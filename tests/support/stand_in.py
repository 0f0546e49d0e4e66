"""A stand-in for a service, to be run as a script: answers 200 on its port until told to end."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the log is for what a test wants to find there."""


if __name__ == "__main__":
    if "fail" in sys.argv:
        sys.exit("the stand-in was told to fail")
    HTTPServer(("127.0.0.1", int(os.environ["CQRS_PORT"])), Answer).serve_forever()
