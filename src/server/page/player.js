
// The <audio> element and the bar that steers it. What comes next is the queue's business.
const $ = (id) => document.getElementById(id);
const audio = $("audio");
const memoryKey = "tonearm.playing";

const player = {
  song: null,
  startAt: 0, // where to go once the length is known
  retries: 0,
  sounds: false, // or would, but for an error: `paused` of the element may change with that
  byItself: false, // nobody chose the song: the one before it had ended
  onEnded: () => {},
  onFailed: () => {},
};

function clock(seconds) {
  if (!Number.isFinite(seconds)) return "live";
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const text = `${parts[1]}:${String(parts[2]).padStart(2, "0")}`;
  return parts[0] ? `${parts[0]}:${text.padStart(5, "0")}` : text;
}

const label = (song) => song.name || `Song ${song.id}`;

/** For a sentence that says more than the name. */
function quoted(song) {
  const name = [...label(song)];
  return `“${name.length > 60 ? `${name.slice(0, 60).join("")}…` : label(song)}”`;
}

const complaints = { song: "", list: "" };

/** What is wrong with one of them; what is wrong with the other still stands. */
function complain(text, of = "song") {
  complaints[of] = text;
  $("trouble").textContent = Object.values(complaints).filter(Boolean).join("\n");
}

function show(song) {
  $("title").textContent = label(song);
  $("artist").textContent = song.artist || "";
  document.title = song.artist ? `${label(song)} – ${song.artist}` : label(song);
  for (const id of ["play", "previous", "next"]) $(id).disabled = false;
  for (const item of document.querySelectorAll("#songs li")) {
    item.setAttribute("aria-current", String(item.dataset.id === String(song.id)));
  }
  showPicture(song);
}

async function showPicture(song) {
  let picture = "";
  try {
    picture = await pictureOf(song);
  } catch {
    // A picture that is not to be had is no trouble.
  }
  if (player.song !== song) return;
  const art = $("art");
  if (art.src.startsWith("blob:")) URL.revokeObjectURL(art.src);
  art.hidden = !picture;
  if (picture) art.src = picture;
  tellSystem(song, picture);
}

function tellSystem(song, picture) {
  if (!navigator.mediaSession) return;
  const artwork = picture ? [{ src: picture }] : [];
  navigator.mediaSession.metadata = new MediaMetadata({ title: label(song), artist: song.artist || "", artwork });
}

/** Shows a song without asking for a byte of it. */
function prepare(song, position = 0) {
  player.song = song;
  player.startAt = position;
  player.retries = 0;
  player.byItself = false;
  audio.removeAttribute("src");
  show(song);
  showTime();
}

function load(song, position) {
  player.startAt = position;
  audio.src = addressOf(song);
}

function play(song, position = 0) {
  prepare(song, position);
  complain("");
  load(song, position);
  return start();
}

async function start() {
  player.sounds = true;
  try {
    await audio.play();
  } catch (error) {
    // Another song took its place, or the error event tells.
    if (error.name === "NotAllowedError") complain("The browser wants a click before it plays: press play.");
  }
}

function toggle() {
  if (!player.song) return;
  if (!audio.getAttribute("src")) resume(player.song);
  else if (audio.paused) start();
  else audio.pause();
}

/** A song of the last visit has no address yet. */
async function resume(song) {
  complain("");
  try {
    if (!song.stream_url) Object.assign(song, await get(songPath(song.id)));
  } catch (error) {
    complain(`${quoted(song)} cannot be played: ${reason(error)}`);
    return;
  }
  if (player.song !== song) return;
  load(song, player.startAt);
  start();
}

const reason = (problem) => (problem.status ? `${problem.message} (${problem.status})` : problem.message);

const length = () => (audio.duration || player.song?.duration || 0);
const position = () => (audio.getAttribute("src") && audio.readyState > 0 ? audio.currentTime : player.startAt);

function seekTo(seconds) {
  const end = length();
  const wanted = Math.max(0, Number.isFinite(end) && end > 0 ? Math.min(seconds, end) : seconds);
  if (audio.readyState > 0) audio.currentTime = wanted;
  else player.startAt = wanted;
  showTime();
}

/** The bar: what was played, what is buffered, what is not there. */
function track(end) {
  const percent = (time) => `${((100 * time) / end).toFixed(2)}%`;
  const stops = [`var(--accent) 0 ${percent(position())}`];
  for (let i = 0; i < audio.buffered.length; i += 1) {
    const first = Math.max(audio.buffered.start(i), position());
    const last = audio.buffered.end(i);
    if (last > first) stops.push(`var(--line) 0 ${percent(first)}`, `var(--faint) 0 ${percent(last)}`);
  }
  return `linear-gradient(to right, ${stops.join(", ")}, var(--line) 0)`;
}

let dragging = false;

function showTime() {
  const end = length();
  const bounded = Number.isFinite(end) && end > 0;
  const seek = $("seek");
  $("elapsed").textContent = clock(dragging ? Number(seek.value) : position());
  $("duration").textContent = end ? clock(end) : "0:00";
  seek.disabled = !player.song || !bounded;
  seek.max = bounded ? end : 1;
  if (!dragging) seek.value = bounded ? position() : 0;
  seek.setAttribute("aria-valuetext", bounded ? `${clock(Number(seek.value))} of ${clock(end)}` : clock(position()));
  seek.style.setProperty("--track", bounded ? track(end) : "");
}

