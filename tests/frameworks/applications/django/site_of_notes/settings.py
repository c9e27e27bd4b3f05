"""A Django project without a database: sessions and messages are in signed cookies."""

DEBUG = True
SECRET_KEY = "a secret of the tests"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site_of_notes.urls"
WSGI_APPLICATION = "site_of_notes.wsgi.application"
INSTALLED_APPS = ["django.contrib.messages", "django.contrib.staticfiles", "site_of_notes"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": ["django.contrib.messages.context_processors.messages"],
        },
    }
]
STATIC_URL = "/static/"
USE_TZ = True
