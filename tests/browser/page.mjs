// What a person does with the page at `/`. Reports what was seen, one member for each thing.
import { axeSource, given, newPage } from "./browser.mjs";
import { names, open, playing, row, runAll, text, time } from "./steps.mjs";

async function lists(browser) {
  const page = await open(browser);
  const atFirst = [...new Set(page.requests)];
  await page.fill("#search", "frederic noct");
  await page.waitForFunction(() => document.querySelectorAll("#songs li").length === 1);
  const found = await names(page);
  await page.fill("#search", "nothing like that");
  await page.waitForFunction(() => document.querySelectorAll("#songs li").length === 0);
  return { atFirst, found, none: await text(page, "#count"), faults: page.faults };
}

async function plays(browser) {
  const page = await open(browser);
  await row(page, "Nocturne").click();
  await playing(page);
  const seekTo = (share) =>
    page.locator("#seek").evaluate((seek, wanted) => {
      seek.value = wanted * seek.max;
      seek.dispatchEvent(new Event("input"));
      seek.dispatchEvent(new Event("change"));
    }, share);
  const settled = (share) =>
    page.waitForFunction((wanted) => {
      const audio = document.getElementById("audio");
      return !audio.seeking && audio.currentTime >= wanted * audio.duration && audio.currentTime < wanted * audio.duration + 5;
    }, share);
  await seekTo(0.9);
  await settled(0.9);
  await seekTo(0.1);
  await settled(0.1);
  await page.keyboard.press("ArrowRight");
  const afterArrow = await time(page);
  await page.keyboard.press(" ");
  await page.waitForFunction(() => document.getElementById("audio").paused);
  // The page hears of it a moment later.
  await page.waitForFunction(() => document.getElementById("play").getAttribute("aria-label") !== "Pause");
  const label = await page.getAttribute("#play", "aria-label");
  await seekTo(0.98);
  await page.keyboard.press(" ");
  await page.waitForFunction(() => document.getElementById("title").textContent !== "Nocturne in E♭ major");
  await playing(page);
  const metadata = await page.evaluate(() => navigator.mediaSession.metadata.title);
  return { afterArrow, label, next: await text(page, "#title"), metadata, title: await page.title(), faults: page.faults };
}

async function keys(browser) {
  const page = await open(browser);
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className);
  await page.keyboard.press("/");
  const search = await focused();
  await page.keyboard.press("ArrowDown");
  const first = await focused();
  await page.keyboard.press("Enter");
  await playing(page);
  await page.keyboard.press("n");
  await page.waitForFunction((name) => document.getElementById("title").textContent === name, (await names(page))[1]);
  await page.keyboard.press("q");
  return { search, first, queue: await page.isVisible("#queue"), faults: page.faults };
}

async function queues(browser) {
  const page = await open(browser);
  await row(page, "Nocturne").click();
  await playing(page);
  await page.locator("#songs .add").nth(2).click();
  const third = (await names(page))[2];
  await page.click("#next");
  await page.waitForFunction((name) => document.getElementById("title").textContent === name, third);
  return { faults: page.faults };
}

async function remembers(browser) {
  const page = await open(browser);
  await row(page, "Nocturne").click();
  await playing(page);
  await page.evaluate(() => { document.getElementById("audio").currentTime = 9; });
  await page.waitForFunction(() => document.getElementById("audio").currentTime > 9.1);
  await page.reload();
  await page.waitForSelector("#songs li");
  const shown = [await text(page, "#title"), await text(page, "#elapsed")];
  await page.click("#play");
  await page.waitForFunction(() => document.getElementById("audio").currentTime > 9);
  return { shown, faults: page.faults };
}

/** What the page says of songs that do not play. */
async function complaints(page, songs) {
  const said = {};
  for (const name of songs) {
    await row(page, name).click();
    await page.waitForFunction((wanted) => document.getElementById("trouble").textContent.includes(wanted), name);
    said[name] = await text(page, "#trouble");
  }
  return said;
}

async function complains(browser) {
  const page = await open(browser);
  const said = await complaints(page, ["Gone", "Broken", "Unreachable"]);
  await row(page, "Nocturne").click();
  await playing(page);
  return { said, after: await text(page, "#trouble") };
}

/** The links that the page was given end before it plays one. */
async function renews(browser) {
  const page = await open(browser, {}, given.signed);
  await page.evaluate(async () => {
    const { stream_url } = await (await fetch("songs/2")).json();
    const { pathname, search } = new URL(stream_url); // no older than they are
    while ((await fetch(pathname + search, { method: "HEAD" })).status !== 403) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  await row(page, "Nocturne").click();
  await playing(page);
  return { asked: page.requests.filter((path) => path === "/songs/1").length, said: await text(page, "#trouble"), faults: page.faults };
}

/** Streams come from an origin of which the page may read nothing. */
async function complainsOfElsewhere(browser) {
  const page = await open(browser, {}, given.elsewhere);
  const said = await complaints(page, ["Gone", "Broken"]);
  const asked = page.requests.filter((path) => /^\/songs\/\d+$/.test(path)).length;
  await row(page, "Nocturne").click();
  await playing(page);
  const lost = await open(browser, {}, given.lost);
  return { said, asked, after: await text(page, "#trouble"), lost: await complaints(lost, ["Nocturne"]), faults: page.faults };
}

/** A title is text, whatever it holds. */
async function isNotFooled(browser) {
  const page = await open(browser);
  const hostile = row(page, "<img");
  await hostile.click();
  await playing(page);
  return { hacked: await page.evaluate(() => window.hacked ?? null), title: await text(page, "#title"), faults: page.faults };
}

async function looks(browser) {
  const seen = {};
  for (const colorScheme of ["light", "dark"]) {
    for (const [kind, viewport] of [["desk", { width: 1100, height: 700 }], ["phone", { width: 360, height: 740 }]]) {
      const page = await open(browser, { colorScheme, viewport, bypassCSP: true });
      await row(page, "Nocturne").click();
      await playing(page);
      await page.locator("#songs .add").nth(1).click();
      await page.click("#show-queue");
      await page.screenshot({ path: `${given.screenshots}/${kind}-${colorScheme}.png` });
      await page.evaluate(axeSource());
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      seen[`${kind}-${colorScheme}`] = {
        violations: violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`),
        overflow: await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      };
    }
  }
  return seen;
}

async function asksForTheToken(browser) {
  const page = await newPage(browser);
  await page.goto(`${given.guarded}/`);
  for (const token of ["wrong", given.token]) {
    await page.waitForSelector("#token-dialog[open]");
    await page.fill("#token", token);
    await page.keyboard.press("Enter");
    if (token === "wrong") await page.waitForFunction(() => document.getElementById("token-wrong").textContent);
  }
  await page.waitForSelector("#songs li");
  await row(page, "Nocturne").click();
  await playing(page);
  return { faults: page.faults };
}

async function isEmpty(browser) {
  const page = await open(browser, {}, given.empty);
  return { said: await text(page, "#empty"), command: await text(page, "#empty pre"), faults: page.faults };
}

const scenarios = { lists, plays, keys, queues, remembers, complains, renews, complainsOfElsewhere, isNotFooled, looks, isEmpty };
if (given.guarded) scenarios.asksForTheToken = asksForTheToken;
runAll(scenarios);
