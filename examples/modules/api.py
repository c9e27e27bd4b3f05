"""The module `api`: the votes as JSON, for other programs."""

import json
import os

import models


def app(environ, start_response):
    """Answers GET /api/votes."""
    status, answer = "404 Not Found", {"error": "there is only /api/votes"}
    if environ["PATH_INFO"] == "/api/votes":
        status = "200 OK"
        answer = {"module": os.environ["GAE_SERVICE"], "votes": models.count_votes()}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
