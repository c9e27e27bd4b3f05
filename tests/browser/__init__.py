"""Pages in a real browser: headless Chromium, where there is one."""
