"""The form with which administrators ask."""

from django import forms


class QuestionForm(forms.Form):
    """A question, and its choices one a line."""

    text = forms.CharField(label="Question", max_length=200)
    choices = forms.CharField(
        help_text="One on each line, two at least.", widget=forms.Textarea(attrs={"rows": 5})
    )

    def clean_choices(self):
        lines = [line.strip() for line in self.cleaned_data["choices"].splitlines()]
        choices = [line for line in lines if line]
        if len(choices) < 2:  # noqa: PLR2004  # as the help says
            raise forms.ValidationError("Two choices at least, please.")
        return choices
