
// Keys, and the order in which things start.
function moveFocus(step) {
  const rows = [...document.querySelectorAll("#songs .song")];
  const at = rows.indexOf(document.activeElement);
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

function isWriting(element) {
  return element.matches("input, select, textarea, dialog *");
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
  if (isWriting(target) || !Object.hasOwn(keys, key)) return;
  if (key === " " && target.matches("button")) return; // the button's own
  event.preventDefault();
  keys[key]();
});

function restore() {
  const last = recall();
  if (last?.song?.id !== undefined) prepare(last.song, Number(last.position) || 0);
}

wirePlayer();
wireQueue();
wireList();
wireMediaKeys(playPrevious, playNext);
restore();
await search();
await loadPlaylists();
