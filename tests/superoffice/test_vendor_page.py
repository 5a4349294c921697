"""The vendor's package in a page of Debian's Chromium: no Authorization, but the browser's session and its XSRF value.

The page stands below the application's path, as the vendor's own pages do. What it loads of the package are the files
that npm installed, by the names that their imports have.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

from tests.machine import program, require
from tests.superoffice.client import PASSWORD
from tests.superoffice.clients.ledger import modules_of
from tests.superoffice.clients.vendor import NEWEST, OLDER, NotInstalled, install
from tests.superoffice.world import World

pytestmark = pytest.mark.slow

# By which file a browser is to load what the package imports by a bare name.
PLUGINS = ("customParseFormat", "dayOfYear", "duration", "isoWeek", "quarterOfYear", "timezone", "utc")
IMPORTS = {
    "axios": "axios/dist/esm/axios.js",
    "tslib": "tslib/tslib.es6.mjs",
    "dayjs": "dayjs/esm/index.js",
    **{f"dayjs/plugin/{name}.js": f"dayjs/esm/plugin/{name}/index.js" for name in PLUGINS},
}
ASSIGN = """async ([baseUrl, associate, owner, names]) => {
  const { WebApi } = await import("./npm/PACKAGE/dist/esm/WebApi.js");
  const agent = new WebApi(baseUrl).getLicenseAgent();
  try {
    const links = await agent.assignThirdPartyLicensesAsync(associate, owner, names);
    return { status: 200, names: links.map((link) => link.name) };
  } catch (error) {
    return { status: error.response?.status ?? String(error), type: error.response?.data?.ErrorType };
  }
}"""


@pytest.fixture(scope="module")
def folder() -> Path:
    """Where the packages are."""
    try:
        return install() / "node_modules"
    except NotInstalled as missing:
        require(f"the vendor's package of npm: {missing}", there=False)
        raise


@pytest.fixture
def browser(folder: Path, world: World) -> Iterator[BrowserContext]:
    """A browser for which there is a page of an application below the path."""
    chromium = program("chromium")
    imports = {name: f"/SuperOffice/app/npm/{file}" for name, file in IMPORTS.items()}
    import_map = f'<script type="importmap">{json.dumps({"imports": imports})}</script>'

    def give(route: Route) -> None:
        path = re.sub(r"\?.*", "", route.request.url).partition("/SuperOffice/app/")[2]
        if not path.startswith("npm/"):
            route.fulfill(content_type="text/html", body=f"<!DOCTYPE html><title>App</title>{import_map}")
            return
        file = folder / path.removeprefix("npm/")
        found = next(each for each in (file, file.with_name(f"{file.name}.js"), file / "index.js") if each.is_file())
        route.fulfill(content_type="text/javascript", body=found.read_bytes())

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = running.new_context()
        context.set_default_timeout(20_000)
        context.route(f"{world.url}/SuperOffice/app/**", give)
        yield context
        running.close()


def log_in(page: Page, world: World) -> None:
    page.goto(f"{world.url}/SuperOffice/Login")
    page.get_by_label("User").fill(world.desk.login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").click()
    page.locator("#XSRF_TOKEN").wait_for(state="attached")


def assign(page: Page, world: World, package: str, *request: object) -> dict[str, object]:
    """Assign by the package: the status that it saw, and what it returned or the type of the error."""
    script = ASSIGN.replace("PACKAGE", package)
    answer: dict[str, object] = page.evaluate(script, [f"{world.url}/SuperOffice", *request])
    return answer


@pytest.mark.superoffice(
    "5 a session by cookie, with X-XSRF-TOKEN",
    "5 the XSRF value stands in a hidden input of the page and in cookie XSRF-TOKEN",
    "5 401: a cookie without X-XSRF-TOKEN, or with a wrong one",
    "10 X-XSRF-TOKEN",
)
@pytest.mark.parametrize("package", [NEWEST, OLDER])
def test_a_page_assigns_by_the_session_of_its_browser(world: World, browser: BrowserContext, package: str) -> None:
    owner, associate = world.owner(), world.associate()
    module = world.module(owner)
    login = world.login_of(associate)
    page = browser.new_page()

    log_in(page, world)
    xsrf_value = page.locator("#XSRF_TOKEN").get_attribute("value")

    page.goto(f"{world.url}/SuperOffice/app/")
    browser.clear_cookies(name="XSRF-TOKEN")
    refused = assign(page, world, package, associate, owner, [module])
    assert refused == {"status": 401, "type": "XsrfValidationException"}, "the session's cookie alone is not enough"
    assert modules_of(world, login, owner) == set()

    # The package finds the value in a hidden input of the page, where it is in no cookie yet.
    page.evaluate("document.cookie = 'other=1'")
    page.set_content(f'<input type="hidden" id="XSRF_TOKEN" value="{xsrf_value}">')
    assert assign(page, world, package, associate, owner, [module]) == {"status": 200, "names": [module]}
    assert modules_of(world, login, owner) == {module}

    browser.clear_cookies(name="seatkeeper-session")
    assert assign(page, world, package, associate, owner, [module])["status"] == 401, "nor is the value without it"


@pytest.mark.superoffice("5 a session by cookie, with X-XSRF-TOKEN")
def test_a_page_finds_the_cookie_that_the_log_in_has_set(world: World, browser: BrowserContext) -> None:
    owner, associate = world.owner(), world.associate()
    module = world.module(owner)
    page = browser.new_page()
    log_in(page, world)
    page.goto(f"{world.url}/SuperOffice/app/")
    assert assign(page, world, NEWEST, associate, owner, [module]) == {"status": 200, "names": [module]}
