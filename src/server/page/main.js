
// Keys, and the order in which things start.

/** From the row that has the focus; where nothing has it, from the song that plays. */
function moveFocus(step) {
  const rows = [...document.querySelectorAll("#songs .song")];
  const playing = document.querySelector("#songs [aria-current=true] .song");
  const at = rows.indexOf(document.activeElement === document.body ? playing : document.activeElement);
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
  next?.focus();
}

const keys = {
  " ": toggle,
  ArrowLeft: () => seekTo(position() - 5),
  ArrowRight: () => seekTo(position() + 5),
  ArrowDown: () => moveFocus(1),
  ArrowUp: () => moveFocus(-1),
  "/": () => $("search").focus(),
  n: playNext,
  p: playPrevious,
  q: () => toggleQueue(),
  m: () => { audio.muted = !audio.muted; },
  Escape: () => toggleQueue(false),
};

/** Whether what has the focus takes the key itself. */
function takes(element, key) {
  if (element.matches("input[type=range]")) return key.startsWith("Arrow");
  if (element.matches("input, select, textarea, dialog *")) return true;
  return key === " " && element.matches("button");
}

addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof Element)) return;
  if (target.id === "search" && (key === "ArrowDown" || key === "Escape")) {
    event.preventDefault();
    if (key === "ArrowDown") moveFocus(1);
    else target.blur();
    return;
  }
  if (takes(target, key) || !Object.hasOwn(keys, key)) return;
  event.preventDefault();
  keys[key]();
});

/** A button that was clicked with a pointer does not keep the focus: the next space is the player's. */
addEventListener("click", ({ detail }) => {
  if (detail > 0 && document.activeElement?.matches("button")) document.activeElement.blur();
});

/** How much of the window the header and the bar cover, for the CSS. */
function tellCovers() {
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      document.documentElement.style.setProperty(`--${target.localName}`, `${target.offsetHeight}px`);
    }
  });
  for (const name of ["header", "footer"]) observer.observe(document.querySelector(name), { box: "border-box" });
}

function restore() {
  const last = recall();
  if (last?.song?.id !== undefined) prepare(last.song, Number(last.position) || 0);
}

tellCovers();
wirePlayer();
wireQueue();
wireList();
wireMediaKeys(playPrevious, playNext);
restore();
await search();
await loadPlaylists();
