"""An application platform: services for applications that share nothing with a machine."""

from appengine.aliases import install

install()
