"""The generated documentation as a page that needs nothing from elsewhere: license servers stand in closed networks."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

_ASSETS: Final = Path(__file__).with_name("swagger_ui")


def serve_documentation(app: FastAPI) -> None:
    """Add the page `docs` and what it loads. Its addresses are relative, so that it stands below any path."""
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=app.title,
        swagger_js_url="swagger-ui/swagger-ui-bundle.js",
        swagger_css_url="swagger-ui/swagger-ui.css",
        swagger_favicon_url="swagger-ui/favicon-32x32.png",
        swagger_ui_parameters={"validatorUrl": None},
    )

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return page

    app.mount("/swagger-ui", StaticFiles(directory=_ASSETS))
