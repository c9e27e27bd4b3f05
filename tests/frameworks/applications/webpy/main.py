"""The pages of the comparison, in web.py."""

import hashlib

import notes
import web

web.config.debug = False
# `web.template.render` takes compiled templates only where it finds App Engine's names.
render = web.template.GAE_Render.super("templates/")


class Hello:
    def GET(self, name):
        return render.hello(name)


class Form:
    def POST(self):
        return ",".join(web.input(word=[]).word)


class Upload:
    def POST(self):
        file = web.input(file={}).file
        return f"{file.filename} {hashlib.sha256(file.file.read()).hexdigest()}"


class Count:
    """web.py has no signed cookies of its own; a plain one counts."""

    def GET(self):
        number = int(web.cookies(count="0").count) + 1
        web.setcookie("count", str(number))
        return str(number)


class Notes:
    def GET(self):
        return notes.all_texts()

    def POST(self):
        notes.add(web.input().text)
        raise web.found("/notes")


class File:
    def GET(self):
        text = open("small.txt").read()
        web.http.modified(etag=hashlib.sha256(text.encode()).hexdigest())
        return text


class Fail:
    def GET(self):
        raise ZeroDivisionError("on purpose")


urls = ("/hello/(.*)", Hello, "/form", Form, "/upload", Upload)
urls += ("/count", Count, "/notes", Notes, "/file", File, "/fail", Fail)
app = web.application(urls, globals()).wsgifunc()
