"""OAuth: nobody's token is known here, and an application can tell that from its errors."""

import pytest
from google.appengine.api import oauth

CALLS = {
    "get_current_user": ["scope"],
    "is_current_user_admin": [],
    "get_oauth_consumer_key": [],
    "get_client_id": ["scope"],
    "get_authorized_scopes": [["scope"]],
}


@pytest.mark.parametrize("name", CALLS)
def test_without_a_token_its_parameters_are_missing(monkeypatch, name):
    """Source: App Engine, "OAuth API for Python", exceptions."""
    monkeypatch.delenv("HTTP_AUTHORIZATION", raising=False)
    with pytest.raises(oauth.InvalidOAuthParametersError) as caught:
        getattr(oauth, name)(*CALLS[name])
    assert isinstance(caught.value, oauth.OAuthRequestError)


@pytest.mark.parametrize("name", CALLS)
def test_a_token_is_none_that_is_known(monkeypatch, name):
    monkeypatch.setenv("HTTP_AUTHORIZATION", "Bearer x")
    with pytest.raises(oauth.InvalidOAuthTokenError) as caught:
        getattr(oauth, name)(*CALLS[name])
    assert isinstance(caught.value, oauth.OAuthRequestError)


def test_the_errors_are_one_family():
    assert issubclass(oauth.OAuthRequestError, oauth.Error)
    assert issubclass(oauth.NotAllowedError, oauth.OAuthRequestError)
    assert issubclass(oauth.OAuthServiceFailureError, oauth.Error)
    assert not issubclass(oauth.OAuthServiceFailureError, oauth.OAuthRequestError)
