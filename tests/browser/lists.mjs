// The page's lists: what playing goes on with, and what is left when a list or a song is not to be had.
import { given, newPage } from "./browser.mjs";
import { names, open, playing, row, rows, runAll, text } from "./steps.mjs";

const failure = { status: 503, json: { status: 503, detail: "It cannot be read." } };

const hasRows = (page, count) =>
  page.waitForFunction((wanted) => document.querySelectorAll("#songs li").length === wanted, count);
const complained = (page, words = "") =>
  page.waitForFunction((wanted) => {
    const said = document.getElementById("trouble").textContent;
    return said && said.includes(wanted);
  }, words);
const scrollToTheEnd = (page) => page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));

/** A song may be over before one looks: every title is kept. */
async function watchTitles(page) {
  await page.evaluate(() => {
    window.titles = [];
    const keep = (changes) => {
      for (const { addedNodes } of changes) titles.push(...[...addedNodes].map((node) => node.textContent));
    };
    new MutationObserver(keep).observe(document.getElementById("title"), { childList: true });
  });
}

const began = (page, name) => page.waitForFunction((wanted) => titles.includes(wanted), name);

/** What `wanted` is asked for is held until the returned function is called. */
async function hold(page, wanted) {
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  await page.route(wanted, async (route) => {
    await released;
    await route.continue().catch(() => {}); // or the page has given it up
  });
  return release;
}

async function playsARowWhileItSearches(browser) {
  const page = await open(browser);
  await watchTitles(page);
  const release = await hold(page, /songs\?q=/);
  await Promise.all([page.waitForRequest(/songs\?q=/), page.fill("#search", "song 012")]);
  await page.locator(rows).nth(2).click();
  await playing(page);
  release();
  await hasRows(page, 1);
  await page.click("#next");
  await began(page, "Song 004");
  return { faults: page.faults };
}

async function keepsWhatItListed(browser) {
  const page = await open(browser);
  await page.route(/offset=50/, (route) => route.fulfill(failure));
  await scrollToTheEnd(page);
  await complained(page, "cannot be listed");
  const kept = await names(page);
  await page.unroute(/offset=50/);
  const more = await text(page, "#more");
  await page.click("#more");
  await page.waitForFunction(() => document.querySelectorAll("#songs li").length > 50);
  const all = (await names(page)).slice(0, 100);
  return { kept: kept.length, more, all, said: await text(page, "#trouble"), faults: page.faults };
}

async function triesAgain(browser) {
  const page = await newPage(browser);
  await page.route(/\/songs\?/, (route) => route.fulfill(failure));
  await page.goto(`${given.origin}/`);
  await complained(page, "cannot be listed");
  const more = await text(page, "#more");
  await page.unroute(/\/songs\?/);
  await page.click("#more");
  await hasRows(page, 50);
  await page.route(/\/songs\?q=/, (route) => route.fulfill(failure));
  await page.fill("#search", "song 012");
  await complained(page, "cannot be listed");
  await page.unroute(/\/songs\?q=/);
  await page.press("#search", "Enter");
  await hasRows(page, 1);
  return { more, said: await text(page, "#trouble"), faults: page.faults };
}

async function goesOnAfterAReload(browser) {
  const page = await open(browser);
  await page.locator(rows).nth(2).click();
  await playing(page);
  await page.reload();
  await page.waitForSelector("#songs li");
  await watchTitles(page);
  await page.click("#next");
  await began(page, "Song 004");
  return { faults: page.faults };
}

async function goesOnBehindASearch(browser) {
  const page = await open(browser);
  await watchTitles(page);
  await page.locator(rows).nth(48).dispatchEvent("click");
  await playing(page);
  await page.fill("#search", "nothing like that");
  await hasRows(page, 0);
  await page.fill("#search", "");
  await hasRows(page, 50);
  await page.click("#next");
  await began(page, "Song 051");
  return { listed: (await names(page)).length, faults: page.faults };
}

async function waitsForTheNextSongs(browser) {
  const page = await open(browser);
  await watchTitles(page);
  const release = await hold(page, /offset=50/);
  await Promise.all([page.waitForRequest(/offset=50/), scrollToTheEnd(page)]);
  await page.locator(rows).nth(49).dispatchEvent("click");
  await page.waitForFunction(() => document.getElementById("audio").ended);
  release();
  await began(page, "Song 051");
  return { faults: page.faults };
}

async function choosePlaylist(page, name, length) {
  await page.waitForSelector("#playlist:not([hidden])");
  await page.selectOption("#playlist", { label: name });
  await hasRows(page, length);
}

async function passesOverAMissingSong(browser) {
  const page = await open(browser);
  await choosePlaylist(page, "One is gone", 3);
  await page.route(/listen/, (route) => (/121$/.test(route.request().url()) ? route.abort() : route.continue()));
  await row(page, "Song 050").click();
  await complained(page, "cannot be reached");
  const unreachable = await text(page, "#title");
  await page.unroute(/listen/);
  await row(page, "Song 050").click();
  await page.waitForFunction(() => document.getElementById("title").textContent === "Song 001");
  await playing(page);
  const said = await text(page, "#trouble");
  await row(page, "Gone 1").click();
  await complained(page, "Gone 1");
  return { unreachable, said, chosen: await text(page, "#title"), faults: page.faults };
}

async function passesOverAHandful(browser) {
  const page = await open(browser);
  await watchTitles(page);
  await choosePlaylist(page, "All are gone", 8);
  await row(page, "Song 050").click();
  await complained(page, "Gone 6");
  return { titles: await page.evaluate(() => titles), faults: page.faults };
}

async function showsPlaylists(browser) {
  const page = await open(browser);
  // As of 10,001 songs, of which only these two need to be there.
  await page.route(/playlists\/\d+/, async (route) => {
    const url = new URL(route.request().url());
    const offset = Number(url.searchParams.get("offset"));
    const answer = await (await route.fetch({ url: url.origin + url.pathname })).json();
    if (answer.total === 2) Object.assign(answer, { songs: [answer.songs[offset ? 1 : 0]], total: 10_001, offset });
    await route.fulfill({ json: answer });
  });
  await choosePlaylist(page, "None", 0);
  const empty = await text(page, "#count");
  await choosePlaylist(page, "Two", 2);
  const [count, more] = [await text(page, "#count"), await page.isVisible("#more")];
  return { empty, count, more, names: await names(page), faults: page.faults };
}

runAll({
  playsARowWhileItSearches, keepsWhatItListed, triesAgain, goesOnAfterAReload, goesOnBehindASearch, waitsForTheNextSongs,
  passesOverAMissingSong, passesOverAHandful, showsPlaylists,
});
