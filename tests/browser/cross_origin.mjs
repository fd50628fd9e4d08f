// A page of another origin: <audio crossorigin> plays, and fetch with Range reads the exposed fields.
import { given, newPage, run } from "./browser.mjs";

run(async (browser) => {
  const page = await newPage(browser);
  await page.goto(given.page);
  return page.evaluate(async (url) => {
    const response = await fetch(url, { headers: { Range: "bytes=0-1" } });
    const fields = ["Content-Range", "Content-Length", "Accept-Ranges", "ETag"];
    const exposed = Object.fromEntries(fields.map((name) => [name, response.headers.get(name)]));
    const bytes = (await response.arrayBuffer()).byteLength;
    const audio = new Audio();
    audio.crossOrigin = "anonymous";
    audio.src = url;
    await audio.play();
    while (audio.currentTime === 0) await new Promise((resolve) => audio.addEventListener("timeupdate", resolve, { once: true }));
    // Only what was allowed by CORS may be processed: a tainted element would throw or give silence.
    const context = new AudioContext();
    context.createMediaElementSource(audio).connect(context.destination);
    return { status: response.status, exposed, bytes, duration: audio.duration };
  }, given.url);
});
