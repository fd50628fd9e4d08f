// The page at `/` for the scenarios beside this file: how it is opened, and what is looked for in it.
import { given, newPage, run } from "./browser.mjs";

export const rows = "#songs .song";

export async function open(browser, options = {}, url = given.origin) {
  const page = await newPage(browser, options);
  await page.goto(`${url}/`);
  await listed(page);
  return page;
}

export const listed = (page) =>
  page.waitForFunction(() => document.querySelector("#songs li") || !document.getElementById("empty").hidden);
export const names = (page) => page.locator("#songs .name").allTextContents();
export const text = (page, selector) => page.locator(selector).textContent();
export const time = (page) => page.evaluate(() => document.getElementById("audio").currentTime);
export const playing = (page) => page.waitForFunction(() => document.getElementById("audio").currentTime > 0.2);
export const row = (page, name) => page.locator(rows, { hasText: name }).first();

/** Each scenario in a context of its own; what it saw goes under its name. */
export function runAll(scenarios) {
  return run(async (browser) => {
    const seen = {};
    for (const [name, scenario] of Object.entries(scenarios)) {
      try {
        seen[name] = await scenario(browser);
      } catch (error) {
        seen[name] = { failure: String(error) };
      }
      for (const context of browser.contexts()) await context.close();
    }
    return seen;
  });
}
