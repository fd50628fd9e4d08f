// The page at `/` where something is in its way. Reports what was seen, one member for each thing.
import { given, newPage } from "./browser.mjs";
import { listed, open, playing, row, rows, runAll, text } from "./steps.mjs";

const phone = { viewport: { width: 360, height: 640 } };

const paused = (page) => page.waitForFunction(() => document.getElementById("audio").paused);
const said = (page, words) => page.waitForFunction((wanted) => document.getElementById("trouble").textContent.includes(wanted), words);
const focused = (page) =>
  page.evaluate(() => {
    const { id, className, localName } = document.activeElement;
    return localName === "body" ? localName : id || className;
  });
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

async function giveToken(page, token) {
  await page.waitForSelector("#token-dialog[open]");
  await page.fill("#token", token);
  await page.keyboard.press("Enter");
}

/** Whether the browser refuses it altogether, or has no room, the page works as long as it is open. */
async function needsNoStorage(browser) {
  const faults = [];
  const refused = () => {
    for (const kind of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, kind, { get() { throw new DOMException("refused", "SecurityError"); } });
    }
  };
  const full = () => {
    Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
  };
  for (const hindrance of [refused, full]) {
    const page = await newPage(browser);
    await page.addInitScript(hindrance);
    await page.goto(`${given.guarded}/`);
    await giveToken(page, given.token);
    await listed(page);
    await row(page, "Nocturne").click();
    await playing(page);
    await page.click("#play");
    await paused(page);
    faults.push(...page.faults);
  }
  return { faults };
}

/** Each token that is not a valid one is asked for again, and one that was pasted is taken. */
async function takesATokenAsItWasPasted(browser) {
  const faults = [];
  for (const good of [`\u200b${given.token}\ufeff `, given.foreignToken]) {
    const page = await newPage(browser);
    await page.goto(`${given.guarded}/`);
    await giveToken(page, "not\u2603this");
    await page.waitForFunction(() => document.getElementById("token-wrong").textContent);
    await giveToken(page, good);
    await listed(page);
    faults.push(...page.faults);
  }
  return { faults };
}

async function pausesAfterClicks(browser) {
  const page = await open(browser);
  const goesOn = async () => {
    await page.keyboard.press(" ");
    await page.waitForFunction(() => !document.getElementById("audio").paused);
  };
  await row(page, "Nocturne").click();
  await playing(page);
  await page.keyboard.press(" ");
  await paused(page);
  await goesOn();
  await page.locator("#songs .add").nth(2).click();
  await page.keyboard.press(" ");
  await paused(page);
  const queued = await text(page, "#queue-count");
  await goesOn();
  await page.locator("#seek").click();
  await page.keyboard.press(" ");
  await paused(page);
  const title = await text(page, "#title");
  await page.keyboard.press("ArrowDown"); // the slider's own
  const slider = await focused(page);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press(" "); // the row's own
  await page.waitForFunction((old) => document.getElementById("title").textContent !== old, title);
  return { queued, title, slider, next: await text(page, "#title"), faults: page.faults };
}

/**
 * The song's start is there; what comes later is not: once, after which it goes on, and then for good. (Where a connection is cut,
 * Chromium itself tries for half a minute.)
 */
async function saysThatTheConnectionBroke(browser) {
  const page = await open(browser);
  let faults = 1;
  await page.route("**/songs/listen/*", (route) => {
    const first = Number(/\d+/.exec(route.request().headers().range ?? "0")[0]);
    if (first === 0 || faults === 0) return route.continue();
    faults -= 1;
    return route.fulfill({ status: 502, body: "" });
  });
  const seek = (to) => page.evaluate((wanted) => { document.getElementById("audio").currentTime = wanted; }, to);
  await row(page, "Nightlong").click();
  await playing(page);
  await seek(550);
  await page.waitForFunction(() => document.getElementById("audio").currentTime > 550.2);
  const asked = page.requests.filter((path) => /^\/songs\/\d+$/.test(path)).length;
  faults = Infinity;
  await seek(300);
  await said(page, "Nightlong");
  return { asked, said: await text(page, "#trouble"), faults: page.faults };
}

async function keepsComplaintsApart(browser) {
  const page = await open(browser);
  await row(page, "Gone").click();
  await said(page, "Gone");
  await page.fill("#search", "frederic");
  await page.waitForFunction(() => document.querySelectorAll("#songs li").length === 1);
  const afterSearch = await text(page, "#trouble");
  await page.route(/songs\?q=/, (route) => route.fulfill({ status: 503, body: "" }));
  await page.fill("#search", "anything");
  await said(page, "listed");
  await page.click("#play");
  await page.waitForResponse(/songs\/listen/);
  return { afterSearch, both: await text(page, "#trouble"), faults: page.faults };
}

