"""Unsubscribing from a mail by its link, without signing in.

To open the link changes nothing: mail scanners open links. Its button does, and so does the mail
program's own, which posts to the same address (RFC 8058).
"""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any, Final

import structlog
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from chassis.mail import Mail
from chassis.service import Site
from services.notifications.email.letter import page
from services.notifications.email.links import PATH, Links, Wish
from services.notifications.email.words import these
from services.notifications.preferences import commands

log = structlog.get_logger()

_STYLE: Final = (
    "body{margin:0;background:#f0f4f5;color:#212b32;font:19px/1.5 Arial,sans-serif}"
    "header{background:#005eb8;color:#fff;padding:16px 24px;font-weight:bold}"
    "main{max-width:640px;margin:0 auto;padding:24px}h1{font-size:32px;line-height:1.25}"
    "button{background:#007f3b;color:#fff;border:0;border-radius:4px;padding:12px 20px;"
    "font:bold 19px Arial,sans-serif;cursor:pointer}a{color:#005eb8}"
    "button:focus,a:focus{outline:4px solid #ffeb3b}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def routes(site: Site) -> Sequence[Route]:
    """None where no mail is sent: there are no such links."""
    return [_unsubscribing(site, site.mail)] if site.mail else []


def _unsubscribing(site: Site, mail: Mail) -> Route:
    links = Links(mail.public_url, mail.key)

    async def answer(request: Request) -> Response:
        wish = links.read(**request.path_params)
        if wish is None:
            log.info("unsubscribe.refused")
            return _page(mail, _FORGED, 403)
        if request.method != "POST":
            return _page(mail, _asking(wish))
        async with site.db.transaction() as tx:
            await commands.unsubscribe(tx, wish.person, wish.kind, site.clock.now())
        log.info("unsubscribe.done", kind=wish.said)
        return _page(mail, _done(wish))

    return Route(PATH, answer, methods=["GET", "POST"])


_STILL: Final = (
    "The Message Centre tells you of everything in any case, and you can change what you are "
    "mailed again under e-mail preferences."
)
_CUT_OFF: Final = (
    "It may have been cut off: copy all of it from the mail. Or sign in, and change your e-mail "
    "preferences there."
)
_FORGED: Final = {"title": "This link is not valid", "lines": [_CUT_OFF], "button": ""}


def _asking(wish: Wish) -> dict[str, Any]:
    said = these(wish.kind)
    lines = [f"Do you want no more {said}?", _STILL]
    return {"title": f"Stop {said}", "lines": lines, "button": f"Stop {said}"}


def _done(wish: Wish) -> dict[str, Any]:
    lines = [f"You get no more {these(wish.kind)}.", _STILL]
    return {"title": "You have unsubscribed", "lines": lines, "button": ""}


def _page(mail: Mail, facts: dict[str, Any], status: int = 200) -> Response:
    style = Markup(_STYLE)  # noqa: S704 - a constant, and under its hash
    html = page("unsubscribe", {**facts, "style": style, "centre": f"{mail.public_url}/"})
    return HTMLResponse(html, status, _HEADERS)
