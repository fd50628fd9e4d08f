
// The list: search as one types, playlists, more at the end.
const pageSize = 50;

/** What was asked for, and the songs that came of it so far: playing goes on in it when another is shown. */
function newList(query, playlist) {
  return {
    query,
    playlist,
    songs: [],
    total: null, // in the catalog or playlist; unknown until the first answer
    offset: 0, // there, of what comes next
    loading: null, // the promise of what is on its way
    request: null, // the AbortController of that
  };
}

let list = newList("", ""); // the one that is shown

function button(className, text, name, onClick) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  if (text) made.textContent = text;
  if (name) made.setAttribute("aria-label", name);
  made.addEventListener("click", onClick);
  return made;
}

function span(className, text) {
  const made = document.createElement("span");
  made.className = className;
  made.textContent = text;
  return made;
}

/** One row; what a tag says is always text here, never markup. */
function row(song, onPlay, extra) {
  const item = document.createElement("li");
  item.dataset.id = song.id;
  item.setAttribute("aria-current", String(String(player.song?.id) === String(song.id)));
  const main = button("song", "", "", onPlay);
  main.append(span("name", label(song)), span("artist", song.artist || ""));
  if (song.duration) main.append(span("length", clock(song.duration)));
  item.append(main, extra);
  return item;
}

const isWhole = ({ total, offset }) => total !== null && offset >= total;

function countOf({ query, playlist, songs, total }) {
  const count = query && playlist ? songs.length : total;
  if (count === 0) return query ? `Nothing matches “${query}”.` : (playlist ? "No songs in this playlist." : "");
  return `${count.toLocaleString()} ${count === 1 ? "song" : "songs"}${query ? " found" : ""}`;
}

function showCount() {
  const known = list.total !== null;
  $("count").textContent = known ? countOf(list) : "";
  $("empty").hidden = list.total !== 0 || list.query !== "" || list.playlist !== "";
  $("more").hidden = isWhole(list);
  $("more").textContent = known ? "Show more" : "Try again";
}

/** Adds a row for each song of the list from this place on. */
function appendRows(first) {
  const shown = list;
  const rows = shown.songs.slice(first).map((song, index) => {
    const add = button("add", "+", `Play ${label(song)} next`, () => enqueue(song));
    add.title = "Play next";
    return row(song, () => playFromList(shown, first + index), add);
  });
  $("songs").append(...rows);
}

function pathOf({ query, playlist, offset }) {
  if (playlist) return `playlists/${encodeURIComponent(playlist)}?offset=${offset}`;
  const words = new URLSearchParams({ q: query, limit: pageSize, offset });
  if (!query) words.delete("q");
  return `songs?${words}`;
}

/** Starts anew: another search, or another playlist. The old rows stay until there are others. */
function search(query = list.query, playlist = list.playlist) {
  if (list !== queue.context) list.request?.abort();
  list = newList(query, playlist);
  return loadMore();
}

/** Asks for what comes next, once for all who wait for it. */
function loadMore(wanted = list) {
  wanted.loading ??= bringMore(wanted).finally(() => { wanted.loading = null; });
  return wanted.loading;
}

async function bringMore(wanted) {
  const first = wanted.songs.length;
  const anew = wanted.total === null;
  wanted.request = new AbortController();
  try {
    const { songs, total, limit } = await get(pathOf(wanted), wanted.request.signal);
    const found = wanted.playlist && wanted.query ? songs.filter((song) => matches(song, wanted.query)) : songs;
    wanted.songs.push(...found);
    wanted.total = total;
    wanted.offset += limit;
    complain("", "list");
    if (wanted !== list) return;
    if (anew) $("songs").replaceChildren();
    appendRows(first);
    showCount();
  } catch (error) {
    if (error.name === "AbortError" || (wanted !== list && wanted !== queue.context)) return;
    if (wanted === list) {
      if (anew) $("songs").replaceChildren();
      showCount();
    }
    complain(`The songs cannot be listed: ${reason(error)}`, "list");
  }
}

const fold = (text) => (text || "").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** A playlist comes whole, or nearly so, and is searched here. */
function matches(song, query) {
  const words = fold(`${song.name} ${song.artist}`).split(/\s+/);
  return fold(query).split(/\s+/).every((wanted) => words.some((word) => word.startsWith(wanted)));
}

async function loadPlaylists() {
  let playlists = [];
  try {
    playlists = (await get("playlists")).playlists;
  } catch {
    return; // a catalog without playlists
  }
  if (!playlists?.length) return;
  const select = $("playlist");
  select.replaceChildren(new Option("All songs", ""), ...playlists.map(({ id, name }) => new Option(name || `Playlist ${id}`, id)));
  select.hidden = false;
}

function wireList() {
  let pause = 0;
  const input = $("search");
  const go = () => {
    clearTimeout(pause);
    const query = input.value.trim();
    const isHere = list.total !== null || list.loading;
    if (query !== list.query || !isHere) search(query);
  };
  input.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(go, 150);
  });
  $("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    go();
  });
  $("playlist").addEventListener("change", () => search(list.query, $("playlist").value));
  $("more").addEventListener("click", () => loadMore());
  // What failed from the start is tried again only by hand.
  const more = (seen) => { if (list.total !== null && seen.some((entry) => entry.isIntersecting)) loadMore(); };
  new IntersectionObserver(more, { rootMargin: "600px" }).observe($("more"));
}
