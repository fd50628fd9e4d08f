
// The list: search as one types, playlists, more at the end.
const pageSize = 50;

const list = {
  songs: [],
  total: 0,
  query: "",
  playlist: "",
  loading: null, // the AbortController of the request under way
  generation: 0, // counts searches: an answer to an older one is dropped
};

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

function showCount() {
  const searching = list.query !== "";
  const one = list.total === 1;
  const what = searching ? (one ? "song found" : "songs found") : (one ? "song" : "songs");
  const none = list.total === 0;
  $("count").textContent = none ? (searching ? `Nothing matches “${list.query}”.` : "") : `${list.total.toLocaleString()} ${what}`;
  $("empty").hidden = !none || searching || list.playlist !== "";
  $("more").hidden = list.songs.length >= list.total;
}

function append(songs) {
  const rows = songs.map((song) => {
    const place = list.songs.length;
    list.songs.push(song);
    const add = button("add", "+", `Play ${label(song)} next`, () => enqueue(song));
    add.title = "Play next";
    return row(song, () => playFromList(place), add);
  });
  $("songs").append(...rows);
}

function pathOf(offset) {
  const words = new URLSearchParams({ q: list.query, limit: pageSize, offset });
  if (!list.query) words.delete("q");
  return list.playlist ? `playlists/${encodeURIComponent(list.playlist)}` : `songs?${words}`;
}

/** Starts anew: another search, or another playlist. */
async function search() {
  list.loading?.abort();
  const generation = (list.generation += 1);
  list.songs = [];
  list.total = 0;
  await loadMore(generation, true);
}

async function loadMore(generation = list.generation, anew = false) {
  list.loading = new AbortController();
  try {
    const answer = await get(pathOf(list.songs.length), list.loading.signal);
    if (generation !== list.generation) return;
    if (anew) $("songs").replaceChildren();
    complain("", "list");
    list.total = answer.total ?? answer.songs.length;
    if (list.playlist && list.query) answer.songs = answer.songs.filter(matchesQuery);
    if (list.playlist) list.total = answer.songs.length;
    append(answer.songs);
    showCount();
  } catch (error) {
    if (error.name === "AbortError" || generation !== list.generation) return;
    $("songs").replaceChildren();
    $("count").textContent = "";
    complain(`The songs cannot be listed: ${reason(error)}`, "list");
  } finally {
    if (generation === list.generation) list.loading = null;
  }
}

const fold = (text) => (text || "").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** A playlist comes whole, so it is searched here. */
function matchesQuery(song) {
  const words = fold(`${song.name} ${song.artist}`).split(/\s+/);
  return fold(list.query).split(/\s+/).every((wanted) => words.some((word) => word.startsWith(wanted)));
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
    if (input.value.trim() === list.query) return;
    list.query = input.value.trim();
    search();
  };
  input.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(go, 150);
  });
  $("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    go();
  });
  $("playlist").addEventListener("change", () => {
    list.playlist = $("playlist").value;
    search();
  });
  const more = () => { if (!list.loading && !$("more").hidden) loadMore(); };
  $("more").addEventListener("click", more);
  new IntersectionObserver((seen) => { if (seen.some((entry) => entry.isIntersecting)) more(); }, { rootMargin: "600px" }).observe($("more"));
}
