"""The pages of the comparison, in Django."""

from django.urls import path

from site_of_notes import views

urlpatterns = [
    path("hello/<name>", views.hello),
    path("form", views.form),
    path("upload", views.upload),
    path("count", views.count),
    path("notes", views.all_notes, name="notes"),
    path("file", views.file),
    path("fail", views.fail),
    path("protected", views.protected),
]
