"""Several feeds on one page: fetched at the same time, and kept in memcache for a minute."""

import json
import os
import time
from http import HTTPStatus

from google.appengine.api import memcache, urlfetch
from google.appengine.ext import webapp
from google.appengine.ext.webapp import template

KEPT_SECONDS = 60
DEADLINE_SECONDS = 3

SAMPLES = {
    "weather": {"title": "Weather", "items": ["Sun in the north", "Rain in the south"]},
    "trains": {"title": "Trains", "items": ["All on time"]},
    "news": {"title": "News", "items": ["Nothing happened", "It was a quiet day"]},
}
"""Feeds that this application serves itself, so that the example needs no network."""


def read_feeds(urls):
    """Returns each feed by its URL: from memcache, and all that are missing in one go."""
    feeds = memcache.get_multi(urls, key_prefix="feed:")
    rpcs = {}
    for url in urls:
        if url not in feeds:
            rpcs[url] = urlfetch.create_rpc(deadline=DEADLINE_SECONDS)
            urlfetch.make_fetch_call(rpcs[url], url)
    fetched = {url: read_answer(rpc) for url, rpc in rpcs.items()}
    whole = {url: feed for url, feed in fetched.items() if "error" not in feed}
    memcache.set_multi(whole, time=KEPT_SECONDS, key_prefix="feed:")
    return feeds | fetched, len(rpcs)


def read_answer(rpc):
    """Returns the feed that a fetch has brought, or what went wrong: the others are shown still."""
    try:
        answer = rpc.get_result()
        if answer.status_code != HTTPStatus.OK:
            return {"title": "A feed", "error": f"status {answer.status_code}"}
        return json.loads(answer.content)
    except (urlfetch.Error, ValueError) as error:
        return {"title": "A feed", "error": str(error)}


class Mashup(webapp.RequestHandler):
    """GET /: all feeds on one page."""

    def get(self):
        started = time.monotonic()
        base = f"http://{os.environ['HTTP_HOST']}"
        wanted = str(self.request.get("feeds")) or os.environ["FEEDS"]
        urls = [base + feed if feed.startswith("/") else feed for feed in wanted.split()]
        feeds, fetched = read_feeds(urls)
        values = {
            "feeds": [feeds[url] for url in urls],
            "fetched": fetched,
            "milliseconds": round((time.monotonic() - started) * 1000),
        }
        self.response.out.write(template.render("index.html", values))


class Feed(webapp.RequestHandler):
    """GET /feed/NAME: one of the samples, as another site would serve it, not too quickly."""

    def get(self, name):
        if name not in SAMPLES:
            self.error(404)
            return
        time.sleep(0.2)
        self.response.headers["Content-Type"] = "application/json"
        self.response.out.write(json.dumps(SAMPLES[name]))


application = webapp.WSGIApplication([("/", Mashup), (r"/feed/(\w+)", Feed)])
