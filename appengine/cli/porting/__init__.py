"""What this platform refuses in an application, or does otherwise: read from its files alone.

Nothing of the application is run or imported. A file in Python 2's syntax is read as far as its
words go, so that all that is to be changed in it is named at once.
"""
