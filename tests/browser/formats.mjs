// Each of given.songs plays in a page of tonearm's own origin: a seek to 90 % and back, then on.
import { given, newPage, run } from "./browser.mjs";

/** In the page: plays, seeks to 90 % and back to 10 %, and says where that led. */
async function playAndSeek(url) {
  const audio = new Audio(url);
  const event = (name) =>
    new Promise((resolve, reject) => {
      audio.addEventListener(name, resolve, { once: true });
      audio.addEventListener("error", () => reject(new Error(audio.error.message)), { once: true });
    });
  const progress = async (from) => {
    while (audio.currentTime <= from + 0.2) await event("timeupdate");
    return audio.currentTime;
  };
  const seek = async (to) => {
    const done = event("seeked");
    audio.currentTime = to;
    await done;
    return progress(to);
  };
  await audio.play();
  const played = [await progress(0)];
  played.push(await seek(0.9 * audio.duration));
  played.push(await seek(0.1 * audio.duration));
  audio.pause();
  return { duration: audio.duration, played };
}

run(async (browser) => {
  const page = await newPage(browser);
  const results = {};
  for (const song of given.songs) {
    await page.goto(`${given.origin}/`);
    try {
      results[song] = await page.evaluate(playAndSeek, `${given.origin}/songs/listen/${song}`);
    } catch (error) {
      results[song] = { error: String(error) };
    }
  }
  return results;
});
