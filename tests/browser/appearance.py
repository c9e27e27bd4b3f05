"""What every page must be, whatever it shows: as wide as the window, readable, without scripts."""

from pathlib import Path

MIN_CONTRAST = 4.5
"""Of text to its ground. Source: WCAG 2.2, 1.4.3 Contrast (Minimum)."""

CONTRASTS = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => numbers(colour).slice(0, 3).map(c => c / 255)
      .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if ((numbers(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const own = e => [...e.childNodes].some(n => n.nodeType == 3 && n.textContent.trim());
  return [...document.querySelectorAll("body *")].filter(own).map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    return [(a + .05) / (b + .05), e.tagName + ": " + e.textContent.trim().slice(0, 40)];
  });
}"""


def check_appearance(page) -> None:
    """Asserts that a page fits its window, is readable, and has labels and no scripts."""
    page.wait_for_load_state("load")  # a click returns when the next page begins, without its style
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]
    weak = [name for contrast, name in page.evaluate(CONTRASTS) if contrast < MIN_CONTRAST]
    assert weak == []
    assert page.locator("script").count() == 0
    nameless = "input:not([type=hidden]):not([aria-label])"
    for field in page.locator(nameless).all():
        assert field.evaluate("e => e.labels.length") > 0


def keep_picture(page, name: str, folder: str) -> None:
    """Writes a picture of the whole page, if a folder for pictures is named."""
    if folder:
        scheme = (
            "dark"
            if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
            else "light"
        )
        file = Path(folder) / f"{name}-{scheme}-{page.viewport_size['width']}.png"
        page.screenshot(path=str(file), full_page=True)
