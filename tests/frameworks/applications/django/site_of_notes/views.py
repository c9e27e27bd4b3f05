"""The pages of the comparison, in Django."""

import hashlib

import notes
from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import etag


class NoteForm(forms.Form):
    """A form with a limit, to be refused."""

    text = forms.CharField(max_length=20)


def hello(request, name):
    return render(request, "hello.html", {"name": name})


@csrf_exempt
def form(request):
    return HttpResponse(",".join(request.POST.getlist("word")))


@csrf_exempt
def upload(request):
    file = request.FILES["file"]
    return HttpResponse(f"{file.name} {hashlib.sha256(file.read()).hexdigest()}")


def count(request):
    request.session["count"] = request.session.get("count", 0) + 1
    return HttpResponse(str(request.session["count"]))


@csrf_exempt
def all_notes(request):
    if request.method == "POST":
        notes.add(request.POST["text"])
        return redirect("notes")
    return HttpResponse(notes.all_texts())


@etag(lambda request: '"small"')
def file(request):
    return FileResponse(open("small.txt", "rb"))


def fail(request):
    raise ZeroDivisionError("on purpose")


def protected(request):
    """A form with Django's token against forged requests, its errors and a message."""
    note = NoteForm(request.POST or None)
    if note.is_valid():
        messages.success(request, f"noted {note.cleaned_data['text']}")
        return redirect(request.path)
    return render(request, "protected.html", {"form": note})