function showState() {
  const playing = Boolean(audio.getAttribute("src")) && !audio.paused && !audio.ended;
  document.body.classList.toggle("playing", playing);
  $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  if (navigator.mediaSession) navigator.mediaSession.playbackState = playing ? "playing" : "paused";
}

function setVolume(value) {
  audio.volume = Math.min(1, Math.max(0, value));
  audio.muted = false;
}

function showVolume() {
  const volume = audio.muted ? 0 : audio.volume;
  $("volume").value = volume;
  $("volume").setAttribute("aria-valuetext", `${Math.round(volume * 100)} %`);
  const percent = `${Math.round(volume * 100)}%`;
  $("volume").style.setProperty("--track", `linear-gradient(to right, var(--accent) ${percent}, var(--line) 0)`);
  lasting.set("tonearm.volume", audio.volume);
}

function remember() {
  if (!player.song) return;
  const { id, name, artist, duration, thumbnail } = player.song;
  lasting.set(memoryKey, JSON.stringify({ song: { id, name, artist, duration, thumbnail }, position: position() }));
}

/** The song of the last visit, without its address: that is asked for when it is to be played. */
function recall() {
  try {
    return JSON.parse(lasting.get(memoryKey));
  } catch {
    return null;
  }
}

function reasonOf(mediaError) {
  const undecodable = [MediaError.MEDIA_ERR_DECODE, MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED];
  return undecodable.includes(mediaError?.code) ? "this browser cannot decode it" : "the connection broke off";
}

/** Tries once more where that can help, and otherwise says plainly what is wrong. */
async function onFailure() {
  const song = player.song;
  const at = position();
  const { error } = audio;
  const decoding = error?.code === MediaError.MEDIA_ERR_DECODE;
  // Another origin does not let this page see that a link has expired: a fresh one is tried first.
  const blind = isElsewhere(song) && player.retries === 0 && !decoding;
  let problem = null;
  try {
    if (!blind) problem = await reasonAgainst(song);
    const expired = problem?.status === 403 || problem?.status === 401;
    if (player.retries < 2 && (blind || expired || (!problem && !decoding && at > 0))) {
      player.retries += 1;
      song.stream_url = (await get(songPath(song.id))).stream_url;
      if (player.song !== song) return;
      load(song, at);
      if (player.sounds) start();
      return;
    }
  } catch (thrown) {
    problem = thrown;
  }
  if (player.song !== song) return;
  complain(`${quoted(song)} cannot be played: ${problem ? reason(problem) : reasonOf(error)}`);
  audio.removeAttribute("src");
  player.startAt = at;
  showState();
  player.onFailed(problem);
}

function wirePlayer() {
  audio.addEventListener("loadedmetadata", () => {
    if (player.startAt > 0) audio.currentTime = player.startAt;
    showTime();
  });
  for (const event of ["timeupdate", "durationchange", "progress", "seeked"]) audio.addEventListener(event, showTime);
  for (const event of ["play", "pause", "ended", "emptied"]) audio.addEventListener(event, showState);
  audio.addEventListener("timeupdate", () => { player.retries = audio.played.length ? 0 : player.retries; });
  audio.addEventListener("waiting", () => document.body.classList.add("waiting"));
  for (const event of ["playing", "pause", "error", "emptied"]) audio.addEventListener(event, () => document.body.classList.remove("waiting"));
  audio.addEventListener("volumechange", showVolume);
  audio.addEventListener("error", () => { if (audio.getAttribute("src")) onFailure(); });
  audio.addEventListener("ended", () => player.onEnded());
  audio.addEventListener("pause", () => { if (audio.paused && !audio.error) player.sounds = false; });
  audio.addEventListener("pause", remember);
  addEventListener("pagehide", remember);
  setInterval(() => { if (!audio.paused) remember(); }, 5000);

  $("play").addEventListener("click", toggle);
  const seek = $("seek");
  seek.addEventListener("input", () => { dragging = true; showTime(); });
  seek.addEventListener("change", () => { dragging = false; seekTo(Number(seek.value)); });
  $("volume").addEventListener("input", () => setVolume(Number($("volume").value)));
  const volume = Number(lasting.get("tonearm.volume") ?? 1);
  setVolume(Number.isFinite(volume) ? volume : 1);
  showVolume();
}

function wireMediaKeys(previous, next) {
  const session = navigator.mediaSession;
  if (!session) return;
  const actions = {
    play: start,
    pause: () => audio.pause(),
    previoustrack: previous,
    nexttrack: next,
    seekto: (details) => seekTo(details.seekTime),
    seekbackward: (details) => seekTo(position() - (details.seekOffset || 10)),
    seekforward: (details) => seekTo(position() + (details.seekOffset || 10)),
  };
  for (const [action, handler] of Object.entries(actions)) {
    try {
      session.setActionHandler(action, handler);
    } catch {
      // A browser that does not know this key.
    }
  }
}
