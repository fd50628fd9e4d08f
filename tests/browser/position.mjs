// new Audio(given.url).play() on a page of given.origin, until `ended`.
import { given, newPage, playAudio, run } from "./browser.mjs";

run(async (browser) => {
  const page = await newPage(browser);
  return playAudio(page, given.origin, given.url, `seen.includes("ended")`);
});