/** A link that ended while the song stood still: its successor is loaded, and not played. */
async function staysSilent(browser) {
  const page = await open(browser);
  await row(page, "Nightlong").click();
  await playing(page);
  await page.click("#play");
  await paused(page);
  let ended = true;
  await page.route("**/songs/listen/*", (route) => (ended ? route.fulfill({ status: 403, body: "" }) : route.continue()));
  await page.route(/songs\/\d+$/, (route) => {
    ended = false;
    return route.continue();
  });
  await page.evaluate(() => {
    const audio = document.getElementById("audio");
    window.sounded = false;
    audio.addEventListener("play", () => { window.sounded = true; });
    audio.currentTime = 550;
  });
  await page.waitForRequest(/songs\/\d+$/);
  await page.waitForFunction(() => {
    const { readyState, seeking, currentTime } = document.getElementById("audio");
    return readyState >= 2 && !seeking && currentTime >= 550;
  });
  return { sounded: await page.evaluate(() => window.sounded), said: await text(page, "#trouble"), faults: page.faults };
}

/** Long names and complaints leave the list, the queue and the reason in sight. */
async function fits(browser) {
  const page = await open(browser, phone);
  const edges = (selector) =>
    page.locator(selector).last().evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return { top, bottom };
    });
  const before = await edges("#songs");
  await page.locator("#songs li", { hasText: "xxxx" }).locator(".add").evaluate((add) => add.click());
  const shift = (await edges("#songs")).top - before.top;
  await page.route("**/songs/listen/*", (route) => route.fulfill({ status: 502, body: "" }));
  await page.keyboard.press("n");
  await row(page, "xxxx").evaluate((song) => song.click());
  await said(page, "(502)");
  const complaint = await page.locator("#trouble").evaluate(({ clientHeight, scrollHeight }) => scrollHeight - clientHeight);
  await page.evaluate(() => new Promise((resolve) => {
    scrollTo(0, document.documentElement.scrollHeight);
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  }));
  const bar = await edges("footer");
  const lastRow = await edges("#songs li");
  await page.click("#show-queue");
  return { shift, complaint, bar, lastRow, queue: await edges("#queue"), header: await edges("header"), faults: page.faults };
}

async function keepsTheFocusInSight(browser) {
  const page = await open(browser, { viewport: { width: 360, height: 420 } });
  const hidden = [];
  for (const key of ["ArrowDown", "ArrowUp"]) {
    for (let i = 0; i < (await page.locator(rows).count()); i += 1) {
      await page.keyboard.press(key);
      const covered = await page.evaluate(() => {
        const { top, bottom } = document.activeElement.getBoundingClientRect();
        const header = document.querySelector("header").getBoundingClientRect();
        return top < header.bottom || bottom > document.querySelector("footer").getBoundingClientRect().top;
      });
      if (covered) hidden.push(`${key} ${i}`);
    }
  }
  return { hidden, faults: page.faults };
}

async function keepsTheFocusInTheQueue(browser) {
  const page = await open(browser);
  await row(page, "Nocturne").click();
  for (const place of [1, 2, 3]) await page.locator("#songs .add").nth(place).click();
  await page.keyboard.press("q");
  const seen = [];
  const press = async (key) => {
    await page.keyboard.press(key);
    seen.push(await focused(page));
  };
  await page.locator("#queue .remove").first().focus();
  await press("Enter");
  await press("Escape");
  await page.keyboard.press("q");
  await page.locator("#queue .remove").last().focus();
  await press("Enter");
  await press("Enter");
  await page.locator("#songs .add").first().click();
  await page.locator("#queue .remove").click();
  seen.push(await focused(page));
  return { seen, left: await text(page, "#queue-count"), faults: page.faults };
}

async function isEmptyOnAPhone(browser) {
  const page = await open(browser, { viewport: { width: 320, height: 568 } }, given.empty);
  return { overflow: await overflow(page), faults: page.faults };
}

runAll({
  needsNoStorage, takesATokenAsItWasPasted, pausesAfterClicks, saysThatTheConnectionBroke, keepsComplaintsApart, staysSilent,
  fits, keepsTheFocusInSight, keepsTheFocusInTheQueue, isEmptyOnAPhone,
});
