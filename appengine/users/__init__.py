"""Users: who is signed in, and where to sign in and out."""

from appengine.users.client import (
    CreateLoginURL,
    CreateLogoutURL,
    GetCurrentUser,
    IsCurrentUserAdmin,
    create_login_url,
    create_logout_url,
    get_current_user,
    is_current_user_admin,
)
from appengine.users.service import (
    Error,
    NotAllowedError,
    RedirectTooLongError,
    User,
    UserNotFoundError,
)

__all__ = [
    "CreateLoginURL",
    "CreateLogoutURL",
    "Error",
    "GetCurrentUser",
    "IsCurrentUserAdmin",
    "NotAllowedError",
    "RedirectTooLongError",
    "User",
    "UserNotFoundError",
    "create_login_url",
    "create_logout_url",
    "get_current_user",
    "is_current_user_admin",
]
