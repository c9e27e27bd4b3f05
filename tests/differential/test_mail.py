"""Mail's checks, messages and payloads give what App Engine's own give."""

import json
import subprocess
from pathlib import Path

import pytest
from google.appengine.api import mail

from tests.differential import environment, mail_cases

ACCEPTED = {
    "MissingSubjectError": "the documentation asks for a subject; the SDK forgets to",
    "MissingBodyError": "the documentation asks for a body; the SDK forgets to",
}


@pytest.fixture(scope="module")
def theirs():
    """The outcomes in App Engine's SDK, by case."""
    try:
        python = environment.find()
    except environment.UnavailableError as error:
        pytest.skip(str(error))
    done = subprocess.run(  # the test's own script
        [python, "-I", str(Path(mail_cases.__file__))], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_each_case_ends_as_with_app_engine(theirs):
    ours = {name: list(result) for name, result in mail_cases.outcomes(mail)}
    assert ours.keys() == theirs.keys() and len(ours) > 100
    different = {
        name: (result, theirs[name])
        for name, result in ours.items()
        if result != theirs[name] and result[1] not in ACCEPTED
    }
    assert different == {}
