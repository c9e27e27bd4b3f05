"""The pages."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.views import generic
from django.views.decorators.http import require_POST

from polls.forms import QuestionForm
from polls.models import Choice, Question


class IndexView(generic.ListView):
    """The newest questions."""

    template_name = "polls/index.html"
    context_object_name = "questions"

    def get_queryset(self):
        return Question.newest()


class AskView(generic.FormView):
    """A form for a new question."""

    template_name = "polls/ask.html"
    form_class = QuestionForm
    success_url = reverse_lazy("polls:index")

    def form_valid(self, form):
        Question.ask(form.cleaned_data["text"], form.cleaned_data["choices"])
        messages.success(self.request, f"Asked: {form.cleaned_data['text']}")
        return super().form_valid(form)


def detail(request, question_id):
    return render(request, "polls/detail.html", {"question": find_question(question_id)})


def results(request, question_id):
    question = find_question(question_id)
    choices = sorted(question.choices(), key=lambda choice: -(choice.votes or 0))
    total = sum(choice.votes or 0 for choice in choices)
    return render(
        request,
        "polls/results.html",
        {"question": question, "choices": choices, "total": total},
    )


@require_POST
def vote(request, question_id):
    question = find_question(question_id)
    choice = request.POST.get("choice", "")
    if not choice.isdecimal() or not Choice.vote(question_id, int(choice)):
        context = {"question": question, "problem": "You did not choose an answer."}
        return render(request, "polls/detail.html", context)
    # After a POST a redirect: going back and forth in the browser votes no second time.
    return HttpResponseRedirect(reverse("polls:results", args=(question_id,)))


def find_question(question_id):
    question = Question.get_by_id(question_id) if question_id else None
    if question is None:
        raise Http404(f"There is no question {question_id}.")
    return question
