// A headless Chromium (Debian's) for the scenarios beside this file. Each is run as
//   node SCENARIO.mjs JSON
// by tests/support/browser.py, and prints one line of JSON: what it saw.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.TONEARM_NODE_MODULES}/`);
const { chromium } = require("playwright-core");

export const given = JSON.parse(process.argv[2] ?? "{}");
export const axeSource = () => require("axe-core").source;

/** Runs `scenario(browser)`; what it returns is printed. */
export async function run(scenario) {
  const browser = await chromium.launch({
    executablePath: process.env.TONEARM_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
      "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
      "--autoplay-policy=no-user-gesture-required", "--mute-audio",
    ],
  });
  try {
    console.log(JSON.stringify((await scenario(browser)) ?? {}));
  } finally {
    await browser.close();
  }
}

/** A page in a context of its own that keeps what went wrong in it: `page.faults`. */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 700 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.faults = [];
  page.requests = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("request", (request) => page.requests.push(new URL(request.url()).pathname));
  return page;
}

/** Plays `url` in a bare page of `origin`, from `start` on; returns what the element says when `until` holds. */
export async function playAudio(page, origin, url, until, { seek } = {}) {
  await page.goto(`${origin}/favicon.ico`); // any document of that origin
  return page.evaluate(
    async ({ url, until, seek }) => {
      const audio = new Audio(url);
      const seen = [];
      for (const name of ["loadedmetadata", "playing", "seeked", "ended", "error"]) {
        audio.addEventListener(name, () => seen.push(name));
      }
      const reached = new Function("audio", "seen", `return ${until}`);
      await audio.play();
      if (seek !== undefined) audio.currentTime = seek < 0 ? audio.duration + seek : seek;
      while (!reached(audio, seen) && !audio.error) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return {
        seen,
        currentTime: audio.currentTime,
        duration: Number.isFinite(audio.duration) ? audio.duration : null,
        ended: audio.ended,
        error: audio.error?.message ?? null,
      };
    },
    { url, until, seek },
  );
}
