
// What comes next: first what was queued by hand, then the list from which the last song came.
const mostPassedOver = 5;

const queue = {
  songs: [],
  history: [],
  context: null, // the list of which a song was started
  place: -1, // of that one
  passedOver: 0, // songs in a row that could not be played
};

function leave() {
  if (player.song?.stream_url) queue.history.push(player.song);
  if (queue.history.length > 200) queue.history.shift();
}

function playFromList(context, place) {
  leave();
  queue.context = context;
  queue.place = place;
  play(context.songs[place]);
}

/** A song of the last visit, or one that was only queued, came from no list: the one that is shown follows it. */
async function findContext() {
  await list.loading;
  if (queue.context) return;
  queue.context = list;
  queue.place = list.songs.findIndex(({ id }) => id === player.song?.id);
}

/** Whether it went on: there was something, and no other song was begun while that was on its way. */
async function playNext() {
  const queued = queue.songs.shift();
  if (queued) {
    showQueue();
    leave();
    play(queued);
    return true;
  }
  const last = player.song;
  if (!queue.context) await findContext();
  if (queue.place + 1 >= queue.context.songs.length && !isWhole(queue.context)) await loadMore(queue.context);
  if (player.song !== last || queue.place + 1 >= queue.context.songs.length) return false;
  playFromList(queue.context, queue.place + 1);
  return true;
}

async function goOn() {
  if (await playNext()) player.byItself = true;
}

/**
 * A song that is gone does not end the evening, unless somebody chose it, and looks. Where the server is
 * not there, and after some in a row, the next would be no better.
 */
async function passOver(problem) {
  const isUnreachable = problem?.status === 0;
  if (!player.byItself || isUnreachable || queue.passedOver === mostPassedOver) {
    player.byItself = false;
    queue.passedOver = 0;
    return;
  }
  queue.passedOver += 1;
  const said = complaints.song;
  await goOn();
  complain(said);
}

function playPrevious() {
  const before = queue.history.at(-1);
  if (position() > 3 || !before) {
    seekTo(0);
    return;
  }
  queue.history.pop();
  const place = queue.context?.songs.indexOf(before) ?? -1;
  if (place >= 0) queue.place = place;
  play(before);
}

function enqueue(song) {
  queue.songs.push(song);
  showQueue();
  $("count").textContent = `${quoted(song)} plays next.`;
  if (!player.song) playNext();
}

/** The button that had the focus is replaced too: its successor at that place gets it. */
function showQueue() {
  const focused = document.activeElement;
  const held = [...$("queue-songs").children].indexOf(focused?.closest("li"));
  const rows = queue.songs.map((song, place) => {
    const remove = button("remove", "×", `Remove ${label(song)} from the queue`, () => {
      queue.songs.splice(place, 1);
      showQueue();
    });
    return row(song, () => {
      queue.songs.splice(place, 1);
      leave();
      play(song);
      showQueue();
    }, remove);
  });
  $("queue-songs").replaceChildren(...rows);
  if (held >= 0) (rows.at(Math.min(held, rows.length - 1))?.querySelector(`.${focused.className}`) ?? $("show-queue")).focus();
  $("queue-empty").hidden = rows.length > 0;
  $("queue-count").textContent = rows.length || "";
}

function toggleQueue(open = $("queue").hidden) {
  if (!open && $("queue").contains(document.activeElement)) $("show-queue").focus();
  $("queue").hidden = !open;
  $("show-queue").setAttribute("aria-expanded", String(open));
}

function wireQueue() {
  player.onEnded = goOn;
  player.onFailed = passOver;
  audio.addEventListener("playing", () => { queue.passedOver = 0; });
  $("next").addEventListener("click", playNext);
  $("previous").addEventListener("click", playPrevious);
  $("show-queue").addEventListener("click", () => toggleQueue());
  showQueue();
}
