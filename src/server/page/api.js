
// What tonearm is asked. Every path is relative to the page, so that a prefix of a front is kept.
const tokenKey = "tonearm.token";

/** An answer that was an error: `status` (0: none came) and tonearm's own words. */
class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function problemOf(response) {
  let words = {};
  try {
    words = await response.json();
  } catch {
    // Not tonearm's own: a front's error page.
  }
  const said = words.detail || words.title || response.statusText || "no reason was given";
  return new Problem(response.status, said);
}

/** Without what a paste brings along unseen, such as a space of no width. */
const visible = (text) => text.replace(/[\p{Cc}\p{Cf}]/gu, "").trim();

/** As the bytes that curl would send: a field takes no other characters than those that are one byte. */
const bytesOf = (text) => String.fromCharCode(...new TextEncoder().encode(text));

async function send(url, options = {}) {
  const token = ofTheTab.get(tokenKey);
  const headers = { ...options.headers };
  if (token && new URL(url, location.href).origin === location.origin) headers.Authorization = `Bearer ${bytesOf(token)}`;
  try {
    return await fetch(url, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "the server cannot be reached");
  }
}

/** JSON of tonearm; asks for the token as often as it is wanted. */
async function get(path, signal) {
  for (;;) {
    const used = ofTheTab.get(tokenKey);
    const response = await send(path, { signal });
    if (response.ok) return response.json();
    if (response.status !== 401) throw await problemOf(response);
    await askForToken(used);
  }
}

let asking = null;

/** Shows the dialog once for all who wait. `used`: the token that was refused. */
function askForToken(used) {
  if (ofTheTab.get(tokenKey) !== used) return Promise.resolve();
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById("token-dialog");
    const input = document.getElementById("token");
    document.getElementById("token-wrong").textContent = used ? "That token was not accepted." : "";
    input.value = "";
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("close", () => {
      ofTheTab.set(tokenKey, visible(input.value));
      asking = null;
      resolve();
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}

/** Where a song is streamed from: a front may have hidden from tonearm that it speaks https. */
function addressOf(song) {
  const url = new URL(song.stream_url, location.href);
  return url.host === location.host ? location.origin + url.pathname + url.search : url.href;
}

const songPath = (id) => `songs/${encodeURIComponent(id)}`;

const isElsewhere = (song) => new URL(addressOf(song)).origin !== location.origin;

/**
 * Why a song cannot be played: null if its bytes can be had. What another origin answers may not be
 * read; the same link is good here, and gets the same answer.
 */
async function reasonAgainst(song) {
  const { href, host, search } = new URL(addressOf(song));
  const elsewhere = isElsewhere(song);
  const readable = elsewhere ? `songs/listen/${encodeURIComponent(song.id)}${search}` : href;
  const response = await send(readable, { headers: { Range: "bytes=0-1" }, cache: "no-store" });
  if (!response.ok) return problemOf(response);
  response.body?.cancel();
  if (elsewhere && !(await answers(href))) return new Problem(0, `${host} cannot be reached`);
  return null;
}

/** Whether anything at all comes from there. */
async function answers(url) {
  try {
    await fetch(url, { method: "HEAD", mode: "no-cors", cache: "no-store" });
    return true;
  } catch {
    return false;
  }
}

/** An address that an <img> can show; a thumbnail behind the token is fetched. */
async function pictureOf(song) {
  if (!song.thumbnail) return "";
  const url = new URL(song.thumbnail, location.href);
  if (url.origin !== location.origin || !ofTheTab.get(tokenKey)) return url.href;
  const response = await send(url.href);
  return response.ok ? URL.createObjectURL(await response.blob()) : "";
}
