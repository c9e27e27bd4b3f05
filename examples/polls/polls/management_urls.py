"""What administrators do; app.yaml lets nobody else in."""

from django.urls import path

from polls import views

urlpatterns = [path("ask/", views.AskView.as_view(), name="ask")]
