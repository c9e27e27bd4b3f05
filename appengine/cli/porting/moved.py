"""Where Python 2's modules and names went, and App Engine's libraries: tables.

Source: Python, "What's New In Python 3.0"; PEP 3108, "Standard Library Reorganization"; PEP 594.
"""

URLS = "urllib.request and urllib.error, or google.appengine.api.urlfetch"

MODULES = {
    "BaseHTTPServer": "http.server",
    "Bastion": "",
    "CGIHTTPServer": "http.server",
    "ConfigParser": "configparser",
    "Cookie": "http.cookies",
    "HTMLParser": "html.parser",
    "Queue": "queue",
    "SimpleHTTPServer": "http.server",
    "SocketServer": "socketserver",
    "StringIO": "io",
    "Tkinter": "tkinter",
    "UserDict": "collections",
    "UserList": "collections",
    "UserString": "collections",
    "__builtin__": "builtins",
    "anydbm": "dbm",
    "cPickle": "pickle",
    "cStringIO": "io",
    "cgi": "html.escape, urllib.parse and your framework's forms",
    "commands": "subprocess",
    "compiler": "ast",
    "cookielib": "http.cookiejar",
    "copy_reg": "copyreg",
    "dbhash": "dbm",
    "dummy_thread": "_thread",
    "exceptions": "the built-in names",
    "future_builtins": "the built-in names",
    "htmlentitydefs": "html.entities",
    "htmllib": "html.parser",
    "httplib": "http.client",
    "imp": "importlib",
    "md5": "hashlib",
    "mimetools": "email",
    "mimify": "email",
    "new": "types",
    "parser": "ast",
    "pipes": "shlex",
    "popen2": "subprocess",
    "repr": "reprlib",
    "rfc822": "email",
    "robotparser": "urllib.robotparser",
    "sets": "the built-in set",
    "sgmllib": "html.parser",
    "sha": "hashlib",
    "sre": "re",
    "thread": "_thread, or threading",
    "urllib2": URLS,
    "urlparse": "urllib.parse",
    "xmlrpclib": "xmlrpc.client",
}
"""Python 2's modules that are gone, and what has what they had."""

_PARSE = "quote quote_plus unquote unquote_plus urlencode splittype splithost pathname2url"
_TYPES = "StringType UnicodeType StringTypes IntType LongType FloatType ListType DictType TupleType"
_LETTERS = "letters lowercase uppercase"
_FUNCTIONS = "join split lower upper replace strip atoi atof find zfill"

ATTRIBUTES = {
    **{f"urllib.{name}": f"urllib.parse.{name}" for name in _PARSE.split()},
    **{f"urllib.{name}": f"urllib.request.{name}" for name in ("urlopen", "urlretrieve")},
    **{f"types.{name}": "the built-in type" for name in _TYPES.split()},
    **{f"string.{name}": f"string.ascii_{name}" for name in _LETTERS.split()},
    **{f"string.{name}": f"the method {name}() of str" for name in _FUNCTIONS.split()},
    "string.maketrans": "str.maketrans",
    "itertools.ifilter": "filter",
    "itertools.ifilterfalse": "itertools.filterfalse",
    "itertools.imap": "map",
    "itertools.izip": "zip",
    "itertools.izip_longest": "itertools.zip_longest",
    "os.getcwdu": "os.getcwd",
    "os.errno": "the module errno",
    "sys.exc_clear": "nothing: it ends with the except block",
    "sys.exc_type": "sys.exc_info()[0]",
    "sys.exc_value": "sys.exc_info()[1]",
    "sys.maxint": "sys.maxsize",
    "sys.setdefaultencoding": "nothing: it is UTF-8",
    "operator.isCallable": "callable",
    "operator.sequenceIncludes": "operator.contains",
    "base64.encodestring": "base64.encodebytes",
    "base64.decodestring": "base64.decodebytes",
    "time.clock": "time.perf_counter",
    "cgi.escape": "html.escape",
    "collections.Mapping": "collections.abc.Mapping",
    "collections.MutableMapping": "collections.abc.MutableMapping",
    "collections.Iterable": "collections.abc.Iterable",
    "collections.Callable": "collections.abc.Callable",
}
"""Attributes of modules that are gone, and what to write."""

BUILTINS = {
    "apply": "function(*arguments)",
    "basestring": "str",
    "buffer": "memoryview",
    "cmp": "(a > b) - (a < b)",
    "coerce": "the two conversions",
    "execfile": "exec(open(file).read())",
    "file": "open",
    "intern": "sys.intern",
    "long": "int",
    "raw_input": "nothing: an application has no terminal",
    "reduce": "functools.reduce",
    "reload": "importlib.reload",
    "unichr": "chr",
    "unicode": "str",
    "xrange": "range",
}
"""Built-in names that are gone, and what to write."""

METHODS = {
    "has_key": "'key in dictionary'",
    "iteritems": "items()",
    "iterkeys": "keys()",
    "itervalues": "values()",
    "viewitems": "items()",
    "viewkeys": "keys()",
    "viewvalues": "values()",
}
"""Methods that are gone, and what to write."""

SPECIAL = {
    "__cmp__": "__eq__ and __lt__, with functools.total_ordering",
    "__coerce__": "the operators themselves",
    "__delslice__": "__delitem__",
    "__div__": "__truediv__",
    "__getslice__": "__getitem__",
    "__hex__": "__index__",
    "__idiv__": "__itruediv__",
    "__long__": "__int__",
    "__nonzero__": "__bool__",
    "__oct__": "__index__",
    "__rdiv__": "__rtruediv__",
    "__setslice__": "__setitem__",
    "__unicode__": "__str__",
    "next": "__next__",
}
"""Methods that Python 2 called of itself, and their names of today."""

DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "MySQLdb": "mysqlclient",
    "PIL": "Pillow",
    "bs4": "beautifulsoup4",
    "cherrypy": "CherryPy",
    "dateutil": "python-dateutil",
    "django": "Django",
    "flask": "Flask",
    "jwt": "PyJWT",
    "lxml": "lxml",
    "pkg_resources": "setuptools",
    "web": "web.py",
    "webob": "WebOb",
    "yaml": "PyYAML",
}
"""Libraries whose name in requirements.txt is not that of their Python module."""

COMPANIONS = {
    "cherrypy": "cheroot portend more-itertools",
    "django": "asgiref sqlparse",
    "flask": "blinker click itsdangerous werkzeug",
    "pyramid": "webob zope.interface translationstring venusian",
}
"""Libraries that come with a framework, and are imported as often as it is."""
