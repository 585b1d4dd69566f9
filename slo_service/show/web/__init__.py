"""The pages: server-rendered, readable without JavaScript, refreshed in place by server-sent events."""

from slo_service.show.web.routes import pages
from slo_service.show.web.security import security_headers

__all__ = ["pages", "security_headers"]
