"""The QR code and what stands around it, in every look: measured from screenshots."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.phones import Phone
from tests.journeys.product import Product
from tests.journeys.qr_picture import measure
from tests.journeys.steps import (
    ADA,
    become_first_admin,
    enter_code,
    heading,
    link,
    picture,
    saved,
    sign_in,
    sign_out,
    start_set_up,
)

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "light-scale-2": {"color_scheme": "light", "device_scale_factor": 2},
    "dark-scale-2": {"color_scheme": "dark", "device_scale_factor": 2},
    "forced-colours": {"forced_colors": "active", "color_scheme": "dark"},
    "phone": {"viewport": {"width": 320, "height": 640}, "device_scale_factor": 2},
}
SMALLEST_SIDE, SMALLEST_MODULE, QUIET_ZONE = 240, 4, 4
CARRIERS = """secret => {
  const found = [];
  for (const element of document.querySelectorAll("*"))
    for (const {name, value} of element.attributes)
      if (value.toUpperCase().replace(/\\s/g, "").includes(secret))
        found.push(`${element.localName} ${name}`);
  return found;
}"""
SPOKEN = """() => [...document.querySelectorAll("svg, img, [role=img], [aria-label], title")]
  .map(e => [e.getAttribute("aria-label"), e.getAttribute("alt"), e.textContent].join(" "))"""


@pytest.fixture(params=LOOKS)
def look(request: pytest.FixtureRequest) -> str:
    """Each look in turn."""
    name: str = request.param
    return name


def test_the_qr_code_reads_from_a_screenshot_and_leads_to_two_step_sign_in(
    product: Product, new_page: NewPage, look: str
) -> None:
    """Both readers take it, it is large and has its quiet zone, and its codes sign in."""
    page = new_page(**LOOKS[look])
    become_first_admin(page, product.first_admin_link)
    phone = start_set_up(page)
    picture(page, f"set-up-{look}")
    sizes = measure(page.screenshot(full_page=True))
    scale = LOOKS[look].get("device_scale_factor", 1)
    assert sizes.side / scale >= SMALLEST_SIDE
    assert sizes.module / scale >= SMALLEST_MODULE
    assert sizes.quiet >= QUIET_ZONE
    keeps_the_rules_of_a_key_uri(page, phone)
    is_the_only_carrier_beside_key_and_link(page, phone)
    saved(page, phone.code())
    sign_out(page)
    sign_in(page, ADA)
    enter_code(page, phone.code())
    heading(page, f"Hello, {ADA.name}")


def keeps_the_rules_of_a_key_uri(page: Page, phone: Phone) -> None:
    """Type, label, issuer and parameters are what every app understands."""
    assert (phone.parts.scheme, phone.parts.netloc) == ("otpauth", "totp")
    issuer = phone.parameters["issuer"][0]
    assert phone.label == f"{issuer}:{ADA.email}"
    assert phone.parameters.get("digits", ["6"]) == ["6"]
    assert phone.parameters.get("period", ["30"]) == ["30"]
    assert phone.parameters.get("algorithm", ["SHA1"]) == ["SHA1"]
    assert set(phone.parameters) <= {"secret", "issuer", "digits", "period", "algorithm"}
    assert len(phone.secret) * 5 >= 160
    assert set(phone.secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    main = page.get_by_role("main")
    expect(main.get_by_text(issuer, exact=True)).to_be_visible()
    expect(main.get_by_text(ADA.email, exact=True)).to_be_visible()
    assert page.get_by_role("code").inner_text().replace("\n", "").replace(" ", "") == phone.secret


def is_the_only_carrier_beside_key_and_link(page: Page, phone: Phone) -> None:
    """No other attribute, no spoken text, no title and no address has the secret."""
    same_device = link(page, "Open in my authenticator app")
    same_device.scroll_into_view_if_needed()
    expect(same_device).to_be_in_viewport()
    assert same_device.get_attribute("href") == phone.uri
    assert page.evaluate(CARRIERS, phone.secret) == ["a href"]
    for spoken in page.evaluate(SPOKEN):
        assert phone.secret not in spoken.upper().replace(" ", "")
    code = page.get_by_role("img", name="QR code").first
    expect(code).to_be_visible()
    assert phone.secret not in page.url + page.title()
