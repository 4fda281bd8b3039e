"""The pages of a small site with a provider in it: signing in, signing out, and who is signed in."""

import threading

from django.conf import settings
from django.contrib.auth import views
from django.http import JsonResponse
from django.shortcuts import render
from django.urls import include, path

_asked = []
_lock = threading.Lock()


def record(next_in_line):
    """Remembers each request to the provider: its endpoint, the answer's status, what kind of grant was asked for."""

    def answer(request):
        if request.path == "/__record":
            with _lock:
                return JsonResponse(list(_asked), safe=False)
        response = next_in_line(request)
        if request.path.startswith("/openid/"):
            entry = {
                "route": request.path.removeprefix("/openid/").strip("/"),
                "method": request.method,
                "status": response.status_code,
                "grant_type": request.POST.get("grant_type"),
                "prompt": request.GET.get("prompt"),
                "answered": "code=" in response.headers.get("Location", ""),
            }
            with _lock:
                _asked.append(entry)
        return response

    return answer


def cookies_for_iframes(next_in_line):
    """Over https, the cookie that the provider's own iframe reads gets the attributes of the session's cookie."""

    def answer(request):
        response = next_in_line(request)
        cookie = response.cookies.get("op_browser_state")
        if cookie is not None and settings.SESSION_COOKIE_SECURE:
            cookie["samesite"] = settings.SESSION_COOKIE_SAMESITE
            cookie["secure"] = True
        return response

    return answer


def userinfo(claims, user):
    """The claims about a person, as the provider wants them from its site."""
    claims["name"] = f"{user.first_name} {user.last_name}"
    claims["given_name"] = user.first_name
    claims["family_name"] = user.last_name
    claims["preferred_username"] = user.username
    claims["email"] = user.email
    claims["email_verified"] = True
    return claims


def home(request):
    """Who is signed in, with a button to sign out."""
    return render(request, "home.html")


urlpatterns = [
    path("", home),
    path("login/", views.LoginView.as_view(template_name="login.html")),
    path("logout/", views.LogoutView.as_view()),
    path("openid/", include("oidc_provider.urls", namespace="oidc_provider")),
]
