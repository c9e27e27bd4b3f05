"""The wire between the front and an instance: frames, declarations, stubs and servers."""
