"""The application: questions, and who chose what."""
