"""Users: who is signed in, and where to sign in and out."""
