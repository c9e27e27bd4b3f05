"""The door to WebOb, on which requests and responses stand.

WebOb imports the module `cgi`, which warns that it will go; from Python 3.13 on it comes with
WebOb. Nothing of it is used here: forms are read by `appengine.webapp.multipart`, in memory.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import webob
    from webob import exc
    from webob.headers import ResponseHeaders
    from webob.multidict import GetDict, MultiDict, NoVars
    from webob.util import status_reasons as standard_reasons

__all__ = [
    "GetDict",
    "MultiDict",
    "NoVars",
    "ResponseHeaders",
    "exc",
    "standard_reasons",
    "webob",
]
